"""Restoring a backup: at once, undoably, and with the text index following."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.errors import Cancelled, NotFoundError, ProjectError
from reviewer.formats.conversation import Message
from reviewer.project import Project
from reviewer.store import backup, restore
from reviewer.store.lock import LockedError
from tests.rows import add_example


def add(path: Path, key: str, text: str) -> None:
    with Project.open(path) as project:
        with project.database.transaction() as connection:
            add_example(connection, key=key, messages=[Message("user", text)])
        project.search.complete()


def found(path: Path, word: str) -> list[str]:
    with Project.open(path) as project:
        project.search.complete()
        return [hit.key for hit in project.search.query(word).hits]


def test_a_restore_and_the_way_back(project: Project) -> None:
    path = project.path
    project.close()
    add(path, "a", "apples")
    backup.backup(path, "hand")
    add(path, "b", "bananas")
    done = restore.restore(path, restore.choose(path))
    assert done.backup.number == 1
    assert found(path, "apples") == ["a"]
    assert found(path, "bananas") == []
    # Another text under the same number as the one that went: the index must not take it for that one.
    add(path, "c", "cherries")
    assert (found(path, "bananas"), found(path, "cherries")) == ([], ["c"])
    back = restore.choose(path, "2")
    assert back.reason == "restore"
    assert back.path == done.before
    restore.restore(path, back)
    assert (found(path, "bananas"), found(path, "cherries")) == (["b"], [])
    assert [one.reason for one in backup.listed(path)] == ["restore", "restore", "hand"]


def test_work_still_in_the_log_is_saved_before(tmp_path: Path, empty_project_file: Path) -> None:
    path = tmp_path / "log.reviewer"
    path.write_bytes(empty_project_file.read_bytes())
    backup.backup(path, "hand")
    project = Project.open(path)
    project.annotators.get_or_add("Ana")
    wal = Path(f"{path}-wal").read_bytes()
    shm = path.read_bytes()
    project.close()
    path.write_bytes(shm)
    Path(f"{path}-wal").write_bytes(wal)
    done = restore.restore(path, restore.choose(path))
    with Project.open(path) as opened:
        assert opened.annotators.list() == []
    assert done.before is not None
    with Project.open(done.before, read_only=True) as saved:
        assert [one.name for one in saved.annotators.list()] == ["Ana"]


def test_a_damaged_project_is_kept_as_it_lay(project: Project) -> None:
    path = project.path
    backup.backup(path, "hand")
    project.close()
    path.write_bytes(b"no database at all" * 100)
    done = restore.restore(path, restore.choose(path))
    assert done.damaged
    assert done.before is not None
    assert (done.before / path.name).read_bytes().startswith(b"no database")
    with Project.open(path) as opened:
        assert opened.annotators.list() == []


def test_a_project_that_is_gone_comes_back(project: Project) -> None:
    path = project.path
    backup.backup(path, "hand")
    project.close()
    path.unlink()
    assert restore.restore(path, restore.choose(path)).before is None
    Project.open(path).close()


def test_what_cannot_be_restored_changes_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.path
    with pytest.raises(NotFoundError, match="no backups"):
        restore.choose(path)
    saved = backup.backup(path, "hand")
    with pytest.raises(NotFoundError, match=r"no backup .7.*last made has the number 1"):
        restore.choose(path, "7")
    with pytest.raises(LockedError):
        restore.restore(path, restore.choose(path, saved.name))
    project.close()
    content = path.read_bytes()

    def cancel(*_: object) -> None:
        raise Cancelled("no")

    with pytest.raises(Cancelled):
        restore.restore(path, restore.choose(path, str(saved)), cancel)
    whole = saved.read_bytes()
    saved.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProjectError):
        restore.restore(path, restore.choose(path))
    saved.write_bytes(b"")
    with pytest.raises(ProjectError, match="zero bytes"):
        restore.restore(path, restore.choose(path))
    saved.write_bytes(whole)
    monkeypatch.setattr(backup, "backup", lambda *_a, **_k: (_ for _ in ()).throw(ProjectError("The disk is full.")))
    with pytest.raises(ProjectError, match="nothing was restored"):
        restore.restore(path, restore.choose(path))
    assert path.read_bytes() == content
    assert not list(path.parent.glob(".test*"))
