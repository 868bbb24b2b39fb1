"""The spans a label is pinned to, each a click away from its place and from being taken off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from reviewer.triage.evidence import Evidence
from reviewer.ui import theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label, plain_tip

__all__ = ["EvidenceList"]

SHOWN = 3
QUOTE = 60
WIDTH = 226


class EvidenceList(QWidget):
    """One line a span: its step and its words; Enter goes there, ✕ takes it off."""

    def __init__(self, go: Callable[[Evidence], None], remove: Callable[[Evidence], None]) -> None:
        super().__init__()
        self.setAccessibleName("Evidence")
        self._go = go
        self._remove = remove
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._shown: list[tuple[Evidence, str | None]] | None = None
        self.show_evidence([])

    def show_evidence(self, evidence: Sequence[tuple[Evidence, str | None]]) -> None:
        """Show these spans with their words; None for words that have changed since."""
        if self._shown == list(evidence):
            return
        self._shown = list(evidence)
        while (item := self._layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, (span, words) in enumerate(evidence):
            if number == SHOWN and len(evidence) > SHOWN + 1:
                rest = plain_label(f"and {len(evidence) - SHOWN} more", "smallmuted")
                rest.setToolTip(plain_tip("\n".join(_line(*item) for item in evidence[SHOWN:])))
                self._layout.addWidget(rest)
                break
            self._layout.addWidget(self._row(span, words))
        if not evidence:
            self._layout.addWidget(plain_label("E pins the selected words, or the step", "smallmuted"))

    def _row(self, span: Evidence, words: str | None) -> QWidget:
        line = _line(span, words)
        row = QWidget()
        shown = self.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, max(WIDTH, self.width() - 50))
        button = QPushButton(shown.replace("&", "&&"))
        theme.dress(button, "link")
        button.setAccessibleName(f"Show evidence: {line}")
        button.setToolTip(plain_tip(words if words is not None else "The text has changed since this was marked."))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setMinimumWidth(10)
        button.clicked.connect(lambda: self._go(span))
        off = QToolButton()
        off.setIcon(icon("close"))
        off.setAccessibleName(f"Take off evidence: {line}")
        off.setToolTip("Take it off")
        off.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        off.clicked.connect(lambda: self._remove(span))
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(button, 1)
        layout.addWidget(off)
        return row


def _line(span: Evidence, words: str | None) -> str:
    place = f"step {span.step + 1}" if span.place == "output" else f"input {span.step + 1}"
    if words is None:
        return f"{place}  (changed since)"
    short = " ".join(words[: QUOTE * 4].split())
    return f"{place}  “{short[:QUOTE]}{'…' if len(short) > QUOTE or len(words) > QUOTE * 4 else ''}”"
