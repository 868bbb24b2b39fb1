"""What a person reads of an error stays short, whatever it quotes."""

from __future__ import annotations

from reviewer.errors import InputError


def test_a_long_quotation_is_cut() -> None:
    text = str(InputError(f"There is no slice “{'a' * 70_000}”. There are “core” and “edge”."))
    assert len(text) < 400
    assert text.endswith("a…”. There are “core” and “edge”.")


def test_a_long_text_outside_of_any_quotation_loses_its_middle() -> None:
    text = str(InputError(f"The file is odd: {'”a' * 40_000}. Correct it."))
    assert len(text) < 3_100
    assert text.startswith("The file is odd: ”a")
    assert text.endswith("a. Correct it.")
