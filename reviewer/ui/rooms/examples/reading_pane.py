"""One example to read: where it comes from, its facts, and the conversation with one of its outputs."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from reviewer.errors import NotFoundError
from reviewer.intake.examples import Example, Output
from reviewer.intake.remarks import past_truths, reference_note, remark, title_of
from reviewer.project import Project
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.examples.example_table import day
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.reading_view import Prepared

__all__ = ["ReadingPane"]

_MOST_FACTS = 8


class _Ahead(NamedTuple):
    """An example that was read and laid out before it was asked for."""

    example: Example
    output: Output | None
    laid_out: Prepared


class ReadingPane(QWidget):
    """Shows one example; the variant that was read last is shown again where the next example has it."""

    def __init__(self) -> None:
        super().__init__()
        self.example: Example | None = None
        self._variant = ""
        self._ahead: _Ahead | None = None
        self.key = plain_label("", "head")
        self.key.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.origin = plain_label("", "smallmuted", wrap=True)
        self.facts = plain_label("", "smallmuted", wrap=True)
        self.state = plain_label("", "warn", wrap=True)
        self.outputs = QComboBox()
        self.outputs.setAccessibleName("Output shown")
        self.outputs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.outputs.setMinimumContentsLength(16)
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
        ahead = self._ahead if self._ahead is not None and self._ahead.example.id == example_id else None
        self._ahead = None
        self.example = None
        if ahead is not None:
            self.example = ahead.example
        elif project is not None and example_id is not None:
            with contextlib.suppress(NotFoundError):
                self.example = project.examples.get(example_id)
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
            for each in example.outputs:
                self.outputs.addItem(f"{each.variant} (sealed)" if each.sealed else title_of(each), each.variant)
            output = self._wanted_output(example)
            self.outputs.setCurrentIndex(example.outputs.index(output) if output is not None else -1)
        self.outputs.setVisible(len(example.outputs) > 1)
        if ahead is not None and ahead.output is output:
            self.view.show_prepared(ahead.laid_out)
        else:
            self._show_output(example, output)

    def look_ahead(self, project: Project, example_id: int) -> None:
        """Read and lay out the example that may be shown next."""
        with contextlib.suppress(NotFoundError):
            example = project.examples.get(example_id)
            output = self._wanted_output(example)
            laid_out = self._prepared(example, output)
            laid_out.sheet.document.size()  # Qt puts the laying out off until somebody asks how large it is
            self._ahead = _Ahead(example, output, laid_out)

    def forget_ahead(self) -> None:
        """What was read ahead may be out of date."""
        self._ahead = None

    def _wanted_output(self, example: Example) -> Output | None:
        """The output to show: the variant that was chosen last, else the first."""
        first = example.outputs[0] if example.outputs else None
        return next((output for output in example.outputs if output.variant == self._variant), first)

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
        self.view.show_prepared(self._prepared(example, output))

    def _prepared(self, example: Example, output: Output | None) -> Prepared:
        figures = _figures(output)
        reference = example.reference
        return self.view.prepare(
            example.messages,
            None if output is None else output.messages or output.text,
            (output.documents if output is not None else ()) or example.documents,
            reference.text if reference is not None else None,
            variant=" · ".join(part for part in (title_of(output), figures) if part),
            reference_note=reference_note(reference),
            sealed=output is not None and output.sealed,
            remark=remark(example, output),
            past=past_truths(example),
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
