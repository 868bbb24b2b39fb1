"""Rows in which nothing is unusual, prepared from their bytes without being read as a whole.

Most files are written by a program, and in most of their rows a text stands already as it is stored: as a JSON string
without the rarer escapes. Such a text is cut out and kept. Whatever is otherwise in a row, a key twice, another shape
of message, an odd number, leaves the row to `Mapper` and `prepare`, which say what it becomes; what is prepared here is
the same to the byte.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec
import orjson
from msgspec import Raw

from reviewer.formats.rows import REJECTED, is_exact, one_line_json
from reviewer.intake.examples import key_of, snippet, stored_text
from reviewer.intake.mapping import Mapping, is_key
from reviewer.intake.preparing import Prepared
from reviewer.intake.values import moment_of

__all__ = ["PlainRows"]

_FIELDS = frozenset({"id", "messages", "output", "reference", "workflow", "time", "metadata"})
_LONGEST_NUMBER = 18
"""Characters of a number past which it may not be read as it is written."""
_MOST_WORKFLOWS = 1_000


class _Message(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    role: str
    content: Raw


_object = msgspec.json.Decoder(dict[str, Raw]).decode
_messages = msgspec.json.Decoder(list[_Message]).decode
_loads = orjson.loads
_dumps = orjson.dumps
_sha256 = hashlib.sha256
_ROLES = {
    role: b',"name":null,"role":"%b","tool_call_id":null,"tool_calls":[]}' % role.encode()
    for role in ("system", "developer", "user", "assistant", "tool")
}
"""How a message goes on after its content."""
_ABSENT = Raw(b"null")
_LACKING = (b"null", b'""')
_NO_FIGURES = (None, None, None, None, None, None)
_MESSAGE = len('{"role":"","content":},')
_ENTRY = len('"":,')


class PlainRows:
    """A mapping that asks for the values of a row's keys and no more, made ready for plain rows."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._id = fields.get("id")
        self._messages = fields["messages"]
        self._reference = fields.get("reference")
        self._workflow = fields.get("workflow")
        self._time = fields.get("time")
        self._metadata = fields.get("metadata")
        self._outputs = [
            (name.partition(":")[2], key) for name, key in fields.items() if name.partition(":")[0] == "output"
        ]
        self._asked = frozenset(fields.values())
        self._workflows: dict[bytes, str] = {}

    @classmethod
    def of(cls, mapping: Mapping, where: str | None) -> PlainRows | None:
        """Made ready; None for a mapping, or a condition, that asks for more."""
        fields = dict(mapping.fields)
        names = {name.partition(":")[0] for name in fields}
        if where or not {"messages", "output"} <= names or not names <= _FIELDS:
            return None
        if not all(is_key(key) and "." not in key for key in fields.values()):
            return None
        return cls(fields)

    def prepared(self, raw: bytes) -> Prepared | None:
        """The case that a row becomes, as it will be stored; None when the row has to be read as a whole."""
        try:
            if b"\\" in raw and _is_written_otherwise(raw):
                return None
            if not raw.isascii():
                raw.decode()  # what is cut out is not looked into again
            row = _object(raw)
            return self._prepared(row) if _is_whole(row, raw) else None
        except (msgspec.MsgspecError, ValueError, TypeError, LookupError, RecursionError):
            return None  # what is wrong with it is said by who reads it as a whole

    def _prepared(self, row: dict[str, Raw]) -> Prepared | None:
        for name in row.keys() - self._asked:
            if name == REJECTED or not _is_plain(bytes(row[name])):
                return None
        get = row.get
        conversation = _conversation(get(self._messages, _ABSENT))
        if conversation is None:
            return None
        messages, shown = conversation
        digest = _sha256(messages).hexdigest()
        identity = original = None
        if self._id is None:
            key = f"r-{digest[:16]}"
        else:
            given = _text_or_number(get(self._id, _ABSENT))
            identity = given.strip() if type(given) is str else str(given)
            if not identity or type(given) not in (str, int):
                return None
            key = key_of(identity)
            original = None if identity == key else stored_text(identity)
        outputs = []
        for variant, place in self._outputs:
            text = bytes(get(place, _ABSENT))
            if text[0] == 34:
                answer = _sha256(b"[%b,[]]" % text).hexdigest()
                outputs.append((variant, answer, (*_NO_FIGURES, answer), (text, b"[]", b"[]")))
            elif text != b"null":
                return None
        reference: bytes | None = None
        if self._reference is not None:
            reference = bytes(get(self._reference, _ABSENT))
            if reference in _LACKING:
                reference = None
            elif reference[0] != 34:
                return None
        workflow = "" if self._workflow is None else self._workflow_in(bytes(get(self._workflow, _ABSENT)))
        metadata = _facts(bytes(get(self._metadata, _ABSENT))) if self._metadata is not None else b"{}"
        if workflow is None or metadata is None:
            return None
        moment = None if self._time is None else _moment(_text_or_number(get(self._time, _ABSENT)))
        return (
            key,
            identity,
            digest,
            "",
            (key, original, workflow, moment, digest, snippet(shown)),
            (messages, b"[]", b"[]", metadata),
            reference,
            tuple(outputs),
        )

    def _workflow_in(self, raw: bytes) -> str | None:
        """The workflow as it is stored; None when it is no text. There are few of them, so each is made once."""
        found = self._workflows.get(raw)
        if found is None and (raw[0] == 34 or raw == b"null"):
            found = stored_text(" ".join((_loads(raw) or "").split())[:200])
            if len(self._workflows) < _MOST_WORKFLOWS:
                self._workflows[raw] = found
        return found


def _is_written_otherwise(raw: bytes) -> bool:
    """Whether there may be a character that is stored as itself and stands here as an escape."""
    place = raw.find(b"\\")
    while place >= 0:
        if raw[place + 1] in b"u/":
            return True
        place = raw.find(b"\\", place + 2)
    return False


def _is_whole(row: dict[str, Raw], raw: bytes) -> bool:
    """Whether the entries are all there is in the row: of a key that stands twice the first value would be missing."""
    length = sum(map(len, row)) + sum(map(len, row.values())) + _ENTRY * len(row) + 1
    if length == len(raw):  # each at its shortest, and nothing stands between
        return True
    again = b", ".join([b'"%b": %b' % (key.encode(), value) for key, value in row.items()])
    return b"{%b}" % again == raw


def _is_plain(raw: bytes) -> bool:
    """Whether a value that nobody asks for is such as any reader takes."""
    lead = raw[0]
    if lead in b"[{":
        return is_exact(raw, _loads(raw))
    return lead in b'"tfn' or len(raw) <= _LONGEST_NUMBER


def _text_or_number(raw: Raw) -> object:
    found = bytes(raw)
    if found[0] != 34 and len(found) > _LONGEST_NUMBER:
        raise ValueError("neither a text nor a usual number")
    return _loads(found)


def _moment(given: object) -> int | None:
    """The same as `moment_of`, which takes its time over what a time may be."""
    if type(given) is str and given[4:5] == "-" and given[:1] != " ":
        with_zone = datetime.fromisoformat(given)
        if with_zone.tzinfo is not None:
            return int(with_zone.timestamp() * 1000)
    return moment_of(given)


def _conversation(raw: Raw) -> tuple[bytes, str] | None:
    """The messages as they are stored, and the last text of the user; None when they have to be looked at."""
    if len(raw) < _MESSAGE:
        return None
    messages = _messages(raw)
    pieces: list[bytes] = []
    length = 1
    shown = content = b""
    for message in messages:
        role, content = message.role, bytes(message.content)
        rest = _ROLES.get(role)
        if rest is None or content[0] != 34:
            return None
        length += len(role) + len(content) + _MESSAGE
        pieces += (b',{"content":', content, rest)
        if role == "user" and len(content) > 2:
            shown = content
    if not pieces or (length != len(raw) and not _is_spaced(messages, bytes(raw))):
        return None
    pieces[0] = b'[{"content":'
    pieces.append(b"]")
    return b"".join(pieces), _loads(shown or content)


def _is_spaced(messages: list[_Message], raw: bytes) -> bool:
    """Whether these messages are all there is in a list with a space after each comma and colon."""
    first = [b'{"role": "%b", "content": %b}' % (one.role.encode(), one.content) for one in messages]
    if b"[%b]" % b", ".join(first) == raw:
        return True
    last = [b'{"content": %b, "role": "%b"}' % (one.content, one.role.encode()) for one in messages]
    return b"[%b]" % b", ".join(last) == raw


def _facts(raw: bytes) -> bytes | None:
    """The metadata as they are stored; None when they are no object."""
    if raw in _LACKING:
        return b"{}"
    if raw[0] != 123:
        return None
    whole = _loads(raw)
    again = _dumps(whole)
    if again != raw and not is_exact(raw, whole):
        return None
    others = [name for name, value in whole.items() if type(value) is not str]
    if not others:
        return again
    for name in others:
        value = whole[name]
        if value is None:
            del whole[name]
        else:
            whole[name] = one_line_json(value)
    return _dumps(whole)
