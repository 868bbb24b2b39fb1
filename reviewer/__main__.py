"""What `reviewer` and `python -m reviewer` run: the window for a project, the command line for the rest."""

from __future__ import annotations

import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Open the window for no argument or a project file; hand anything else to the command line."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or (len(given) == 1 and _is_project(given[0])):
        import gc

        # Starting makes many objects and leaves no garbage; looking for some would be a tenth of the time.
        gc.disable()
        from reviewer.ui.app import run

        return run(Path(given[0]) if given else None)
    from reviewer.cli.app import main as command_line

    return command_line(given)


def _is_project(text: str) -> bool:
    """Whether an argument means a project: by its ending, or as the path of a file; a bare word is a command."""
    if text.startswith("-"):
        return False
    return text.endswith(".reviewer") or (Path(text).name != text and Path(text).is_file())


if __name__ == "__main__":
    sys.exit(main())
