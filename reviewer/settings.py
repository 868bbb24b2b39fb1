"""Settings: what can be set, declared as data; only what a person changed is saved."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from reviewer import paths

__all__ = ["SETTINGS", "Setting", "Settings"]

LARGEST_FILE = 1_000_000
LONGEST_TEXT = 20_000
MOST_ENTRIES = 500


class Setting(NamedTuple):
    """One thing that can be set: its key, type, default and the words of its line in the dialog."""

    key: str
    type: str
    """`bool`, `int`, `text`, `choice`, `list` (of texts) or `map` (text to text)."""
    default: Any
    label: str = ""
    """Empty for what the window remembers by itself and no dialog shows."""
    section: str = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """Value and words of each choice."""
    minimum: int = 0
    maximum: int = 0
    suffix: str = ""

    def accepts(self, value: object) -> bool:
        """Whether `value` may stand here; whatever else a file holds is passed over."""
        if self.type == "bool":
            return isinstance(value, bool)
        if self.type == "int":
            return isinstance(value, int) and not isinstance(value, bool) and self.minimum <= value <= self.maximum
        if self.type == "choice":
            return any(value == choice for choice, _ in self.choices)
        if self.type == "text":
            return _is_text(value)
        if self.type == "list":
            return isinstance(value, list) and len(value) <= MOST_ENTRIES and all(map(_is_text, value))
        return (
            isinstance(value, dict)
            and len(value) <= MOST_ENTRIES
            and all(map(_is_text, value))
            and all(map(_is_text, value.values()))
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and "\0" not in value and _encodes(value)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate: no file name, no person's name
        return False
    return True


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "theme",
        "choice",
        "system",
        "Theme",
        "Appearance",
        choices=(("system", "As the system"), ("light", "Light"), ("dark", "Dark")),
    ),
    Setting(
        "zoom",
        "int",
        100,
        "Text size",
        "Appearance",
        minimum=60,
        maximum=240,
        suffix=" %",
        help="Also Ctrl and +, − or 0.",
    ),
    Setting(
        "text_view",
        "choice",
        "rendered",
        "Show answers",
        "Reading",
        choices=(("rendered", "Rendered"), ("source", "As their source")),
        help="One key switches while reading; what was chosen last is kept.",
    ),
    Setting(
        "show_invisibles",
        "bool",
        False,
        "Reveal invisible characters",
        "Reading",
        help="Direction marks, zero-width and control characters show as badges.",
    ),
    Setting(
        "annotator",
        "text",
        "",
        "Your name",
        "Labelling",
        help="Stands beside your labels and judgments. A project can have several annotators.",
    ),
    Setting(
        "auto_advance",
        "bool",
        True,
        "Go to the next example after a verdict",
        "Labelling",
    ),
    Setting(
        "break_minutes",
        "int",
        45,
        "Suggest a break after",
        "Labelling",
        minimum=0,
        maximum=240,
        suffix=" min",
        help="While judging a study without a pause; 0 for never. Tired eyes judge unevenly.",
    ),
    Setting(
        "worn_after",
        "int",
        20,
        "A held-out set is worn out after",
        "Eval sets",
        minimum=0,
        maximum=1000,
        suffix=" touches",
        help="Reading a frozen version is a touch, once a sitting; so is making or closing a study on it; 0 for never.",
    ),
    Setting(
        "reopen_last",
        "bool",
        False,
        "Open the last project at start",
        "Start",
    ),
    # What the window remembers.
    Setting("recent", "list", []),
    Setting("keys", "map", {}),
    Setting("layout", "map", {}),
)
_DECLARED = {setting.key: setting for setting in SETTINGS}


class Settings:
    """The settings in force: declared defaults under what a person changed."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path if path is not None else paths.config_folder() / "settings.json"
        self._listeners: list[Callable[[str], None]] = []
        self._foreign: dict[str, Any] = {}
        self._overrides: dict[str, Any] = {}
        for key, value in _read(self.path).items():
            declared = _DECLARED.get(key)
            if declared is None:
                self._foreign[key] = value
            elif declared.accepts(value):
                self._overrides[key] = value

    def get(self, key: str) -> Any:
        """The value in force; raises KeyError for a key that is not declared."""
        value = self._overrides.get(key, _DECLARED[key].default)
        return value.copy() if isinstance(value, list | dict) else value

    def set(self, key: str, value: Any) -> None:
        """Change a value and save; raises ValueError for a value the setting does not accept."""
        declared = _DECLARED[key]
        if not declared.accepts(value):
            raise ValueError(f"The setting {key} does not accept {type(value).__name__} as given.")
        if value == self.get(key):
            return
        if value == declared.default:
            self._overrides.pop(key, None)
        else:
            self._overrides[key] = value.copy() if isinstance(value, list | dict) else value
        self._save()
        for listener in list(self._listeners):
            listener(key)

    def reset(self, key: str) -> None:
        """Go back to the default."""
        self.set(key, _DECLARED[key].default)

    def overrides(self) -> dict[str, Any]:
        """What a person changed: the content of the file."""
        return dict(self._overrides)

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have `listener` called with the key of each setting that changes."""
        self._listeners.append(listener)

    def _save(self) -> None:
        """Write the overrides to a new file that then takes the old one's place; a failing disk loses no work."""
        import json

        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        # In ASCII: half a surrogate pair, which a window title or a path may hold, is no UTF-8.
        content = json.dumps({**self._foreign, **self._overrides}, indent=1, sort_keys=True)
        try:
            with part.open("w", encoding="utf-8") as handle:
                handle.write(content + "\n")
                handle.flush()
                os.fsync(handle.fileno())
            part.replace(self.path)
        except OSError:
            part.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    """The object in the file, or nothing: a settings file is never a reason not to start."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_FILE:
            return {}
        import json

        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
