"""What kind of file this is, and how an older project becomes a present one."""

from __future__ import annotations

import os
import sqlite3
import struct
import uuid
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer import __version__
from reviewer.errors import ProjectError
from reviewer.store.backup import backup, backups, copy_checked, discard, sync_file, sync_folder
from reviewer.store.database import APPLICATION_ID, now_ms

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

__all__ = ["SCHEMA", "create", "inspect", "lay_out", "upgrade"]

SCHEMA = 2
"""The schema this program reads and writes: the number of its last migration, kept in `user_version`."""

_MAGIC = b"SQLite format 3\x00"


def inspect(path: Path) -> int:
    """The schema number of a project file, read from its header without opening it as a database.

    Raises ProjectError for a missing, empty, foreign or newer file, with a sentence that says which.
    """
    if path.is_dir():
        raise ProjectError(f"{path} is a folder. Choose a project file; its name ends in .reviewer.")
    try:
        with path.open("rb") as handle:
            header = handle.read(100)
    except FileNotFoundError as error:
        raise ProjectError(f"There is no file {path}. To make a new project there: reviewer new {path}") from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}.") from error
    if not header:
        raise ProjectError(
            f"{path} is empty (zero bytes), so it is not a project; it may be what an interrupted copy left. "
            "Nothing was changed." + _offer(path)
        )
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise ProjectError(f"{path} is not a Reviewer project. Nothing was changed." + _offer(path))
    schema, application = struct.unpack(">I4xI", header[60:72])
    if application != APPLICATION_ID:
        raise ProjectError(
            f"{path} is an SQLite database of another program, not a Reviewer project. Nothing was changed."
        )
    if schema > SCHEMA:
        raise ProjectError(
            f"{path} was made by a newer Reviewer (its schema is {schema}, this program knows {SCHEMA}). "
            "Nothing was changed; open it with a newer version."
        )
    return int(schema)


def _offer(path: Path) -> str:
    found = backups(path)
    if not found:
        return ""
    return f" It has {len(found)} backup{'s' if len(found) > 1 else ''}; the newest is {found[0]}."


def create(path: Path) -> None:
    """Write a new, empty project; raises ProjectError when the name is taken or the folder cannot be written."""
    if path.exists():
        raise ProjectError(f"{path} exists already; nothing was changed. Choose another name, or open it.")
    if not path.parent.is_dir():
        raise ProjectError(f"The folder {path.parent} does not exist. Make it first, or choose another.")
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        lay_out(part, SCHEMA)
        with closing(sqlite3.connect(part, isolation_level=None)) as connection:
            connection.executemany(
                "INSERT INTO meta (key, value) VALUES (?, ?)",
                [
                    ("uuid", str(uuid.uuid4())),
                    ("created_ms", str(now_ms())),
                    ("made_by", __version__),
                    ("revised", "1"),  # listed from the beginning
                ],
            )
            connection.execute("PRAGMA journal_mode=WAL")
        sync_file(part)
        # A link fails where the name has been taken meanwhile; a rename would overwrite it.
        try:
            os.link(part, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            part.rename(path)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise ProjectError(f"{path} exists already; nothing was changed.") from error
    except (OSError, sqlite3.Error) as error:
        raise ProjectError(f"{path} could not be written: {error}.") from error
    finally:
        discard(part)


def upgrade(path: Path) -> Path | None:
    """Bring an older project to the present schema; returns the backup made before, None when nothing was to do.

    A copy is migrated and checked, then takes the original's place; whatever fails leaves the original untouched.
    """
    schema = inspect(path)
    if schema == SCHEMA:
        return None
    saved = backup(path, "schema")
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        copy_checked(path, part)
        before = _counts(part)
        _run_migrations(part)
        _check(part, before)
        with closing(sqlite3.connect(part, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        sync_file(part)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            # The old WAL must not be replayed over the new file.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        part.replace(path)
        for stale in (Path(f"{path}-wal"), Path(f"{path}-shm")):
            stale.unlink(missing_ok=True)
        sync_folder(path.parent)
    except ProjectError:
        raise
    except Exception as error:
        raise ProjectError(
            f"{path.name} could not be brought to this version's schema: {error}. The file is as it was; "
            f"a copy of it lies in {saved}."
        ) from error
    finally:
        discard(part)
    return saved


def _run_migrations(path: Path, schema: int = SCHEMA) -> None:
    """Run every missing migration on a file that nobody else has open, foreign keys off, all or nothing."""
    from alembic.config import Config
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    from reviewer import paths

    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _manual(connection: sqlite3.Connection, _record: object) -> None:
        # The driver would commit before DDL; with its hands off, one transaction holds all of it.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN")  # type: ignore[attr-defined]

    config = Config()
    config.set_main_option("script_location", str(paths.migrations()).replace("%", "%%"))
    try:
        _upgrade_within(engine, config, schema)
    except DBAPIError as error:  # what SQLite says of it is what a person is told
        raise (error.orig or error) from error
    finally:
        engine.dispose()


def _upgrade_within(engine: Engine, config: Config, schema: int) -> None:
    from alembic import command

    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head" if schema == SCHEMA else f"{schema:04d}")
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={schema}")


def lay_out(path: Path, schema: int) -> None:
    """Write the empty tables of an older or the present schema to a new file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size=16384")
        connection.execute("VACUUM")  # the length of a page holds from the first write on
    _run_migrations(path, schema)


def _counts(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                " AND name <> 'alembic_version'"
            )
        ]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _check(path: Path, before: dict[str, int]) -> None:
    after = _counts(path)
    lost = [
        f"{name}: {count} rows before, {after[name]} after"
        for name, count in before.items()
        if name in after and after[name] < count
    ]
    with closing(sqlite3.connect(path)) as connection:
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if lost or orphans or verdict != "ok":
        raise ProjectError(
            f"the migrated copy failed its check ({'; '.join(lost) or verdict},"
            f" {len(orphans)} rows without their parent)"
        )
