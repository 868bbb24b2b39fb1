"""One example to read: where it comes from, its facts, and the conversation with one of its outputs."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from reviewer.errors import NotFoundError
from reviewer.intake.examples import Example, Output
from reviewer.project import Project
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.examples.example_table import day
from reviewer.ui.widgets.conversation import ConversationView

__all__ = ["ReadingPane"]

_MOST_FACTS = 8


class ReadingPane(QWidget):
    """Shows one example; the variant that was read last is shown again where the next example has it."""

    def __init__(self) -> None:
        super().__init__()
        self.example: Example | None = None
        self._variant = ""
        self.key = plain_label("", "head")
        self.key.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.origin = plain_label("", "smallmuted", wrap=True)
        self.facts = plain_label("", "smallmuted", wrap=True)
        self.state = plain_label("", "warn", wrap=True)
        self.outputs = QComboBox()
        self.outputs.setAccessibleName("Output shown")
        self.outputs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.outputs.setMinimumContentsLength(14)
        self.outputs.activated.connect(self._choose)
        self.view = ConversationView()
        self.view.setAccessibleName("The example")
        head = QHBoxLayout()
        head.addWidget(self.key, 1)
        head.addWidget(self.outputs)
        top = QVBoxLayout()
        top.setContentsMargins(16, 12, 16, 8)
        top.setSpacing(4)
        top.addLayout(head)
        top.addWidget(self.origin)
        top.addWidget(self.facts)
        top.addWidget(self.state)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.view, 1)
        nothing = plain_label("Select an example to read it here.", "muted")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(nothing)
        self._pages.addWidget(body)
        self.setMinimumWidth(280)

    def show_example(self, project: Project | None, example_id: int | None) -> None:
        """Read an example and show it; nothing when it is gone."""
        self.example = None
        if project is not None and example_id is not None:
            try:
                self.example = project.examples.get(example_id)
            except NotFoundError:
                pass
        example = self.example
        self._pages.setCurrentIndex(0 if example is None else 1)
        if example is None:
            return
        self.key.setText(example.original_id or example.key)
        parts = [example.workflow, day(example.occurred_ms), example.source, example.slice]
        self.origin.setText("  ·  ".join(part for part in parts if part))
        facts = [f"{name}: {_short(value)}" for name, value in example.metadata.items() if name != "workflow"]
        more = f"  ·  and {len(facts) - _MOST_FACTS} more" if len(facts) > _MOST_FACTS else ""
        self.facts.setText("  ·  ".join(facts[:_MOST_FACTS]) + more)
        self.facts.setVisible(bool(facts))
        state = f"Excluded: {example.exclude_reason}" if example.excluded else "Flagged" if example.flagged else ""
        self.state.setText(state)
        self.state.setVisible(bool(state))
        with QSignalBlocker(self.outputs):
            self.outputs.clear()
            for output in example.outputs:
                self.outputs.addItem(f"{output.variant} (sealed)" if output.sealed else output.variant, output.variant)
            chosen = max(0, self.outputs.findData(self._variant))
            self.outputs.setCurrentIndex(chosen if example.outputs else -1)
        self.outputs.setVisible(len(example.outputs) > 1)
        self._show_output(example, example.outputs[chosen] if example.outputs else None)

    def _choose(self, place: int) -> None:
        self._variant = self.outputs.itemData(place)
        if self.example is not None:
            self._show_output(self.example, self.example.outputs[place])

    def next_output(self) -> None:
        """Show the example's next output, and after its last the first."""
        if self.outputs.count() > 1:
            self.outputs.setCurrentIndex((self.outputs.currentIndex() + 1) % self.outputs.count())
            self._choose(self.outputs.currentIndex())

    def _show_output(self, example: Example, output: Output | None) -> None:
        figures = _figures(output)
        reference = example.reference
        self.view.set_conversation(
            example.messages,
            None if output is None else output.messages or output.text,
            (output.documents if output is not None else ()) or example.documents,
            reference.text if reference is not None else None,
            variant="" if output is None else output.variant + (f" · {figures}" if figures else ""),
            reference_note="" if reference is None or reference.origin == "import" else reference.origin,
            sealed=output is not None and output.sealed,
        )


def _figures(output: Output | None) -> str:
    """What the file said about an output; nothing of a sealed one."""
    if output is None or output.sealed:
        return ""
    parts = []
    if output.score is not None:
        parts.append(f"score {output.score:g}")
    if output.passed is not None:
        parts.append("passed" if output.passed else "failed")
    if output.latency_ms is not None:
        parts.append(f"{output.latency_ms:,.0f} ms")
    return ", ".join(parts)


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= 60 else line[:59] + "…"
