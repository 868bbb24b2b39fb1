"""Leaks: what training files were scanned, which examples stand in them, each beside its line with the shared words."""

from __future__ import annotations

from reviewer.curate.leak_records import Leak, Scan
from reviewer.curate.leakage import Rate
from reviewer.ui.rooms.curate.overlap_page import OverlapPage
from reviewer.ui.session import Session

__all__ = ["LeaksPage"]

BUTTONS = (
    ("curate.waive", "Waive…"),
    ("curate.waive_all", "Waive all…"),
    ("curate.take_out", "Take out of its slice"),
    ("curate.set_scan_aside", "Set the scan aside"),
)
MOST = 5_000
"""So many overlaps are listed; nobody reads more, and all of them count."""


class LeaksPage(OverlapPage):
    """Overlaps of examples in slices come first, and among them those that are not waived."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            session,
            "Leaks",
            ("Example", "Slice", "Kind", "Its", "File", "Line", "Words", "Waived"),
            (130, 112, 76, 80, 150, 64, 60),
            ("The example", "The line of the training file"),
            BUTTONS,
            ("curate.scan", "Scan a training file…", "search"),
        )
        self.leaks: tuple[Leak, ...] = ()
        self.scans: tuple[Scan, ...] = ()

    @property
    def leak(self) -> Leak | None:
        """The chosen overlap."""
        found = self.model.key(self.place)
        return found if isinstance(found, Leak) else None

    @property
    def scan(self) -> Scan | None:
        """The scan that the chosen overlap is of, or the newest."""
        leak = self.leak
        if leak is not None:
            return next((scan for scan in self.scans if scan.id == leak.scan_id), None)
        return self.scans[0] if self.scans else None

    def refresh(self) -> None:
        """Read scans and overlaps again and keep the place."""
        project = self.session.project
        if project is None:
            self.show_rows([], 0, "")
            return
        self.leaks, self.scans = project.leakage.leaks(), project.leakage.scans()
        ordered = sorted(self.leaks, key=lambda leak: (not leak.slice, bool(leak.waiver)))
        self.finding.setText(_finding(self.leaks))
        self.about.setText("\n".join([*map(_told, self.scans), *_rates(project.leakage.rates())]))
        self.show_rows([_row(leak) for leak in ordered[:MOST]], self.place, _empty(self.scans))

    def show_leak_of(self, example_id: int) -> bool:
        """Choose the first overlap of an example; False when it has none."""
        for place, (leak, *_) in enumerate(self.model.rows):
            if leak.example_id == example_id:
                self.go_to(place)
                return True
        return False

    def show_entry(self, entry: object) -> None:
        """Show an example's text beside the line."""
        project = self.session.project
        if project is None or not isinstance(entry, Leak):
            self.side.clear()
            return
        own = project.leakage.text_of(entry)
        where = f"  ·  {entry.slice}" if entry.slice else ""
        self.side.show_texts(
            (f"{entry.key}, its {entry.place}{where}", own),
            (f"{entry.file}, line {entry.line:,}", project.leakage.line_of(entry)),
            mark_shared=True,
        )


def _row(leak: Leak) -> tuple[object, ...]:
    words = f"{leak.words:,}"
    return (leak, leak.key, leak.slice or "–", leak.kind, leak.place, leak.file, f"{leak.line:,}", words, leak.waiver)


def _finding(leaks: tuple[Leak, ...]) -> str:
    inside = {leak.key for leak in leaks if leak.slice}
    waiting = {leak.key for leak in leaks if leak.slice and not leak.waiver}
    outside = {leak.key for leak in leaks} - inside
    text = f"{len(waiting):,} {'example' if len(waiting) == 1 else 'examples'} in the slices overlap and are not waived"
    if len(waiting) == 1:
        text = "1 example in the slices overlaps and is not waived"
    if len(inside) > len(waiting):
        text += f", {len(inside) - len(waiting):,} waived"
    return f"{text}; {len(outside):,} outside them" if outside else text


def _told(scan: Scan) -> str:
    text = scan.sentence
    if scan.canaries:
        _, version, line = scan.canaries[0]
        text += f" It holds the canary of {version or 'another project'} (line {line:,}): a frozen set is in it."
    return text if scan.active else f"Set aside: {text}"


def _rates(rates: tuple[Rate, ...]) -> list[str]:
    said = [
        f"{rate.slice} {rate.overlapping:,} of {rate.examples:,}: {rate.rate:.1%} [{rate.low:.1%}–{rate.high:.1%}]"
        for rate in rates
        if rate.rate is not None and rate.low is not None and rate.high is not None
    ]
    fresh = sum(rate.unscanned for rate in rates)
    lines = [f"Overlap with 95 % interval: {', '.join(said)}."] if said else []
    if fresh:
        lines.append(f"{fresh:,} of them are new or changed since; scan again.")
    return lines


def _empty(scans: tuple[Scan, ...]) -> str:
    if not scans:
        return (
            "No training file was scanned yet. Scan the file that a model is tuned on, and what of the examples stands"
            " in it is listed here, side by side."
        )
    return "\n".join(
        [*map(_told, scans), "", "No example overlaps with what was scanned. Scan again when the file changes."]
    )
