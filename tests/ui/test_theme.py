"""The look: contrast, icons that exist and are drawn, a style sheet whose names are all filled in."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication, QLabel

from reviewer import paths
from reviewer.ui import actions, theme
from reviewer.ui.icons import icon
from reviewer.ui.theme import DARK, LIGHT, Tokens


def luminance(colour: QColor) -> float:
    """Relative luminance as the WCAG defines it."""
    parts = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda look: look.name)
def test_words_stand_out_from_every_ground(look: Tokens) -> None:
    for ink in ("text", "muted", "accent", "good", "bad", "warn"):
        for ground in ("window", "surface", "accent_ground"):
            ratio = contrast(getattr(look, ink), getattr(look, ground))
            assert ratio >= 4.5, (ink, ground, round(ratio, 2))
    assert contrast(look.text, look.mark) >= 4.5
    assert contrast(look.text, look.raised) >= 4.5
    assert contrast(look.muted, look.raised) >= 4.5
    assert contrast(look.on_accent, look.accent) >= 4.5
    # The ring around what has the focus.
    assert contrast(look.accent, look.window) >= 3


def test_every_icon_exists_and_is_drawn(qapp: QApplication) -> None:
    names = {spec.icon for spec in actions.ACTIONS if spec.icon} | {"warning", "question", "pass", "person", "settings"}
    for name in names:
        image = icon(name).pixmap(16, 16).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(16) for y in range(16)), name


def test_an_icon_follows_the_theme(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    drawn = icon("pass")
    light = drawn.pixmap(16, 16).toImage()
    theme.apply(qapp, "dark")
    dark = drawn.pixmap(16, 16).toImage()
    theme.apply(qapp, "light")
    assert light != dark
    assert drawn.pixmap(16, 16, QIcon.Mode.Disabled).toImage() != light


def test_every_name_in_the_style_sheet_is_filled_in(qapp: QApplication) -> None:
    for mode in ("dark", "light"):
        theme.apply(qapp, mode)
        assert "@" not in qapp.styleSheet()
    for name in ("down", "up", "right", "tick", "check", "dot"):
        for mode in ("dark", "light"):
            assert (paths.resources() / "icons" / "style" / f"{name}-{mode}.svg").is_file()


def test_a_role_can_change_while_it_is_shown(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    label = QLabel("x")
    theme.dress(label, "bad")
    label.ensurePolished()
    assert label.palette().windowText().color().name().upper() == LIGHT.bad
    theme.dress(label, "good")
    assert label.palette().windowText().color().name().upper() == LIGHT.good


def test_the_text_size_has_its_bounds(qapp: QApplication) -> None:
    theme.set_zoom(qapp, 1000)
    assert theme.zoom() == 240
    theme.set_zoom(qapp, 100)
    assert theme.font("body").pointSizeF() == 10
