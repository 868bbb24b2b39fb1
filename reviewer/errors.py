"""Errors that carry a sentence a person can act on; anything else that is raised is a bug.

ReviewerError
├── ProjectError      the project file itself: foreign, newer, damaged, locked, missing
│   └── DamagedError  its content cannot be read; a backup or a salvage may help
├── InputError        an imported file, row, expression or packet
├── NotFoundError     a name or id that the project does not have
├── ConflictError     the state forbids it: a sealed study, a frozen version, an undo that no longer fits
└── Cancelled         the person pressed Cancel
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = [
    "Cancelled",
    "ConflictError",
    "DamagedError",
    "InputError",
    "NotFoundError",
    "ProjectError",
    "ReviewerError",
    "refused_text",
]


_LONG_QUOTE = re.compile("“([^”]{300})[^”]+”")
_LONGEST = 3_000
"""Characters of a sentence past which its middle is left out: something foreign is in it that no quote ends."""


class ReviewerError(Exception):
    """Base of all errors whose text is written for a person: what happened, what it means, what to do."""

    def __init__(self, text: str = "") -> None:
        # What is quoted may be a megabyte that somebody pasted.
        said = _LONG_QUOTE.sub("“\\1…”", text)
        super().__init__(said if len(said) <= _LONGEST else f"{said[: _LONGEST - 500]}…{said[-500:]}")


def refused_text(error: UnicodeEncodeError) -> InputError:
    """The refusal of a text that no project can hold, because half of a surrogate pair stands in it."""
    shown = error.object if len(error.object) <= 60 else error.object[:59] + "…"
    return InputError(f"{shown!a} is not valid text: it holds half a character (a lone surrogate). Correct it.")


class ProjectError(ReviewerError):
    """The project file cannot be opened or written."""


class DamagedError(ProjectError):
    """The project file is damaged; `path` is where it lies, for whoever offers its backups."""

    def __init__(self, text: str, path: Path) -> None:
        super().__init__(text)
        self.path = path


class InputError(ReviewerError):
    """Something that came from outside cannot be read; the text names file, line, field and remedy."""


class NotFoundError(ReviewerError):
    """The project has nothing by that name."""


class ConflictError(ReviewerError):
    """The present state of the project forbids the action."""


class Cancelled(ReviewerError):  # noqa: N818 - a wish, not a failure
    """The person cancelled the work; everything stays as it was."""
