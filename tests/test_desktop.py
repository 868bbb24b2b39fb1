"""The files by which a desktop knows the app and its projects."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from reviewer import paths
from reviewer.store.database import APPLICATION_ID

FOLDER = paths.resources() / "desktop"
TYPE = "application/x-reviewer-project"


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="needs desktop-file-utils")
def test_the_desktop_file_is_valid() -> None:
    run = subprocess.run(
        ["desktop-file-validate", str(FOLDER / "reviewer.desktop")], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "")


def test_the_type_of_a_project_is_known_by_name_and_by_content() -> None:
    root = ElementTree.parse(FOLDER / "reviewer-mime.xml").getroot()
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    kind = root.find(f"{space}mime-type")
    assert kind is not None
    assert kind.get("type") == TYPE
    glob = kind.find(f"{space}glob")
    assert glob is not None
    assert glob.get("pattern") == "*.reviewer"
    values = [match.get("value") for match in kind.iter(f"{space}match")]
    assert f"0x{APPLICATION_ID:08x}" in values
    assert f"MimeType={TYPE};" in (FOLDER / "reviewer.desktop").read_text()


def test_there_is_an_icon() -> None:
    ElementTree.parse(FOLDER / "reviewer.svg")
