"""When a backup is due, what is said of a place, and what a file says of the log it has lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reviewer.errors import ProjectError
from reviewer.project import Project
from reviewer.store import backup, due, place


def on(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    """Have the clock stand at noon of a day."""
    moment = time.mktime(time.strptime(f"{day} 12:00", "%Y-%m-%d %H:%M"))
    real = time.strftime
    monkeypatch.setattr(time, "strftime", lambda form, when=None: real(form, when or time.localtime(moment)))
    monkeypatch.setattr(time, "gmtime", lambda *_: time.localtime(moment))


def work(path: Path, name: str) -> None:
    with Project.open(path) as project:
        project.annotators.get_or_add(name)


def names_in(path: Path) -> list[str]:
    with Project.open(path, read_only=True) as project:
        return [one.name for one in project.annotators.list()]


def test_the_first_opening_after_a_days_work_saves_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.path
    project.close()
    on(monkeypatch, "2026-03-02")
    work(path, "Ana")
    work(path, "Ben")
    assert backup.backups(path) == []
    on(monkeypatch, "2026-03-03")
    work(path, "Caro")
    assert [names_in(one) for one in backup.backups(path)] == [["Ana", "Ben"]]
    on(monkeypatch, "2026-03-04")
    Project.open(path).close()
    Project.open(path).close()
    assert [names_in(one) for one in backup.backups(path)] == [["Ana", "Ben", "Caro"], ["Ana", "Ben"]]
    # Nothing was changed on the fourth, so there is nothing to save on the fifth.
    on(monkeypatch, "2026-03-05")
    Project.open(path).close()
    assert len(backup.backups(path)) == 2
    work(path, "Dora")
    # The clock is set back by years; what was done before that is saved all the same, and is the newest.
    on(monkeypatch, "2020-01-01")
    work(path, "Eve")
    newest = backup.listed(path)[0]
    assert names_in(newest.path)[-1] == "Dora"
    assert newest.number == 3
    on(monkeypatch, "2020-01-02")
    Project.open(path).close()
    assert names_in(backup.listed(path)[0].path)[-1] == "Eve"


def test_reading_saves_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.path
    project.annotators.get_or_add("Ana")
    project.close()
    on(monkeypatch, "2040-01-01")
    Project.open(path, read_only=True).close()
    assert not backup.folder(path).exists()


def test_work_after_a_backup_of_the_same_sitting_is_saved_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.annotators.get_or_add("Ana")
    project.back_up()
    project.annotators.get_or_add("Ben")
    path = project.path
    project.close()
    on(monkeypatch, "2040-01-01")
    Project.open(path).close()
    assert [names_in(one) for one in backup.backups(path)] == [["Ana", "Ben"], ["Ana"]]


def rows(path: Path, first: int) -> Path:
    lines = [json.dumps({"id": f"r{first + n}", "prompt": f"Question {first + n}", "output": "x"}) for n in range(5)]
    path.write_text("\n".join(lines))
    return path


def test_an_import_is_preceded_by_a_backup_where_there_is_work_to_lose(project: Project, tmp_path: Path) -> None:
    project.sources.import_file(rows(tmp_path / "one.jsonl", 0))
    project.sources.import_file(rows(tmp_path / "two.jsonl", 5))
    assert project.backups() == [], "nothing that was done here would be lost"
    annotator = project.annotators.get_or_add("Ana")
    project.labels.set_verdict(1, annotator, "pass")
    notes: list[str] = []
    project.sources.import_file(rows(tmp_path / "three.jsonl", 10), report=lambda _d, _t, note="": notes.append(note))
    assert [one.reason for one in project.backups()] == ["import"]
    assert notes[0] == "saving a backup first"
    assert backup.held(project.backups()[0].path)["examples"] == 10
    project.sources.import_file(rows(tmp_path / "four.jsonl", 15))
    assert len(project.backups()) == 1, "the work is saved already"
    project.labels.set_verdict(2, annotator, "pass")
    assert due.before_import(project.database) is not None


@pytest.mark.parametrize("deleted", [True, False])
def test_a_file_without_its_log_says_so(tmp_path: Path, project: Project, deleted: bool) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from reviewer.project import Project\n"
        "p = Project.open(Path(sys.argv[1]))\n"
        "for n in range(50): p.annotators.get_or_add(f'Ana {n}')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    project.close()
    path = project.path
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    if deleted:
        Path(f"{path}-wal").unlink()
    else:
        copy = tmp_path / "copy" / "copied.reviewer"
        copy.parent.mkdir()
        path = Path(shutil.copy(path, copy))
    with Project.open(path, read_only=True) as reader:
        assert [one.kind for one in reader.notices] == ["log_missing"]
    with Project.open(path) as opened:
        assert [one.kind for one in opened.notices] == ["log_missing"]
        assert "0 examples and 0 labels" in opened.notices[0].text
        assert len(opened.annotators.list()) < 50
        assert opened.examine().ok
    with Project.open(path) as opened:
        assert opened.notices == ()  # it was closed in order since


def test_what_the_lost_log_held_is_told_from_what_lies_beside(project: Project, tmp_path: Path) -> None:
    path = project.path
    whole = path.read_bytes()
    project.sources.import_file(rows(tmp_path / "one.jsonl", 0))
    project.search.complete()
    project.back_up()
    project.labels.set_verdict(1, project.annotators.get_or_add("Ana"), "pass")
    marked = path.read_bytes()
    project.close()
    path.write_bytes(marked)
    assert marked != whole
    with Project.open(path) as opened:
        text = opened.notices[0].text
    assert "index beside it knows 5 examples" in text
    assert "holds 5 examples, 5 outputs" in text


def test_a_killed_project_with_its_log_and_its_backups_say_nothing(project: Project) -> None:
    path = project.path
    project.annotators.get_or_add("Ana")
    saved = project.back_up()
    copy = path.with_name("copy.reviewer")
    shutil.copy(path, copy)
    shutil.copy(f"{path}-wal", f"{copy}-wal")
    for each in (copy, saved):
        with Project.open(each) as opened:
            assert opened.notices == ()
            assert [one.name for one in opened.annotators.list()] == ["Ana"]


def test_a_file_that_is_gone_takes_no_more_work(project: Project) -> None:
    path = project.path
    project.annotators.get_or_add("Ana")
    away = path.with_name("away.reviewer")
    path.rename(away)
    with pytest.raises(ProjectError, match=r"not there any more.*stays in its field"):
        project.annotators.get_or_add("Ben")
    away.rename(path)
    project.annotators.get_or_add("Ben")
    assert [one.name for one in project.annotators.list()] == ["Ana", "Ben"]


@pytest.mark.parametrize("folder", ["Dropbox", "OneDrive - Firm", "Nextcloud", "Mobile Documents"])
def test_a_folder_that_is_copied_elsewhere_is_pointed_out(
    tmp_path: Path, empty_project_file: Path, folder: str
) -> None:
    path = tmp_path / folder / "work" / "p.reviewer"
    path.parent.mkdir(parents=True)
    shutil.copy(empty_project_file, path)
    with Project.open(path) as opened:
        assert [one.kind for one in opened.notices] == ["synced"]


def test_a_network_drive_is_pointed_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mounts = f"/dev/sda1 / ext4 rw 0 0\nserver:/share {tmp_path} nfs4 rw 0 0\n"
    real = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda self, **named: mounts if str(self) == "/proc/self/mounts" else real(self, **named)
    )
    notice = place.of_network(tmp_path / "p.reviewer")
    assert notice is not None
    assert "nfs4" in notice.text
    assert place.of_network(Path("/p.reviewer")) is None
