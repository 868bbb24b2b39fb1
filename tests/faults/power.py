"""Cut the power in the middle of each operation, again and again: what was acknowledged is there, nothing is half.

    python tests/faults/power.py [--times 200] [--operation NAME]... [--seed 1] [--keep DIR]

The operation runs once to its end under strace. From its system calls the disk is played again up to a random moment,
with what was not synced by then kept, lost or torn at random, and the project in it is opened and looked at as after a
kill. An undone sync, a missing sync of a folder, or an acknowledgement before the sync is found this way, which no
killed process shows: the system's cache outlives a process. The exit code is 1 when anything was found.
"""

from __future__ import annotations

import argparse
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.faults.children import Death, run_child
from tests.faults.disk_log import CALLS, Call, Disk, calls
from tests.faults.kill import ALL, Tally, look, run, told
from tests.faults.operations import Operation

TOLD = "told"
SYNCS = ("fsync", "fdatasync", "rename")


def child(folder: Path, told: Path, operation: Path, seed: int) -> int:
    """In the traced process: do the work, and write each acknowledgement to a file of its own."""
    with told.open("ab", buffering=0) as file:
        work: Operation = pickle.loads(operation.read_bytes())
        work.work(folder, lambda line: (file.write(f"{line}\n".encode()), None)[1], Random(seed))
        file.write(b"end\n")
    return 0


def trace(operation: Operation, folder: Path, seed: int) -> Path:
    """Run the operation under strace; the log of its calls."""
    log, told = folder.with_suffix(".strace"), folder.with_suffix(f".{TOLD}")
    pickled = folder.with_suffix(".pickle")
    pickled.write_bytes(pickle.dumps(operation))
    done = subprocess.run(
        [
            *("strace", "-f", "-qq", "-y", "-xx", "-s", "100000000", "-e", f"trace={','.join(CALLS)}"),
            *("-e", "signal=none", "-o", str(log), sys.executable, __file__, "--child", str(folder), str(told)),
            *(str(pickled), str(seed)),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode or not told.read_bytes().endswith(b"end\n"):
        raise AssertionError(f"{operation.name} fails when it is traced: {done.stdout}{done.stderr}")
    return log


def moments(log: Path, told: Path, draw: Random, times: int) -> list[int]:
    """After how many calls the power goes: anywhere, and just before and after a sync or a rename."""
    first, number, turns = 0, 0, []
    for number, call in enumerate(calls(log), 1):
        said = _told(call, told)
        if said == ["begin"]:
            first = number
        elif call.name in SYNCS and first:
            turns += [number - 1, number]
        elif said and first:
            turns.append(number)
    return sorted(draw.choice(turns) if place % 2 and turns else draw.randint(first, number) for place in range(times))


def _told(call: Call, told: Path) -> list[str]:
    if call.name != "write" or told.name.encode().hex() not in call.arguments[0].replace("\\x", ""):
        return []
    return bytes.fromhex(call.arguments[1].strip('"').replace("\\x", "")).decode().splitlines()


def cut_operation(kind: type[Operation], folder: Path, times: int, seed: int, *, size: int, keep: Path | None) -> Tally:
    """Trace one operation and cut the power so often in its course."""
    operation = kind(size)
    tally = Tally(operation.name)
    draw = Random(f"{seed} {operation.name}")
    base, whole, trial = folder / "base", folder / "whole", folder / "trial"
    base.mkdir(parents=True)
    operation.prepare(base)
    shutil.copytree(base, whole)
    death = run_child(lambda tell: operation.work(whole, tell, Random(0)), None, folder / "whole.log")
    if not death.ended:
        raise AssertionError(f"{operation.name} fails without any cut: {death.failure}")
    operation.learn(whole)
    shutil.copytree(base, trial)
    disk = Disk(trial)
    log, acknowledged = trace(operation, trial, draw.randrange(1 << 30)), trial.with_suffix(f".{TOLD}")
    due = moments(log, acknowledged, draw, times)
    so_far = Death(began=True, killed=True, power=True)
    for number, call in enumerate(calls(log), 1):
        disk.take(call)
        said = _told(call, acknowledged)
        so_far.told += [line for line in said if line not in ("begin", "end")]
        so_far.ended = so_far.ended or "end" in said
        while due and due[0] == number:
            due.pop(0)
            how = disk.lay(draw)
            laid = folder / "laid"
            if keep is not None:
                shutil.copytree(trial, laid)
            found = look(operation, trial, so_far)
            tally.kills += 1
            tally.midway += not so_far.ended
            tally.acknowledged += sum(not line.startswith("try ") for line in so_far.told)
            for finding in found:
                tally.findings[finding.kind] += 1
                tally.texts.append(f"{operation.name}, after call {number}, {how}: {finding.kind}: {finding.text}")
            if keep is not None:
                if found:
                    name = f"{operation.name}-{tally.kills}".replace(", ", "-")
                    shutil.copytree(laid, keep / name, dirs_exist_ok=True)
                shutil.rmtree(laid)
    tally.turns = number
    return tally


def main() -> int:
    """Cut, look, print the table."""
    if sys.argv[1:2] == ["--child"]:
        return child(*map(Path, sys.argv[2:5]), int(sys.argv[5]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=200, help="cuts over all operations")
    parser.add_argument("--operation", action="append", choices=list(ALL), help="only these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=60, help="examples of the projects, about")
    parser.add_argument("--keep", type=Path, help="where to keep the files of cuts with findings")
    options = parser.parse_args()
    if not shutil.which("strace"):
        print("strace is not there; install it, or run this on Linux where it is.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="reviewer-power-") as name:
        chosen = options.operation or [name for name in ALL if not ALL[name].workers]
        tallies = run(
            Path(name),
            chosen,
            options.times,
            options.seed,
            size=options.size,
            keep=options.keep,
            trials=cut_operation,
        )
    return told(tallies)


if __name__ == "__main__":
    raise SystemExit(main())
