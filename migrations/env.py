"""Alembic's entry: runs the migrations on the engine that records.store hands over."""

from alembic import context
from sqlmodel import SQLModel

import records.tables  # noqa: F401  (knows every table)

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
