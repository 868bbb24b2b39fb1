"""A new study: a short way from what is compared to the sealed plan, which then no longer changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from reviewer.compare.leaks import Leak
from reviewer.compare.planning import Outlook, outlook
from reviewer.compare.plans import Survey
from reviewer.compare.protocol import Protocol, count_of
from reviewer.compare.studies import Study
from reviewer.errors import InputError
from reviewer.project import Project
from reviewer.ui import theme
from reviewer.ui.messages import plain_label, show_error
from reviewer.ui.rooms.compare.leaks_page import LeaksPage
from reviewer.ui.rooms.compare.outlook_page import OutlookPage
from reviewer.ui.rooms.compare.study_pages import ProtocolPage, WhatPage
from reviewer.ui.rooms.compare.style_page import StylePage
from reviewer.ui.session import Session

__all__ = ["NewStudyDialog"]

STEPS = (
    "What is compared",
    "What it can show",
    "How it is judged",
    "What counts as style",
    "What gives sides away",
    "Seal",
)
WORDS = (
    "When the study is made, its plan is fixed and both variants' outputs on its examples are sealed: nobody sees "
    "whose answer is whose until it is closed. A changed plan is a new study."
)
LEAKS = STEPS.index("What gives sides away")


class NewStudyDialog(QDialog):
    """Asks for a study's plan step by step, and says what it comes to."""

    def __init__(self, parent: QWidget, session: Session, project: Project, made: Callable[[Study], None]) -> None:
        super().__init__(parent.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("New study")
        self.setAccessibleName("New study")
        self._session = session
        self._project = project
        self._made = made
        self._asked = 0
        self._found: Survey | Exception | None = None
        self._scanned: tuple[object, ...] | None = None
        self._making = False
        self.what = WhatPage(project)
        self.sizes = OutlookPage({item.name: item.margin for item in project.slices.list()})
        self.judging = ProtocolPage(project)
        self.styles = StylePage()
        self.leaks = LeaksPage()
        self.plan = plain_label("", wrap=True)
        self.plan.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.plan.setAccessibleName("The plan")
        self._build()
        self.what.changed.connect(self._tell)
        self.what.name.textChanged.connect(self._follow)
        self.sizes.changed.connect(self._look_ahead)
        self.sizes.primary.currentIndexChanged.connect(self._follow)
        self.judging.changed.connect(self._follow)
        self.styles.changed.connect(self._follow)
        self.judging.annotators.editingFinished.connect(self._look_ahead)
        self._tell()
        self.resize(960, 660)
        self.what.name.setFocus()

    def _build(self) -> None:
        self.steps = QListWidget()
        self.steps.setAccessibleName("Steps")
        theme.dress(self.steps, "plain")
        self.steps.addItems([f"{number}  {words}" for number, words in enumerate(STEPS, 1)])
        self.steps.setFixedWidth(210)
        self.pages = QStackedWidget()
        last = QWidget()
        column = QVBoxLayout(last)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(plain_label(WORDS, "muted", wrap=True))
        column.addWidget(self.plan)
        column.addStretch(1)
        for page in (self.what, self.sizes, self.judging, self.styles, self.leaks, last):
            if page is self.leaks:
                self.pages.addWidget(page)
                continue
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setWidget(page)
            self.pages.addWidget(area)
        self.back = self._button("&Back", lambda: self.go_to(self.pages.currentIndex() - 1))
        self.next = self._button("Ne&xt", lambda: self.go_to(self.pages.currentIndex() + 1))
        self.yes = self._button("&Make and seal", self._make)
        cancel = self._button("Cancel", self.reject)
        for button in (self.next, self.yes):
            button.setProperty("role", "primary")
        QShortcut(QKeySequence("Ctrl+Return"), self, self._forward)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(cancel)
        foot.addStretch(1)
        for button in (self.back, self.next, self.yes):
            foot.addWidget(button)
        right = QVBoxLayout()
        right.setSpacing(12)
        self.head = plain_label(STEPS[0], "head")
        right.addWidget(self.head)
        right.addWidget(self.pages, 1)
        body = QHBoxLayout()
        body.setSpacing(20)
        body.addWidget(self.steps)
        body.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(16)
        layout.addLayout(body, 1)
        layout.addLayout(foot)
        self.steps.currentRowChanged.connect(self.go_to)
        self.go_to(0)

    def _button(self, words: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        button.setAccessibleName(words.replace("&", ""))
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button

    # -- from step to step

    def go_to(self, number: int) -> None:
        """Show one of the steps."""
        if not 0 <= number < len(STEPS):
            return
        self.pages.setCurrentIndex(number)
        self.steps.setCurrentRow(number)
        self.head.setText(STEPS[number])
        final = number == len(STEPS) - 1
        self.back.setEnabled(number > 0)
        self.next.setVisible(not final)
        self.yes.setVisible(final)
        (self.yes if final else self.next).setDefault(True)
        first = (
            self.what.name,
            self.sizes.primary,
            self.judging.repeats,
            self.styles.ticks["markup"],
            self.leaks.list,
            self.yes,
        )[number]
        first.setFocus()
        if number == LEAKS:
            self._scan()
        self._follow()

    def _forward(self) -> None:
        if self.yes.isVisible():
            self.yes.click()
        else:
            self.next.click()

    def _over(self) -> tuple[str, str, str | None, str | None]:
        page = self.what
        return (
            page.base.currentData() or "",
            page.tuned.currentData() or "",
            page.version.currentData(),
            page.slice.currentData(),
        )

    # -- what the plan comes to

    def _tell(self) -> None:
        """Have the pairs counted, off the UI thread, and say what the plan comes to."""
        project = self._project
        base, tuned, version, slice_name = self._over()
        self._asked += 1
        number = self._asked

        def answer(found: Survey | Exception) -> None:
            # An answer to an earlier question, or to a window that is gone, comes too late.
            if number == self._asked and isValid(self):
                self._found = found
                self._look_ahead()
                if self.pages.currentIndex() == LEAKS:
                    self._scan()
                self._follow()

        self._session.tasks.run(
            "Counting pairs",
            lambda report: project.studies.survey(base, tuned, version=version, slice_name=slice_name),
            answer,
            answer,
            quiet=True,
        )

    def _look_ahead(self) -> None:
        """Have worked out, off the UI thread, what the size can show."""
        found = self._found
        self.sizes.show_outlook(None)
        if not isinstance(found, Survey):
            return
        broken, people = self.sizes.broken.value() / 100, max(1, len(self.judging.people()))
        margin, primary = self.sizes.of_slices().get("preservation", 0.1), self.sizes.primary.currentData()

        def shown(what: Outlook) -> None:
            if found is self._found and isValid(self):
                self.sizes.show_outlook(what)

        self._session.tasks.run(
            "Working out what the size can show",
            lambda report: outlook(
                found.slices, broken=min(broken, 0.45), margin=margin, annotators=people, primary=primary
            ),
            shown,
            quiet=True,
        )

    def _scan(self) -> None:
        """Have the answers read for what gives sides away, once for each choice of examples."""
        over = self._over()
        if self._scanned == over or not isinstance(self._found, Survey) or not self._found.pairs:
            return
        self._scanned = over
        self.leaks.wait()
        project = self._project
        base, tuned, version, slice_name = over

        def shown(found: Sequence[Leak]) -> None:
            if over == self._scanned and isValid(self):
                self.leaks.show_leaks(found)
                self._follow()

        def failed(error: Exception) -> None:
            if over == self._scanned and isValid(self):
                self.leaks.show_problem(str(error))

        self._session.tasks.run(
            "Looking for what gives sides away",
            lambda report: project.studies.leaks(base, tuned, version=version, slice_name=slice_name),
            shown,
            failed,
        )

    def _follow(self) -> None:
        """Say what the plan comes to, or why it is none."""
        found = self._found
        ready = False
        if found is None:
            said = ""
        elif isinstance(found, Exception):
            said = str(found)
        elif found.sealed:
            said = f"An open study seals outputs of {found.sealed} of these examples. Close it first."
        else:
            said = self._pairs(found)
            ready = bool(found.pairs)
        worn = self._worn()
        self.what.outcome.setText("\n\n".join(filter(None, (said, worn))))
        problem = self._problem()
        self.judging.problem.setText(problem)
        name = self.what.name.text().strip()
        self.plan.setText("\n".join(filter(None, (self._in_words(), worn))) if ready else said)
        if not name and ready:
            self.plan.setText("The study has no name yet. Give it one on the first page.")
        elif problem:
            self.plan.setText(problem)
        self.yes.setEnabled(ready and bool(name) and not problem and not self._making)

    def _worn(self) -> str:
        """That the chosen version has been touched too often for what is decided by it; empty where it has not."""
        label = self._over()[2]
        if label is None:
            return ""
        worn_after = int(self._session.settings.get("worn_after"))
        touches = self._project.versions.get(label).touches
        return f"{label} is worn out. {touches.sentence(worn_after)}" if touches.worn(worn_after) else ""

    @staticmethod
    def _pairs(found: Survey) -> str:
        parts = [f"{count} {name}" for name, count in sorted(found.slices.items()) if name]
        said = f"{found.pairs} pairs" + (f" ({', '.join(parts)})" if parts else "") + ": "
        said += f"{2 * found.pairs} answers to judge, then the pairs." if found.pairs else "nothing to compare."
        if found.left_out:
            said += " Left out: " + "; ".join(f"{count} {reason}" for reason, count in found.left_out.items()) + "."
        return said

    def _problem(self) -> str:
        """Why the protocol cannot be, or nothing."""
        try:
            self.judging.number()
        except ValueError:
            return "A seed is a whole number."
        try:
            self._protocol(None).check()
        except InputError as error:
            return str(error)
        primary, found = self.sizes.primary.currentData(), self._found
        if primary and isinstance(found, Survey) and not found.slices.get(primary):
            return f"Correctness over {primary} was to decide, and none of its examples is among the pairs."
        return ""

    def _protocol(self, masks: tuple[str, ...] | None) -> Protocol:
        """The protocol as it is chosen on all pages."""
        return replace(
            self.judging.protocol(masks),
            primary=self.sizes.primary.currentData(),
            style=self.styles.features(),
            lexicon=self.styles.lexicon(),
        )

    def _in_words(self) -> str:
        found = self._found
        assert isinstance(found, Survey)
        base, tuned, version, slice_name = self._over()
        protocol = self._protocol(self.leaks.masks)
        over = ", ".join(part for part in (version, slice_name) if part) or "all examples"
        lines = [f"{tuned} compared with {base} over {over}: {self._pairs(found)}"]
        decides = f"over {protocol.primary}" if protocol.primary else "over all pairs"
        features = protocol.features
        lines.append(
            f"Correctness {decides} decides. As style count {', '.join(features[:-1])}"
            + (f" and {features[-1]}." if len(features) > 1 else f"{features[0]}.")
        )
        parts = [
            (count_of(protocol.repeats, found.pairs), "hidden repeats"),
            (count_of(protocol.controls, found.pairs), "controls"),
            (count_of(protocol.original_dress, found.pairs), "pairs in original dress"),
            (count_of(protocol.probes, found.pairs), "guesses"),
        ]
        lines.append("With " + ", ".join(f"{count or 'no'} {words}" for count, words in parts) + ".")
        who = ", ".join(protocol.annotators)
        lines.append(f"Judged by {who}." if who else "Judged by whoever takes part.")
        lines.append(
            "It may end early by the sequential rule, and by nothing else."
            if protocol.stopping == "sequential"
            else "It ends when all is judged. Nobody sees a result before."
        )
        masks = self.leaks.masks
        if masks is not None:
            lines.append(f"{len(masks) or 'Nothing'} of what gives sides away is masked.")
        return "\n\n".join(lines)

    # -- making it

    def _make(self) -> None:
        project, annotator = self._project, self._session.annotator_id
        name = self.what.name.text()
        base, tuned, version, slice_name = self._over()
        seed, margin, margins = self.judging.number(), self.sizes.overall(), self.sizes.of_slices()
        protocol = self._protocol(self.leaks.masks)
        self._making = True
        self.yes.setEnabled(False)
        self._session.tasks.run(
            "Sealing",
            lambda report: project.studies.create(
                name,
                base,
                tuned,
                version=version,
                slice_name=slice_name,
                seed=seed,
                margin=margin,
                margins=margins,
                protocol=protocol,
                annotator_id=annotator,
            ),
            self._done,
            self._failed,
        )

    def _done(self, made: Study) -> None:
        self._session.tell_changes(made)
        self._made(made)
        if isValid(self):
            self.accept()

    def _failed(self, error: Exception) -> None:
        show_error(self._session.window, error)
        if isValid(self):
            self._making = False
            self._follow()
