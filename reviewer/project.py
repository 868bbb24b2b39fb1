"""Project: one open file, and the rooms' objects as its attributes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from reviewer.errors import ProjectError
from reviewer.store import backup, due, history, place, upkeep
from reviewer.store.annotators import Annotators
from reviewer.store.backup import Backup
from reviewer.store.database import Database
from reviewer.store.failures import damaged
from reviewer.store.history import Changes
from reviewer.store.lock import ProjectLock, ReadOnlyError
from reviewer.store.place import Notice

if TYPE_CHECKING:
    from reviewer.compare.judgments import Judgments
    from reviewer.compare.studies import Studies
    from reviewer.curate.duplicates import Duplicates
    from reviewer.curate.leakage import Leakage
    from reviewer.curate.references import References
    from reviewer.curate.slices import Slices
    from reviewer.curate.versions import Versions
    from reviewer.doctor import Checkup
    from reviewer.intake.examples import Examples
    from reviewer.intake.filters import Filters
    from reviewer.intake.inputs import Inputs
    from reviewer.intake.search import Search
    from reviewer.intake.sources import Sources
    from reviewer.triage.labels import Labels
    from reviewer.triage.queues import Queues
    from reviewer.triage.report import Triage
    from reviewer.triage.taxonomies import Categories

__all__ = ["Project"]

SUFFIX = ".reviewer"

Report = Callable[..., None]
"""`report(done, total, note)`; raises Cancelled when the person wants to stop."""


class Project:
    """One open project file."""

    def __init__(
        self, path: Path, database: Database, lock: ProjectLock | None, notices: Sequence[Notice] = ()
    ) -> None:
        self.path = path
        self.database = database
        self.notices = tuple(notices)
        """What a person should know of where the file lies and of how it was left."""
        self._lock = lock

    @classmethod
    def create(cls, path: Path) -> Project:
        """Write a new project file and open it; raises ProjectError when the name is taken."""
        from reviewer.store import migrate

        migrate.create(path)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, as_it_lies: bool = False, back_up: bool = True) -> Project:
        """Open a project file, bringing an older one to the present schema first.

        The first opening after a day on which something changed backs the project up, unless `back_up` is false: then
        whoever opens it does so, when `backup_due` says so. `as_it_lies` leaves what an interrupted import left behind.

        Raises ProjectError for a missing, empty, foreign or newer file, LockedError when another process has it
        open. With `read_only` nothing is locked, migrated or written, but for what an interrupted import left behind:
        that is taken out first.
        """
        from reviewer.store import migrate

        # By its own name: a file is put in the place of a link to it otherwise, and two names have two locks.
        path = path.resolve()
        schema = migrate.inspect(path)
        if read_only and schema < migrate.SCHEMA:
            raise ProjectError(
                f"{path.name} was made by an older Reviewer, and reading does not change it. Open it once in the "
                f"window (reviewer {path.name}), which backs it up and brings it up to date; then try again."
            )
        lock = ProjectLock(path)
        still = lock.keep_still() if read_only else False
        if not read_only:
            lock.acquire()
        try:
            if not read_only:
                backup.tidy(path)
                _refuse_other_names(path)
            if schema < migrate.SCHEMA:
                migrate.upgrade(path)
            notices = _notices(path)
            database = Database(path, read_only=read_only, still=still)
            _prove_readable(database)
            project = cls(path, database, lock, notices)
            if as_it_lies:
                return project
            if read_only:
                if project._has_unfinished():
                    project = cls._cleared(project)
            else:
                project._clear_unfinished()
                project._list_revised()
                if back_up and project.backup_due():
                    project.back_up("day")
        except BaseException:
            lock.release()
            raise
        return project

    @classmethod
    def _cleared(cls, project: Project) -> Project:
        """The project open for reading, without what an import that was killed had put in.

        As it is when that import is still under way in another process, or when the folder cannot be written.
        """
        path = project.path
        project.close()
        with contextlib.suppress(ProjectError), cls.open(path, back_up=False):
            pass
        lock = ProjectLock(path)
        still = lock.keep_still()
        return cls(path, Database(path, read_only=True, still=still), lock, project.notices)

    def _has_unfinished(self) -> bool:
        with self.database.read() as connection:
            if connection.execute("SELECT 1 FROM sources WHERE state = 'importing'").fetchone() is not None:
                return True
        return upkeep.is_off(self.database)

    def _clear_unfinished(self) -> None:
        """Take out what an import that was killed had already put in, and make the indexes that it went without."""
        if self._has_unfinished():
            from reviewer.intake.removal import clear_unfinished

            clear_unfinished(self.database)
            with contextlib.suppress(ProjectError):  # without room for them all else goes on, only slower
                upkeep.put_back(self.database)

    def _list_revised(self) -> None:
        """List the examples whose inputs were corrected before projects kept such a list."""
        if not self.database.meta("revised"):
            from reviewer.intake.revisions import list_revised

            with self.database.transaction() as connection:
                list_revised(connection)

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @cached_property
    def annotators(self) -> Annotators:
        """The people who label and judge."""
        return Annotators(self.database)

    @cached_property
    def examples(self) -> Examples:
        """The examples and their outputs."""
        from reviewer.intake.examples import Examples

        return Examples(self.database, lambda: self.search)

    @cached_property
    def sources(self) -> Sources:
        """The imported files."""
        from reviewer.intake.sources import Sources

        return Sources(self.database)

    @cached_property
    def inputs(self) -> Inputs:
        """The inputs of the examples, where they are corrected."""
        from reviewer.intake.inputs import Inputs

        return Inputs(self.database, lambda: self.sources)

    @cached_property
    def search(self) -> Search:
        """The text index."""
        from reviewer.intake.search import Search

        return Search(self.database)

    @cached_property
    def filters(self) -> Filters:
        """The filter language and the saved filters."""
        from reviewer.intake.filters import Filters

        return Filters(self.database, self.search)

    @cached_property
    def slices(self) -> Slices:
        """The three slices, their contracts and members."""
        from reviewer.curate.slices import Slices

        return Slices(self.database, self.filters)

    @cached_property
    def references(self) -> References:
        """What is due among the references, and what was the truth before."""
        from reviewer.curate.references import References

        return References(self.database)

    @cached_property
    def duplicates(self) -> Duplicates:
        """The groups of examples that are the same case."""
        from reviewer.curate.duplicates import Duplicates

        return Duplicates(self.database)

    @cached_property
    def leakage(self) -> Leakage:
        """What of the examples stands in training files."""
        from reviewer.curate.leakage import Leakage

        return Leakage(self.database)

    @cached_property
    def versions(self) -> Versions:
        """The frozen versions of the eval sets."""
        from reviewer.curate.versions import Versions

        return Versions(self.database, self.slices)

    @cached_property
    def categories(self) -> Categories:
        """The codebook."""
        from reviewer.triage.taxonomies import Categories

        return Categories(self.database)

    @cached_property
    def labels(self) -> Labels:
        """What annotators say of outputs."""
        from reviewer.triage.labels import Labels

        return Labels(self.database)

    @cached_property
    def queues(self) -> Queues:
        """Which example comes next in triage."""
        from reviewer.triage.queues import Queues

        return Queues(self.database)

    @cached_property
    def triage(self) -> Triage:
        """The triage report."""
        from reviewer.triage.report import Triage

        return Triage(self.database)

    @cached_property
    def studies(self) -> Studies:
        """The blind comparisons of two variants."""
        from reviewer.compare.studies import Studies

        return Studies(self.database, self.search.start)

    @cached_property
    def judgments(self) -> Judgments:
        """What annotators judge next in a study, and what they say of it."""
        from reviewer.compare.judgments import Judgments

        return Judgments(self.database, self.examples)

    def undo(self, annotator_id: int) -> Changes:
        """Take back this annotator's last action; raises ConflictError when there is none."""
        with self.database.transaction() as connection:
            return history.undo(connection, annotator_id)

    def redo(self, annotator_id: int) -> Changes:
        """Do again what this annotator undid last; raises ConflictError when there is nothing."""
        with self.database.transaction() as connection:
            return history.redo(connection, annotator_id)

    def undo_title(self, annotator_id: int) -> str | None:
        """What `undo` would take back, for the menu."""
        with self.database.read() as connection:
            return history.undo_title(connection, annotator_id)

    def redo_title(self, annotator_id: int) -> str | None:
        """What `redo` would do again, for the menu."""
        with self.database.read() as connection:
            return history.redo_title(connection, annotator_id)

    def backups(self) -> list[Backup]:
        """The project's backups, the last made first."""
        return backup.listed(self.path)

    def backup_due(self) -> bool:
        """Whether something changed on an earlier day and no backup holds it yet."""
        return due.after_a_day(self.database)

    def back_up(self, reason: str = "hand", report: Report | None = None) -> Path:
        """Save the project as it is now as a backup beside it, while work goes on; returns the new file.

        `reason` is one of `store.backup.REASONS`. Raises ProjectError when it cannot be written, Cancelled from
        `report`.
        """
        with self.database.snapshot() as source:
            return backup.backup(self.path, reason, source=source, report=report)

    def examine(self, *, repair: bool = False, report: Report | None = None) -> Checkup:
        """Look at everything the project holds; with `repair` mend what can be mended without guessing."""
        from reviewer.doctor import examine

        return examine(self.database, self.search, repair=repair, report=report)

    def close(self) -> None:
        """Close the file and give its lock back."""
        if "search" in self.__dict__:
            self.search.close()
        self.database.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refuse_other_names(path: Path) -> None:
    """Raise ReadOnlyError for a file with several names: each would have a lock and a log of its own."""
    names = path.stat().st_nlink
    if names > 1:
        raise ReadOnlyError(
            f"{path} cannot be opened for work: the file has {names} names (hard links), under which several programs"
            " could write it at once. Copy it to a new file and open the copy."
        )


def _notices(path: Path) -> list[Notice]:
    """What is to be said of a project's place and of how it was left, looked at before anything is opened."""
    found = [place.of_reading(path), place.of_network(path), place.of_sync(path), place.lost_log(path)]
    if found[-1] is not None:
        from reviewer.intake.text_index import known_examples

        found[-1] = place.lost_log(path, known_examples(path))
    return [one for one in found if one is not None]


def _prove_readable(database: Database) -> None:
    """Read a little of the file, so that damage shows at opening and not in the middle of work."""
    try:
        with database.read() as connection:
            connection.execute("SELECT count(*) FROM meta").fetchone()
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        database.close()
        raise damaged(database.path, error) from error
