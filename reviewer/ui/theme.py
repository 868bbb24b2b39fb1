"""Colours, spacing and type: the one file that holds them, and their style sheet.

A widget says what it is by its `role` property (`dress(widget, "muted")`), and the sheet does the rest. Views that
paint for themselves read `tokens()` when they paint and repaint on `changed`.

Roles of labels: title (15 pt), head (12, bold), figure (20), small (9), muted, smallmuted, good, bad, warn, caps (a
section's name), key (a key's cap). Of buttons: primary, quiet (no frame), link, verdict, rail, way. Of frames: card,
surface, line and vline (hairlines), bar (a strip above or below the content). Of text fields: code, reading. Of lists:
plain (no frame).
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from reviewer import paths

__all__ = ["Tokens", "apply", "changed", "dress", "font", "mode", "set_zoom", "tokens", "zoom"]


class Tokens(NamedTuple):
    """The colours of one theme, and the measures that both share."""

    name: str
    window: str
    surface: str
    raised: str
    """A control's own ground, and the row under the pointer."""
    line: str
    line_strong: str
    """The edge of a control: 3 : 1 against its surroundings is reached together with its focus ring."""
    text: str
    muted: str
    accent: str
    accent_ground: str
    on_accent: str
    good: str
    bad: str
    warn: str
    mark: str
    """The ground of evidence and of found text."""
    categories: tuple[str, ...] = (
        "#E69F00",
        "#56B4E9",
        "#009E73",
        "#F0E442",
        "#0072B2",
        "#D55E00",
        "#CC79A7",
    )
    space: tuple[int, ...] = (4, 8, 12, 16, 24)
    radius: int = 4

    @property
    def dark(self) -> bool:
        """Whether this is the dark theme."""
        return self.name == "dark"


LIGHT = Tokens(
    "light",
    window="#F7F7F5",
    surface="#FFFFFF",
    raised="#F0EFEC",
    line="#E3E2DE",
    line_strong="#C9C8C2",
    text="#1F2328",
    muted="#5F6670",
    accent="#2457C5",
    accent_ground="#E7EEFB",
    on_accent="#FFFFFF",
    good="#197846",
    bad="#B3261E",
    warn="#8A5A00",
    mark="#FFF0B8",
)
DARK = Tokens(
    "dark",
    window="#16181C",
    surface="#1E2126",
    raised="#282C33",
    line="#2E3238",
    line_strong="#444A53",
    text="#E6E8EB",
    muted="#9AA3AE",
    accent="#7EA6FF",
    accent_ground="#22304D",
    on_accent="#10131A",
    good="#5CC98B",
    bad="#FF8A80",
    warn="#E5B566",
    mark="#54461A",
)
SIZES = {"body": 10.0, "small": 9.0, "head": 12.0, "title": 15.0, "figure": 20.0, "reading": 11.0, "code": 10.0}
# Names that a system without settings gives instead of a face of its own.
_UNSET_FACES = {"", "sans serif", "sans-serif", "sans", "helvetica", "dejavu sans", "ms shell dlg 2"}


class _Notifier(QObject):
    changed = Signal()


_notifier = _Notifier()
changed = _notifier.changed
"""Emitted after the theme or the text size has changed."""
_current = LIGHT
_mode = "light"
_zoom = 100
_faces: list[str] | None = None
_fonts: dict[tuple[str, bool], QFont] = {}


def tokens() -> Tokens:
    """The colours and measures in force."""
    return _current


def mode() -> str:
    """`light`, `dark` or `system`: what was asked for."""
    return _mode


def zoom() -> int:
    """The text size in per cent."""
    return _zoom


def dress(widget: QWidget, role: str) -> None:
    """Give a widget its role in the style sheet, also when it is shown already."""
    if widget.property("role") == role:
        return
    widget.setProperty("role", role)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


def font(role: str = "body", *, bold: bool = False) -> QFont:
    """The face for a role (a name in SIZES) at the present zoom, with tabular figures."""
    kept = _fonts.get((role, bold))
    if kept is None:
        kept = _fonts[role, bold] = _made_font(role, bold)
    return QFont(kept)  # a copy shares the face that Qt has found for it, until somebody changes the copy


def _made_font(role: str, bold: bool) -> QFont:
    if role == "code":
        face = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    else:
        face = QFont(QApplication.font())
        face.setFamilies(_families())
    face.setPointSizeF(SIZES[role] * _zoom / 100)
    face.setFeature(QFont.Tag("tnum"), 1)
    if bold or role in ("head", "title"):
        face.setWeight(QFont.Weight.DemiBold)
    return face


def _families() -> list[str]:
    """The system's own face; where it has none, a good one that many systems have."""
    global _faces
    if _faces is None:
        family = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
        _faces = ["Inter", "Noto Sans", family or "Sans Serif"] if family.lower() in _UNSET_FACES else [family]
    return _faces


def start(app: QApplication, wanted: str, percent: int) -> None:
    """Put on theme and text size together, and from then on follow the system where that is asked for."""
    global _zoom
    _zoom = max(60, min(240, percent))
    apply(app, wanted)
    follow_system(app)


def apply(app: QApplication, wanted: str) -> None:
    """Put on the light or dark theme, or the one the system asks for; every window changes at once."""
    global _current, _mode
    _mode = wanted
    _current = DARK if (_system_is_dark(app) if wanted == "system" else wanted == "dark") else LIGHT
    if app.style().name() != "fusion":
        app.setStyle(QStyleFactory.create("Fusion"))
    _redress(app)


def set_zoom(app: QApplication, percent: int) -> None:
    """Set the text size, from 60 to 240 per cent."""
    global _zoom
    _zoom = max(60, min(240, percent))
    _redress(app)


def follow_system(app: QApplication) -> None:
    """Change with the system for as long as the theme is `system`."""
    app.styleHints().colorSchemeChanged.connect(lambda _scheme: apply(app, "system") if _mode == "system" else None)


def _system_is_dark(app: QApplication) -> bool:
    return app.styleHints().colorScheme() == Qt.ColorScheme.Dark


def _redress(app: QApplication) -> None:
    _fonts.clear()
    app.setPalette(_palette(_current))
    app.setFont(font("body"))
    app.setStyleSheet(_sheet(_current))
    _notifier.changed.emit()


def _palette(look: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, value in (
        (role.Window, look.window),
        (role.WindowText, look.text),
        (role.Base, look.surface),
        (role.AlternateBase, look.window),
        (role.Text, look.text),
        (role.Button, look.surface),
        (role.ButtonText, look.text),
        (role.BrightText, look.on_accent),
        (role.Highlight, look.accent_ground),
        (role.HighlightedText, look.text),
        (role.Link, look.accent),
        (role.LinkVisited, look.accent),
        (role.ToolTipBase, look.surface),
        (role.ToolTipText, look.text),
        (role.PlaceholderText, look.muted),
        (role.Light, look.surface),
        (role.Midlight, look.raised),
        (role.Mid, look.line),
        (role.Dark, look.line_strong),
        (role.Shadow, look.line),
        (role.Accent, look.accent),
    ):
        palette.setColor(name, QColor(value))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, _blend(look.muted, look.window, 0.6))
    return palette


def _blend(front: str, back: str, share: float) -> QColor:
    """`share` of the front colour over the back one."""
    one, two = QColor(front), QColor(back)
    return QColor.fromRgbF(
        one.redF() * share + two.redF() * (1 - share),
        one.greenF() * share + two.greenF() * (1 - share),
        one.blueF() * share + two.blueF() * (1 - share),
    )


def _sheet(look: Tokens) -> str:
    """The style sheet: `resources/style.qss` with the tokens in place of its names."""
    sheet = (paths.resources() / "style.qss").read_text(encoding="utf-8")
    icons = (paths.resources() / "icons" / "style").as_posix()
    values = {
        name: getattr(look, name)
        for name in (
            "window",
            "surface",
            "raised",
            "line",
            "line_strong",
            "text",
            "muted",
            "accent",
            "accent_ground",
            "on_accent",
            "good",
            "bad",
            "warn",
            "mark",
        )
    }
    values["disabled"] = _blend(look.muted, look.window, 0.6).name()
    values["accent_strong"] = _blend(look.accent, look.text, 0.85).name()
    values["icons"], values["theme"] = icons, look.name
    values |= {f"pt_{name}": f"{size * _zoom / 100:.1f}pt" for name, size in SIZES.items()}
    values["px_way"] = f"{54 * _zoom // 100}px"
    for name in sorted(values, key=len, reverse=True):
        sheet = sheet.replace(f"@{name}", values[name])
    return sheet
