"""Taking a source out again: what an import put in, and what work forbids it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from reviewer.errors import Cancelled
from reviewer.intake.rejects import PART
from reviewer.store.database import Database, dump, load

__all__ = ["clear_unfinished", "remove_source", "what_depends"]

Report = Callable[..., None]

_VARIANTS_OF = "removing_variants_of_source_"
"""How the rows of `meta` begin that note, until a removal ends, which variants may go with the source."""


def clear_unfinished(database: Database) -> None:
    """Take out what imports that never ended had already put in."""
    with database.read() as connection:
        found = [row["id"] for row in connection.execute("SELECT id FROM sources WHERE state = 'importing'")]
    for source_id in found:
        try:
            remove_source(database, source_id)
        except sqlite3.IntegrityError:
            # Work hangs on what had come in by then: it stays, and the project opens.
            with database.transaction() as connection:
                connection.execute("UPDATE sources SET state = 'done' WHERE id = ?", (source_id,))
    for part in database.path.parent.glob(f".*{PART}"):
        part.unlink(missing_ok=True)


_DEPENDENTS = {
    "{} of its examples are in slices": "SELECT count(*) FROM slice_members WHERE example_id IN"
    " (SELECT id FROM examples WHERE source_id = ?1)",
    "{} of its examples are in studies": "SELECT count(*) FROM pairs WHERE example_id IN"
    " (SELECT id FROM examples WHERE source_id = ?1 UNION SELECT example_id FROM outputs WHERE source_id = ?1)",
    "{} labels are on its outputs": "SELECT count(*) FROM labels WHERE output_id IN (SELECT id FROM outputs WHERE"
    " source_id = ?1 OR example_id IN (SELECT id FROM examples WHERE source_id = ?1))",
    "{} outputs of other imports belong to its examples": "SELECT count(*) FROM outputs o JOIN examples e"
    " ON e.id = o.example_id WHERE e.source_id = ?1 AND o.source_id IS NOT ?1",
}


def what_depends(connection: sqlite3.Connection, source_id: int) -> str:
    """The work that hangs on a source, in words; empty when nothing does."""
    found = []
    for words, query in _DEPENDENTS.items():
        count = connection.execute(query, (source_id,)).fetchone()[0]
        if count:
            found.append(words.format(f"{count:,}"))
    return ", ".join(found)


def remove_source(database: Database, source_id: int, report: Report | None = None) -> None:
    """Take a source out in portions; one that is interrupted stays marked and goes on at the next opening."""
    with database.transaction() as connection:
        # From here on the removal is finished at the next opening, should it be interrupted.
        connection.execute("UPDATE sources SET state = 'importing' WHERE id = ?", (source_id,))
        noted = f"{_VARIANTS_OF}{source_id}"
        row = connection.execute("SELECT value FROM meta WHERE key = ?", (noted,)).fetchone()
        # A removal that goes on finds no outputs any more that would say which variants they were of.
        variants = set(load(row["value"]) if row is not None else ())
        variants.update(
            row["variant_id"]
            for row in connection.execute("SELECT DISTINCT variant_id FROM outputs WHERE source_id = ?", (source_id,))
        )
        connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (noted, dump(sorted(variants))))
        # Ids are not used again: the history and the text index know them.
        for table in ("examples", "outputs"):
            connection.execute(
                f"INSERT OR REPLACE INTO meta (key, value) SELECT ?1, max(coalesce((SELECT max(id) FROM {table}), 0),"
                " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1), 0))",
                (f"last_{table}_id",),
            )
        # Examples that stay and lose an output read otherwise from now on.
        connection.execute(
            "UPDATE examples SET touched = (SELECT max(touched) FROM examples) + id WHERE source_id IS NOT ?1"
            " AND id IN (SELECT example_id FROM outputs WHERE source_id = ?1)",
            (source_id,),
        )
    done = 0
    for table in ("outputs", "examples"):
        while True:
            with database.transaction() as connection:
                count = connection.execute(
                    f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE source_id = ? LIMIT 5000)",
                    (source_id,),
                ).rowcount
            done += count
            if report is not None:
                try:
                    report(done, 0, f"{done:,} removed")
                except Cancelled:  # what has begun to go cannot stay by halves
                    report = None
            if count < 5000:
                break
    with database.transaction() as connection:
        connection.execute("DELETE FROM sources WHERE id = ?", (source_id,))
        # The order of text changes may have lost its end: the text index compares instead of reading on.
        connection.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('text_epoch', coalesce((SELECT CAST(value AS INTEGER)"
            " FROM meta WHERE key = 'text_epoch'), 0) + 1)"
        )
        connection.execute("DELETE FROM meta WHERE key = ?", (noted,))
        for variant_id in sorted(variants):
            connection.execute(
                "DELETE FROM variants WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM outputs WHERE variant_id = ?1)"
                " AND NOT EXISTS (SELECT 1 FROM studies WHERE base_variant_id = ?1 OR tuned_variant_id = ?1)"
                " AND NOT EXISTS (SELECT 1 FROM sources WHERE variant_id = ?1)",
                (variant_id,),
            )
    database.give_back_room()
