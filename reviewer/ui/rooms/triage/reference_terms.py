"""How long a reference holds: the day from which it does, and after how many days somebody must confirm it."""

from __future__ import annotations

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QHBoxLayout, QWidget

from reviewer.intake.examples import Reference
from reviewer.triage.truths import MOST_SHELF_DAYS
from reviewer.ui.messages import plain_label
from reviewer.ui.widgets.dates import day_field, day_of, days_field, first_moment

__all__ = ["ReferenceTerms"]

_NEVER_SAID = QDate(1900, 1, 1)


class ReferenceTerms(QWidget):
    """A date and a number of days; another text is as of today unless the person says another day."""

    def __init__(self) -> None:
        super().__init__()
        self.as_of = day_field()
        self.as_of.setAccessibleName("As of, the day from which the reference holds")
        self.as_of.setMinimumDate(_NEVER_SAID)
        self.as_of.setSpecialValueText("not said")
        self.shelf = days_field(MOST_SHELF_DAYS)
        self.shelf.setAccessibleName("Shelf life in days, after which somebody must confirm it")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for title, field in (("As of", self.as_of), ("Shelf life", self.shelf)):
            caption = plain_label(title, "smallmuted")
            caption.setBuddy(field)
            row.addWidget(caption)
            row.addWidget(field)
            row.addSpacing(6)
        self._now_ms = 0
        self._said = self._anew = False
        self._setting = False
        self.as_of.dateChanged.connect(self._dated)

    def begin(self, reference: Reference | None, now_ms: int, *, changed: bool = False) -> None:
        """Show a reference's own terms, or those of one that is still to be written, or is about to be `changed`."""
        self._now_ms = now_ms
        self._given = reference
        self._said = False
        self._anew = changed and reference is not None
        self.shelf.setValue((reference.shelf_days or 0) if reference is not None else 0)
        self.follow(changed=changed or reference is None)

    def follow(self, *, changed: bool) -> None:
        """Show the day that goes with the text as it is written now."""
        if self._said:
            return
        self._setting = True
        since = self._now_ms if changed or self._given is None else self._given.as_of_ms
        self.as_of.setDate(_NEVER_SAID if since is None else day_of(since))
        self._setting = False

    def _dated(self) -> None:
        self._said = self._said or not self._setting

    @property
    def as_of_ms(self) -> int | None:
        """The day that the person said, its first moment, or now for today; None where nothing was said.

        A reference that was to be changed and is saved as it was holds from now on.
        """
        day = self.as_of.date()
        if not self._said and self._anew:
            return self._now_ms
        if not self._said or day == _NEVER_SAID:
            return None
        if day == day_of(self._now_ms):
            return self._now_ms
        return first_moment(day)

    @property
    def shelf_days(self) -> int:
        """The days, 0 for no end."""
        return self.shelf.value()
