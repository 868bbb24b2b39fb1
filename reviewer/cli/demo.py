"""`demo`: the demo project, opened or gone through without a window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reviewer import demo as demo_project
from reviewer import paths
from reviewer.cli.output import AsJson, emit

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this file's command to the command line."""
    app.command("demo")(demo)


def demo(
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where to write it; by default among this user's data.")
    ] = None,
    no_window: Annotated[bool, typer.Option("--no-window", help="Run the main job and print what it did.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the demo project, run the main job on it, and open it."""
    home = folder if folder is not None else paths.data_folder() / "demo"
    steps: list[str] = []

    def say(line: str) -> None:
        steps.append(line)

    path = demo_project.write(home, say)
    outcome = demo_project.main_job(path, say)
    emit(
        {
            "project": str(outcome.project),
            "export": str(outcome.export),
            "data_file": str(outcome.data_file),
            "version": outcome.version.label,
            "content_hash": outcome.version.content_hash,
            "examples": outcome.version.count,
            "triage": outcome.triage.to_json(),
            "study": outcome.study.to_json(),
            "steps": steps,
        },
        lambda: demo_project.in_words(outcome, steps),
        as_json,
    )
    if not no_window:
        from reviewer.ui import app

        raise typer.Exit(app.run(path))
