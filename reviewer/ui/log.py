"""The rotating log: what the program did and where it failed, never what a person read, wrote or typed."""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from reviewer import paths
from reviewer.errors import ReviewerError

__all__ = ["log_file", "note", "note_bug", "note_error", "start"]

LARGEST_FILE = 500_000
KEPT_FILES = 3
_log = logging.getLogger("reviewer")
# Quoted text, paths and addresses of a Qt message may be a person's.
_CONTENT = re.compile(r"\"[^\"]*\"|'[^']*'|“[^”]*”|\S*[/\\]\S*")


def log_file() -> Path:
    """The log that is written now; older ones lie beside it."""
    return paths.log_folder() / "reviewer.log"


def start() -> None:
    """Begin writing the log, and have whatever nobody catches, Python's and Qt's, end up in it."""
    if _log.handlers:
        return
    from logging.handlers import RotatingFileHandler

    try:
        handler: logging.Handler = RotatingFileHandler(
            log_file(), maxBytes=LARGEST_FILE, backupCount=KEPT_FILES, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
    qInstallMessageHandler(_hear_qt)


def note(text: str) -> None:
    """Write a line; the caller sees to it that it quotes nothing."""
    _log.info(text)


def note_error(error: ReviewerError) -> None:
    """Write that a person was told of an error: its kind and place, not its sentence."""
    _log.warning("%s at %s", type(error).__name__, _place(error))


def note_bug(error: BaseException) -> None:
    """Write where a bug happened: kinds and places of the whole chain, no values."""
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 5:
        frames = "".join(
            f"\n  {Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(current.__traceback__)
        )
        chain.append(type(current).__name__ + frames)
        current = current.__cause__ or current.__context__
    _log.error("bug: %s", "\ncaused by ".join(chain))


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"


def catch_bugs(show: Callable[[BaseException], object]) -> None:
    """Have every exception that nobody caught logged and shown by `show`."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        show(error)

    sys.excepthook = hook
    threading.excepthook = lambda args: note_bug(args.exc_value) if args.exc_value is not None else None


def _hear_qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    level = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
    }.get(kind, logging.ERROR)
    _log.log(level, "Qt: %s", _CONTENT.sub("…", message)[:300])
