"""Days and numbers of days as fields, and days as the moments that they stand for, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QDateEdit, QSpinBox

__all__ = ["day_field", "day_of", "days_field", "first_moment"]


def day_of(at_ms: int) -> QDate:
    """The day of a moment."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return QDate(moment.year, moment.month, moment.day)


def first_moment(day: QDate) -> int:
    """The moment at which a day begins, in milliseconds."""
    return int(datetime(day.year(), day.month(), day.day(), tzinfo=UTC).timestamp() * 1000)


def day_field() -> QDateEdit:
    """A field for a day, written as in 2026-11-26 or chosen in a calendar."""
    field = QDateEdit()
    field.setDisplayFormat("yyyy-MM-dd")
    field.setCalendarPopup(True)
    return field


def days_field(most: int) -> QSpinBox:
    """A field for a number of days; 0 is no end."""
    field = QSpinBox()
    field.setRange(0, most)
    field.setSpecialValueText("no end")
    field.setSuffix(" days")
    return field
