"""What a command prints: one JSON object for programs, words for people, progress apart from both."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

__all__ = ["AsJson", "Progress", "emit"]

_COMMANDS = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]


def emit(data: Mapping[str, Any], human: str | Callable[[], str], as_json: bool) -> None:
    """Print the result of a command on standard output: `data` as one JSON object, or `human` for people."""
    if as_json:
        text = json.dumps(data, ensure_ascii=True, allow_nan=False)
    else:
        text = human if isinstance(human, str) else human()
        # Imported text may hold terminal commands and marks that turn text around: they are shown, not obeyed.
        text = _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    # A terminal that cannot show a character gets an escape instead of a crash.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


class Progress:
    """A `report(done, total, note)` that writes one line to standard error, at most five times a second."""

    def __init__(self, title: str, *, unit: str = "") -> None:
        self._title = title
        self._unit = unit
        self._start = time.monotonic()
        self._last = 0.0
        self._shown = False

    def __call__(self, done: float, total: float | None = None, note: str = "") -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or now - self._last < 0.2:
            return
        self._last = now
        self._shown = True
        share = f" {done / total:.0%}" if total else ""
        left = ""
        if total and done and now - self._start > 1:
            left = f", {(now - self._start) * (total - done) / done:.0f} s left"
        sys.stderr.write(f"\r\x1b[K{self._title}{share}{left} {note}".rstrip())
        sys.stderr.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
