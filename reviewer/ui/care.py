"""What the window does so that nothing is lost: backups, the way back to one, checks, salvage, warnings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.errors import Cancelled, DamagedError, ReviewerError
from reviewer.project import SUFFIX, Project
from reviewer.store import backup
from reviewer.store.backup import Backup
from reviewer.ui import messages

if TYPE_CHECKING:
    from reviewer.doctor import Checkup
    from reviewer.store.restore import Restored
    from reviewer.store.salvage import Salvage
    from reviewer.ui.main_window import MainWindow
    from reviewer.ui.tasks import Report
    from reviewer.ui.widgets.banners import Way

__all__ = ["Care"]


class Care:
    """The window's commands for the safety of a project, and its banners."""

    def __init__(self, window: MainWindow, may_close: Callable[[Callable[[], object]], bool]) -> None:
        self._window = window
        self._session = window.session
        self._may_close = may_close
        self.table: dict[str, Callable[[], None]] = {
            "file.backup": self.back_up,
            "file.restore": self.choose_backup,
            "tools.check": self.check,
        }

    # -- after opening

    def after_opening(self, project: Project) -> None:
        """Point out what bodes ill, and save what an earlier day has brought."""
        for notice in project.notices:
            ways: list[Way] = [("Check the project", self.check)] if notice.kind == "log_missing" else []
            if project.backups() and notice.kind == "log_missing":
                ways.append(("Restore a backup…", self.choose_backup))
            self._window.banners.say(notice.kind, notice.text, ways)
        if any(notice.kind == "log_missing" for notice in project.notices):
            self._look_through(project)
        if not project.database.read_only and project.backup_due():
            self._save(project, "day")

    def _look_through(self, project: Project) -> None:
        """Check a file that was not closed in order, and say so only when something is wrong."""

        def found(checkup: Checkup) -> None:
            if checkup.ok:
                for banner in self._window.banners.shown:
                    if banner.kind == "log_missing":
                        banner.words.setText(f"{banner.words.text()} A check of the whole file found nothing wrong.")
            else:
                self._show(project, checkup)

        self._session.tasks.run(
            f"Checking {project.name}", lambda report: project.examine(report=report), found, lambda _error: None
        )

    # -- backups

    def back_up(self) -> None:
        """Save the project as it is now."""
        if self._session.project is not None:
            self._save(self._session.project, "hand")

    def _save(self, project: Project, reason: str) -> None:
        def work(report: Report) -> Path:
            return project.back_up(reason, report)

        def done(path: Path) -> None:
            if reason == "hand":
                messages.tell(self._window, f"Saved {project.path.name} as {path.name}")

        def failed(error: Exception) -> None:
            if reason == "hand" or not isinstance(error, ReviewerError):
                messages.show_error(self._window, error)
            elif not isinstance(error, Cancelled):
                text = f"The backup after the last day's work could not be made. {error}"
                self._window.banners.say("backup", text, [("Try again", lambda: self._again(project))])

        self._session.tasks.run(f"Backing up {project.name}", work, done, failed)

    def _again(self, project: Project) -> None:
        self._window.banners.drop("backup")
        if self._session.project is project:
            self._save(project, "day")

    def choose_backup(self, path: Path | None = None) -> None:
        """Show the backups of a project, the open one's without a path, to choose from."""
        from reviewer.ui.dialogs.restore_dialog import RestoreDialog

        project = self._session.project
        if path is None and project is not None:
            path = project.path
        if path is not None:
            where = path
            RestoreDialog(self._window, where, self._session.tasks, lambda one: self.restore(where, one)).open()

    def restore(self, path: Path, chosen: Backup) -> None:
        """Close the project if it is the open one, bring it back to a backup, and open it."""
        from reviewer.store.restore import restore

        project = self._session.project
        if project is not None and project.path == path:
            if not self._may_close(lambda: self.restore(path, chosen)):
                return
            self._window.remember_window()
            self._session.close()

        def done(result: Restored) -> None:
            if not self._session.open(path):
                return
            day = f"{chosen.made.astimezone():%Y-%m-%d %H:%M}"
            text = f"{path.stem} is as it was on {day}, {chosen.why}."
            before = next((one for one in backup.listed(path) if one.path == result.before), None)
            if before is not None:
                text += " The state before is saved as a backup."
                self._window.banners.say("restored", text, [("Take this back", lambda: self.restore(path, before))])
            else:
                if result.damaged:
                    text += f" The damaged file that was there is kept in {result.before}."
                self._window.banners.say("restored", text)

        def failed(error: Exception) -> None:
            messages.show_error(self._window, error)
            if project is not None and path.exists():
                self._session.open(path)

        self._session.tasks.run(f"Restoring {path.stem}", lambda report: restore(path, chosen, report), done, failed)

    # -- checks

    def check(self) -> None:
        """Look the whole project over, and show what was found."""
        self._examine(repair=False)

    def _examine(self, *, repair: bool) -> None:
        project = self._session.project
        if project is None:
            return

        def work(report: Report) -> Checkup:
            if repair:
                project.back_up("repair")
            return project.examine(repair=repair, report=report)

        title = f"{'Repairing' if repair else 'Checking'} {project.name}"
        self._session.tasks.run(title, work, lambda checkup: self._show(project, checkup))

    def _show(self, project: Project, checkup: Checkup) -> None:
        from reviewer.ui.dialogs.check_dialog import CheckDialog

        ways: list[Way] = []
        path = project.path
        damaged = any(one.kind == "damaged" for one in checkup.findings)
        if damaged:
            ways.append(("Salvage…", lambda: self.salvage(path)))
        elif not checkup.ok and not project.database.read_only:
            ways.append(("Repair", lambda: self._examine(repair=True)))
        if not checkup.ok and project.backups():
            ways.append(("Restore a backup…", lambda: self.choose_backup(path)))
        CheckDialog(self._window, project.name, checkup, ways).open()

    # -- a project that does not open

    def offer(self, path: Path, error: ReviewerError) -> None:
        """Say why a project does not open, and offer its backups and, for a damaged one, a salvage."""
        ways: list[Way] = []
        if backup.backups(path):
            ways.append(("Restore a backup…", lambda: self.choose_backup(path)))
        if isinstance(error, DamagedError):
            ways.append(("Salvage…", lambda: self.salvage(path)))
        messages.show_error(self._window, error, ways)

    def salvage(self, path: Path) -> None:
        """Ask where to, and read what a damaged project still holds into a new one."""
        messages.choose_save(
            self._window,
            "Salvage into a new project",
            f"{path.stem}-salvaged{SUFFIX}",
            messages.PROJECT_FILES,
            lambda out: self.salvage_to(path, out),
            folder=path.parent,
            suffix=SUFFIX.removeprefix("."),
            overwrites=False,
        )

    def salvage_to(self, path: Path, out: Path) -> None:
        """Read what a damaged project still holds into `out`, say what was lost, and offer to open it."""
        from reviewer.store.salvage import salvage

        def done(got: Salvage) -> None:
            lost = [f"{one.table}: {one.lost:,}" for one in got.tables if one.lost]
            lost += [f"{one.table}: {one.orphaned:,} left out" for one in got.tables if one.orphaned]
            unknown = [one.table for one in got.tables if one.lost is None]
            words = "Lost, as far as can be told: " + (", ".join(lost) if lost else "nothing") + "."
            if unknown:
                words += f" Of {', '.join(unknown)} it cannot be told."
            messages.confirm(
                self._window,
                f"{got.read:,} rows were read into {out.name}, {got.lost:,} are lost.",
                f"{words} The damaged file was only read, and stays where it is.",
                "Open it",
                lambda: (self._session.open(out), None)[1],
                no="Close",
            )

        self._session.tasks.run(f"Salvaging {path.stem}", lambda report: salvage(path, out, report), done)
