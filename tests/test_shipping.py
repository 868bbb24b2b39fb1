"""What is shipped: the wheel is whole, the constraints name no place, the README leaves nothing out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from reviewer.cli.app import build
from reviewer.settings import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_carries_migrations_and_resources(wheel: Path) -> None:
    for folder in ("migrations", "resources"):
        ours = {
            path.relative_to(ROOT / folder).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        theirs = {
            path.relative_to(wheel / "reviewer" / f"_{folder}").as_posix()
            for path in (wheel / "reviewer" / f"_{folder}").rglob("*")
            if path.is_file()
        }
        assert ours
        assert theirs == ours


def test_the_wheel_makes_a_project_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    code = (
        "import reviewer, sys; from pathlib import Path; from reviewer.project import Project\n"
        "assert Path(reviewer.__file__).is_relative_to(sys.argv[2]), reviewer.__file__\n"
        "Project.create(Path(sys.argv[1])).close()"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "w.reviewer"), str(wheel)],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel)},
    )
    assert (tmp_path / "w.reviewer").stat().st_size > 0


def test_the_constraints_pin_and_name_no_place() -> None:
    lines = (ROOT / "packaging" / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 30
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.+!]+", line)] == []
    declared = re.findall(r'^ {4}"([A-Za-z0-9_.-]+)[>=!<]', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    normal = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pins}
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in declared} <= normal


def _commands(group: object, prefix: str) -> Iterator[str]:
    for name, command in getattr(group, "commands", {}).items():
        if getattr(command, "commands", None):
            yield from _commands(command, f"{prefix} {name}")
        elif not command.hidden:
            yield f"{prefix} {name}"


def test_the_readme_names_every_command() -> None:
    listed = re.sub(r"\\\|", "|", README)
    # `reviewer labels import|export P` stands for both.
    spoken = set()
    for line in re.findall(r"`(reviewer [^`]*)`", listed):
        words = [word for word in line.split() if re.fullmatch(r"[a-z|]+", word)]
        forms = [""]
        for word in words:
            forms = [f"{form} {choice}".strip() for form in forms for choice in word.split("|")]
        spoken |= set(forms)
    missing = [command for command in _commands(typer.main.get_command(build()), "reviewer") if command not in spoken]
    assert missing == []


def test_every_setting_of_the_dialog_has_words() -> None:
    assert [setting.key for setting in SETTINGS if setting.section and not setting.label] == []
