"""The page of a new study on which is fixed what counts as style, and is taken off the preference."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QVBoxLayout, QWidget

from reviewer.compare.protocol import words_of
from reviewer.compare.style import FEATURES, LONG_WORDS
from reviewer.ui.messages import plain_label

__all__ = ["StylePage"]

WORDS = (
    "People like answers that are longer or sound like the trade, right or wrong. What is ticked is measured in both "
    "answers, and the preference is told as it would be where both are alike in it. It is fixed with the plan."
)
EACH = {
    "length": "Length in words; always counts, since it moves preference most",
    "markup": "Markup: headings, lists and bold, in pairs that are shown in original dress",
    "long words": "Long words, or the domain's own where they are listed below",
    "hedges": "Hedges such as perhaps, usually and may",
}


class StylePage(QWidget):
    """A tick for each feature, and the domain's own words."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.ticks = {name: QCheckBox(EACH[name]) for name in FEATURES}
        self.words = QPlainTextEdit()
        self.words.setAccessibleName("The domain's own words")
        self.words.setPlaceholderText("such as deductible, subrogation, indemnity; one a line or with commas")
        self.words.setTabChangesFocus(True)
        self.words.setMaximumHeight(160)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(plain_label(WORDS, "muted", wrap=True))
        for name, tick in self.ticks.items():
            tick.setChecked(True)
            tick.setEnabled(name != FEATURES[0])
            tick.toggled.connect(self._follow)
            column.addWidget(tick)
        caption = plain_label("The domain's own &words, instead of long ones (none: long ones count)")
        caption.setBuddy(self.words)
        column.addWidget(caption)
        column.addWidget(self.words)
        column.addStretch(1)
        self.words.textChanged.connect(self.changed)

    def features(self) -> tuple[str, ...]:
        """What is ticked."""
        return tuple(name for name, tick in self.ticks.items() if tick.isChecked())

    def lexicon(self) -> tuple[str, ...]:
        """The domain's own words."""
        return words_of(self.words.toPlainText()) if self.ticks[LONG_WORDS].isChecked() else ()

    def _follow(self) -> None:
        self.words.setEnabled(self.ticks[LONG_WORDS].isChecked())
        self.changed.emit()
