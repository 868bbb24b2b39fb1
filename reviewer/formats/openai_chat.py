"""Chat messages as the world writes them, brought to the one shape of `reviewer.formats.conversation`.

OpenAI's (null content, lists of parts, tool_calls, the older function_call), Anthropic's blocks, the parts of
OpenTelemetry and Phoenix, ShareGPT's from and value, and our own canonical record. The messages here are plain
dictionaries with every key of `Message.to_json`, since imports make millions of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reviewer.formats.rows import RowError, kind_of, one_line_json

__all__ = ["answer_parts", "as_text", "messages_of", "split_trajectory"]

_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "function": "tool",
    "observation": "tool",
    "customer": "user",
    "agent": "assistant",
}
_INPUT_ROLES = frozenset({"system", "developer", "user"})
_KNOWN_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


def as_text(value: object) -> str:
    """A value as text: a string as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return one_line_json(value)


def messages_of(value: object, field: str = "messages") -> list[dict[str, Any]]:
    """The messages in `value`: a list of messages, one message, JSON text of either, or a user's plain text.

    Raises RowError that names the message and the key.
    """
    if isinstance(value, str):
        text = value.strip()
        if text[:1] in ("[", "{"):
            try:
                parsed = json.loads(text)
            except (ValueError, RecursionError):
                parsed = None
            if isinstance(parsed, dict) and "role" in parsed:
                parsed = [parsed]
            if isinstance(parsed, list) and parsed and all(_is_message(item) for item in parsed):
                return messages_of(parsed, field)
        return [_message("user", value)]
    if isinstance(value, dict):
        inner = value.get("messages")
        value = inner if isinstance(inner, list) else [value]
    if not isinstance(value, list):
        reason = f"is {kind_of(value)}, not a list of messages. Map a list of objects with role and content."
        raise RowError(reason, field)
    found: list[dict[str, Any]] = []
    for place, item in enumerate(value):
        if type(item) is dict and len(item) == 2:
            role, content = item.get("role"), item.get("content")
            if type(content) is str and isinstance(role, str) and role in _KNOWN_ROLES:  # most messages of most files
                found.append(_message(role, content))
                continue
        where = f"{field}[{place}]"
        if isinstance(item, str):
            found.append(_message("user" if len(found) % 2 == 0 else "assistant", item))
            continue
        if not isinstance(item, dict):
            raise RowError(f"is {kind_of(item)}, not a message. A message is an object with role and content.", where)
        _add(found, item, where)
    return found


def split_trajectory(messages: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The leading system, developer and user messages, and everything from the model's first step on."""
    for place, message in enumerate(messages):
        if message["role"] not in _INPUT_ROLES:
            return messages[:place], messages[place:]
    return messages, []


def answer_parts(value: object, field: str = "output") -> tuple[str, list[dict[str, Any]]]:
    """The text of an output and, where it is more than text, its trajectory.

    Takes a string, a message, a list of messages, a completion with `choices`, or any other value as JSON text.
    """
    if isinstance(value, str):
        return value, []
    if isinstance(value, dict):
        choices = value.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            choice = choices[0]
            value = choice["message"] if isinstance(choice.get("message"), dict) else choice.get("text", "")
            return answer_parts(value, field)
        if isinstance(value.get("role"), str) and ("content" in value or "tool_calls" in value):
            value = [value]
        elif isinstance(value.get("messages"), list):
            value = value["messages"]
        elif isinstance(value.get("content"), str) and len(value) <= 2:
            return value["content"], []
    if isinstance(value, list) and value and all(_is_message(item) for item in value):
        messages = messages_of(value, field)
        text = last_answer(messages)
        plain = len(messages) == 1 and messages[0]["role"] == "assistant" and not messages[0]["tool_calls"]
        return text, [] if plain else messages
    return as_text(value), []


def last_answer(messages: list[dict[str, Any]]) -> str:
    """The last text that the model wrote."""
    for message in reversed(messages):
        if message["role"] == "assistant" and message["content"]:
            return str(message["content"])
    return ""


def _message(role: str, content: str, name: object = None, call_id: object = None) -> dict[str, Any]:
    return {
        "content": content,
        "name": None if name is None else str(name),
        "role": role,
        "tool_call_id": None if call_id is None else str(call_id),
        "tool_calls": [],
    }


def _is_message(item: object) -> bool:
    return isinstance(item, dict) and _role_of(item) is not None


def _role_of(item: Mapping[str, Any]) -> str | None:
    role = item.get("role", item.get("from", item.get("speaker")))
    if role is None and item.get("type") in _ROLES:  # LangChain's own form
        role = item["type"]
    return role if isinstance(role, str) and role else None


def _add(found: list[dict[str, Any]], item: dict[str, Any], where: str) -> None:
    inner = item.get("message")
    if isinstance(inner, dict) and "role" in inner:
        item = inner
    role = _role_of(item)
    if role is None:
        raise RowError("has no role. Each message needs one: system, user, assistant or tool.", f"{where}.role")
    role = _ROLES.get(role.lower(), role.lower() if role.lower() in ("system", "user", "assistant", "tool") else role)
    content = item.get("content")
    if content is None:
        content = item.get("parts", item.get("value", item.get("text")))
    message = _message(role, "", item.get("name"), item.get("tool_call_id"))
    if isinstance(content, str):
        message["content"] = content
    elif isinstance(content, list):
        message["content"] = _parts(found, message, content, where)
    elif content is not None:
        message["content"] = as_text(content)
    refusal = item.get("refusal")
    if isinstance(refusal, str) and refusal and not message["content"]:
        message["content"] = refusal
    calls = item.get("tool_calls")
    if calls:
        if not isinstance(calls, list):
            raise RowError(f"is {kind_of(calls)}, not a list of calls.", f"{where}.tool_calls")
        message["tool_calls"] += [_call(call, f"{where}.tool_calls[{place}]") for place, call in enumerate(calls)]
    old = item.get("function_call")
    if isinstance(old, dict) and old.get("name"):
        message["tool_calls"].append(_call(old, f"{where}.function_call"))
    if not (message["content"] or message["tool_calls"]) and found and isinstance(content, list) and content:
        return  # nothing but tool results, which have become messages of their own
    found.append(message)


def _call(call: object, where: str) -> dict[str, Any]:
    if not isinstance(call, dict):
        raise RowError(f"is {kind_of(call)}, not a tool call.", where)
    inner = call.get("tool_call")
    if isinstance(inner, dict):
        call = inner
    function = call.get("function")
    if isinstance(function, str):
        function = {"name": function, "arguments": call.get("arguments")}
    elif not isinstance(function, dict):
        function = call
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise RowError("has no name. A tool call needs the name of its function.", f"{where}.function.name")
    arguments = function.get("arguments", function.get("input", function.get("args", function.get("kwargs"))))
    if not isinstance(arguments, str):
        arguments = "{}" if arguments is None else json.dumps(arguments, ensure_ascii=False)
    identity = call.get("id", call.get("tool_call_id"))
    return {"arguments": arguments, "id": "" if identity is None else str(identity), "name": name}


def _parts(found: list[dict[str, Any]], message: dict[str, Any], parts: list[Any], where: str) -> str:
    """The text of a list of content parts; calls go to the message, tool results become messages of their own."""
    texts: list[str] = []
    for place, part in enumerate(parts):
        if isinstance(part, str):
            texts.append(part)
            continue
        if not isinstance(part, dict):
            raise RowError(f"is {kind_of(part)}, not a part of content.", f"{where}.content[{place}]")
        kind = str(part.get("type", "text"))
        text = part.get("text", part.get("content"))
        if kind in ("tool_use", "tool_call", "function_call"):
            message["tool_calls"].append(_call(part, f"{where}.content[{place}]"))
        elif kind in ("tool_result", "tool_call_response"):
            result = part.get("content", part.get("result", part.get("response")))
            result = _parts(found, message, result, where) if isinstance(result, list) else as_text(result)
            call_id = part.get("tool_use_id", part.get("id", part.get("tool_call_id")))
            if message["role"] == "tool":
                message["tool_call_id"] = None if call_id is None else str(call_id)
                texts.append(result)
            else:
                found.append(_message("tool", result, part.get("name"), call_id))
        elif kind == "refusal" and isinstance(part.get("refusal"), str):
            texts.append(part["refusal"])
        elif kind in ("text", "input_text", "output_text", "thinking", "reasoning") and isinstance(text, str):
            texts.append(text)
        else:
            texts.append(f"[{kind.removeprefix('input_').removesuffix('_url')}]")
    return "\n".join(texts)
