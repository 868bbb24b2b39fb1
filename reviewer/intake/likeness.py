"""Which examples use the same words as others: from the text index, without reading the texts of all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from reviewer.intake.search import Search

__all__ = ["Likeness", "words_in"]

_WORD = re.compile(r"[^\W_]+")


def words_in(text: str) -> list[str]:
    """The words of a text as the index knows them: without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


class Likeness:
    """Questions to the text index about words of examples' inputs."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._frequencies: dict[str, int] = {}

    def count(self) -> int:
        """The examples in the index."""
        with self._search.asking() as parts:
            return sum(int(part.index.execute("SELECT count(*) FROM docs").fetchone()[0]) for part in parts)

    def frequencies(self, words: Iterable[str]) -> dict[str, int]:
        """In how many inputs each word stands; 0 for one that the index does not have."""
        wanted = set(words)
        missing = wanted - self._frequencies.keys()
        if missing:
            self._frequencies.update(dict.fromkeys(missing, 0))
            with self._search.asking() as parts:
                for part in parts:
                    part.index.execute(
                        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, texts, col)"
                    )
                    for word in missing:
                        row = part.index.execute(
                            "SELECT doc FROM temp.vocabulary WHERE term = ? AND col = 'input'", (word,)
                        ).fetchone()
                        self._frequencies[word] += 0 if row is None else row[0]
        return {word: self._frequencies[word] for word in wanted}

    def ranked(self, words: Iterable[str], limit: int) -> list[int]:
        """The ids of the examples whose input holds most of these words, weighed by BM25, the best first."""
        # Words of letters and digits alone need no escape inside the quotes.
        query = "input : (" + " OR ".join(f'"{word}"' for word in words) + ")"
        found: list[tuple[float, int, int]] = []
        with self._search.asking() as parts:
            for part in parts:
                rows = part.index.execute(
                    "SELECT found.score, docs.doc, docs.example_id FROM (SELECT rowid AS doc, bm25(texts) AS score"
                    " FROM texts WHERE texts MATCH ? ORDER BY score LIMIT ?) found JOIN docs ON docs.doc = found.doc",
                    (query, limit),
                )
                found += [tuple(row) for row in rows]
        return [example_id for _, _, example_id in sorted(found)[:limit]]
