"""What the tests of studies share: published pairs, where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("REVIEWER_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="session")
def pandalm_file() -> Path:
    """The published answer pairs with three people's votes; the test is skipped where the file is absent."""
    path = DATA / "pandalm" / "testset-v1.json"
    if not path.is_file():
        pytest.skip("the published pairs are not on this machine")
    return path
