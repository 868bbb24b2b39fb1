"""A process beside this one that does one job of intake, and ends with it, however this one ends."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

import orjson

__all__ = ["Worker", "possible"]

_PROGRAM = """
import sys
sys.path[:] = {paths!r}
from reviewer.intake.workers import serve
serve({module!r})
"""


# What is given back to the system with each portion has to be asked for again, page by page, with the next.
_ALLOCATION = {"MALLOC_TRIM_THRESHOLD_": str(64 << 20), "MALLOC_MMAP_THRESHOLD_": str(64 << 20)}


def possible() -> bool:
    """Whether this program can start itself again: not where it runs as one file without an interpreter beside it."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


class Worker:
    """The process: it runs `work(job, output)` of a module of intake; what it writes comes out of `output`.

    It ends when its output is closed, which the end of this process does too. Raises OSError when it cannot start.
    """

    def __init__(self, module: str, job: dict[str, object]) -> None:
        home = str(Path(__file__).resolve().parents[2])
        paths = [home, *(path for path in sys.path if path and path != home)]
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM.format(paths=paths, module=module)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            bufsize=1 << 20,
            close_fds=True,
            env={**_ALLOCATION, **os.environ},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.output: IO[bytes] = self._process.stdout
        if sys.platform == "linux":
            import fcntl

            with suppress(OSError):  # more than is allowed: the usual length does as well, only slower
                fcntl.fcntl(self.output, fcntl.F_SETPIPE_SZ, 1 << 20)
        with suppress(OSError):  # it has ended already, which shows at its output
            self._process.stdin.write(orjson.dumps(job))
            self._process.stdin.close()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still works."""
        return self._process.poll() is None

    def last_words(self) -> str:
        """What it said on standard error last, in brackets, if it said anything."""
        if self._words.closed:
            return self._said
        self._words.seek(0)
        lines = self._words.read().decode("utf-8", "replace").strip().splitlines()
        return f" ({lines[-1][:200]})" if lines else ""

    def close(self) -> None:
        """End it, wherever it is, and wait for that."""
        if self._words.closed:
            return
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._said = self.last_words()
        self._words.close()
        with suppress(OSError):
            self.output.close()


def serve(module: str) -> None:
    """In the process: do the job that comes on standard input."""
    import importlib
    import signal

    with suppress(ValueError, OSError):
        # A stop from the keyboard is for the process that started this one; it ends this one.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    job = orjson.loads(sys.stdin.buffer.read())
    output = sys.stdout.buffer
    try:
        importlib.import_module(module).work(job, output)
        output.flush()
    except BrokenPipeError:
        os._exit(1)  # nobody reads any more
