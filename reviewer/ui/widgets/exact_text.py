"""A text in an editor that keeps every character of it which the person did not touch.

Qt's editors swallow or turn some characters: line ends of other systems, NUL, separators, half surrogate pairs. Each is
shown as a symbol of one character and comes back as it was.
"""

from __future__ import annotations

import re

from PySide6.QtGui import QTextDocument

__all__ = ["ExactText", "shown_in", "utf16"]

MOST_CHARACTERS = 100_000
MOST_IN_A_LINE = 20_000
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufffc\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
_LINE_ENDS = re.compile("\r\n|\n|\r")
_STANDS_FOR_ANY = "\ufffd"


class ExactText:
    """One text as it was given, and what of it an editor shows."""

    def __init__(self, text: str) -> None:
        self.text = text
        ends = set(_LINE_ENDS.findall(text))
        self._crlf = ends == {"\r\n"}
        plain = text.replace("\r\n", "\n") if self._crlf else text
        self.shown = _UNFIT.sub(lambda found: _symbol(found[0]), plain)
        """What the editor is given: as long as the text, but for line ends that are all of another system."""

    @property
    def editable(self) -> bool:
        """Whether an editor can be asked to show it: not so long, and no line of it, that it would hang."""
        return len(self.text) <= MOST_CHARACTERS and max(map(len, self.text.split("\n")), default=0) <= MOST_IN_A_LINE

    def edited(self, written: str) -> str:
        """The text that a person made of `shown`."""
        shown = self.shown
        if written == shown:
            return self.text
        plain = self.text.replace("\r\n", "\n") if self._crlf else self.text
        most = min(len(shown), len(written))
        head = next((at for at in range(most) if shown[at] != written[at]), most)
        tail = next((at for at in range(most - head) if shown[-1 - at] != written[-1 - at]), most - head)
        meant = {_symbol(char): char for char in _UNFIT.findall(plain)}
        meant.pop(_STANDS_FOR_ANY, None)
        middle = "".join(meant.get(char, char) for char in written[head : len(written) - tail])
        made = plain[:head] + middle + plain[len(plain) - tail :]
        return made.replace("\n", "\r\n") if self._crlf else made

    def given_at(self, place: int) -> int:
        """The place in the text of a place in what is shown, both in code points."""
        return place + self.shown.count("\n", 0, place) if self._crlf else place


def _symbol(char: str) -> str:
    point = ord(char)
    return chr(0x2400 + point) if point < 0x20 else "\u2421" if point == 0x7F else _STANDS_FOR_ANY


def shown_in(document: QTextDocument) -> str:
    """What stands in an editor; its plain text would turn no-break spaces into spaces, its raw text keeps them."""
    return document.toRawText().replace("\u2029", "\n")


def utf16(text: str, places: list[int]) -> list[int]:
    """These rising places of a text, in code points, as Qt counts them."""
    if text.isascii():
        return places
    found, at, units = [], 0, 0
    for place in places:
        units += len(text[at:place].encode("utf-16-le", "surrogatepass")) // 2
        at = place
        found.append(units)
    return found
