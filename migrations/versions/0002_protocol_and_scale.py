"""Pairs that come twice, guesses, the dress a pair was shown in, and how a study ended"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a file from schema 1 to schema 2."""
    _contracts_and_references()
    _near_duplicates()
    _leakage()
    _sealed_outputs()
    _revisions_and_versions()
    # A hidden repeat is a second pair over the same example; an unnamed constraint goes only with its table.
    op.create_table(
        "pairs_new",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("example_id", sa.Integer(), nullable=False),
        sa.Column("slice", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["example_id"], ["examples.id"]),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO pairs_new SELECT id, study_id, example_id, slice, position FROM pairs")
    op.drop_table("pairs")
    op.rename_table("pairs_new", "pairs")
    op.create_index("ix_pairs_example_id", "pairs", ["example_id"])
    op.create_index("pairs_study", "pairs", ["study_id", "position"])

    op.add_column("preference_judgments", sa.Column("dress", sa.Text(), server_default="plain", nullable=False))
    op.add_column("studies", sa.Column("ended", sa.Text(), server_default="", nullable=False))
    op.add_column("studies", sa.Column("looks", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "guesses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=False),
        sa.Column("side_id", sa.Integer(), nullable=False),
        sa.Column("decided_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"]),
        sa.ForeignKeyConstraint(["pair_id"], ["pairs.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["side_id"], ["pair_sides.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pair_id", "annotator_id"),
    )
    op.create_index("ix_guesses_study_id", "guesses", ["study_id"])


def _contracts_and_references() -> None:
    """What a slice gates on and takes for granted; truths that no longer hold; what was decided on references."""
    op.add_column("slices", sa.Column("gates_on", sa.Text(), server_default="not_worse", nullable=False))
    op.add_column("slices", sa.Column("discordance", sa.Float(), server_default="0.1", nullable=False))
    op.execute("UPDATE slices SET gates_on = 'better' WHERE name = 'core'")
    op.add_column("example_references", sa.Column("expired_ms", sa.Integer(), nullable=True))
    op.create_index(
        "example_references_by_hand",
        "example_references",
        ["updated_ms"],
        sqlite_where=sa.text("annotator_id IS NOT NULL"),
    )
    op.create_table(
        "past_references",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("example_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("as_of_ms", sa.Integer(), nullable=True),
        sa.Column("shelf_days", sa.Integer(), nullable=True),
        sa.Column("until_ms", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"]),
        sa.ForeignKeyConstraint(["example_id"], ["examples.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_past_references_example_id", "past_references", ["example_id"])
    op.create_table(
        "reference_reviews",
        sa.Column("example_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_ms", sa.Integer(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"]),
        sa.ForeignKeyConstraint(["example_id"], ["examples.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("example_id"),
    )


def _near_duplicates() -> None:
    """What the search for near-duplicates found, and what was decided about it."""
    op.create_table(
        "duplicate_prints",
        sa.Column("example_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("normal", sa.LargeBinary(), nullable=False),
        sa.Column("bands", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["example_id"], ["examples.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("example_id"),
    )
    op.create_table(
        "duplicate_members",
        sa.Column("example_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("like_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["example_id"], ["examples.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("example_id"),
    )
    op.create_index("ix_duplicate_members_group_id", "duplicate_members", ["group_id"])
    op.create_table(
        "duplicate_decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=True),
        sa.Column("decided_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "duplicate_usage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("examples", sa.Integer(), nullable=False),
        sa.Column("usage", sa.LargeBinary(), nullable=False),
        sa.Column("updated_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _leakage() -> None:
    """Scans of training files, what they found, and what was waived."""
    op.create_table(
        "leak_scans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), server_default="{}", nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("examples", sa.Integer(), nullable=False),
        sa.Column("outputs", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Integer(), nullable=False),
        sa.Column("touched", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("canaries", sa.Text(), server_default="[]", nullable=False),
        sa.Column("active", sa.Integer(), server_default="1", nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("scanned_ms", sa.Integer(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "leak_hits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("example_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["example_id"], ["examples.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["scan_id"], ["leak_scans.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_leak_hits_example_id", "leak_hits", ["example_id"])
    op.create_index("ix_leak_hits_scan_id", "leak_hits", ["scan_id"])
    op.create_table(
        "leak_waivers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("example_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=True),
        sa.Column("decided_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"]),
        sa.ForeignKeyConstraint(["example_id"], ["examples.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("example_id", "sha256"),
    )


def _revisions_and_versions() -> None:
    """Which input an output answered, revisions that only grow, tags on versions and how often one was touched."""
    op.add_column("examples", sa.Column("input_hash", sa.Text(), nullable=True))
    op.add_column("outputs", sa.Column("input_hash", sa.Text(), nullable=True))
    op.execute(
        "CREATE TRIGGER example_payloads_revised AFTER UPDATE OF messages, documents, tools ON example_payloads"
        " WHEN OLD.messages IS NOT NEW.messages OR OLD.documents IS NOT NEW.documents OR OLD.tools IS NOT NEW.tools"
        " BEGIN UPDATE examples SET revision = revision + 1 WHERE id = NEW.example_id; END"
    )
    op.execute(
        "CREATE TRIGGER examples_revision_grows BEFORE UPDATE OF revision ON examples"
        " WHEN NEW.revision < OLD.revision BEGIN SELECT RAISE(ABORT, 'a revision only grows'); END"
    )
    op.execute(
        "CREATE TRIGGER outputs_answer AFTER INSERT ON outputs WHEN NEW.input_hash IS NULL"
        " AND (SELECT input_hash FROM examples WHERE id = NEW.example_id) IS NOT NULL BEGIN UPDATE outputs"
        " SET input_hash = (SELECT input_hash FROM examples WHERE id = NEW.example_id) WHERE id = NEW.id; END"
    )
    op.create_table(
        "version_tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("added_ms", sa.Integer(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"]),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("version_id", "tag"),
    )
    op.create_table(
        "version_touches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), server_default="", nullable=False),
        sa.Column("sitting", sa.Text(), server_default="", nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"]),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("version_touches_version", "version_touches", ["version_id", "kind"])


def _sealed_outputs() -> None:
    """An index of the outputs that a study seals and of no others, so that none is chosen to find the others by."""
    op.drop_index("ix_outputs_sealed_by", "outputs")
    op.create_index("outputs_sealed", "outputs", ["sealed_by"], sqlite_where=sa.text("sealed_by IS NOT NULL"))
