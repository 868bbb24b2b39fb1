"""What a command prints: one JSON object for programs, words for people, progress apart from both."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

__all__ = ["AsJson", "Progress", "emit", "shown"]

_COMMANDS = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]")
_COUNT = re.compile(r"([\d,]+) (\w+)")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]


def emit(data: Mapping[str, Any], human: str | Callable[[], str], as_json: bool) -> None:
    """Print the result of a command on standard output: `data` as one JSON object, or `human` for people."""
    if as_json:
        text = json.dumps(data, ensure_ascii=True, allow_nan=False)
    else:
        text = shown(human if isinstance(human, str) else human())
    # A terminal that cannot show a character gets an escape instead of a crash.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def shown(text: str) -> str:
    """Text for a terminal: commands to it and marks that turn text around, as imports hold them, are not obeyed."""
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


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
        words = [f"{self._title}{share}"]
        if note:
            words.append(note)
        elif total:
            words.append(f"{done:,.0f} of {total:,.0f}")
        spent = now - self._start
        if spent > 1 and done:
            # A note that begins with a count says what is counted; else it is `done` itself.
            counted = _COUNT.match(note)
            number, unit = (float(counted[1].replace(",", "")), f" {counted[2]}") if counted else (done, "")
            words.append(f"{number / spent:,.0f}{unit} a second")
            if total:
                words.append(f"{spent * (total - done) / done:,.0f} s left")
        sys.stderr.write("\r\x1b[K" + shown(", ".join(words)))
        sys.stderr.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
