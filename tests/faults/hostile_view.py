"""Show every hostile text in the real views: how long each takes, and that no file or socket is opened for it.

    python tests/faults/hostile_view.py [--worst 15] [--no-strace]

Each text is shown rendered, as JSON, as its source, in plain dress and in a conversation; painted, scrolled to its end,
selected and copied. Where strace is there, all of it then runs under strace, and every file that is opened and every
socket that is made from the first text on is looked at: only fonts and the program's own modules may be among them. The
exit code is 1 when a text takes a second of processor time or reaches out.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ALLOWED_S = 1.0
WAYS = ("markdown", "json", "source", "dress", "conversation")
_CALL = re.compile(r'(openat|open|socket|connect)\((?:AT_FDCWD, )?(?:"([^"]*)"|([^)]*))')
# What a process that lays out text may read: fonts and their caches, its own modules and libraries, locale data.
_EXPECTED = re.compile(
    r"^(/usr/share/(fonts|libthai|fontconfig|icu|locale|zoneinfo|mime|X11/locale)|/usr/local/share/fonts|/etc/fonts|/var/cache/fontconfig"
    r"|/usr/lib|/lib|/etc/ld\.so\.cache|/usr/local/lib|/proc/self|/proc/\d+|/sys/devices/system/cpu|/dev/urandom|/dev/null)"
    r"|/fontconfig/|/\.fonts|\.(py|pyc|so[.\d]*|pth)$|/(site-packages|PySide6|__pycache__)(/|$)"
)


def show_all(report: bool) -> dict[str, dict[str, float]]:
    """Show each text in each way; the processor seconds that each took."""
    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from reviewer.formats.conversation import Document, Message, ToolCall
    from reviewer.ui import theme
    from reviewer.ui.widgets.conversation import ConversationView
    from reviewer.ui.widgets.safe_text import PlainDressView, SafeTextView
    from tests.ui.widgets.hostile import CASES, EVERY_CHARACTER

    app = QApplication.instance() or QApplication(["hostile"])
    assert isinstance(app, QApplication)
    qInstallMessageHandler(lambda *_: None)  # of fonts that lack a script, hundreds of lines
    theme.start(app, "light", 100)
    view, dress, talk = SafeTextView(), PlainDressView(), ConversationView()
    for each in (view, dress, talk):
        each.resize(760, 900)
        each.show()
    for each in (view, dress):
        each.set_text("warm **up**")
        each.pane.viewport().grab()
    talk.set_conversation([Message("user", "warm up")], "x")
    talk.pane.viewport().grab()
    app.processEvents()
    print("BEGIN", flush=True)
    for name, text in EVERY_CHARACTER.items():
        begun = time.process_time()
        for each in (view, dress):
            each.set_text(text)
            each.pane.viewport().grab()
        if report:
            print(f"{name}: {time.process_time() - begun:.2f} s the first time, in which Qt loads every font")
    times: dict[str, dict[str, float]] = {}
    for name, text in {**CASES, **EVERY_CHARACTER}.items():
        times[name] = {}
        for way in WAYS:
            begun = time.process_time()
            if way == "conversation":
                short = text[:200]
                talk.set_conversation(
                    [Message("system", text), Message(short, "hello")],
                    [Message("assistant", text, tool_calls=(ToolCall(short, short, text),)), Message("tool", text)],
                    [Document(short, text)],
                    "reference",
                    variant=short,
                )
                shown = talk
            else:
                shown = dress if way == "dress" else view
                if way != "dress":
                    view.set_mode("source" if way == "source" else "rendered")
                shown.set_text(text, kind="markdown" if way == "source" else way)
            shown.pane.viewport().grab()
            bar = shown.pane.verticalScrollBar()
            bar.setValue(bar.maximum())
            shown.pane.viewport().grab()
            times[name][way] = time.process_time() - begun
            if way != "conversation" and len(text) < 200_000:
                shown.select_all()
                shown.copy_selection()
            app.processEvents()
        if report and max(times[name].values()) >= ALLOWED_S:
            print(f"slow: {name}: " + ", ".join(f"{way} {took:.2f} s" for way, took in times[name].items()))
    for each in (view, dress, talk):
        each.close()
    return times


def reached(trace: str) -> Counter[str]:
    """What was opened or connected from the first text on and is not expected, each with how often."""
    found: Counter[str] = Counter()
    for line in trace.partition('"BEGIN')[2].splitlines():
        call = _CALL.search(line)
        if call is None:
            continue
        name, path, rest = call.groups()
        target = path or f"{name} {rest}"
        if path is not None and (_EXPECTED.search(path) or path.startswith((str(ROOT), sys.prefix, sys.base_prefix))):
            continue
        found[target] += 1
    return found


def trace_all() -> Counter[str] | None:
    """Show all under strace; what it reached out for, None where no process can be traced."""
    if not shutil.which("strace"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.txt"
        done = subprocess.run(
            [
                *("strace", "-f", "-s", "400", "-e", "trace=openat,open,connect,socket,write", "-o", str(trace)),
                *(sys.executable, str(Path(__file__).resolve()), "--show"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        if "ptrace" in done.stderr:
            return None
        if done.returncode:
            raise AssertionError(done.stderr[-2000:])
        return reached(trace.read_text(errors="replace"))


def main() -> int:
    """Show, time, trace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worst", type=int, default=15, help="how many of the slowest to print")
    parser.add_argument("--no-strace", action="store_true")
    parser.add_argument("--show", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    times = show_all(report=not options.show)
    if options.show:
        return 0
    ranked = sorted(times, key=lambda name: -max(times[name].values()))
    print(f"{len(times)} texts, each in {len(WAYS)} ways; processor milliseconds of the slowest:")
    print(f"{'text':<40}" + "".join(f"{way:>14}" for way in WAYS))
    for name in ranked[: options.worst]:
        print(f"{name:<40}" + "".join(f"{times[name][way] * 1000:>14.0f}" for way in WAYS))
    slow = [name for name in ranked if max(times[name].values()) >= ALLOWED_S]
    out: Counter[str] | None = None
    if not options.no_strace:
        out = trace_all()
        if out is None:
            print("strace is not there, or may not trace: what is opened was not looked at")
        else:
            print(f"under strace: {sum(out.values())} files or sockets opened that are not expected")
            for target, count in out.most_common(30):
                print(f"  {count} × {target}")
    return 1 if slow or out else 0


if __name__ == "__main__":
    raise SystemExit(main())
