"""Bring about what goes wrong around a project, with real files, processes and file systems, and look at what is said.

    python tests/faults/circumstances.py [--times 1]

Each case is one of the faults that need no timing: a lost log, a copy without its log, a place that cannot be written,
a clock that was set back, two instances, a lock left behind, another program's lock, files that are no projects. One
line a case; the exit code is 1 when anything was found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reviewer.errors import ProjectError
from reviewer.project import Project
from reviewer.store import backup, migrate
from reviewer.store.lock import LockedError, ReadOnlyError

KILLED = (
    "import os, signal, sys; from pathlib import Path; from reviewer.project import Project\n"
    "p = Project.open(Path(sys.argv[1]))\n"
    "for n in range(40): p.annotators.get_or_add(f'Ana {n}')\n"
    "os.kill(os.getpid(), signal.SIGKILL)"
)
HOLDS = (
    "import sys; from pathlib import Path; from reviewer.project import Project\n"
    "p = Project.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
)


def killed(path: Path) -> None:
    """Have a process work on a project and die by SIGKILL."""
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, cwd=ROOT)


def names(path: Path) -> int:
    """How many annotators a project holds."""
    with Project.open(path, read_only=True) as project:
        return len(project.annotators.list())


def notices(path: Path) -> list[str]:
    """The kinds of what is pointed out when a project is opened for reading."""
    with Project.open(path, read_only=True) as project:
        return [one.kind for one in project.notices]


def lost_log(path: Path) -> None:
    """The log deleted after a kill: pointed out, and the file is sound."""
    killed(path)
    Path(f"{path}-wal").unlink()
    assert "log_missing" in notices(path)
    with Project.open(path) as project:
        assert project.examine().ok


def copied_without_log(path: Path) -> None:
    """A copy of the file alone while it is open: pointed out in the copy; with its log nothing is missing."""
    with Project.open(path) as project:
        for number in range(40):
            project.annotators.get_or_add(f"Ana {number}")
        alone, both = path.with_name("alone.reviewer"), path.with_name("both.reviewer")
        shutil.copy(path, alone)
        shutil.copy(path, both)
        shutil.copy(f"{path}-wal", f"{both}-wal")
    assert "log_missing" in notices(alone)
    assert names(alone) < 40
    assert notices(both) == []
    assert names(both) == 40


def read_only_place(path: Path) -> None:
    """A folder in which nothing can be written: refused for work, opened for reading, unchanged."""
    place = path.parent / "still"
    place.mkdir()
    still = Path(shutil.copy(path, place / path.name))
    content = still.read_bytes()
    mounted = False
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Root may write anywhere but to a file system that is read-only.
        done = subprocess.run(["mount", "--bind", str(place), str(place)], check=False, capture_output=True)
        if done.returncode:
            return
        mounted = True
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True, capture_output=True)
    else:
        place.chmod(0o500)
    try:
        try:
            Project.open(still).close()
            raise AssertionError("it was opened for work")
        except ReadOnlyError:
            pass
        assert "read_only" in notices(still)
        assert names(still) == 0
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=False, capture_output=True)
        else:
            place.chmod(0o700)
    assert still.read_bytes() == content
    assert [entry.name for entry in place.iterdir()] == [path.name]


def clock_set_back(path: Path) -> None:
    """Backups made while the clock goes backwards stay in the order in which they were made."""
    moments = [1_900_000_000 - number * 10_000_000 for number in range(5)]
    real = time.gmtime
    made = []
    try:
        for moment in moments:
            time.gmtime = lambda *_, moment=moment: real(moment)  # type: ignore[misc,assignment]
            made.append(backup.backup(path, "hand"))
    finally:
        time.gmtime = real
    assert backup.backups(path)[0] == made[-1]
    assert [one.number for one in backup.listed(path)] == [5, 4, 3, 2, 1]


def two_instances(path: Path) -> None:
    """A second process is refused while the first has the project, and may read."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline().strip() == "open"
        try:
            Project.open(path).close()
            raise AssertionError("two processes have it open")
        except LockedError:
            pass
        assert names(path) == 0
        holder.stdin.close()
        holder.wait()
    Project.open(path).close()


def stale_lock(path: Path) -> None:
    """The lock of a killed process is nobody's."""
    killed(path)
    assert Path(f"{path}-lock").exists()
    with Project.open(path) as project:
        assert len(project.annotators.list()) == 40


def foreign_lock(path: Path) -> None:
    """Another program that writes in the file is waited for, and then named as the cause."""
    with Project.open(path) as project, closing(sqlite3.connect(path, isolation_level=None)) as other:
        project.annotators.get_or_add("Ana")
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        said = ""
        try:
            project.annotators.get_or_add("Ben")
        except ProjectError as error:
            said = str(error)
        assert "another program" in said, said or "it was written beside another program"
        assert 4 < time.monotonic() - begun < 8
        other.execute("ROLLBACK")
        project.annotators.get_or_add("Ben")


def no_projects(path: Path) -> None:
    """Zero bytes, another program's database, a newer file and plain text are refused and left as they are."""
    for name in ("empty", "foreign", "newer", "text"):
        each = path.with_name(f"{name}.reviewer")
        if name == "empty":
            each.touch()
        elif name == "text":
            each.write_text("notes " * 100)
        else:
            shutil.copy(path, each)
            pragma = "application_id=7" if name == "foreign" else f"user_version={migrate.SCHEMA + 1}"
            with closing(sqlite3.connect(each, isolation_level=None)) as connection:
                connection.execute(f"PRAGMA {pragma}")
        content = each.read_bytes()
        with suppress(ProjectError):
            Project.open(each).close()
            raise AssertionError(f"{name} was opened")
        assert each.read_bytes() == content


CASES: tuple[Callable[[Path], None], ...] = (
    lost_log,
    copied_without_log,
    read_only_place,
    clock_set_back,
    two_instances,
    stale_lock,
    foreign_lock,
    no_projects,
)


def main() -> int:
    """Bring each about, print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1)
    options = parser.parse_args()
    failed = 0
    if not hasattr(signal, "SIGKILL"):
        print("This system has no SIGKILL; run it on Linux or macOS.", file=sys.stderr)
        return 2
    for case in CASES:
        said = "as it should be"
        for _ in range(options.times):
            with tempfile.TemporaryDirectory(prefix="reviewer-circumstances-") as name:
                os.environ["REVIEWER_HOME"] = str(Path(name) / "home")
                path = Path(name) / "work.reviewer"
                Project.create(path).close()
                try:
                    case(path)
                except (AssertionError, ProjectError) as error:
                    failed += 1
                    said = f"FAILED: {error}"
        print(f"{case.__name__.replace('_', ' '):<22}{said}")
    print(f"{failed} findings")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
