"""A slice's card: what it is for, how full it is, what it can show."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from reviewer.curate.contracts import CAPABILITIES, Slice, meter, points
from reviewer.ui import theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label, plain_tip
from reviewer.ui.widgets.sign import Sign

__all__ = ["SliceCard"]


GATE_WORDS = {
    "better": "Gates: must get better.",
    "not_worse": "Gates: may lose at most {margin}.",
    "nothing": "Gates nothing; it is reported.",
}


def _short(name: str, most: int = 18) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _first_small(name: str) -> str:
    return name[:1].lower() + name[1:]


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
    add_requested = Signal(str, int)
    """A workflow of which the slice is short, and how many more of it are wanted."""

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
        self.gate = plain_label("", "smallmuted", wrap=True)
        self.expired = plain_label("", "small", wrap=True)
        self.failures = plain_label("", "small", wrap=True)
        self.mix = plain_label("", "small", wrap=True)
        self.add = QPushButton()
        self.add.setProperty("role", "link")
        self.add.setAccessibleName("Add what is missing of the worst workflow")
        self.add.clicked.connect(self._ask_to_add)
        self._wanted: tuple[str, int] = ("", 0)
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
        layout.addWidget(self.gate)
        layout.addWidget(self.power)
        layout.addWidget(self.expired)
        layout.addWidget(self.mix)
        layout.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.failures)
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
        self.gate.setText(f"{GATE_WORDS[item.gates_on]}".format(margin=points(item.margin)))
        found = meter(item)
        self.power.setText(found.sentence if item.count else "")
        self.power.setVisible(bool(item.count))
        self.power.setToolTip(plain_tip(found.assumptions))
        number = item.expired
        counted = ", not counted" if item.gates else ""
        self.expired.setText(f"{number:,} with an expired reference{counted}" if number else "")
        self.expired.setVisible(bool(number))
        self._show_mix(item)
        self._show_failures(item)
        covered = []
        for capability, (sign, count) in self.capabilities.items():
            number = item.capabilities[capability]
            sign.show_icon("pass" if number else "warning", "good" if number else "warn")
            count.setText(f"{number:,}" if number else "none")
            covered.append(f"{CAPABILITIES[capability]} {number}")
        about = f"{item.name}: {item.count} of {item.minimum} to {item.maximum}, {state}"
        self.setAccessibleName(f"{about}; {', '.join(covered)}" if covered else about)

    def _show_mix(self, item: Slice) -> None:
        mix = item.mix
        self.mix.setVisible(mix is not None)
        self.add.setVisible(mix is not None and mix.add > 0)
        if mix is None:
            return
        if mix.distance < 0.0005:
            self.mix.setText("Workflows as in production.")
        else:
            low, high = (f"{100 * bound:.0f}" for bound in mix.by_chance_range)
            self.mix.setText(f"Mix {100 * mix.distance:.0f} points off production; random draws {low} to {high}.")
        self.mix.setToolTip(
            plain_tip(
                f"{mix.sentence}\n\nWanted and actual by workflow:\n"
                + "\n".join(f"{name or 'none'}: {mix.wanted[name]:.0f}, {mix.actual[name]:,}" for name in mix.wanted)
            )
        )
        self._wanted = (mix.worst, mix.add)
        self.add.setText(f"Add {mix.add:,} of {_short(mix.worst or 'no workflow')}…")
        self.add.setAccessibleName(
            f"Add {mix.add:,} of {mix.worst or 'no workflow'}, which has {mix.actual[mix.worst]:,} of"
            f" {mix.wanted[mix.worst]:.0f}"
        )

    def _show_failures(self, item: Slice) -> None:
        seen = [name for name, count in item.failures.items() if count]
        missing = [_first_small(name) for name, count in item.failures.items() if not count]
        words = f"{len(seen)} of {len(item.failures)} kinds of failure seen" if seen else "No labelled failure yet"
        if seen and missing:
            words += f"; not yet {', '.join(missing)}"
        self.failures.setText(f"{words}." if item.failures else "")
        self.failures.setVisible(bool(item.failures))
        counts = "\n".join(f"{name}: {count:,}" for name, count in item.failures.items())
        self.failures.setToolTip(plain_tip(f"Failed examples by category:\n{counts}"))

    def _ask_to_add(self) -> None:
        self.add_requested.emit(*self._wanted)

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
