"""How long a conversation takes from the data to the screen: `python tests/benchmarks/reading.py`.

Measures laying out ahead, showing with painting, a trajectory of 500 steps, and a line of 10 MB; milliseconds.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtWidgets import QApplication

import reviewer.ui  # noqa: F401
from reviewer.formats.conversation import Message, ToolCall
from reviewer.ui import theme
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.safe_text import SafeTextView

WORDS = ["the", "booking", "was", "changed", "so", "we", "told", "them", "that", "refunds", "need", "insurance", "now"]


def prose(chance: random.Random, words: int) -> str:
    """Sentences with some Markdown in them."""
    said = [chance.choice(WORDS) for _ in range(words)]
    for at in range(5, words, 23):
        said[at] = f"**{said[at]}**"
    for at in range(30, words, 31):
        said[at] = f"\n- {said[at]}"
    return " ".join(said)


def trajectory(chance: random.Random, steps: int) -> list[Message]:
    """Steps of an agent: an answer, a call, its result, a user's turn."""
    messages: list[Message] = []
    while len(messages) < steps:
        number = len(messages)
        call = ToolCall(f"c{number}", "get_reservation", json.dumps({"id": f"EH{number}", "fields": ["fare", "bags"]}))
        result = json.dumps({"id": f"EH{number}", "legs": [{"from": "JFK", "to": "SEA", "price": 152}] * 6})
        messages += [
            Message("assistant", "", tool_calls=(call,)),
            Message("tool", result, tool_call_id=call.id),
            Message("assistant", prose(chance, 120)),
            Message("user", prose(chance, 25)),
        ]
    return messages[:steps]


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of one piece of work."""
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def told(name: str, spent: list[float]) -> None:
    """One line of the result."""
    spent = sorted(spent)
    print(f"{name:32} median {statistics.median(spent):7.1f}  p95 {spent[int(len(spent) * 0.95)]:7.1f}  ms")


def main() -> None:
    """Run everything once and print it."""
    app = QApplication([])
    theme.apply(app, "light")
    chance = random.Random(7)
    view = ConversationView()
    view.resize(860, 760)
    view.show()
    app.processEvents()
    ahead, shown = [], []
    size = 0
    for number in range(220):
        policy = Message("system", prose(chance, 900))
        steps = trajectory(chance, 44)
        size = sum(len(message.text) for message in [policy, *steps])
        begun = time.perf_counter()
        prepared = view.prepare([policy, Message("user", "please")], steps, variant="base", reference="Not refundable.")
        laid_out = time.perf_counter()
        view.show_prepared(prepared)
        view.pane.viewport().repaint()
        if number >= 20:
            ahead.append(1000 * (laid_out - begun))
            shown.append(1000 * (time.perf_counter() - laid_out))
        app.processEvents()
    print(f"conversations of {size:,} characters")
    told("laid out ahead", ahead)
    told("shown and painted", shown)
    long = trajectory(chance, 500)
    told("500 steps, first paint", [
        timed(lambda: (view.set_conversation([], long), view.pane.viewport().repaint())) for _ in range(10)
    ])  # fmt: skip
    text = SafeTextView()
    text.resize(860, 760)
    text.show()
    text.set_mode("source")
    line = "x" * 10_000_000
    told("a line of 10 MB as source", [timed(lambda: (text.set_text(line), text.pane.viewport().repaint()))] * 3)


if __name__ == "__main__":
    main()
