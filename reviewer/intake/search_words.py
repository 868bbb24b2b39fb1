"""What a person types into a search, as the index's own query, as words to mark, and the text around them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["Query", "fts_query", "snippet_around", "words_of"]

_TOKEN = re.compile(r'(-?)(?:"([^"]*)"?(\*?)|([^\s"]+))')
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


class Query(NamedTuple):
    """What to look for in the index; with `inverse`, the texts in which that does not occur."""

    words: str
    inverse: bool = False

    def __bool__(self) -> bool:
        return bool(self.words)


def fts_query(text: str, *, typing: bool = False) -> Query:
    """The index's query for what a person typed; false when there is no word in it.

    Words must all occur; "…" is a phrase, a trailing * a prefix, - excludes, OR between two takes either. With `typing`
    the last word may go on.
    """
    tokens = [found for found in _TOKEN.finditer(text) if _WORD.search(found[0])]
    required: list[str] = []
    excluded: list[str] = []
    either = False
    for place, found in enumerate(tokens):
        last = place == len(tokens) - 1
        if found[0] == "OR" and required and not last:
            either = True
            continue
        words = _WORD.findall((found[2] if found[2] is not None else found[4]) or "")
        open_end = typing and last and text.endswith(found[0]) and found[4] is not None
        prefix = bool(found[3]) or (found[4] or "").endswith("*") or open_end
        term = '"' + " ".join(words) + '"' + (" *" if prefix else "")
        if found[1]:
            excluded.append(term)
        elif either:
            required[-1] = f"{required[-1]} OR {term}"
        else:
            required.append(term)
        either = False
    if not required:
        # The index can only take away from something, so whoever asks takes this away from everything.
        return Query(" OR ".join(excluded), inverse=bool(excluded))
    query = " AND ".join(f"({term})" for term in required)
    return Query(f"({query}) NOT ({' OR '.join(excluded)})" if excluded else query)


def words_of(text: str) -> list[tuple[str, bool]]:
    """The words that a query looks for, lower case, and whether each may go on."""
    found = []
    for token in _TOKEN.finditer(text):
        if not token[1] and token[0] != "OR":
            open_end = bool(token[3]) or (token[4] or "").endswith("*") or text.endswith(token[0])
            words = [word.lower() for word in _WORD.findall(token[2] if token[2] is not None else token[4])]
            found += [(word, open_end and place == len(words) - 1) for place, word in enumerate(words)]
    return found


def _bare(text: str) -> str:
    """The text without the marks on its letters, each character in its place."""
    if text.isascii():
        return text
    return text.translate({ord(letter): unicodedata.normalize("NFD", letter)[0] for letter in set(text)})


def snippet_around(texts: Iterable[str], words: Sequence[tuple[str, bool]], width: int = 140) -> str:
    """One line of the first text that holds one of the words, cut around it; the first text's start when none does."""
    first = ""
    pattern = None
    if words:
        # Words as the index knows them: an underscore parts two, and marks above letters do not count.
        parts = [re.escape(_bare(word)) + ("" if prefix else r"(?![^\W_])") for word, prefix in words]
        pattern = re.compile(r"(?<![^\W_])(?:" + "|".join(parts) + ")", re.IGNORECASE)
    for text in texts:
        first = first or text
        found = pattern.search(_bare(text)) if pattern else None
        if found is not None:
            start = max(0, found.start() - width // 3)
            if start:
                start = text.rfind(" ", max(0, start - 20), start) + 1 or start
            piece = text[start : start + width]
            line = " ".join(piece.split())
            return ("… " if start else "") + line + (" …" if start + width < len(text) else "")
    return " ".join(first[: width * 2].split())[:width]
