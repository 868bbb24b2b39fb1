"""The leak scan: answers that give away whose they are, and masks that hide it without cutting content.

What is looked for: names of models, tokens of chat templates, metadata of a model call left in the text, phrases by
which assistants are known, and openings and closings that one side has far more often than the other. Names, tokens and
metadata are proposed for masking; courtesies, openings and closings where one side has them and they warn of nothing.
What else a phrase says may be content (“As an AI I cannot…” can be the caveat that makes an answer right), so that is
only shown unless asked for. A name leaves `MASK` in its place, since its sentence needs a word there; what is no part
of the answer leaves nothing, since a mask on one side alone would tell it. Findings count by the side that has more and
the side that has less, and never say which side is which.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["MASK", "Leak", "Mask", "find_leaks", "mask"]

MASK = "[masked]"

_VERSION = r"(?:[\w-]|\.(?=\w))*"
_FAMILIES = (
    rf"chat ?gpt|gpt-?\d{_VERSION}|openai|anthropic|claude(?: \d[\d.]*)? (?:opus|sonnet|haiku)|claude[- ]\d{_VERSION}|"
    rf"gemini[- ](?:pro|ultra|flash|nano|\d{_VERSION})|llama[- ]?\d{_VERSION}|mi[sx]tral(?:-{_VERSION})?|"
    rf"qwen{_VERSION}|deepseek{_VERSION}|phi-\d{_VERSION}|gemma[- ]?\d{_VERSION}|vicuna{_VERSION}|alpaca-\d{_VERSION}|"
    rf"bloomz?-\d{_VERSION}"
)
_NAME = re.compile(rf"(?<![\w-])(?:{_FAMILIES})(?![\w-])", re.IGNORECASE)
_SELF = r"\b(?:i am|i['’]m|this is|my name is|as|powered by|trained by|made by)\s+(?P<who>{names})(?![\w-])"
_ALONE = "claude|gemini|llama|grok|bard|falcon|copilot|meta ai|command r\\+?|perplexity"
"""Names of models that are words or people's names as well: they count where an answer says that it is one."""
_NAME_WORDS = (
    "gpt", "openai", "anthropic", "claude", "gemini", "llama", "mistral", "mixtral", "qwen", "deepseek", "phi-",
    "gemma", "vicuna", "alpaca-", "bloom",
)  # fmt: skip
"""One of these, in lower case, stands in every name."""
_TOKEN_WORDS = ("<|", "[inst", "[/inst", "sys>>", "<s>", "</s>", "_of_turn", "think", "###", "assistant", "ai", "bot")
_TOKEN = re.compile(
    r"<\|[a-z_0-9▁｜]{2,40}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|</?think(?:ing)?>|"
    r"^(?:###\s*(?:Response|Assistant|Answer)|Assistant|AI|Bot)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_METADATA_WORDS = ("model_", "_reason", "_tokens", "generated", "fingerprint", "logprobs", "response_id")
_METADATA = re.compile(
    r"^[ \t]*[\"'*_-]{0,3}(model_name|model_id|finish_reason|stop_reason|(?:prompt|completion|total)_tokens|"
    r"generated[_ ]by|system_fingerprint|logprobs|response_id)[\"'*_]{0,3}[ \t]*[:=][^\n]*",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that a harness or a model's interface wrote; words that may be content, such as model or version, are not."""
_PHRASES = {
    "speaks of itself as an AI": r"\bas an? (?:AI|artificial intelligence)(?: language)?(?: model| assistant)?\b"
    r"|\bI(?:'m| am) an? (?:AI|artificial|language model)[\w ]{0,30}",
    "“Certainly”, “Sure” as an opening": r"\A\s*(?:certainly|sure(?: thing)?|of course|absolutely|great question)\b"
    r"[!,.]?",
    "“I hope this helps”": r"\bI hope (?:this|that) (?:helps|is helpful|answers)[^.!\n]{0,40}[.!]?",
    "an offer of further help": r"\b(?:(?:please )?let me know if (?:you (?:have|need)|there is|there's)"
    r"[^.!?\n]{0,50}\b(?:questions?|help|assistance|else)\b|feel free to (?:ask|reach out|contact)"
    r"|if you have any (?:other|further|more) questions|is there anything else)[^.!?\n]{0,60}[.!?]?",
    "thanks for getting in touch": r"\bthank you for (?:contacting|reaching out"
    r"|your (?:message|question|enquiry|inquiry))[^.!\n]{0,40}[.!,]?",
}
_ITSELF = next(iter(_PHRASES))
_CAVEAT = re.compile(
    r"\b(?:not|never|no|only|unless|except|but|if|may|must|should|cannot|can't|won't|consult|seek|see|call|contact|ask|"
    r"check|verify|confirm|before|within|until|limits?|depends?|warning|caution|risks?|emergency|doctor|lawyer|advice)\b"
    r"|\d",
    re.IGNORECASE,
)
"""What a sentence that warns, bounds or sends somebody on holds: it is content, however often it comes."""
_COURTESY = re.compile(
    r"\b(?:dear|hello|hi|hey|greetings|thanks?|regards|sincerely|faithfully|yours|cheers|welcome|team|care|wish(?:es)?|"
    r"day|weekend|glad|happy|pleased|delighted|sorry|help|helps|assist|assistance|hope|great|sure|certainly|absolutely|"
    r"best|kind|warm)\b",
    re.IGNORECASE,
)
"""What a greeting or a farewell holds: a sentence without it may be the answer, however often it comes."""
_PHRASE = {title: re.compile(pattern, re.IGNORECASE) for title, pattern in _PHRASES.items()}
_PHRASE_WORDS = {
    _ITSELF: ("as a", "i'm", "i am"),
    "“Certainly”, “Sure” as an opening": ("certainly", "sure", "of course", "absolutely", "great question"),
    "“I hope this helps”": ("i hope",),
    "an offer of further help": ("let me know", "feel free", "if you have", "is there anything"),
    "thanks for getting in touch": ("thank you for",),
}
"""One of these, in lower case, stands in every answer that has the phrase."""
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_TELLING_NAME = re.compile(r"[\d/_.\-]|[a-z][A-Z]")
LEAST_REPEATED = 3
LEAST_SHARE = 0.05
TIMES_AS_OFTEN = 4
SHOWN = 5
"""Examples that a finding lists."""


@dataclass(frozen=True, slots=True)
class Mask:
    """One masking: where it stood in the answer (code points), what stood there, and by which finding."""

    start: int
    end: int
    text: str
    leak: str
    put: str = MASK
    """What stands there instead."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One finding: what gives sides away, and on how many answers of either side, the larger number first."""

    key: str
    rule: str
    """name, token, metadata, phrase, opening or closing."""
    shown: str
    more: int
    less: int
    proposed: bool
    """Whether the scan proposes to mask it."""
    examples: tuple[str, ...]
    """Keys of some examples that have it."""
    pattern: re.Pattern[str] = field(repr=False, compare=False)

    @property
    def telling(self) -> bool:
        """Whether one side has it clearly more often than the other."""
        return _telling(self.more, self.less)

    @property
    def put(self) -> str:
        """What a masking leaves in its place."""
        return MASK if self.rule == "name" or self.key == f"phrase:{_ITSELF}" else ""


def _telling(more: int, less: int) -> bool:
    return more >= LEAST_REPEATED and more >= TIMES_AS_OFTEN * less


def _proposed(rule: str, shown: str, *, telling: bool) -> bool:
    """Whether a finding is masked unless somebody says otherwise."""
    if rule in ("name", "token", "metadata"):
        return True
    if rule == "phrase":
        return telling and shown != _ITSELF
    return telling and bool(_COURTESY.search(shown)) and not _CAVEAT.search(shown)


def find_leaks(
    keys: Sequence[str], base: Sequence[str], tuned: Sequence[str], names: Iterable[str] = ()
) -> tuple[Leak, ...]:
    """The findings over the answers of both sides, in the order of `keys`; `names` are those of the variants.

    Names, tokens and metadata first, then by how many answers they stand in. A variant's name counts when it looks like
    one (has a digit, a hyphen, a slash, a dot, an underscore or a capital within), and else where an answer says that
    it is that: “base” and “tuned” are words.
    """
    found: dict[str, tuple[str, str, re.Pattern[str]]] = {}
    lowered = [[text.lower() for text in side] for side in (base, tuned)]
    for text, low in zip((*base, *tuned), (*lowered[0], *lowered[1]), strict=True):
        # To look for plain words first takes a tenth of the time of the patterns.
        for match in _NAME.finditer(text) if any(word in low for word in _NAME_WORDS) else ():
            found.setdefault(f"name:{match[0].casefold()}", ("name", match[0], _exactly(match[0])))
        for match in _TOKEN.finditer(text) if any(word in low for word in _TOKEN_WORDS) else ():
            found.setdefault(f"token:{match[0].casefold()}", ("token", match[0], _at_start(match[0])))
        for match in _METADATA.finditer(text) if any(word in low for word in _METADATA_WORDS) else ():
            found.setdefault(f"metadata:{match[1].casefold()}", ("metadata", match[1], _field(match[1])))
    own = [name for name in names if len(name) >= 4]
    for name in own:
        if _TELLING_NAME.search(name):
            found[f"name:{name.casefold()}"] = ("name", name, _exactly(name))
    for who in (*_ALONE.split("|"), *(re.escape(name) for name in own if not _TELLING_NAME.search(name))):
        says = re.compile(_SELF.format(names=who), re.IGNORECASE)
        said = next(filter(None, map(says.search, (*base, *tuned))), None)
        if said is not None:
            found[f"name:{said[0].casefold()}"] = ("name", said[0], says)
    for title, pattern in _PHRASE.items():
        found[f"phrase:{title}"] = ("phrase", title, pattern)
    for rule, edge in (("opening", 0), ("closing", -1)):
        for sentence in _repeated(base, tuned, edge):
            found[f"{rule}:{sentence.casefold()}"] = (rule, sentence, _edge(sentence, edge))
    leaks = []
    for key, (rule, shown, pattern) in found.items():
        words = _PHRASE_WORDS.get(shown) or (shown.lower().split()[0],)
        hits = [
            [any(word in low for word in words) and bool(pattern.search(text)) for text, low in zip(*both, strict=True)]
            for both in ((base, lowered[0]), (tuned, lowered[1]))
        ]
        counts = sorted((sum(side) for side in hits), reverse=True)
        if not counts[0]:
            continue
        having = tuple(name for name, one, other in zip(keys, *hits, strict=True) if one or other)
        proposed = _proposed(rule, shown, telling=_telling(*counts))
        leaks.append(Leak(key, rule, shown, counts[0], counts[1], proposed, having[:SHOWN], pattern))
    order = ("name", "token", "metadata", "phrase", "opening", "closing")
    return tuple(sorted(leaks, key=lambda leak: (order.index(leak.rule), -leak.more, leak.key)))


def _exactly(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)


def _at_start(text: str) -> re.Pattern[str]:
    """A token as it stands; a speaker's name only where it begins a line."""
    if text.rstrip().endswith(":"):
        return re.compile(rf"^{re.escape(text)}", re.IGNORECASE | re.MULTILINE)
    return re.compile(re.escape(text), re.IGNORECASE)


def _field(name: str) -> re.Pattern[str]:
    """The whole line of a field of metadata."""
    return re.compile(rf"^[ \t]*[\"'*_-]{{0,3}}{re.escape(name)}[\"'*_]{{0,3}}[ \t]*[:=][^\n]*", re.I | re.M)


def _sentence(text: str, edge: int) -> str:
    """The first or the last sentence, at most twelve words of it."""
    body = text.strip()
    part = body[:400] if edge == 0 else body[-400:]
    sentences = [match[0].strip() for match in _SENTENCE.finditer(part) if match[0].strip()]
    if not sentences:
        return ""
    words = sentences[edge].split()
    # A single word is no boilerplate, and a sentence that long is hardly twice the same.
    return " ".join(words) if 2 <= len(words) <= 12 else ""


def _repeated(base: Sequence[str], tuned: Sequence[str], edge: int) -> list[str]:
    """Sentences that stand at the beginning or the end of many answers of one side and of few of the other."""
    counts = [
        Counter(sentence.casefold() for text in side if (sentence := _sentence(text, edge))) for side in (base, tuned)
    ]
    least = max(LEAST_REPEATED, LEAST_SHARE * max(len(base), 1))
    wanted = {
        sentence
        for one, other in (counts, counts[::-1])
        for sentence, count in one.items()
        if count >= least and count >= TIMES_AS_OFTEN * other[sentence]
    }
    shown: dict[str, str] = {}
    for text in (*base, *tuned):
        sentence = _sentence(text, edge)
        if sentence.casefold() in wanted:
            shown.setdefault(sentence.casefold(), sentence)
    return list(shown.values())


def _edge(sentence: str, edge: int) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in sentence.split())
    return re.compile(rf"\A\s*{words}" if edge == 0 else rf"{words}\s*\Z", re.IGNORECASE)


def mask(text: str, leaks: Iterable[Leak]) -> tuple[str, list[Mask]]:
    """The answer with every place that one of the findings has masked, and the log to put it back.

    Places that overlap are masked as one, and an answer of which nothing would be left stays as it is. `unmask` gives
    the very text again.
    """
    places = sorted(
        (match.start(), match.end(), leak.key, leak.put)
        for leak in leaks
        for match in leak.pattern.finditer(text)
        if match[0]
    )
    merged: list[tuple[int, int, str, str]] = []
    for start, end, key, put in places:
        if merged and start < merged[-1][1]:
            first = merged[-1]
            merged[-1] = (first[0], max(end, first[1]), first[2], first[3] or put)
        else:
            merged.append((start, end, key, put))
    parts, log, done = [], [], 0
    for start, end, key, put in merged:
        parts += [text[done:start], put]
        log.append(Mask(start, end, text[start:end], key, put))
        done = end
    masked = "".join([*parts, text[done:]])
    return (text, []) if text.strip() and not masked.strip() else (masked, log)


def unmask(text: str, log: Iterable[Mask]) -> str:
    """The answer as it was before `mask`."""
    parts, done, shift = [], 0, 0
    for entry in log:
        start = entry.start + shift
        parts += [text[done:start], entry.text]
        done = start + len(entry.put)
        shift += len(entry.put) - (entry.end - entry.start)
    return "".join([*parts, text[done:]])


def counts_of(leaks: Iterable[Leak]) -> Mapping[str, int]:
    """How many findings of each rule."""
    return dict(Counter(leak.rule for leak in leaks))
