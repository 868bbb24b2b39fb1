"""How long a conversation takes from the data to the screen."""

from __future__ import annotations

import json
import random
import statistics
import time

from PySide6.QtWidgets import QApplication, QTextBrowser

import reviewer.ui  # noqa: F401
from reviewer.formats.conversation import Message, ToolCall
from reviewer.ui import theme
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.safe_text import SafeTextView
from tests.benchmarks.figures import Bench, Figure, Spread, at_most

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


def measure(bench: Bench) -> list[Figure]:
    """Laying out ahead, showing with painting, a trajectory of 500 steps, a line of 10 MB; whatever the size."""
    app = QApplication([])
    theme.apply(app, "light")
    chance = random.Random(7)
    view = ConversationView()
    view.resize(860, 760)
    plain = QTextBrowser()
    plain.resize(860, 760)
    for widget in (view, plain):
        widget.show()
    app.processEvents()
    ahead, shown, bare = [], [], []
    size = 0
    for _ in range(bench.rounds(200)):
        policy = Message("system", prose(chance, 900))
        steps = trajectory(chance, 44)
        size = sum(len(message.text) for message in [policy, *steps])
        begun = time.perf_counter()
        prepared = view.prepare([policy, Message("user", "please")], steps, variant="base", reference="Not refundable.")
        laid_out = time.perf_counter()
        view.show_prepared(prepared)
        view.pane.viewport().repaint()
        ahead.append(laid_out - begun)
        shown.append(time.perf_counter() - laid_out)
        app.processEvents()
        text = "\n\n".join(message.text for message in [policy, *steps])
        bare.append(bench.seconds(lambda text=text: (plain.setPlainText(text), plain.viewport().repaint())))
    limit = 1000 * statistics.median(bare)
    named = "a bare text browser"
    long = trajectory(chance, 500)
    steps_shown = bench.median(lambda: (view.set_conversation([], long), view.pane.viewport().repaint()))
    source = SafeTextView()
    source.resize(860, 760)
    source.show()
    source.set_mode("source")
    line = "x" * 10_000_000
    line_shown = bench.median(lambda: (source.set_text(line), source.pane.viewport().repaint()), 3)
    about = f"{size / 1000:.0f} kB"
    return [
        at_most(f"lay out a trajectory of {about} ahead", 1000 * statistics.median(ahead), "ms"),
        at_most(
            f"show it, painted, p95 of {len(shown)}", 1000 * Spread.of(shown).p95, "ms", floor=16, goal=8, limit=limit,
            limit_name=named,
        ),
        at_most("a trajectory of 500 steps, first paint", 1000 * steps_shown, "ms", floor=1000),
        at_most("a line of 10 MB as source, first paint", 1000 * line_shown, "ms", floor=1000),
    ]  # fmt: skip
