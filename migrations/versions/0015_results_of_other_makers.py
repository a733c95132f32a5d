"""what other makers' products say: results that wait for their study, and numbers left unsaid

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime

UNSAID = {"prediction": ("score", "out_of_distribution"), "model_version": ("operating_point",)}
"""What another maker's product may not say; it stays empty, and no number stands in for it."""


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _let_be_unsaid(dialect)
    op.create_table(
        "external_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("study_uid", TEXT(), nullable=False),
        sa.Column("origin", TEXT(), nullable=False),
        sa.Column("software", TEXT(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("decision", sa.Boolean(), nullable=False),
        sa.Column("said_at", INSTANT(), nullable=False),
        sa.Column("content_digest", TEXT(), nullable=False),
        sa.Column("source_digest", TEXT(), nullable=False),
        sa.Column("received_at", INSTANT(), nullable=False),
        sa.Column("status", TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("device_id", "content_digest"),
    )
    for name in ("study_uid", "source_digest", "status"):
        op.create_index(f"ix_external_result_{name}", "external_result", [name])
    for statement in trigger_statements(dialect, ["external_result"]):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")


def _let_be_unsaid(dialect: str) -> None:
    """As migration 0014 did: other tables refer to these, so SQLite's own text is corrected."""
    if dialect != "sqlite":
        for table, columns in UNSAID.items():
            for column in columns:
                op.alter_column(table, column, nullable=True)
        return
    connection = op.get_bind()
    number = int(connection.execute(sa.text("PRAGMA schema_version")).scalar_one())
    op.execute("PRAGMA writable_schema = ON")
    changed = [
        connection.execute(
            sa.text(
                "UPDATE sqlite_master SET sql = replace(sql, :stood, :stands) "
                "WHERE type = 'table' AND name = :name AND instr(sql, :stood) > 0"
            ),
            {"name": table, "stood": f"{column} FLOAT NOT NULL", "stands": f"{column} FLOAT"},
        ).rowcount
        for table, columns in UNSAID.items() for column in columns
    ]
    op.execute(f"PRAGMA schema_version = {number + 1}")
    op.execute("PRAGMA writable_schema = OFF")
    if changed != [1, 1, 1]:
        raise ValueError("the tables prediction and model_version are not as version 0014 made them")
