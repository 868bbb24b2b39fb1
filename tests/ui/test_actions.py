"""The table of actions: no key means two things at once, and every entry is whole."""

from __future__ import annotations

from itertools import combinations

from PySide6.QtGui import QKeySequence

from reviewer.settings import Settings
from reviewer.ui import actions


def test_no_key_means_two_things_at_once(settings: Settings) -> None:
    found = [
        (key, spec.id, other.id)
        for spec in actions.ACTIONS
        for key in spec.keys
        for other in actions.clashes(spec, key, settings)
    ]
    assert found == []


def test_every_action_has_a_menu_a_key_and_words() -> None:
    for spec in actions.ACTIONS:
        assert spec.title, spec.id
        assert spec.menu.split("/")[0] in actions.MENUS, spec.id
        assert spec.room in (None, *actions.ROOMS), spec.id
        assert spec.keys, spec.id
        for key in spec.keys:
            assert not QKeySequence(key).isEmpty(), (spec.id, key)
    assert len({spec.id for spec in actions.ACTIONS}) == len(actions.ACTIONS)


def test_mnemonics_differ_within_a_menu() -> None:
    for one, other in combinations(actions.ACTIONS, 2):
        if one.menu != other.menu or "&" not in one.title or "&" not in other.title:
            continue
        assert _mnemonic(one.title) != _mnemonic(other.title), (one.id, other.id)


def _mnemonic(title: str) -> str:
    return title[title.index("&") + 1].lower()


def test_a_persons_own_key_takes_the_tables_place(settings: Settings) -> None:
    settings.set("keys", {"file.new": "Ctrl+Alt+F9", "file.open": ""})
    assert actions.keys_of(actions.by_id("file.new"), settings) == ("Ctrl+Alt+F9",)
    assert actions.keys_of(actions.by_id("file.open"), settings) == ()
    assert actions.key_text("file.open", settings) == ""
