"""Tags on versions: names that a version gathers after its freeze, which never changes it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviewer.curate.frozen import Version, read_versions
from reviewer.errors import InputError, NotFoundError
from reviewer.store.database import Database, now_ms

__all__ = ["checked", "retag"]

_TAG = re.compile(r"[\w][\w .-]{0,39}")


def checked(tags: Sequence[str]) -> list[str]:
    """The tags with single spaces, each once; raises InputError for what cannot be one."""
    found = []
    for given in tags:
        tag = " ".join(given.split())
        if not _TAG.fullmatch(tag):
            raise InputError(
                f"“{tag}” cannot be a tag: use up to 40 letters, digits, spaces, dots, hyphens and underscores."
            )
        found.append(tag)
    return list(dict.fromkeys(found))


def retag(
    database: Database,
    version: Version,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    annotator_id: int | None,
) -> Version:
    """Put tags on a version and take others off, as one action that can be undone; what is so already stays.

    Raises InputError for what cannot be a tag, NotFoundError for one to take off that is not there.
    """
    add, remove = checked(add), [" ".join(tag.split()) for tag in remove]
    with database.transaction() as connection:
        rows = connection.execute("SELECT tag, id FROM version_tags WHERE version_id = ?", (version.id,))
        there = {row["tag"]: row["id"] for row in rows}
        for tag in remove:
            if tag not in there:
                names = ", ".join(sorted(there))
                raise NotFoundError(f"{version.label} has no tag “{tag}”. " + (f"It has {names}." if names else ""))
        add = [tag for tag in add if tag not in there]
        if not add and not remove:
            return read_versions(connection, version.id)[0]
        title = f"tag {version.label} {', '.join(add)}" if add else f"untag {version.label} {', '.join(remove)}"
        with database.action(title, annotator_id, room="curate") as action:
            for tag in remove:
                action.delete("version_tags", there[tag])
            for tag in add:
                action.insert(
                    "version_tags", version_id=version.id, tag=tag, added_ms=now_ms(), annotator_id=annotator_id
                )
        return read_versions(connection, version.id, action.changes)[0]
