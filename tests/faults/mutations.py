"""Files to begin with, and ways to spoil them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

__all__ = ["LINES", "rows_corpus", "spoiled", "text_corpus"]

DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo"

# What readers stumble over, as it may stand anywhere in a file.
TOKENS: tuple[bytes, ...] = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"-0.0",
    b"9" * 400,
    b"9" * 5000,
    b"123456789012345678901",
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b"\\u0000",
    b"\x00",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"\r",
    b"\r\n",
    b"\n\n",
    b'"',
    b'""',
    b"'",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[" * 3000,
    b'{"a":' * 3000,
    b",",
    b":",
    b";",
    b"\t",
    b"null",
    b"true",
    b"{}",
    b"[]",
    b'"id":"same",',
    b'"id":1,"id":2,',
    b'"_rejected":{"line":1},',
    b'"messages":[{"role":"user","content":null}],',
    b'"messages":[{"role":7,"content":{"a":[1]}}],',
    b'"tool_calls":[{"function":{"name":null,"arguments":5}}],',
    b"=cmd|'/c calc'!A1",
    "“ключ”".encode(),
    b"a" * 70_000,
    b" " * 9000,
)


def rows_corpus() -> dict[str, bytes]:
    """Small files of every kind that import reads, by name."""
    lines = (DEMO / "production.jsonl").read_bytes().splitlines(keepends=True)[:6]
    records = [json.loads(line) for line in lines]
    flat = [
        {
            "id": f"r{number}",
            "prompt": f"Frage {number} – “wie”?",
            "output": f"Antwort {number}\nzweite Zeile",
            "score": 0.5,
        }
        for number in range(8)
    ]
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, list(flat[0]))
    writer.writeheader()
    writer.writerows(flat)
    return {
        "demo.jsonl": b"".join(lines),
        "records.json": json.dumps(records, indent=1).encode(),
        "tight.json": json.dumps(records, separators=(",", ":")).encode(),
        "held.json": json.dumps({"version": 3, "data": {"rows": records}}).encode(),
        "named.json": json.dumps({f"k{number}": row for number, row in enumerate(flat)}).encode(),
        "flat.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in flat).encode(),
        "flat.csv": table.getvalue().encode(),
        "flat.tsv": table.getvalue().replace(",", "\t").encode(),
        "semicolons.csv": table.getvalue().replace(",", ";").encode(),
        "utf16.csv": table.getvalue().encode("utf-16"),
        "utf16.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in flat).encode("utf-16-le"),
        "latin.csv": table.getvalue().encode("cp1252"),
        "several.jsonl": "".join(
            json.dumps({"id": n, "question": "q", "response1": "a", "response2": {"b": [n]}}) + "\n" for n in range(5)
        ).encode(),
    }


LINES = {
    "labels": [
        {"example": "case-0001", "variant": "prod", "annotator": "Ana", "verdict": "fail", "category": "stale_facts",
         "further": ["reasoning"], "severity": "high", "note": "n", "evidence": [{"step": 0, "quote": "answer"}]},
        {"example": "case-0002", "verdict": "pass"},
        {"example": "case-0003", "annotator": "Ben", "verdict": "fail", "category": None, "evidence": []},
    ],
    "judgments": [
        {"example": "case-0001", "annotator": "Ana", "passed": {"base": True, "tuned": False}, "preference": "tuned",
         "left": "base"},
        {"example": "case-0002", "annotator": "Ben", "passed": {"base": None}, "preference": 0.25, "left": None},
        {"example": "case-0003", "annotator": "Ben", "passed": {}, "preference": "both_bad"},
    ],
}  # fmt: skip
"""Records of the files that carry work done elsewhere."""


def text_corpus() -> dict[str, tuple[str, ...]]:
    """Texts of the small languages, by name."""
    return {
        "filter": (
            'workflow:refunds label:fail -is:excluded after:2026-01-01 "late delivery"',
            'id:case-0* has:reference month:2026-01 slice:none slice:core variant:"prod" source:"a b"',
            "before:2026-01-31T10:00:00+02:00 label:unlabelled annotator:Ana -label:pass",
            "after:0001-01-01 -after:9999-12-31T23:59:59-23:59",
        ),
        "expression": (
            "messages[?role=='user'].content | [0]",
            "join('-', [to_string(task_id), to_string(trial)])",
            'a."b c".d[1:2:-1].{x: y, z: w[*]}',
            "sort_by(messages, &role)[-1].content",
            "map(&to_number(@), keys(metadata)) || `[1, 2]`",
            "max_by(messages, &length(content)).content && !not_null(id)",
        ),
        "search": ('order "hall 7" -tray pre* NOT (a OR b) {x} ^y c:d NEAR(a b)', "“word” L'Ä* 12-3", "*", '""*'),
        "markdown": (
            "# T\n\n- a\n  1. b\n> q\n\n| a | b |\n|---|:-:|\n| 1 | `x|y` |\n\n```py\nc\n```\n**b** *i* ~~s~~ [l](http://a.b)",
            "---\nfront: matter\n---\n<think>x\n***a **b** c***\n![i](/etc/passwd)\n\\* &amp; <b>",
        ),
    }


def spoiled(draw: Random, data: bytes, others: Sequence[bytes], tokens: Sequence[bytes] = TOKENS) -> bytes:
    """The bytes with a few things wrong."""
    ways: tuple[Callable[[bytes], bytes], ...] = (
        lambda text: _insert(text, _place(draw, text), draw.choice(tokens)),
        lambda text: _insert(text, _place(draw, text), draw.choice(tokens)),
        lambda text: _replace(draw, text, draw.choice(tokens)),
        lambda text: _replace(draw, text, b""),
        lambda text: _replace(draw, text, bytes([draw.randrange(256)])),
        lambda text: _replace(draw, text, draw.randbytes(draw.randrange(1, 8))),
        lambda text: text[: _place(draw, text)],
        lambda text: text[_place(draw, text) :],
        lambda text: _repeat(draw, text),
        lambda text: _swap_lines(draw, text),
        lambda text: text[: _place(draw, text)] + (other := draw.choice(others))[_place(draw, other) :],
        lambda text: text.replace(b"\n", draw.choice([b"\r\n", b"\r", b"", b"\n\n"])),
        lambda text: text.decode("utf-8", "replace").encode(draw.choice(["utf-16", "utf-16-be", "utf-32"])),
        lambda text: text.replace(
            *draw.choice([(b'"', b"'"), (b"{", b"["), (b",", b";"), (b":", b"="), (b"e", b"\xe9")])
        ),
    )
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        data = draw.choice(ways)(data)
    return data[:2_000_000]


def _place(draw: Random, text: bytes) -> int:
    return draw.randrange(len(text) + 1)


def _insert(text: bytes, place: int, token: bytes) -> bytes:
    return text[:place] + token + text[place:]


def _replace(draw: Random, text: bytes, token: bytes) -> bytes:
    start = _place(draw, text)
    return text[:start] + token + text[start + draw.choice((1, 1, 2, 5, 40)) :]


def _repeat(draw: Random, text: bytes) -> bytes:
    start = _place(draw, text)
    piece = text[start : start + draw.choice((1, 3, 40, 400))]
    return text[:start] + piece * draw.choice((2, 3, 50)) + text[start:]


def _swap_lines(draw: Random, text: bytes) -> bytes:
    lines = text.splitlines(keepends=True)
    draw.shuffle(lines)
    return b"".join(lines)
