"""Settings: declared as data, overrides alone saved, and no file is a reason not to start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.settings import SETTINGS, Settings


def test_only_what_differs_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    settings = Settings(path)
    assert settings.get("theme") == "system"
    settings.set("theme", "dark")
    settings.set("zoom", 120)
    settings.set("zoom", 100)
    assert json.loads(path.read_text()) == {"theme": "dark"}
    assert Settings(path).get("theme") == "dark"
    assert [item.name for item in tmp_path.iterdir()] == ["settings.json"]


def test_a_value_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    for key, value in (("theme", "pink"), ("zoom", 10), ("zoom", True), ("annotator", "a\0b"), ("recent", [1])):
        with pytest.raises(ValueError):
            settings.set(key, value)


def test_listeners_hear_which_key_changed(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    heard: list[str] = []
    settings.listen(heard.append)
    settings.set("theme", "dark")
    settings.set("theme", "dark")
    assert heard == ["theme"]


def test_what_a_newer_program_wrote_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"of_the_future": 3, "theme": "dark"}')
    settings = Settings(path)
    settings.set("zoom", 110)
    assert json.loads(path.read_text()) == {"of_the_future": 3, "theme": "dark", "zoom": 110}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"[1, 2]",
        b"{",
        b'{"theme": 7, "zoom": 1e999, "recent": {"a": 1}}',
        b"[" * 100_000,
        b'{"zoom": ' + b"9" * 6000 + b"}",
        b'{"annotator": "\\ud800"}',
        b'{"layout": {"window": 1}}',
        b'{"annotator": "' + b"a" * 30_000 + b'"}',
        b" " * 1_100_000,
    ],
)
def test_garbage_and_malice_do_no_harm(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = Settings(path)
    for setting in SETTINGS:
        assert settings.get(setting.key) == setting.default
    settings.set("theme", "light")
    assert Settings(path).get("theme") == "light"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([setting.key for setting in SETTINGS]) | st.text(), json_values))
def test_every_value_read_is_one_its_setting_accepts(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_text(json.dumps(content))
    settings = Settings(path)
    for setting in SETTINGS:
        assert setting.accepts(settings.get(setting.key))


def test_every_setting_accepts_its_default() -> None:
    for setting in SETTINGS:
        assert setting.accepts(setting.default), setting.key
    assert len({setting.key for setting in SETTINGS}) == len(SETTINGS)
