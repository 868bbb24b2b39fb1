"""Sections: the parts that a reading view is made of, each of which can turn itself into rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reviewer.formats.conversation import Document, Message, ToolCall
from reviewer.ui.widgets.characters import shown_parts
from reviewer.ui.widgets.json_rows import call_words, looks_like_json
from reviewer.ui.widgets.rows import ACTION, BAD, BOLD, GOOD, MONO, MUTED, SMALL, Piece, Place, Row
from reviewer.ui.widgets.source_rows import FIRST_CHUNK, Options
from reviewer.ui.widgets.text_rows import Kind, text_rows

__all__ = ["CallSection", "NoteSection", "Section", "TextSection", "conversation_sections", "result_state"]

FOLDED_FROM = 600
"""System prompts shorter than this many characters stay open."""

STATUS_COLUMNS = 20
"""What the arrow, the brackets, a result's size and its state take of a call's line, in fixed-width characters."""

_LABELS = {"system": "System", "developer": "Developer", "user": "User", "assistant": "Agent", "tool": "Tool"}
_ERROR_WORDS = re.compile(r"\s*(?:error|exception|traceback|failed|failure)\b", re.IGNORECASE)
_ERROR_FIELDS = re.compile(
    r'"(?:error|errors|exception)"\s*:(?!\s*(?:null|false|""|\[\s*\]|\{\s*\}))'
    r'|"(?:success|ok)"\s*:\s*false|"is_?error"\s*:\s*true|"status"\s*:\s*"(?:error|failed|failure)"',
    re.IGNORECASE,
)


def result_state(text: str) -> str:
    """Whether a tool's answer is `ok`, an `error`, or `empty`, as far as its first words or fields tell."""
    if not text.strip():
        return "empty"
    if _ERROR_WORDS.match(text[:100]) or (looks_like_json(text) and _ERROR_FIELDS.search(text[:400])):
        return "error"
    return "ok"


def one_line(text: str, longest: int) -> str:
    """The beginning of a text on one line, characters that do not show as symbols."""
    words = " ".join(text[: longest * 4].split())
    shown = "".join(part for part, _, _ in shown_parts(words, 0, len(words), reveal=False))
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def size_words(text: str) -> str:
    """How much a folded text hides: its words, or its characters when there are hardly any blanks."""
    if len(text) > 2_000_000:
        return f"{len(text):,} characters"
    words = len(text.split())
    if looks_like_json(text) or len(text) > 12 * max(1, words):
        return f"{len(text):,} characters"
    return f"{words:,} word" if words == 1 else f"{words:,} words"


@dataclass(slots=True)
class Section:
    """One part of a view: a step, a call with its result, a document; it stands for `start` to `end` of its place."""

    key: str
    label: str = ""
    place: Place = ("", 0)
    start: int = 0
    end: int = 0
    title: str = ""
    foldable: bool = False
    folded: bool = False
    accented: bool = False
    gap: int = 12
    stops: dict[str, int] = field(default_factory=dict)

    def rows(self, options: Options, *, whole: bool = False) -> list[Row]:
        """The section as rows; `whole` with nothing folded and nothing kept back."""
        rows = self._rows(options, folded=self.folded and not whole, whole=whole)
        rows[0].gap = self.gap
        rows[0].label = self.label
        rows[0].accented = self.accented
        return rows

    def texts(self) -> list[tuple[Place, str]]:
        """The source texts that the section shows or hides."""
        return []

    def _rows(self, options: Options, *, folded: bool, whole: bool) -> list[Row]:
        raise NotImplementedError

    def stop(self, part: str, whole: bool) -> int | None:
        """How far a source view shows a part."""
        return None if whole else self.stops.get(part, FIRST_CHUNK)

    def head(self, kind: str, folded: bool) -> Row:
        """The row that folds and unfolds the section and stands for all of it."""
        row = Row(kind, self.place)
        row.insert("▸ " if folded else "▾ ", ACTION)
        return row

    def stand(self, row: Row) -> Row:
        """Let a whole row stand for all of the section's source."""
        row.pieces = [Piece(0, row.length, self.start, self.end - self.start)] if self.end > self.start else []
        return row


@dataclass(slots=True)
class NoteSection(Section):
    """A line of our own words, such as the rule between input and output."""

    kind: str = "note"

    def _rows(self, options: Options, *, folded: bool, whole: bool) -> list[Row]:
        row = Row(self.kind)
        row.insert(self.title, MUTED | SMALL)
        return [row]


@dataclass(slots=True)
class TextSection(Section):
    """A message, document or reference; `text` is the piece of the source that begins at `start`."""

    text: str = ""
    kind: Kind = "markdown"
    empty: str = "(empty)"
    link: tuple[str, str] | None = None

    def texts(self) -> list[tuple[Place, str]]:
        """The one text of the section."""
        return [(self.place, self.text)]

    def _rows(self, options: Options, *, folded: bool, whole: bool) -> list[Row]:
        rows: list[Row] = []
        if self.foldable or self.link:
            head = self.head("fold", folded) if self.foldable else Row("note", self.place)
            head.insert(self.title)
            if self.text:
                head.insert((", " if self.title else "") + size_words(self.text), MUTED)
            if folded:
                self.stand(head)
            if self.link:
                head.insert("   ")
                head.insert(self.link[0], ACTION | SMALL, self.link[1])
            rows.append(head)
            if folded:
                return rows
        if not self.text:
            if self.empty:
                row = Row("text", self.place)
                row.insert(self.empty, MUTED)
                rows.append(row)
            return rows
        rows += text_rows(
            self.text,
            self.place,
            kind=self.kind,
            options=options,
            base=self.start,
            stop=self.stop("text", whole),
            part="text",
        )
        return rows


@dataclass(slots=True)
class CallSection(Section):
    """A tool call and, below it when unfolded, the tool's answer; both on one line when folded."""

    call: ToolCall = field(default_factory=lambda: ToolCall("", "", ""))
    arguments_at: int = 0
    result: Message | None = None
    result_place: Place = ("", 0)

    def texts(self) -> list[tuple[Place, str]]:
        """The call and its result."""
        found = [(self.place, f"{self.call.name}({self.call.arguments})")]
        if self.result is not None:
            found.append((self.result_place, self.result.text))
        return found

    def _rows(self, options: Options, *, folded: bool, whole: bool) -> list[Row]:
        row = self.head("call", folded)
        room = max(16, options.columns - STATUS_COLUMNS)
        name = one_line(self.call.name, room - 8) or "(unnamed)"
        row.insert(name, MONO)
        words = call_words(self.call.arguments)
        room = max(6, room - len(name))
        row.insert(f"({one_line(words, room)})", MONO | MUTED)
        self.stand(row)
        row.insert("\t")
        if self.result is None:
            row.insert("no result", MUTED | SMALL)
        else:
            state = result_state(self.result.content)
            if state != "empty":
                row.insert(f"{len(self.result.content):,} chars   ", MUTED | SMALL)
            style = {"ok": GOOD, "error": BAD | BOLD}.get(state, MUTED)
            row.insert({"ok": "✓ ok", "error": "✕ error"}.get(state, state), style | SMALL)
        rows = [row]
        if folded:
            return rows
        rows += text_rows(
            self.call.arguments,
            self.place,
            kind="json",
            options=options,
            base=self.arguments_at,
            stop=self.stop("arguments", whole),
            part="arguments",
        )
        if self.result is None:
            return rows
        head = Row("note", self.result_place, gap=6)
        state = result_state(self.result.content)
        head.insert(f"Result, {state}, {len(self.result.content):,} characters", MUTED | SMALL)
        rows.append(head)
        if self.result.text:
            rows += text_rows(
                self.result.text,
                self.result_place,
                kind="json" if looks_like_json(self.result.text) else "plain",
                options=options,
                stop=self.stop("result", whole),
                part="result",
            )
        return rows


def _label(message: Message) -> str:
    label = _LABELS.get(message.role) or one_line(message.role, 20) or "(no role)"
    return label if not message.name or message.role == "tool" else f"{label} {one_line(message.name, 20)}"


def _message_sections(messages: Sequence[Message], name: str) -> list[Section]:
    """Messages with each tool result beside its call: the next unclaimed answer with the call's id that follows it."""
    claimed: dict[tuple[int, int], int] = {}
    waiting: dict[str, list[tuple[int, int]]] = {}
    taken: set[int] = set()
    for step, message in enumerate(messages):
        for number, call in enumerate(message.tool_calls):
            waiting.setdefault(call.id, []).append((step, number))
        wanted = message.tool_call_id
        if message.role == "tool" and wanted is None:
            wanted = next((key for key, calls in reversed(waiting.items()) if calls), None)
        if message.role == "tool" and wanted is not None and waiting.get(wanted):
            calls = waiting[wanted]
            # Ids are reused in real files: the answer belongs to the first open call of the last message that made one.
            newest = calls[-1][0]
            answered = next(open_call for open_call in calls if open_call[0] == newest)
            calls.remove(answered)
            claimed[answered] = step
            taken.add(step)
    sections: list[Section] = []
    last_label = ""
    for step, message in enumerate(messages):
        if step in taken:
            continue
        place = (name, step)
        label = _label(message)
        agent = message.role == "assistant"
        if message.content or not message.tool_calls:
            long_system = message.role in ("system", "developer") and len(message.content) > FOLDED_FROM
            orphan = message.role == "tool"
            section = TextSection(
                f"{name}:{step}",
                label,
                place,
                0,
                len(message.content),
                foldable=long_system or orphan,
                folded=long_system or orphan,
                accented=agent,
                text=message.content,
                kind="plain" if orphan and not looks_like_json(message.content) else "markdown",
            )
            if long_system:
                section.title = one_line(message.content.lstrip("# \n\r\t")[:400].split("\n")[0], 44)
            elif orphan:
                name_words = f" of {one_line(message.name, 40)}" if message.name else ""
                section.title = f"result{name_words} without its call, {result_state(message.content)}"
            sections.append(section)
            last_label = label
        at = len(message.content) + 1 if message.content else 0
        for number, call in enumerate(message.tool_calls):
            length = len(call.name) + len(call.arguments) + 2
            answer = claimed.get((step, number))
            before = sections[-1] if sections else None
            after_call = isinstance(before, CallSection)
            goes_on = before is not None and (before.place == place or (after_call and label == last_label))
            sections.append(
                CallSection(
                    f"call:{name}:{step}:{number}",
                    "" if goes_on else label,
                    place,
                    at,
                    at + length,
                    foldable=True,
                    folded=True,
                    accented=agent,
                    gap=3 if after_call else 6 if goes_on else 12,
                    call=call,
                    arguments_at=at + len(call.name) + 1,
                    result=None if answer is None else messages[answer],
                    result_place=(name, -1 if answer is None else answer),
                )
            )
            at += length + 1
            last_label = label
    return sections


def conversation_sections(
    messages: Sequence[Message],
    output: Sequence[Message] | str | None,
    documents: Sequence[Document],
    *,
    output_title: str,
    sealed: bool,
    reference: str | None,
    reference_note: str,
    editable: bool,
    past: Sequence[tuple[str, str]] = (),
) -> list[Section]:
    """A conversation in the order it is read: the input, the documents, the output, the reference, those before it."""
    sections = _message_sections(messages, "message")
    for number, document in enumerate(documents):
        score = "" if document.score is None else f", score {document.score:g}"
        sections.append(
            TextSection(
                f"document:{number}",
                "Documents" if number == 0 else "",
                ("document", number),
                0,
                len(document.text),
                f"{one_line(document.id, 48)}{score}",
                foldable=True,
                folded=True,
                gap=12 if number == 0 else 3,
                text=document.text,
            )
        )
    if sealed:
        sections.append(NoteSection("separator", title=output_title, kind="separator", gap=16))
        sections.append(NoteSection("sealed", title="Sealed: this output is part of a study that is still open."))
    elif output is not None:
        if output_title:
            sections.append(NoteSection("separator", title=output_title, kind="separator", gap=16))
        if isinstance(output, str):
            sections.append(TextSection("output:0", "Agent", ("output", 0), 0, len(output), accented=True, text=output))
        else:
            sections += _message_sections(output, "output")
    if reference is not None or editable:
        missing = reference is None
        sections.append(
            TextSection(
                "reference",
                "Reference",
                ("reference", 0),
                0,
                len(reference or ""),
                one_line(reference_note, 60) if not missing else "",
                foldable=not missing,
                gap=20,
                text=reference or "",
                empty="",
                link=(("Write a reference" if missing else "Edit"), "edit:reference") if editable else None,
            )
        )
    for number, (title, text) in enumerate(past):
        sections.append(
            TextSection(
                f"past:{number}",
                "Before" if number == 0 else "",
                ("past", number),
                0,
                len(text),
                one_line(title, 60),
                foldable=True,
                folded=True,
                gap=12 if number == 0 else 3,
                text=text,
            )
        )
    return sections
