"""One project file of every schema that was released stays here, and must open with all that it held."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from reviewer.project import Project

OLD = Path(__file__).parent / "old"
HELD = {
    "examples": 12,
    "outputs": 36,
    "example_references": 12,
    "labels": 4,
    "slice_members": 6,
    "version_records": 6,
    "studies": 1,
    "correctness_judgments": 12,
    "preference_judgments": 6,
}


@pytest.mark.parametrize("schema", [1])
def test_an_old_project_opens_with_all_it_held(schema: int, tmp_path: Path) -> None:
    path = tmp_path / "old.reviewer"
    path.write_bytes(gzip.decompress((OLD / f"schema-{schema}.reviewer.gz").read_bytes()))
    with Project.open(path) as project:
        with project.database.read() as connection:
            held = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in HELD}
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert held == HELD
        version = project.versions.get("old@1")
        export = project.versions.export(version, "reviewer", tmp_path / "out")
        assert len(export.data.read_bytes().splitlines()) == 6
        manifest = json.loads((export.folder / "manifest.json").read_text())
        assert manifest["content_hash"] == version.content_hash
        assert project.studies.report("Old").verdict == "inconclusive"
        ana = project.annotators.get_or_add("Ana")
        assert project.undo_title(ana) is not None
        project.undo(ana)
