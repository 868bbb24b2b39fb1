"""The example on the screen, and the next one, read and laid out before its key is pressed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from reviewer.errors import NotFoundError
from reviewer.intake.examples import Example, Output, Reference
from reviewer.intake.remarks import past_truths, reference_note, remark, title_of
from reviewer.project import Project
from reviewer.triage.labels import Label
from reviewer.triage.queues import Stop
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.reading_view import Prepared

__all__ = ["Reading", "read"]


@dataclass(slots=True)
class Reading:
    """One stop with everything that is shown of it."""

    stop: Stop
    example: Example
    output: Output
    label: Label | None
    laid_out: Prepared


def read(project: Project, view: ConversationView, stop: Stop, annotator_id: int) -> Reading | None:
    """Read a stop's example and lay it out; None when it has gone meanwhile."""
    try:
        example = project.examples.get(stop.example_id)
    except NotFoundError:
        return None
    output = next((item for item in example.outputs if item.id == stop.output_id), None)
    if output is None or output.sealed:
        return None
    laid_out = view.prepare(
        example.messages,
        output.messages or output.text,
        output.documents or example.documents,
        example.reference.text if example.reference is not None else None,
        variant=title_of(output),
        reference_note=_note(example.reference),
        reference_editable=True,
        remark=remark(example, output),
        past=past_truths(example),
    )
    laid_out.sheet.document.size()  # Qt puts the laying out off until somebody asks how large it is
    return Reading(stop, example, output, project.labels.get(output.id, annotator_id), laid_out)


def _note(reference: Reference | None) -> str:
    if reference is None:
        return ""
    parts = []
    if reference.as_of_ms is not None:
        parts.append("as of " + datetime.fromtimestamp(reference.as_of_ms / 1000, UTC).strftime("%-d %b %Y"))
    parts.append(reference_note(reference))
    return ", ".join(part for part in parts if part)
