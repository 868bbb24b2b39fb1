"""How numbers are said with what they count."""

from __future__ import annotations

__all__ = ["amount"]


def amount(number: int, noun: str = "example") -> str:
    """So many of something in words: 1 example, 1,200 examples; for nouns whose plural takes an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
