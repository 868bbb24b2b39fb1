"""The command line: every noun's commands under one name, and what happens when they fail."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from reviewer import __version__
from reviewer.cli.output import AsJson, emit, shown
from reviewer.errors import Cancelled, InputError, ProjectError, ReviewerError, refused_text
from reviewer.project import Project

__all__ = ["build", "main"]

EXIT_BAD_INPUT = 2
EXIT_CANCELLED = 130
NOUNS = (
    "imports",
    "inputs",
    "status",
    "search",
    "triage",
    "curate",
    "versions",
    "references",
    "overlaps",
    "study",
    "backup",
    "doctor",
    "demo",
)


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name="reviewer",
        help="Find out why a language model fails, curate the eval set that proves it, and compare variants blind.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(invoke_without_command=True)
    def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
        if version:
            typer.echo(f"reviewer {__version__}")
            raise typer.Exit()

    @app.command()
    def new(
        project: Annotated[Path, typer.Argument(help="The file to make, for example claims.reviewer.")],
        as_json: AsJson = False,
    ) -> None:
        """Make a new, empty project."""
        if not project.name:
            raise ProjectError("A project needs a file name, for example claims.reviewer.")
        path = project if project.suffix else project.with_suffix(".reviewer")
        with Project.create(path):
            pass
        emit({"project": str(path)}, f"Made {path}. Next: reviewer import {path} FILE", as_json)

    for noun in NOUNS:
        importlib.import_module(f"reviewer.cli.{noun}").register(app)
    return app


def _refuse_odd_bytes(words: Sequence[str]) -> None:
    """Raise InputError for an argument that is no valid text, unless a file or folder has that name."""
    for number, word in enumerate(words, 1):
        try:
            word.encode()
        except UnicodeEncodeError as error:
            if not os.path.lexists(word):
                raise InputError(f"Argument {number} of the command: {refused_text(error)}") from error


@contextlib.contextmanager
def _ended_as_by_a_key() -> Iterator[None]:
    """Treat a wish of the system that the command end (SIGTERM) as the person's Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 2 bad usage or bad input."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        words = list(sys.argv[1:] if arguments is None else arguments)
        _refuse_odd_bytes(words)
        with _ended_as_by_a_key():
            code = build()(args=words, standalone_mode=False)
    except Cancelled as error:
        print(f"Cancelled: {shown(str(error)) or 'nothing was changed.'}", file=sys.stderr)
        return EXIT_CANCELLED
    except ReviewerError as error:
        print(f"reviewer: {shown(str(error))}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print("Cancelled: nothing half done was kept.", file=sys.stderr)
        return EXIT_CANCELLED
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            sys.stdout.close()
        return 0
    except Exception as error:
        show = getattr(error, "show", None)  # a usage error of the parser's own
        if show is None:
            raise
        show()
        return EXIT_BAD_INPUT
    return code if isinstance(code, int) else 0
