"""Every table of a project file, declared once; Alembic and the schema test read this, the running app does not.

Rows that lists read are narrow; what a person reads (messages, outputs, documents) lies apart in `*_payloads`.
Times are epoch milliseconds. JSON columns hold what `store.database.dump` writes.
"""

from __future__ import annotations

from sqlalchemy import Column, DefaultClause, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import AutoString


class Meta(SQLModel, table=True):
    """Facts about the file itself: its uuid, the day it was made, the counters that are kept and not counted."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class Annotator(SQLModel, table=True):
    """A person, or a model acting as one."""

    __tablename__ = "annotators"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str = Field(default="person", description="person or model")
    created_ms: int


class Variant(SQLModel, table=True):
    """A system under test."""

    __tablename__ = "variants"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str = Field(default="other", description="production, base, tuned or other")


class Source(SQLModel, table=True):
    """One imported file: its hash, its mapping, its counts."""

    __tablename__ = "sources"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    sha256: str
    format: str
    encoding: str
    shape: str
    mapping: str = Field(description="JSON")
    variant_id: int | None = Field(default=None, foreign_key="variants.id")
    state: str = Field(default="importing", description="importing or done; a crash leaves importing behind")
    read: int = 0
    added: int = 0
    duplicates: int = 0
    rejected: int = 0
    rejects_file: str | None = None
    imported_ms: int
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")


class Mapping(SQLModel, table=True):
    """The mapping last used for files of one shape."""

    __tablename__ = "mappings"
    shape: str = Field(primary_key=True)
    mapping: str = Field(description="JSON")
    updated_ms: int


class Example(SQLModel, table=True):
    """One production-like case, as lists read it."""

    __tablename__ = "examples"
    __table_args__ = (
        Index("examples_workflow", "workflow", "id"),
        # Few of a million are flagged or excluded; a queue finds and counts them without reading the others.
        Index("examples_flagged", "id", sqlite_where=text("flagged = 1")),
        Index("examples_excluded", "id", sqlite_where=text("excluded = 1")),
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, description="the public id, of [A-Za-z0-9_-]")
    original_id: str | None = Field(default=None, description="the id as the file had it, where it differs from key")
    source_id: int | None = Field(default=None, foreign_key="sources.id", index=True)
    workflow: str = ""
    occurred_ms: int | None = None
    revision: int = 1
    content_hash: str = Field(index=True, description="sha256 hex over the input messages")
    input_hash: str | None = Field(
        default=None, description="sha256 hex over the whole input; absent while never revised"
    )
    snippet: str = Field(default="", description="the start of the last user text of the input, one line")
    flagged: int = 0
    excluded: int = 0
    exclude_reason: str = ""
    touched: int = Field(default=0, index=True, description="place in the order of text changes")
    created_ms: int


class ExamplePayload(SQLModel, table=True):
    """What a person reads of an example."""

    __tablename__ = "example_payloads"
    example_id: int = Field(primary_key=True, foreign_key="examples.id", ondelete="CASCADE")
    messages: str = Field(description="JSON list of messages")
    documents: str = Field(default="[]", description="JSON list of documents")
    tools: str = Field(default="[]", description="JSON list of tool definitions")
    metadata_: str = Field(default="{}", sa_column=Column("metadata", Text, nullable=False, server_default="{}"))


class ExampleReference(SQLModel, table=True):
    """The expected answer, with its source and shelf life."""

    __tablename__ = "example_references"
    __table_args__ = (
        # When a person last wrote or confirmed one: asked each time that shelf lives are judged.
        Index("example_references_by_hand", "updated_ms", sqlite_where=text("annotator_id IS NOT NULL")),
    )
    example_id: int = Field(primary_key=True, foreign_key="examples.id", ondelete="CASCADE")
    body: str = Field(description="JSON string")
    origin: str = ""
    as_of_ms: int | None = None
    shelf_days: int | None = None
    updated_ms: int
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")
    expired_ms: int | None = Field(default=None, description="when a person said that it no longer holds")


class PastReference(SQLModel, table=True):
    """What was the truth until another took its place."""

    __tablename__ = "past_references"
    id: int | None = Field(default=None, primary_key=True)
    example_id: int = Field(foreign_key="examples.id", ondelete="CASCADE", index=True)
    body: str = Field(description="JSON string")
    origin: str = ""
    as_of_ms: int | None = None
    shelf_days: int | None = None
    until_ms: int = Field(description="from when on it is not the reference any more")
    why: str = Field(default="", description="stale_facts, corrected or removed")
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")


class ReferenceReview(SQLModel, table=True):
    """A person's word that a reference is right although the variants agree on something else."""

    __tablename__ = "reference_reviews"
    example_id: int = Field(primary_key=True, foreign_key="examples.id", ondelete="CASCADE")
    fingerprint: str = Field(description="sha256 hex over the reference and the outputs that were looked at")
    note: str = ""
    decided_ms: int
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")


class Output(SQLModel, table=True):
    """What one variant produced for one example, as lists read it."""

    __tablename__ = "outputs"
    __table_args__ = (
        UniqueConstraint("example_id", "variant_id"),
        Index("outputs_variant", "variant_id", "example_id"),
        # What no study seals, which is nearly everything, is never looked for by it.
        Index("outputs_sealed", "sealed_by", sqlite_where=text("sealed_by IS NOT NULL")),
    )
    id: int | None = Field(default=None, primary_key=True)
    example_id: int = Field(foreign_key="examples.id", ondelete="CASCADE")
    variant_id: int = Field(foreign_key="variants.id")
    source_id: int | None = Field(default=None, foreign_key="sources.id", index=True)
    latency_ms: float | None = None
    cost: float | None = Field(default=None, description="in the currency of the file")
    score: float | None = None
    passed: int | None = Field(default=None, description="the file's own pass mark: 1, 0 or absent")
    escalated: int | None = None
    error: str | None = None
    content_hash: str | None = Field(default=None, description="sha256 hex; absent while sealed")
    input_hash: str | None = Field(default=None, description="the example's input_hash when it was answered")
    sealed_by: int | None = Field(default=None, foreign_key="studies.id")


class OutputPayload(SQLModel, table=True):
    """The text or trajectory of an output; absent while a study seals it."""

    __tablename__ = "output_payloads"
    output_id: int = Field(primary_key=True, foreign_key="outputs.id", ondelete="CASCADE")
    text: str = Field(description="JSON string")
    messages: str = Field(default="[]", description="JSON list of messages: the trajectory")
    documents: str = Field(default="[]", description="JSON list of documents")


class Category(SQLModel, table=True):
    """One entry of the codebook."""

    __tablename__ = "categories"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    definition: str = ""
    position: int
    color: str
    state: str = Field(default="active", description="active, merged or retired")
    merged_into: int | None = Field(default=None, foreign_key="categories.id")
    custom: int = 0


class Label(SQLModel, table=True):
    """An annotator's verdict on an output."""

    __tablename__ = "labels"
    __table_args__ = (
        UniqueConstraint("output_id", "annotator_id"),
        Index("labels_annotator", "annotator_id", "verdict"),
    )
    id: int | None = Field(default=None, primary_key=True)
    output_id: int = Field(foreign_key="outputs.id", ondelete="CASCADE")
    annotator_id: int = Field(foreign_key="annotators.id")
    verdict: str = Field(description="pass, fail, cannot_judge or skipped")
    stage: str = Field(default="open", description="open: verdict and note; coded: the category was judged too")
    category_id: int | None = Field(default=None, foreign_key="categories.id", index=True)
    severity: str = Field(default="", description="low, medium, high or empty")
    note: str = ""
    evidence: str = Field(default="[]", description="JSON list of {place, step, start, end, hash}")
    created_ms: int
    updated_ms: int


class LabelCategory(SQLModel, table=True):
    """A further category of a label, beside its primary one."""

    __tablename__ = "label_categories"
    __table_args__ = (UniqueConstraint("label_id", "category_id"),)
    id: int | None = Field(default=None, primary_key=True)
    label_id: int = Field(foreign_key="labels.id", ondelete="CASCADE")
    category_id: int = Field(foreign_key="categories.id")


class Recheck(SQLModel, table=True):
    """A label to look at again, because its category was split or merged."""

    __tablename__ = "rechecks"
    id: int | None = Field(default=None, primary_key=True)
    label_id: int = Field(foreign_key="labels.id", unique=True, ondelete="CASCADE")
    reason: str
    created_ms: int


class Slice(SQLModel, table=True):
    """core, edge or preservation: a set of examples with a contract."""

    __tablename__ = "slices"
    name: str = Field(primary_key=True)
    purpose: str
    owner: str = ""
    minimum: int
    maximum: int
    margin: float = Field(description="the drop that counts, from 0 to 1")
    gates_on: str = Field(default="not_worse", description="better, not_worse or nothing")
    discordance: float = Field(
        default=0.1, description="the share of examples on which the two variants' verdicts are taken to differ"
    )


class SliceMember(SQLModel, table=True):
    """An example's one slice."""

    __tablename__ = "slice_members"
    example_id: int = Field(primary_key=True, foreign_key="examples.id", ondelete="CASCADE")
    slice: str = Field(foreign_key="slices.name", index=True)
    capability: str = ""
    how: str = Field(default="", description="by hand, by filter, by sample and its seed")
    assigned_ms: int
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")


class EvalSet(SQLModel, table=True):
    """A named eval set."""

    __tablename__ = "eval_sets"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


class Version(SQLModel, table=True):
    """One frozen, hashed state of an eval set; never rewritten."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("eval_set_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    eval_set_id: int = Field(foreign_key="eval_sets.id")
    number: int
    content_hash: str
    frozen_ms: int
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")
    note: str = ""
    waiver: str = ""
    unmet: str = Field(default="[]", description="JSON list of sentences: what the freeze did not meet")
    manifest: str = Field(default="{}", description="JSON: facts of the day of freezing that the manifest repeats")
    core: int = 0
    edge: int = 0
    preservation: int = 0


class VersionRecord(SQLModel, table=True):
    """One example as frozen: the bytes that are exported."""

    __tablename__ = "version_records"
    version_id: int = Field(primary_key=True, foreign_key="versions.id")
    row: int = Field(primary_key=True)
    example_id: int = Field(description="as it was; the example may be gone")
    key: str
    slice: str
    content_hash: str
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class VersionTag(SQLModel, table=True):
    """A word put on a version after it was frozen."""

    __tablename__ = "version_tags"
    __table_args__ = (UniqueConstraint("version_id", "tag"),)
    id: int | None = Field(default=None, primary_key=True)
    version_id: int = Field(foreign_key="versions.id")
    tag: str
    added_ms: int
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")


class VersionTouch(SQLModel, table=True):
    """One time at which somebody looked at a version's examples or at how a variant did on them."""

    __tablename__ = "version_touches"
    __table_args__ = (Index("version_touches_version", "version_id", "kind"),)
    id: int | None = Field(default=None, primary_key=True)
    version_id: int = Field(foreign_key="versions.id")
    kind: str = Field(description="viewed, run or reported")
    what: str = Field(default="", description="the study or the variant")
    sitting: str = Field(default="", description="of one opening of the project; empty where each time counts")
    at_ms: int
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")


class Study(SQLModel, table=True):
    """A blind comparison of two variants."""

    __tablename__ = "studies"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    version_id: int | None = Field(default=None, foreign_key="versions.id")
    slice: str | None = None
    base_variant_id: int = Field(foreign_key="variants.id")
    tuned_variant_id: int = Field(foreign_key="variants.id")
    plan: str = Field(description="JSON: what was fixed before the first judgment")
    plan_hash: str
    origin: str = Field(default="", description="empty, here or elsewhere; fixed by the first judgment")
    state: str = Field(default="open", description="open or closed")
    created_ms: int
    closed_ms: int | None = None
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")
    ended: str = Field(default="", description="complete, early or rule: what closed it")
    looks: int = Field(default=0, description="how often the stopping rule was asked")


class Pair(SQLModel, table=True):
    """One example's two outputs in a study; a hidden repeat is a second one, and the seal alone knows which."""

    __tablename__ = "pairs"
    __table_args__ = (Index("pairs_study", "study_id", "position"),)
    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="studies.id", ondelete="CASCADE")
    example_id: int = Field(foreign_key="examples.id", index=True)
    slice: str = ""
    position: int


class PairSide(SQLModel, table=True):
    """One answer of a pair under a slot that says nothing of its variant."""

    __tablename__ = "pair_sides"
    __table_args__ = (UniqueConstraint("pair_id", "slot"),)
    id: int | None = Field(default=None, primary_key=True)
    pair_id: int = Field(foreign_key="pairs.id", ondelete="CASCADE")
    slot: int
    body: str = Field(description="JSON: the answer's text and documents as judged")


class Seal(SQLModel, table=True):
    """Which side is which; one opaque block until the study closes."""

    __tablename__ = "seals"
    study_id: int = Field(primary_key=True, foreign_key="studies.id", ondelete="CASCADE")
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CorrectnessJudgment(SQLModel, table=True):
    """An annotator's locked verdict on one answer of a pair."""

    __tablename__ = "correctness_judgments"
    __table_args__ = (UniqueConstraint("side_id", "annotator_id"),)
    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="studies.id", ondelete="CASCADE", index=True)
    side_id: int = Field(foreign_key="pair_sides.id", ondelete="CASCADE")
    annotator_id: int = Field(foreign_key="annotators.id")
    verdict: str = Field(description="pass, fail or cannot_judge")
    severity: str = ""
    missing_caveat: int = 0
    note: str = ""
    evidence: str = Field(default="[]", description="JSON list of {start, end}")
    locked_ms: int


class PreferenceJudgment(SQLModel, table=True):
    """An annotator's preference between the two answers of a pair."""

    __tablename__ = "preference_judgments"
    __table_args__ = (UniqueConstraint("pair_id", "annotator_id"),)
    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="studies.id", ondelete="CASCADE", index=True)
    pair_id: int = Field(foreign_key="pairs.id", ondelete="CASCADE")
    annotator_id: int = Field(foreign_key="annotators.id")
    left_side_id: int | None = Field(default=None, foreign_key="pair_sides.id")
    choice: str = Field(description="left, right, tie, both_bad or share")
    left_share: float | None = Field(default=None, description="0 to 1: the left side's share, where choice is share")
    decided_ms: int
    dress: str = Field(default="plain", description="plain or original: how both answers were shown")


class Guess(SQLModel, table=True):
    """Which side of a pair an annotator took for the tuned variant's, after all judging."""

    __tablename__ = "guesses"
    __table_args__ = (UniqueConstraint("pair_id", "annotator_id"),)
    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="studies.id", ondelete="CASCADE", index=True)
    pair_id: int = Field(foreign_key="pairs.id", ondelete="CASCADE")
    annotator_id: int = Field(foreign_key="annotators.id")
    side_id: int = Field(foreign_key="pair_sides.id", ondelete="CASCADE")
    decided_ms: int


class DuplicatePrint(SQLModel, table=True):
    """What the search for near-duplicates keeps of an example, so that it is compared once."""

    __tablename__ = "duplicate_prints"
    example_id: int = Field(primary_key=True, foreign_key="examples.id", ondelete="CASCADE")
    content_hash: str = Field(description="the input that was read; another one is read again")
    normal: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    bands: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    facts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DuplicateMember(SQLModel, table=True):
    """An example that is the same case as another one."""

    __tablename__ = "duplicate_members"
    example_id: int = Field(primary_key=True, foreign_key="examples.id", ondelete="CASCADE")
    group_id: int = Field(index=True, description="the lowest example id that the group had when it was found")
    like_id: int = Field(description="the member that it was compared with")
    kind: str = Field(description="exact, normal: equal but for case, punctuation, space; or near")
    similarity: float = Field(description="0 to 1")


class DuplicateDecision(SQLModel, table=True):
    """What a person decided about a group of near-duplicates."""

    __tablename__ = "duplicate_decisions"
    id: int | None = Field(default=None, primary_key=True)
    members: str = Field(description="JSON list of the example ids that it was about, in order")
    decision: str = Field(description="keep, merge or exclude")
    reason: str
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")
    decided_ms: int


class DuplicateUsage(SQLModel, table=True):
    """How words are used in the project, which the comparison of examples weighs by; one row."""

    __tablename__ = "duplicate_usage"
    id: int = Field(primary_key=True)
    method: str
    examples: int
    usage: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    updated_ms: int


class LeakScan(SQLModel, table=True):
    """One scan of a training file against the examples."""

    __tablename__ = "leak_scans"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    sha256: str
    place: str = Field(description="hash of the file's path: what is scanned again takes the former scan's place")
    size: int = Field(description="bytes")
    format: str
    mapping: str = Field(default="{}", description="JSON: field to expression, where it was given")
    lines: int
    rejected: int
    examples: int
    outputs: int
    sealed: int = Field(description="outputs that a study held back from the scan")
    touched: int = Field(description="the place in the order of text changes up to which examples were scanned")
    found: int = Field(description="hits in all, of which the first of each example are kept")
    canaries: str = Field(default="[]", description="JSON list of {canary, version, line}")
    active: int = Field(default=1, description="0 when a person set the scan aside")
    seconds: float
    scanned_ms: int
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")


class LeakHit(SQLModel, table=True):
    """A place of a training file that overlaps with an example."""

    __tablename__ = "leak_hits"
    id: int | None = Field(default=None, primary_key=True)
    scan_id: int = Field(foreign_key="leak_scans.id", ondelete="CASCADE", index=True)
    example_id: int = Field(foreign_key="examples.id", ondelete="CASCADE", index=True)
    line: int
    kind: str = Field(description="exact, overlap or near")
    place: str = Field(description="input, reference or output; of which variant is not kept")
    words: int = Field(description="the longest run of shared words")
    similarity: float = Field(description="0 to 1: the share of the example's words that the line has")
    excerpt: str = Field(description="JSON string: the line's text around what is shared")


class LeakWaiver(SQLModel, table=True):
    """A person's reason to keep an example although a training file overlaps with it."""

    __tablename__ = "leak_waivers"
    __table_args__ = (UniqueConstraint("example_id", "sha256"),)
    id: int | None = Field(default=None, primary_key=True)
    example_id: int = Field(foreign_key="examples.id", ondelete="CASCADE")
    sha256: str = Field(description="of the training file")
    reason: str
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")
    decided_ms: int


class SavedFilter(SQLModel, table=True):
    """A filter that a person saved under a name."""

    __tablename__ = "saved_filters"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    query: str
    position: int = 0


class History(SQLModel, table=True):
    """Before and after of one row that a person's action changed: undo, redo and the audit trail."""

    __tablename__ = "history"
    __table_args__ = (Index("history_action", "action"), Index("history_undo", "annotator_id", "state", "action"))
    id: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    action: int = Field(description="the id of the first row of the same action")
    title: str
    room: str = ""
    focus: int | None = Field(default=None, description="the example to show when it is undone")
    table_name: str
    row_id: str = Field(description="JSON: the row's primary key")
    before: str | None = Field(default=None, description="JSON of the row; absent when the action made it")
    after: str | None = Field(default=None, description="JSON of the row; absent when the action deleted it")
    annotator_id: int | None = Field(default=None, foreign_key="annotators.id")
    state: str = Field(
        default="done",
        description="done, undone, dropped: undone and then overtaken, final: no longer undone, or sealed: emptied"
        " while a study is open",
    )
    at_ms: int


def _finish_columns() -> None:
    """Give the database the defaults and the text type too, since rows are written with plain SQL."""
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, AutoString):
                column.type = Text()
            default = column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
            if default is not None and column.server_default is None:
                column.server_default = DefaultClause(str(default))


_finish_columns()
