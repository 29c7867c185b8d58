"""Alembic's entry: migrates on the connection that ``migrations.upgrade`` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from gatewright.store.tables import Base

# SQLite cannot alter a table in place: batch mode copies it.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
