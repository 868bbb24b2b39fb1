"""Which examples people marked, labelled or sealed since somebody asked last, noted by the connection that writes."""

from __future__ import annotations

import sqlite3

__all__ = ["Marking"]

_BY_OUTPUT = "(SELECT example_id FROM outputs WHERE id = {side}.output_id)"
_BY_LABEL = "(SELECT o.example_id FROM labels l JOIN outputs o ON o.id = l.output_id WHERE l.id = {side}.label_id)"
# A label that goes with its output cannot say any more whose it was; one more category of a label that goes need not.
_WATCHED = (
    ("labels", "output_id, annotator_id, verdict, category_id, updated_ms", "note_marked", _BY_OUTPUT, ""),
    ("label_categories", "label_id, category_id", "note_marked_of", _BY_LABEL, ""),
    ("slice_members", "example_id, slice", "note_marked", "{side}.example_id", ""),
    (
        "examples",
        "flagged, excluded, input_hash",
        "note_marked",
        "{side}.id",
        " WHEN OLD.flagged IS NOT NEW.flagged OR OLD.excluded IS NOT NEW.excluded"
        " OR OLD.input_hash IS NOT NEW.input_hash",
    ),
    (
        "outputs",
        "sealed_by, input_hash",
        "note_marked",
        "{side}.example_id",
        " WHEN OLD.sealed_by IS NOT NEW.sealed_by OR OLD.input_hash IS NOT NEW.input_hash",
    ),
)


class Marking:
    """The examples whose labels, slice, flag, exclusion, input or seal were written on one connection."""

    def __init__(self, writer: sqlite3.Connection) -> None:
        # By who asks; None where something is not known.
        self._marked: dict[object, set[int] | None] = {}
        self.watch(writer)

    def watch(self, writer: sqlite3.Connection) -> None:
        """Note from now on what this connection writes; what was written before is not known."""
        writer.create_function("note_marked", 1, self._note)
        writer.create_function("note_marked_of", 1, self._note_if_known)
        for table, columns, function, example, condition in _WATCHED:
            for what, sides in (("INSERT", ["NEW"]), ("DELETE", ["OLD"]), (f"UPDATE OF {columns}", ["OLD", "NEW"])):
                if condition and not what.startswith("UPDATE"):
                    continue
                calls = " ".join(f"SELECT {function}({example.format(side=side)});" for side in sides)
                writer.execute(
                    f"CREATE TEMP TRIGGER note_{table}_{what.split()[0].lower()} AFTER {what} ON main.{table}"
                    f"{condition} BEGIN {calls} END"
                )
        self.lose()

    def lose(self) -> None:
        """Another content has come into the file: nothing is known of what it has marked."""
        for asker in self._marked:
            self._marked[asker] = None

    def take(self, asker: object) -> set[int] | None:
        """The examples that were marked since the same one asked last; None where that is not known."""
        marked = self._marked.get(asker)
        self._marked[asker] = set()
        return marked

    def _note(self, example_id: int | None) -> None:
        if example_id is None:
            self.lose()
        else:
            self._note_if_known(example_id)

    def _note_if_known(self, example_id: int | None) -> None:
        if example_id is not None:
            for marked in self._marked.values():
                if marked is not None:
                    marked.add(example_id)
