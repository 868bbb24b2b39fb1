"""Opening what is, and what is not, a project file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.errors import ProjectError
from reviewer.project import Project
from reviewer.store import backup, migrate
from reviewer.store.database import APPLICATION_ID, Database, dump, load
from reviewer.store.lock import LockedError, ReadOnlyError


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_new_project_carries_its_marks(project: Project) -> None:
    with project.database.transaction() as connection:
        values = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "application_id",
                "user_version",
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "busy_timeout",
            )
        }
    assert values == {
        "application_id": APPLICATION_ID,
        "user_version": migrate.SCHEMA,
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }
    with project.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM categories").fetchone()[0] == 7
        assert connection.execute("SELECT count(*) FROM slices").fetchone()[0] == 3


def test_the_migrations_make_what_the_tables_declare(empty_project_file: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool
    from sqlmodel import SQLModel

    import reviewer.store.tables  # noqa: F401

    engine = create_engine(f"sqlite:///{empty_project_file}", poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    engine.dispose()


def test_create_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "taken.reviewer"
    path.write_text("mine")
    with pytest.raises(ProjectError, match="exists already"):
        Project.create(path)
    assert path.read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "home"] == ["taken.reviewer"]


def refuses(path: Path, words: str) -> None:
    """Opening is refused with `words`, and neither the file nor its folder changes."""
    content = path.read_bytes()
    names = sorted(entry.name for entry in path.parent.iterdir())
    for read_only in (False, True):
        with pytest.raises(ProjectError, match=words):
            Project.open(path, read_only=read_only)
    assert path.read_bytes() == content
    assert sorted(entry.name for entry in path.parent.iterdir()) == names


def test_a_zero_byte_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.reviewer"
    path.touch()
    refuses(path, "zero bytes")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.reviewer"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE meta (key, value)")
        connection.commit()
    refuses(path, "another program")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.reviewer"
    path.write_text("some notes " * 50)
    refuses(path, "not a Reviewer project")


def test_a_newer_project_is_refused_unchanged(tmp_path: Path, empty_project_file: Path) -> None:
    path = tmp_path / "newer.reviewer"
    shutil.copy(empty_project_file, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={migrate.SCHEMA + 1}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for extra in ("-wal", "-shm"):
        Path(f"{path}{extra}").unlink(missing_ok=True)
    refuses(path, "newer Reviewer")


def test_a_header_overwritten_offers_the_backups(project: Project) -> None:
    saved = backup.backup(project.path, "hand")
    project.close()
    with project.path.open("rb+") as handle:
        handle.write(b"\x00" * 100)
    with pytest.raises(ProjectError, match="not a Reviewer project") as caught:
        Project.open(project.path)
    assert str(saved) in str(caught.value)


def older(path: Path, template: Path) -> None:
    """A project as the schema before the first had it: the first migration not yet run."""
    shutil.copy(template, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version=0")
        connection.execute("INSERT INTO meta VALUES ('kept', 'yes')")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_an_older_project_is_backed_up_and_migrated(tmp_path: Path, empty_project_file: Path) -> None:
    path = tmp_path / "older.reviewer"
    older(path, empty_project_file)
    with Project.open(path) as opened:
        assert opened.database.meta("kept") == "yes"
    assert pragma(path, "user_version") == migrate.SCHEMA
    saved = backup.backups(path)
    assert len(saved) == 1
    assert pragma(saved[0], "user_version") == 0


def test_a_failing_migration_leaves_the_original(
    tmp_path: Path, empty_project_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "older.reviewer"
    older(path, empty_project_file)
    content = path.read_bytes()

    def fail(part: Path) -> None:
        with closing(sqlite3.connect(part)) as connection:
            connection.execute("DROP TABLE labels")
        raise RuntimeError("half done")

    monkeypatch.setattr(migrate, "_run_migrations", fail)
    with pytest.raises(ProjectError, match=r"as it was.*backups"):
        Project.open(path)
    assert path.read_bytes() == content
    assert not list(tmp_path.glob(".older*"))


def test_a_second_process_is_told_who_has_the_file(project: Project) -> None:
    with pytest.raises(LockedError, match="another Reviewer window"):
        Project.open(project.path)
    code = (
        "import sys; from pathlib import Path; from reviewer.project import Project\n"
        "try: Project.open(Path(sys.argv[1]))\n"
        "except Exception as error: print(type(error).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(project.path)],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert done.stdout.strip() == "LockedError"
    with Project.open(project.path, read_only=True) as reader:
        assert reader.annotators.list() == []


def test_a_killed_process_leaves_no_lock(tmp_path: Path, empty_project_file: Path) -> None:
    path = tmp_path / "killed.reviewer"
    shutil.copy(empty_project_file, path)
    code = (
        "import os, signal, sys; from pathlib import Path; from reviewer.project import Project\n"
        "p = Project.open(Path(sys.argv[1])); p.annotators.get_or_add('Ana'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False, env=dict(os.environ))
    with Project.open(path) as opened:
        assert [annotator.name for annotator in opened.annotators.list()] == ["Ana"]


def test_read_only_writes_nothing(project: Project) -> None:
    path = project.path
    project.close()
    database = Database(path, read_only=True)
    with pytest.raises(ProjectError, match="reading only"), database.transaction():
        pass
    database.close()


@pytest.mark.parametrize("text", ["a\ud800b", "\x00", "\u2028\u0085", "é" * 3, "\U0010ffff"])
def test_payloads_keep_every_text_exactly(project: Project, text: str) -> None:
    with project.database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES ('text', ?)", (dump([text]),))
    assert load(project.database.meta("text")) == [text]


def test_frozen_rows_cannot_be_rewritten(project: Project) -> None:
    with project.database.transaction() as connection:
        connection.execute("INSERT INTO eval_sets (id, name) VALUES (1, 's')")
        connection.execute(
            "INSERT INTO versions (id, eval_set_id, number, content_hash, frozen_ms) VALUES (1, 1, 1, 'h', 0)"
        )
    for statement in ("UPDATE versions SET note = 'x'", "DELETE FROM versions"):
        with (
            pytest.raises(sqlite3.IntegrityError, match="never rewritten"),
            project.database.transaction() as connection,
        ):
            connection.execute(statement)


def test_reading_leaves_nothing_beside_the_file(tmp_path: Path, empty_project_file: Path) -> None:
    folder = tmp_path / "only"
    folder.mkdir()
    path = folder / "still.reviewer"
    shutil.copy(empty_project_file, path)
    with Project.open(path, read_only=True) as reader:
        assert reader.annotators.list() == []
    assert [entry.name for entry in folder.iterdir()] == ["still.reviewer"]


def test_reading_sees_what_a_crash_left_in_the_log(tmp_path: Path, empty_project_file: Path) -> None:
    path = tmp_path / "crashed.reviewer"
    shutil.copy(empty_project_file, path)
    code = (
        "import os, signal, sys; from pathlib import Path; from reviewer.project import Project\n"
        "p = Project.open(Path(sys.argv[1])); p.annotators.get_or_add('Ana'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False, env=dict(os.environ))
    with Project.open(path, read_only=True) as reader:
        assert [annotator.name for annotator in reader.annotators.list()] == ["Ana"]


def test_a_damaged_project_is_called_damaged(tmp_path: Path, project: Project) -> None:
    project.close()
    whole = project.path.read_bytes()
    cut = tmp_path / "cut.reviewer"
    cut.write_bytes(whole[: len(whole) // 3])
    for read_only in (False, True):
        with pytest.raises(ProjectError, match="is damaged"):
            Project.open(cut, read_only=read_only)


def test_a_project_is_not_made_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_part: Path, _schema: int) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(migrate, "_run_migrations", refuse)
    with pytest.raises(ProjectError, match="Read-only file system"):
        Project.create(tmp_path / "new.reviewer")
    assert not list(tmp_path.glob("*.reviewer"))


def test_a_link_to_a_project_is_the_project(project: Project, tmp_path: Path) -> None:
    path = project.path
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"id": "r-{n}", "prompt": "{"x" * 900}", "output": "y"}}\n' for n in range(1_200)))
    (tmp_path / "desk").mkdir()
    link = tmp_path / "desk" / "linked.reviewer"
    link.symlink_to(path)
    with pytest.raises(LockedError):
        Project.open(link)
    project.close()
    with Project.open(link) as opened:
        assert opened.path == path.resolve()
        opened.sources.import_file(rows, variant="v")
    assert link.is_symlink()
    with Project.open(path) as opened:
        assert opened.examples.count() == 1_200


def test_a_file_with_two_names_is_only_read(project: Project, tmp_path: Path) -> None:
    path, other = project.path, tmp_path / "other.reviewer"
    project.close()
    os.link(path, other)
    for name in (path, other):
        with pytest.raises(ReadOnlyError, match="2 names"):
            Project.open(name)
    other.unlink()
    Project.open(path).close()
