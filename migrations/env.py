"""Alembic's entry: runs the migrations in the transaction that records.migration has begun."""

from alembic import context
from sqlmodel import SQLModel

import records.tables  # noqa: F401  (knows every table)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
