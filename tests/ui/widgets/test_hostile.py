"""No text hangs, hides, crashes or reaches out, in any of the ways it can be shown."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from reviewer.formats.conversation import Document, Message, ToolCall
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.safe_text import PlainDressView, SafeTextView
from tests.ui.widgets.hostile import CASES

# Processor seconds. Each case takes a fifth of one on a quiet machine; a busy one must not fail.
ALLOWED = 2.0


def paint(view: SafeTextView | ConversationView) -> None:
    view.pane.viewport().grab()


@pytest.fixture
def view(qtbot: QtBot) -> SafeTextView:
    made = SafeTextView()
    qtbot.addWidget(made)
    made.resize(760, 900)
    made.show()
    return made


def spent(view: SafeTextView, text: str, mode: str) -> float:
    begun = time.process_time()
    view.set_mode("source" if mode == "source" else "rendered")
    view.set_text(text, kind="markdown" if mode == "source" else mode)  # type: ignore[arg-type]
    paint(view)
    view.pane.document().documentLayout().documentSize()
    bar = view.pane.verticalScrollBar()
    bar.setValue(bar.maximum())
    paint(view)
    return time.process_time() - begun


@pytest.mark.parametrize("name", CASES)
def test_each_hostile_text_shows_in_under_a_second(view: SafeTextView, name: str) -> None:
    for mode in ("markdown", "json", "source"):
        assert spent(view, CASES[name], mode) < ALLOWED, mode
        rows = view.pane.rows
        assert view.pane.document().blockCount() == len(rows)
        assert view.text == CASES[name]


@pytest.mark.parametrize("name", CASES)
def test_each_hostile_text_shows_in_plain_dress_in_under_a_second(qtbot: QtBot, name: str) -> None:
    pane = PlainDressView()
    qtbot.addWidget(pane)
    pane.resize(600, 800)
    pane.show()
    assert spent(pane, CASES[name], "dress") < ALLOWED


@pytest.mark.parametrize("name", CASES)
def test_each_hostile_text_can_stand_anywhere_in_a_conversation(qtbot: QtBot, name: str) -> None:
    text = CASES[name]
    view = ConversationView()
    qtbot.addWidget(view)
    view.resize(860, 800)
    view.show()
    short = text[:200]
    begun = time.process_time()
    view.set_conversation(
        [Message("system", text), Message(short, "hello")],
        [
            Message("assistant", text, tool_calls=(ToolCall(short, short, text),)),
            Message("tool", text, name=short, tool_call_id=short),
            Message("tool", "orphan", name=short, tool_call_id="nobody"),
        ],
        [Document(short, text)],
        "reference",
        variant=short,
        reference_note=short,
    )
    paint(view)
    assert time.process_time() - begun < 2 * ALLOWED
    document = view.pane.document()
    assert document.blockCount() == len(view.pane.rows)


_LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
import reviewer.ui
from PySide6.QtWidgets import QApplication
app = QApplication([])
from reviewer.formats.conversation import Message
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.safe_text import SafeTextView
from tests.ui.widgets.hostile import CASES
names = [name for name in CASES if any(part in CASES[name] for part in ("/etc/passwd", "/dev/zero", "127.0.0.1"))]
assert len(names) >= 6
view, talk = SafeTextView(), ConversationView()
view.show(); talk.show()
print("BEGIN", flush=True)
for name in names:
    for mode in ("rendered", "source"):
        view.set_mode(mode); view.set_text(CASES[name]); view.pane.viewport().grab()
    talk.set_conversation([Message("user", CASES[name])], CASES[name]); talk.pane.viewport().grab()
    view.select_all(); view.copy_selection()
    for address in ("file:///etc/passwd", "/etc/passwd", "http://127.0.0.1:9/p.png"):
        view.pane.document().resource(2, address)
    app.processEvents()
"""


@pytest.mark.skipif(not shutil.which("strace"), reason="strace shows which files a process opens")
def test_no_file_is_opened_and_no_socket_used(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    trace = tmp_path / "trace.txt"
    done = subprocess.run(
        [
            *("strace", "-f", "-e", "trace=openat,open,connect,write", "-o", str(trace)),
            *(sys.executable, "-c", _LOOK, str(root)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if "ptrace" in done.stderr:
        pytest.skip("this machine does not let a process be traced")
    assert done.returncode == 0, done.stderr
    calls = trace.read_text(errors="replace").split('"BEGIN')[1]
    reached = [line for line in calls.splitlines() if "open" in line or "connect" in line]
    for target in ("/etc/passwd", "/dev/zero", "AF_INET", "host"):
        assert not [line for line in reached if target in line]
