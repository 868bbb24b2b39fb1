"""The demo project, made and gone through by the command that the README names."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from pathlib import Path

import pytest

from reviewer import demo
from reviewer.cli.app import main
from reviewer.project import Project


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo project, made once."""
    return demo.write(tmp_path_factory.mktemp("demo"))


def test_the_command_runs_the_main_job_and_says_where_the_export_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--dir", str(tmp_path), "--no-window", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    data = Path(told["data_file"])
    records = [json.loads(line) for line in data.read_bytes().split(b"\n") if line]
    assert len(records) == told["examples"] >= 240
    manifest = json.loads((data.parent / "manifest.json").read_text())
    listed = json.dumps(manifest)
    assert hashlib.sha256(data.read_bytes()).hexdigest() in listed
    assert told["triage"]["labelled"] == 110
    assert all(figures["count"] for figures in told["triage"]["shares"].values()), "production fails in all seven ways"
    assert told["study"]["verdict"] == "worse"
    assert told["study"]["preference"]["raw"]["low"] > 0.5, "people prefer the variant that is worse"


def test_a_second_demo_leaves_the_first_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["demo", "--dir", str(tmp_path), "--no-window"]) == 0
    capsys.readouterr()
    assert sorted(path.name for path in tmp_path.glob("*.reviewer")) == ["fennmoor-2.reviewer", "fennmoor.reviewer"]


def test_what_the_demo_holds(made: Path) -> None:
    with Project.open(made, read_only=True) as project:
        with project.database.read() as connection:
            count = {
                table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("examples", "outputs", "labels", "versions", "studies")
            }
            workflows = connection.execute("SELECT count(DISTINCT workflow) FROM examples").fetchone()[0]
        assert count["examples"] >= 240
        assert count["outputs"] == 3 * count["examples"]
        assert workflows >= 6
        assert [study.state for study in project.studies.list()].count("open") == 1
        assert {item.name: item.met for item in project.slices.list()} == {
            "core": True,
            "edge": True,
            "preservation": True,
        }


def test_every_label_of_the_demo_was_taken_in(made: Path) -> None:
    given = (demo.folder() / "labels.jsonl").read_bytes().count(b"\n")
    with Project.open(made, read_only=True) as project, project.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM labels").fetchone()[0] == given


def test_the_readmes_minute_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    job = readme.split("## The main job in a minute")[1].split("```")[1]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resources").symlink_to(demo.folder().parent)
    ran = 0
    for line in re.findall(r"^reviewer (.*)$", job, re.MULTILINE):
        arguments = shlex.split(line, comments=True)
        if arguments == ["support.reviewer"]:  # opens the window
            continue
        ran += 1
        if arguments[:2] == ["study", "report"]:  # nobody has judged it here
            assert main(arguments) == 2
            assert "is open" in capsys.readouterr().err
        else:
            assert main(arguments) == 0, line
    assert ran >= 9
    assert (tmp_path / "claims-v1" / "manifest.json").is_file()
