"""Backups: numbered, whole, thinned by day, week and month; what a kill leaves behind goes at the next opening."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from reviewer.errors import Cancelled
from reviewer.project import Project
from reviewer.store import backup
from reviewer.store.backup import Backup

MONDAY = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


def made(days: Sequence[float], reason: str = "day", start: datetime = MONDAY) -> list[Backup]:
    """Backups made so many days after the start, numbered in this order."""
    return [
        Backup(Path(f"{number}"), number, start + timedelta(days=day), reason, 1) for number, day in enumerate(days, 1)
    ]


def kept(all_of_them: Sequence[Backup]) -> list[Backup]:
    gone = {one.number for one in backup.thinned(all_of_them)}
    return [one for one in all_of_them if one.number not in gone]


def over_the_years(days: Sequence[float]) -> list[Backup]:
    """What is left when each backup is thinned after as it is made."""
    left: list[Backup] = []
    for one in made(days):
        left = kept([*left, one])
    return left


def test_one_a_day_a_week_a_month_is_left_of_two_years() -> None:
    left = over_the_years(range(730))
    ages = [(MONDAY + timedelta(days=729) - one.made).days for one in left]
    assert ages[-7:] == [6, 5, 4, 3, 2, 1, 0]
    weeks = {one.made.isocalendar()[:2] for one in left if (MONDAY + timedelta(days=729) - one.made).days < 35}
    assert len(weeks) == 5
    assert {(one.made.year, one.made.month) for one in left} == {
        ((MONDAY + timedelta(days=day)).year, (MONDAY + timedelta(days=day)).month) for day in range(730)
    }
    assert len(left) <= 7 + 5 + 25


def test_the_last_of_a_day_is_the_one_that_stays() -> None:
    left = kept(made([0.0, 0.1, 0.2, 1.0, 1.1, 2.0, 2.1, 2.2]))
    assert [one.number for one in left] == [3, 5, 6, 7, 8]


@pytest.mark.parametrize("seed", range(30))
def test_no_period_loses_its_only_backup_whatever_the_clock_does(seed: int) -> None:
    draw = Random(seed)
    days = [draw.uniform(-900, 900) if draw.random() < 0.2 else number * draw.random() for number in range(120)]
    left: list[Backup] = []
    for one in made(days):
        before = [*left, one]
        left = kept(before)
        assert one in left, "the one just made is gone"
        assert before[-3:] == left[-3:]
        assert {(each.made.year, each.made.month) for each in before} == {
            (each.made.year, each.made.month) for each in left
        }


def test_a_clock_set_back_does_not_make_the_newest_the_oldest() -> None:
    left = kept(made([100, 101, 102, 103, -400, -400, -400, -400]))
    assert [one.number for one in left][-3:] == [6, 7, 8]
    assert {1, 2, 3, 4} <= {one.number for one in left}


def test_the_last_three_of_each_reason_stay() -> None:
    upgrades = made([0, 0.01, 0.02, 0.03, 0.04], "schema")
    by_day = [
        Backup(Path(f"d{number}"), 5 + number, MONDAY + timedelta(days=number * 0.01), "day", 1)
        for number in range(1, 9)
    ]
    left = kept([*upgrades, *by_day])
    assert [one.number for one in left if one.reason == "schema"] == [3, 4, 5]
    assert [one.number for one in left if one.reason == "day"] == [11, 12, 13]


def test_backups_are_numbered_and_listed_the_last_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    first = backup.backup(project.path, "hand")
    monkeypatch.setattr(backup.time, "strftime", lambda *_: "20010101T000000Z")
    second = backup.backup(project.path, "import")
    found = backup.listed(project.path)
    assert [one.path for one in found] == [second, first]
    assert [one.why for one in found] == ["before an import", "by hand"]
    assert backup.held(first)["examples"] == 0
    with Project.open(second, read_only=True) as opened:
        assert opened.database.meta("uuid") == project.database.meta("uuid")


def test_a_cancelled_backup_leaves_nothing(project: Project) -> None:
    def cancel(*_: object) -> None:
        raise Cancelled("no")

    with pytest.raises(Cancelled):
        backup.backup(project.path, "hand", report=cancel)
    assert not list(backup.folder(project.path).iterdir())


def test_what_a_kill_left_goes_at_the_next_opening(project: Project) -> None:
    path = project.path
    backup.backup(path, "hand")
    project.close()
    home = backup.folder(path)
    stale = [
        path.with_name(f".{path.name}.0123abcd.part"),
        path.with_name(f".{path.name}.0123abcd.part.part-journal"),
        home / "000002-20260101T000000Z-hand.reviewer.part",
        home / "000002-20260101T000000Z-hand.reviewer.part-journal",
    ]
    kept_files = [path.with_name(f".other{path.name}.0123abcd.part"), path.with_name("notes.part"), home / "notes.txt"]
    for each in [*stale, *kept_files]:
        each.write_text("half")
    with Project.open(path, read_only=True):
        pass
    assert all(each.exists() for each in stale), "reading writes nothing"
    with Project.open(path):
        pass
    assert not any(each.exists() for each in stale)
    assert all(each.exists() for each in kept_files)
    assert len(backup.backups(path)) == 1
