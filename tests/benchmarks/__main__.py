"""Measure everything beside its raw limit, print one table and write the figures down.

    python3 packaging/dev.py bench [--size N] [--only NAME]... [--cache DIR] [--out DIR]
    python -m tests.benchmarks --show FILE.json...     print the tables of earlier runs again

Rows and project of the size are made once and kept in the cache folder. Each module of this folder that has a function
`measure` runs in a process of its own. A floor that is missed is said and is no error; a module that fails is one.
Where a machine is shared, read the ratios: each figure's limit comes from the same run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from reviewer.errors import ReviewerError
from tests.benchmarks import projects
from tests.benchmarks.figures import Bench, Figure

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROOM = 5
"""So many times the rows' bytes a run needs free beside the kept files: a copy of the project, a new one, a limit."""
SMALL = 1_000
"""The size of the project beside which it is seen whether a cost is flat."""
LIBRARIES = ("reviewer", "PySide6-Essentials", "SQLAlchemy", "orjson")
COLUMNS = ("work", "ours", "limit", "ratio", "floor", "goal", "met")


def modules(*, asked: bool = False) -> list[str]:
    """The names of the modules that measure something; with `asked` those too that only run when asked for."""
    found = []
    for path in sorted(HERE.glob("[a-z]*.py")):
        text = path.read_text("utf-8")
        if "\ndef measure(bench: Bench)" in text and (asked or "\nONLY_WHEN_ASKED = True" not in text):
            found.append(path.stem)
    return found


def measure(options: argparse.Namespace) -> int:
    """In the module's own process: measure, and leave the figures in a file."""
    module = importlib.import_module(f"tests.benchmarks.{options.measure}")
    bench = Bench(
        size=options.size,
        folder=options.folder,
        shared=options.shared,
        rows=projects.kept_rows(options.cache, options.size),
        project_path=lambda: projects.kept_project(options.cache, options.size),
        small_path=lambda: projects.kept_project(options.cache, min(options.size, SMALL)),
    )
    start = time.perf_counter()
    figures: list[Figure] = module.measure(bench)
    result = {"seconds": round(time.perf_counter() - start, 1), "figures": [asdict(figure) for figure in figures]}
    options.result.write_text(json.dumps(result), encoding="utf-8")
    return 0


def run_module(name: str, options: argparse.Namespace, shared: Path) -> dict[str, Any]:
    """What a module measured, or an `error` where it failed; its own words stand on standard error."""
    with tempfile.TemporaryDirectory(prefix="run-", dir=options.cache, ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch, "work")
        folder.mkdir()
        result = Path(scratch, "figures.json")
        command = [
            sys.executable, "-m", "tests.benchmarks", "--measure", name, "--size", str(options.size),
            "--cache", str(options.cache), "--folder", str(folder), "--shared", str(shared), "--result", str(result),
        ]  # fmt: skip
        own = {
            "REVIEWER_HOME": str(Path(scratch, "home")),
            "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM") or "offscreen",
        }
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **own}, check=False)
        if done.returncode == 0 and result.is_file():
            found: dict[str, Any] = json.loads(result.read_text("utf-8"))
            return found
    return {"seconds": 0, "figures": [], "error": f"exit code {done.returncode}"}


def facts(size: int) -> dict[str, Any]:
    """Where and with what this was measured."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": size,
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gb": _memory_gb(),
            "load": _load(),
        },
        "versions": {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version, **versions},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _load() -> float | None:
    """How many processes wanted the cores in the last minute, where the system tells: over one a core is a busy one."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def number(value: float | None) -> str:
    """Three figures of it that matter."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else f"{value:.1e}"


def table(result: dict[str, Any]) -> str:
    """The figures as one aligned table, a block a module."""
    lines: list[tuple[str, ...]] = [COLUMNS]
    for name, part in result["modules"].items():
        lines.append((f"— {name}, {part['seconds']:.0f} s",))
        if "error" in part:
            lines.append((f"  failed: {part['error']}",))
        for row in part["figures"]:
            lines.append(_cells(Figure(**row)))
    widths = [max((len(line[at]) for line in lines if len(line) > 1), default=0) for at in range(len(COLUMNS))]
    machine = result["machine"]
    head = (
        f"{result['size']:,} examples · {result['date']} · {machine['cores']} cores, {machine['processor']}, "
        f"load {machine['load']} at the start\n"
        + " · ".join(f"{name} {version}" for name, version in result["versions"].items())
    )
    return "\n".join([head, "", *("  ".join(_aligned(line, widths)).rstrip() for line in lines)])


def _cells(row: Figure) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "NO"}[row.met]
    if row.goal_met:
        met = "goal"
    limit = f"{number(row.limit)} {row.limit_name}".strip() if row.limit is not None else row.limit_name
    return (
        f"  {row.work}" + (f" ({row.note})" if row.note else ""),
        f"{number(row.value)} {row.unit}",
        limit,
        number(row.ratio),
        row.floor,
        row.goal,
        met,
    )


def _aligned(line: tuple[str, ...], widths: Sequence[int]) -> list[str]:
    if len(line) == 1:
        return list(line)
    return [
        f"{cell:>{width}}" if at in (1, 3) else f"{cell:<{width}}"
        for at, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]


def show(files: Sequence[Path]) -> int:
    """Print the tables of earlier runs."""
    for file in files:
        print(table(json.loads(file.read_text("utf-8"))), end="\n\n")
    return 0


def everything(options: argparse.Namespace) -> int:
    """Run what is wanted, print the table, write the JSON file; 1 when a module failed."""
    known = modules(asked=True)
    unknown = [name for name in options.only or () if name not in known]
    if unknown:
        raise ReviewerError(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(known)}.")
    projects.kept_project(options.cache, options.size)
    projects.room_for(options.cache, options.size, ROOM)
    result = facts(options.size)
    result["modules"] = {}
    with tempfile.TemporaryDirectory(prefix="run-", dir=options.cache, ignore_cleanup_errors=True) as shared:
        for name in options.only or modules():
            print(f"· {name}", file=sys.stderr, flush=True)
            result["modules"][name] = run_module(name, options, Path(shared))
    result["machine"]["load_at_end"] = _load()
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / f"bench-{projects.short(options.size)}.json"
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(table(result))
    figures = [Figure(**row) for part in result["modules"].values() for row in part["figures"]]
    owed = [figure for figure in figures if figure.met is not None]
    missed = [figure.work for figure in owed if not figure.met]
    print(f"\n{len(owed) - len(missed)} of {len(owed)} floors met" + "".join(f"\n  missed: {work}" for work in missed))
    print(f"The figures are in {target}")
    failed = [name for name, part in result["modules"].items() if "error" in part]
    if failed:
        print(f"Failed: {', '.join(failed)}; what they said stands above.", file=sys.stderr)
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, or show what was measured."""
    parser = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=10_000, help="examples; 10,000 unless told otherwise")
    parser.add_argument("--only", action="append", metavar="NAME", help=f"of {', '.join(modules(asked=True))}")
    parser.add_argument("--cache", type=Path, default=projects.CACHE, help="where rows and projects are kept")
    parser.add_argument("--out", type=Path, help="where the JSON file goes; the cache unless told otherwise")
    parser.add_argument("--show", type=Path, nargs="+", metavar="FILE", help="print the tables of earlier runs")
    for inner in ("--measure", "--folder", "--shared", "--result"):
        parser.add_argument(inner, type=str if inner == "--measure" else Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.size < 20:
        parser.error("a size under 20 measures nothing")
    options.cache = options.cache.absolute()
    options.out = (options.out or options.cache).absolute()
    if options.measure:
        return measure(options)
    return show(options.show) if options.show else everything(options)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except ReviewerError as error:
        raise SystemExit(f"bench: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
