"""A slice's card: what it is for, how full it is, what it can show."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from reviewer.curate.contracts import CAPABILITIES, Slice, meter
from reviewer.ui import theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.widgets.sign import Sign

__all__ = ["SliceCard", "power_words"]


def power_words(item: Slice) -> str:
    """What difference the slice's count can show, and what its margin would take."""
    return meter(item).sentence if item.count else ""


class CountBar(QWidget):
    """A count against its range: the range is a band on the track, the count a bar up to it."""

    def __init__(self) -> None:
        super().__init__()
        self._count = self._minimum = self._maximum = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Eight pixels high, as wide as there is room."""
        return QSize(120, 8)

    def show_count(self, count: int, minimum: int, maximum: int) -> None:
        """Show a count against a range."""
        self._count, self._minimum, self._maximum = count, minimum, maximum
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint track, band and bar."""
        look = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = max(self._maximum * 1.15, self._count * 1.02, 1)
        width, height = self.width(), self.height()
        painter.setBrush(QColor(look.line))
        painter.drawRoundedRect(QRectF(0, 1, width, height - 2), 3, 3)
        low, high = self._minimum / whole * width, self._maximum / whole * width
        painter.setBrush(QColor(look.line_strong))
        painter.drawRect(QRectF(low, 1, high - low, height - 2))
        met = self._minimum <= self._count <= self._maximum
        painter.setBrush(QColor(look.good if met else look.warn))
        painter.drawRoundedRect(QRectF(0, 1, min(1.0, self._count / whole) * width, height - 2), 3, 3)
        painter.setBrush(QColor(look.text))
        for place in (low, high):
            painter.drawRect(QRectF(min(place, width - 1), 0, 1, height))
        painter.end()


class SliceCard(QFrame):
    """One slice; pressing it lists the slice's examples."""

    pressed = Signal(str)
    edit_requested = Signal(str)

    def __init__(self, name: str, key: str) -> None:
        super().__init__()
        self.name = name
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._shown = False
        self.title = plain_label(name.capitalize(), "head")
        self.key = plain_label(key, "key")
        self.sign = Sign("warning", 14, "warn")
        self.count = plain_label("0", "figure")
        self.range = plain_label("", "muted")
        self.bar = CountBar()
        self.purpose = plain_label("", "smallmuted", wrap=True)
        self.power = plain_label("", "small", wrap=True)
        self.power.setToolTip(
            "The smallest change in the pass rate that a paired comparison on this many examples\n"
            "shows at 5 % with 80 % power, if 10 % of the verdicts differ (McNemar; Connor 1987)."
        )
        self.edit = QToolButton()
        self.edit.setIcon(icon("edit"))
        self.edit.setIconSize(QSize(14, 14))
        self.edit.setAccessibleName(f"Edit the contract of {name}")
        self.edit.setToolTip(f"Edit the contract of {name}")
        self.edit.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.edit.clicked.connect(lambda: self.edit_requested.emit(self.name))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title)
        head.addWidget(self.key)
        head.addStretch(1)
        head.addWidget(self.edit)
        figures = QHBoxLayout()
        figures.setSpacing(8)
        figures.addWidget(self.count, 0, Qt.AlignmentFlag.AlignBaseline)
        figures.addWidget(self.range, 1, Qt.AlignmentFlag.AlignBaseline)
        figures.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignVCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 12)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(figures)
        layout.addWidget(self.bar)
        layout.addSpacing(4)
        layout.addWidget(self.purpose)
        layout.addWidget(self.power)
        self.capabilities: dict[str, tuple[Sign, QLabel]] = {}
        if name == "preservation":
            self._add_capabilities(layout)
        theme.changed.connect(self._dress)

    def _add_capabilities(self, layout: QVBoxLayout) -> None:
        layout.addSpacing(4)
        for capability, words in CAPABILITIES.items():
            sign = Sign("warning", 12, "warn")
            count = plain_label("", "small")
            row = QHBoxLayout()
            row.setSpacing(6)
            row.addWidget(sign)
            row.addWidget(plain_label(words.capitalize(), "small"), 1)
            row.addWidget(count)
            layout.addLayout(row)
            self.capabilities[capability] = (sign, count)

    def show_slice(self, item: Slice) -> None:
        """Show the slice as it is now."""
        self.count.setText(f"{item.count:,}")
        self.range.setText(f"of {item.minimum:,}–{item.maximum:,}")
        if item.count < item.minimum:
            state = f"{item.minimum - item.count:,} more needed"
        elif item.count > item.maximum:
            state = f"{item.count - item.maximum:,} too many"
        else:
            state = "in range"
        self.sign.show_icon("pass" if item.met else "warning", "good" if item.met else "warn")
        self.sign.setToolTip(state)
        self.bar.show_count(item.count, item.minimum, item.maximum)
        self.bar.setToolTip(state)
        self.purpose.setText(item.purpose + (f" Owner: {item.owner}." if item.owner else ""))
        words = power_words(item)
        self.power.setText(words)
        self.power.setVisible(bool(words))
        covered = []
        for capability, (sign, count) in self.capabilities.items():
            number = item.capabilities[capability]
            sign.show_icon("pass" if number else "warning", "good" if number else "warn")
            count.setText(f"{number:,}" if number else "none")
            covered.append(f"{CAPABILITIES[capability]} {number}")
        about = f"{item.name}: {item.count} of {item.minimum} to {item.maximum}, {state}"
        self.setAccessibleName(f"{about}; {', '.join(covered)}" if covered else about)

    def set_shown(self, shown: bool) -> None:
        """Mark the card whose examples the list shows."""
        self._shown = shown
        self._dress()

    def _dress(self) -> None:
        look = theme.tokens()
        edge = look.accent if self._shown or self.hasFocus() else look.line
        ground = look.accent_ground if self._shown else look.surface
        self.setStyleSheet(
            f"SliceCard {{ background: {ground}; border: 1px solid {edge}; border-radius: {look.radius}px; }}"
        )

    def focusInEvent(self, event: object) -> None:
        """Show the focus on the edge."""
        super().focusInEvent(event)  # type: ignore[arg-type]
        self._dress()

    def focusOutEvent(self, event: object) -> None:
        """Take the focus from the edge."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self._dress()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """List the slice's examples."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit(self.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """List the slice's examples with Space or Enter."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pressed.emit(self.name)
        else:
            super().keyPressEvent(event)
