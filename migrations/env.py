"""Runs migrations on the connection that `reviewer.store.migrate` hands over, inside its transaction."""

from alembic import context
from sqlmodel import SQLModel

import reviewer.store.tables  # noqa: F401  registers the tables

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Migrations run through reviewer.store.migrate, on a copy of a project; not by hand.")
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
