"""Values of a row that are more than text: documents, tools, numbers, verdicts, times."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

from reviewer.formats.openai_chat import as_text
from reviewer.formats.rows import RowError, kind_of

__all__ = ["documents_of", "moment_of", "number_of", "tools_of", "truth_of"]


def _parsed(value: object) -> object:
    """What a text that holds a JSON list or object says; other values as they are."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def documents_of(value: object, name: str) -> list[dict[str, Any]]:
    """Retrieved documents: a text, an object with a text, a list of them, or JSON of one; raises RowError."""
    value = _parsed(value)
    if value is None or value == "":
        return []
    items = value if isinstance(value, list) else [value]
    found: list[dict[str, Any]] = []
    for place, item in enumerate(items):
        if isinstance(item, str):
            found.append({"id": str(place + 1), "score": None, "text": item})
        elif isinstance(item, dict):
            inner = item.get("document")
            if isinstance(inner, dict):
                item = {**inner, **{key: part for key, part in item.items() if key != "document"}}
            facts = item.get("metadata")
            origin: dict[str, object] = facts if isinstance(facts, dict) else {}
            text = next(
                (
                    item[key]
                    for key in ("text", "page_content", "content", "body", "passage", "chunk", "snippet")
                    if item.get(key) is not None
                ),
                None,
            )
            if text is None:
                raise RowError(
                    "has no text. A document is a text, or an object with text, content or page_content.",
                    f"{name}[{place}]",
                )
            identity = next(
                (
                    source[key]
                    for source in (item, origin)
                    for key in ("id", "doc_id", "document_id", "source", "url", "title", "name")
                    if source.get(key) not in (None, "")
                ),
                place + 1,
            )
            score = number_of(item.get("score", item.get("relevance_score")), f"{name}[{place}].score")
            found.append({"id": as_text(identity), "score": score, "text": as_text(text)})
        elif item is not None:
            raise RowError(f"is {kind_of(item)}, not a document. Map texts or objects with a text.", f"{name}[{place}]")
    return found


def tools_of(value: object) -> list[Any]:
    """Tool definitions: a list of objects, one object, or JSON of either; raises RowError."""
    value = _parsed(value)
    if value is None or value == "":
        return []
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise RowError(f"is {kind_of(value)}, not a list of tool definitions.", "tools")
    return value


def number_of(value: object, name: str) -> float | None:
    """A finite number, also written as text; raises RowError."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float | str):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        except OverflowError:  # an integer of more than 308 digits
            number = math.inf
        if math.isfinite(number):
            return number
        if math.isinf(number):
            raise RowError("is infinite or too large for a number. Write a smaller number or null.", name)
    shown = value if isinstance(value, str) and len(value) < 40 else kind_of(value)
    raise RowError(f"is “{shown}”, not a number.", name)


_TRUE = frozenset({"true", "yes", "y", "1", "1.0", "pass", "passed", "correct", "c", "ok", "success", "t"})
_FALSE = frozenset({"false", "no", "n", "0", "0.0", "fail", "failed", "incorrect", "i", "error", "f", "wrong"})


def truth_of(value: object, name: str) -> bool | None:
    """A verdict as files write it: true, 1, pass, C and their opposites; raises RowError."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and (word := value.strip().lower()) in _TRUE | _FALSE:
        return word in _TRUE
    shown = value if isinstance(value, str | int | float) and len(str(value)) < 40 else kind_of(value)
    raise RowError(f"is “{shown}”; it takes true or false, 1 or 0, pass or fail.", name)


def moment_of(value: object) -> int | None:
    """Epoch milliseconds of a time in ISO form, or in epoch seconds, milliseconds, microseconds or nanoseconds."""
    if value is None or value == "":
        return None
    number: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) if abs(value) < 1e20 else None
    elif isinstance(value, str):
        text = value.strip()
        if text[4:5] != "-" and 8 < len(text) < 25 and re.fullmatch(r"-?\d+(\.\d+)?", text):
            number = float(text)
        else:
            moment: datetime | None
            try:
                moment = datetime.fromisoformat(text.replace("/", "-") if text[4:5] == "/" else text)
            except ValueError:
                moment = _mail_date(text)
            if moment is not None:
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=UTC)
                return int(moment.timestamp() * 1000)
    if number is not None and math.isfinite(number):
        size = abs(number)
        # Each unit's present values are a thousand times the one's before it.
        scale = 1000.0 if size < 1e11 else 1.0 if size < 1e14 else 1e-3 if size < 1e17 else 1e-6
        return int(number * scale)
    shown = value if isinstance(value, str | int | float) and len(str(value)) < 40 else kind_of(value)
    raise RowError(f"is “{shown}”, not a time. Write it as 2026-01-31T12:00:00Z or in epoch milliseconds.", "time")


def _mail_date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
