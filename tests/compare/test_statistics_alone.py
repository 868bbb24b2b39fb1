"""The statistics as a module of their own: what it exports, what it imports, and that every function is documented."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import reviewer.compare.statistics as statistics

MODULES = [f"{statistics.__name__}.{found.name}" for found in pkgutil.iter_modules(statistics.__path__)]
LOADED = (
    "import sys, reviewer.compare.statistics as s; s.tango(s.Table(59, 6, 16, 80));"
    "print(*(name for name in {!r} if name in sys.modules))"
)


def test_nothing_but_intervals_is_imported_with_it() -> None:
    heavy = ("numpy", "scipy", "pandas", "statsmodels", "krippendorff", "PySide6", "sqlalchemy", "sqlite3")
    code = LOADED.format(heavy)
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_a_fit_runs_without_the_oracles_of_the_tests() -> None:
    code = (
        "import sys; from reviewer.compare.statistics import Votes, adjust;"
        "n = 40; v = Votes([k % 2 for k in range(n)], list(range(n)), [0] * n, [0] * n,"
        " {'length': [(k % 5) - 2.0 for k in range(n)]}); assert adjust(v).adjusted is not None;"
        "print('statsmodels' in sys.modules, 'pandas' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == ["False", "False"]


def test_every_public_name_is_there_typed_and_documented() -> None:
    assert statistics.__all__ == sorted(statistics.__all__)
    for name in statistics.__all__:
        assert getattr(statistics, name).__doc__, name
    for module in map(import_module, MODULES):
        for name in module.__all__:
            found = getattr(module, name)
            if inspect.isfunction(found):
                assert found.__doc__, name
                hints = inspect.get_annotations(found)
                assert set(inspect.signature(found).parameters) | {"return"} <= set(hints), name
