"""The same rows in programs that people use for such work: sqlite-utils, Anki and Label Studio, by their own doors.

    python3 packaging/dev.py bench --only peers [--size N]

Only run when asked for: each peer is installed in an environment of its own under the cache folder, or found where
REVIEWER_PEERS points (a folder with one environment a peer, named sqlite-utils, anki and label-studio). Label Studio
runs as its real server on the loopback address, on SQLite. A peer that cannot be installed or does not answer is named
with the cause, and the others are measured.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Bench, Figure, Spread

ONLY_WHEN_ASKED = True
WORDS = ("refund", "delivery", "invoice", "confirm", "insurance", "receipt")
TIMES = 30
MOST_TASKS = 100_000
"""So many rows the slowest peer is given; it takes hours for a million."""
PORTION = 1_000
PATIENCE_S = 300

SQLITE_UTILS = """
import json, sys, time
import sqlite_utils
rows, target, words, size = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])
told = []
def read():
    with open(rows, "rb") as file:
        for line in file:
            row = json.loads(line)
            row["said"] = "\\n".join(message["content"] for message in row["messages"])
            yield row
database = sqlite_utils.Database(target)
start = time.perf_counter()
database["rows"].insert_all(read(), pk="id", batch_size=1000)
told.append(("insert, pages of 1,000", size / (time.perf_counter() - start), "rows/s"))
start = time.perf_counter()
database["rows"].enable_fts(["said", "reference", "base", "tuned"])
told.append(("text index", size / (time.perf_counter() - start), "rows/s"))
times = []
for word in words * 5:
    start = time.perf_counter()
    list(database["rows"].search(word, limit=50))
    times.append(time.perf_counter() - start)
told.append(("search for the first fifty", times, "ms"))
times = []
for place in range(30):
    start = time.perf_counter()
    list(database["rows"].rows_where(order_by="id", limit=50, offset=size * place // 30))
    times.append(time.perf_counter() - start)
told.append(("a page of fifty", times, "ms"))
print(json.dumps(told))
"""

ANKI = """
import json, sys, time
from anki.collection import AddNoteRequest, Collection
from anki.cards import Card
rows, target, words, size = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])
told = []
collection = Collection(target)
kind = collection.models.by_name("Basic")
deck = collection.decks.id("rows")
plan = collection.decks.config_dict_for_deck_id(deck)
plan["new"]["perDay"] = plan["rev"]["perDay"] = 9999
collection.decks.update_config(plan)
start = time.perf_counter()
with open(rows, "rb") as file:
    waiting = []
    for line in file:
        row = json.loads(line)
        note = collection.new_note(kind)
        note["Front"] = row["id"] + " " + "\\n".join(message["content"] for message in row["messages"])
        note["Back"] = "\\n".join((row["reference"], row["base"], row["tuned"]))
        waiting.append(AddNoteRequest(note=note, deck_id=deck))
        if len(waiting) == 1000:
            collection.add_notes(waiting)
            waiting = []
    if waiting:
        collection.add_notes(waiting)
told.append(("add notes, 1,000 at a time", size / (time.perf_counter() - start), "rows/s"))
times = []
for word in words * 2:
    start = time.perf_counter()
    for number in collection.find_notes(word)[:50]:
        collection.get_note(number)
    times.append(time.perf_counter() - start)
told.append(("search for the first fifty", times, "ms"))
collection.decks.select(deck)
times = []
for _ in range(30):
    start = time.perf_counter()
    queued = collection.sched.get_queued_cards()
    first = queued.cards[0]
    card = Card(collection, backend_card=first.card)
    card.start_timer()
    card.question()
    collection.sched.answer_card(collection.sched.build_answer(card=card, states=first.states, rating=2))
    times.append(time.perf_counter() - start)
told.append(("next card and its answer kept, nothing drawn", times, "ms"))
collection.close()
print(json.dumps(told))
"""

LABELS = """<View><Text name="text" value="$text"/><Choices name="verdict" toName="text">
<Choice value="Pass"/><Choice value="Fail"/></Choices></View>"""
JSON = dict[str, Any]


class PeerError(Exception):
    """A peer cannot be measured, and why."""


def environment(name: str, folder: Path) -> Path:
    """The folder of a peer's environment, made now if it is not there; raises PeerError when it cannot be made."""
    place = folder / name
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (place / ".made").exists() and "REVIEWER_PEERS" not in os.environ:
        print(f"· installing {name}", file=sys.stderr, flush=True)
        for command in (
            [sys.executable, "-m", "venv", str(place)],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", name],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                said = (done.stderr or done.stdout).strip().splitlines()
                raise PeerError(said[-1] if said else f"{command[2]} ended with {done.returncode}")
        (place / ".made").touch()
    if not python.exists():
        raise PeerError(f"there is no {python}")
    return python.parent


def figures_of(name: str, told: list[tuple[str, Any, str]]) -> list[Figure]:
    """Rates as they are, times as median and p95 in milliseconds."""
    found = []
    for work, value, unit in told:
        if isinstance(value, list):
            spread = Spread.of(value)
            found.append(Figure(f"{name}: {work}, median", spread.median * 1000, "ms"))
            found.append(Figure(f"{name}: {work}, p95", spread.p95 * 1000, "ms"))
        else:
            found.append(Figure(f"{name}: {work}", value, unit))
    return found


def run_script(name: str, script: str, binaries: Path, bench: Bench, target: Path) -> list[Figure]:
    """Run a script in a peer's own environment; raises PeerError with its last line when it fails."""
    command = [binaries / "python", "-c", script, bench.rows, target, json.dumps(WORDS), str(bench.size)]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeerError((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    return figures_of(name, json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def label_studio(binaries: Path, folder: Path) -> Iterator[Callable[..., Any]]:
    """The server, running over a new database; gives a function that asks its API."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(20)
    own = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder), "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "COLLECT_ANALYTICS": "0", "LATEST_VERSION_CHECK": "0", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "",
        "DJANGO_DB": "sqlite", "HOME": str(folder), "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    log = folder / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [str(binaries / "label-studio"), "start", "--no-browser", "--port", str(port), "--internal-host",
             "127.0.0.1", "--username", "a@example.org", "--password", secrets.token_hex(12), "--user-token", token],
            stdout=out, stderr=out, env={**os.environ, **own}, cwd=folder, start_new_session=os.name != "nt",
        )  # fmt: skip

    def ask(method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise PeerError(f"{method} {path.split('?')[0]} answered {error.code}: {error.read()[:200]!r}") from error

    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                ask("GET", "/api/projects")
                break
            except (OSError, PeerError):
                if server.poll() is not None or time.monotonic() > deadline:
                    said = log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"]
                    raise PeerError(f"the server did not come up: {said[-1]}") from None
                time.sleep(0.5)
        yield ask
    finally:
        if os.name == "nt":
            server.terminate()
        else:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def timed(work: Callable[[], Any], times: int = TIMES) -> list[float]:
    """Seconds of each of so many."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken


def measure_label_studio(binaries: Path, bench: Bench, folder: Path) -> list[Figure]:
    """Import by API in portions, a page, the next task with its annotation submitted, and search by a filter."""
    begun = time.perf_counter()
    with label_studio(binaries, folder) as ask:
        told: list[tuple[str, Any, str]] = [("first start to the first answer", time.perf_counter() - begun, "s")]
        project = ask("POST", "/api/projects", {"title": "bench", "label_config": LABELS})["id"]
        size = min(bench.size, MOST_TASKS)
        start = time.perf_counter()
        with bench.rows.open("rb") as file:
            lines = islice(file, size)
            while portion := [
                {"data": {**row, "text": row["base"]}} for row in map(json.loads, islice(lines, PORTION))
            ]:
                ask("POST", f"/api/projects/{project}/import", portion)
        told.append((f"import of {size:,} by API, 1,000 at a time", size / (time.perf_counter() - start), "rows/s"))
        pages = iter(range(TIMES))
        every = f"/api/tasks?project={project}&page_size=50&page="

        def page() -> None:
            ask("GET", f"{every}{1 + next(pages) * max(1, size // 50 // TIMES) % max(1, size // 50)}")

        told.append(("a page of fifty by API", timed(page), "ms"))

        def answer() -> None:
            task = ask("GET", f"/api/projects/{project}/next")
            choice = {"from_name": "verdict", "to_name": "text", "type": "choices", "value": {"choices": ["Pass"]}}
            ask("POST", f"/api/tasks/{task['id']}/annotations/", {"result": [choice]})

        told.append(("next task and its annotation kept, before a browser draws", timed(answer), "ms"))
        words = iter(WORDS * 2)

        def search() -> None:
            item = {"filter": "filter:tasks:data.text", "operator": "contains", "value": next(words), "type": "String"}
            query = urllib.parse.quote(json.dumps({"filters": {"conjunction": "and", "items": [item]}}))
            ask("GET", f"/api/tasks?project={project}&page=1&page_size=50&query={query}")

        told.append(("search for the first fifty by a filter on the answer", timed(search, len(WORDS) * 2), "ms"))
    return figures_of("Label Studio", told)


def measure(bench: Bench) -> list[Figure]:
    """Each peer that can be had, over the rows of the bench's size."""
    folder = Path(os.environ.get("REVIEWER_PEERS") or bench.rows.parent / "peers")
    figures: list[Figure] = []

    def own(name: str) -> Path:
        place = bench.folder / name
        place.mkdir()
        return place

    for name, run in (
        ("sqlite-utils", lambda at: run_script("sqlite-utils", SQLITE_UTILS, at, bench, own("utils") / "rows.db")),
        ("anki", lambda at: run_script("Anki", ANKI, at, bench, own("anki") / "collection.anki2")),
        ("label-studio", lambda at: measure_label_studio(at, bench, own("studio"))),
    ):
        try:
            figures += run(environment(name, folder))
        except (PeerError, OSError, subprocess.SubprocessError) as error:
            figures.append(Figure(f"{name}: not measured", 0, "", note=str(error)))
    return figures
