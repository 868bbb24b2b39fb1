"""A child process that does one piece of work, tells what it has done, and is killed in the middle of it.

The child is forked, so that nothing is loaded anew for each of hundreds of kills; it has a session of its own, by which
whatever it leaves behind is found.
"""

from __future__ import annotations

import os
import select
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

__all__ = ["Death", "Moment", "Tell", "processes_of", "run_child"]

Tell = Callable[[str], None]
"""Acknowledges, on a pipe to the parent, what has just been committed."""

# What changes a file's name, and the statements at which a transaction or a file turns: between two of them a kill
# finds another state of the disk.
_TURNS = ("BEGIN", "COMMIT", "PRAGMA", "VACUUM", "CREATE", "DROP", "ALTER", "ATTACH", "DETACH", "END")
_FILE_EVENTS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate", "os.chmod"}


@dataclass(frozen=True, slots=True)
class Moment:
    """When the child dies: so many seconds after it began, or when it comes to its nth turn; never without either.

    With `worker` one of its own child processes dies in its place.
    """

    seconds: float | None = None
    turn: int | None = None
    worker: bool = False

    def __str__(self) -> str:
        when = f"turn {self.turn}" if self.turn is not None else f"{(self.seconds or 0) * 1000:.0f} ms"
        return f"{'a worker ' if self.worker else ''}at {when}"


@dataclass(slots=True)
class Death:
    """How a child ended: what it told, and how far it was."""

    told: list[str] = field(default_factory=list)
    began: bool = False
    ended: bool = False
    killed: bool = False
    killed_worker: bool = False
    failure: str = ""
    seconds: float = 0.0
    turns: int = 0
    orphans: int = 0
    hung: bool = False
    power: bool = False
    """Whether the power went, not a process: what is made anew from the project, as its text index, may be older."""

    @property
    def midway(self) -> bool:
        """Whether the kill came while the work was under way."""
        return self.began and not self.ended and (self.killed or self.killed_worker)


class _Turns:
    """Counts the turns of this process, and ends it at one of them."""

    def __init__(self, last: int | None) -> None:
        self.count = 0
        self._last = last
        self._on = False

    def listen(self) -> None:
        """Hear of every file and every database that this process opens from now on."""
        sys.addaudithook(self._hear)
        connect = sqlite3.connect

        def traced(*arguments: Any, **named: Any) -> sqlite3.Connection:
            connection = connect(*arguments, **named)
            connection.set_trace_callback(self._statement)
            return connection

        sqlite3.connect = sqlite3.dbapi2.connect = traced  # type: ignore[assignment]

    def start(self) -> None:
        self._on = True

    def stop(self) -> None:
        self._on = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event in _FILE_EVENTS:
            self._turn()
        elif event == "open":
            _path, mode, flags = arguments
            if (isinstance(mode, str) and set(mode) & set("wax+")) or (
                isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            ):
                self._turn()

    def _statement(self, text: str) -> None:
        if text.lstrip()[:7].upper().startswith(_TURNS):
            self._turn()

    def _turn(self) -> None:
        if not self._on:
            return
        self.count += 1
        if self._last is not None and self.count >= self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def processes_of(session: int) -> list[int]:
    """The processes of a session that still run, its leader left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            words = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(words[3]) == session and words[0] != "Z" and int(entry.name) != session:
                found.append(int(entry.name))
    return sorted(found)


def run_child(work: Callable[[Tell], None], moment: Moment | None, log: Path, patience: float = 120.0) -> Death:
    """Fork a child that does `work`, kill it at `moment`, and wait for its end; None lets it come to its own.

    `work` tells "begin" itself, when what comes before the operation is done; the seconds count from there.
    """
    end_of_child, end_of_parent = os.pipe()
    leader = os.fork()
    if leader == 0:
        os.close(end_of_child)
        _be_child(work, moment, log, end_of_parent)
    os.close(end_of_parent)
    death = Death()
    try:
        _watch(leader, end_of_child, moment, death, patience)
    finally:
        os.close(end_of_child)
    death.orphans = _orphans(leader)
    if not death.killed and not death.ended:
        death.failure = log.read_text(errors="replace").strip() or "the child ended without a word"
    return death


def _be_child(work: Callable[[Tell], None], moment: Moment | None, log: Path, pipe: int) -> None:
    code = 1
    try:
        os.setsid()
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        turns = _Turns(moment.turn if moment is not None else None)

        def tell(line: str) -> None:
            turns.stop()
            os.write(pipe, f"{line}\n".encode())
            turns.start()

        turns.listen()
        work(tell)
        turns.stop()
        os.write(pipe, f"turns {turns.count}\nend\n".encode())
        code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _watch(leader: int, pipe: int, moment: Moment | None, death: Death, patience: float) -> None:
    """Read what the child tells, kill it when its time has come, and take its end."""
    text = b""
    begun = time.monotonic()
    due: float | None = None
    last = begun + patience
    while True:
        now = time.monotonic()
        if due is not None and now >= due:
            due = None
            assert moment is not None
            workers = processes_of(leader) if moment.worker else []
            if moment.worker and workers:
                os.kill(Random(now).choice(workers), signal.SIGKILL)
                death.killed_worker = True
            elif not moment.worker:
                os.kill(leader, signal.SIGKILL)
        if now >= last:
            death.hung = True
            os.kill(leader, signal.SIGKILL)
            last = now + patience
        ready, _, _ = select.select([pipe], [], [], max(0.0, min(due or last, last) - now))
        if not ready:
            continue
        piece = os.read(pipe, 1 << 16)
        if not piece:
            break
        text += piece
        *lines, text = text.split(b"\n")  # a line that the kill cut off was not acknowledged
        for line in lines:
            word, _, rest = line.decode().partition(" ")
            if word == "begin":
                death.began = True
                begun = time.monotonic()
                if moment is not None and moment.seconds is not None:
                    due = begun + moment.seconds
            elif word == "turns":
                death.turns = int(rest)
            elif word == "end":
                death.ended = True
                death.seconds = time.monotonic() - begun
            else:
                death.told.append(line.decode())
    _, status = os.waitpid(leader, 0)
    death.killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _orphans(session: int) -> int:
    """How many processes outlive their leader by more than a moment; they are ended."""
    last = time.monotonic() + 5
    while left := processes_of(session):
        if time.monotonic() > last:
            for process in left:
                with suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            return len(left)
        time.sleep(0.01)
    return 0
