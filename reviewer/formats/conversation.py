"""Messages, tool calls and documents: the one shape in which every room reads a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

__all__ = ["Document", "Message", "ToolCall", "text_hash"]


def text_hash(text: str) -> str:
    """The hash that evidence carries: 16 hex digits of the SHA-256 of the step's text, lone surrogates included."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asked for; `arguments` is JSON text exactly as the model wrote it."""

    id: str
    name: str
    arguments: str

    def to_json(self) -> dict[str, Any]:
        """The call as the canonical record has it."""
        return {"arguments": self.arguments, "id": self.id, "name": self.name}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ToolCall:
        """The call from what `to_json` wrote."""
        return cls(str(data["id"]), str(data["name"]), str(data["arguments"]))


@dataclass(frozen=True, slots=True)
class Message:
    """One step of a conversation; `content` is never null, an absent one is the empty string."""

    role: str
    content: str
    name: str | None = None
    tool_call_id: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()

    @property
    def text(self) -> str:
        """What evidence offsets count in: the content, then each tool call as `name(arguments)` on its own line."""
        if not self.tool_calls:
            return self.content
        calls = "\n".join(f"{call.name}({call.arguments})" for call in self.tool_calls)
        return f"{self.content}\n{calls}" if self.content else calls

    def to_json(self) -> dict[str, Any]:
        """The message as the canonical record has it: every key in every message."""
        return {
            "content": self.content,
            "name": self.name,
            "role": self.role,
            "tool_call_id": self.tool_call_id,
            "tool_calls": [call.to_json() for call in self.tool_calls],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        """The message from what `to_json` wrote."""
        return cls(
            data["role"],
            data["content"],
            data.get("name"),
            data.get("tool_call_id"),
            tuple(ToolCall.from_json(call) for call in data.get("tool_calls") or ()),
        )

    @classmethod
    def list_from_json(cls, data: Iterable[Mapping[str, Any]]) -> tuple[Message, ...]:
        """The messages of a stored list."""
        return tuple(cls.from_json(item) for item in data)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was retrieved for an example; `score` is the retriever's, in its own unit."""

    id: str
    text: str
    score: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The document as the canonical record has it."""
        return {"id": self.id, "score": self.score, "text": self.text}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Document:
        """The document from what `to_json` wrote."""
        return cls(data["id"], data["text"], data.get("score"))
