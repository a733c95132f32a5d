"""Alerts are given to people by name

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "alert_assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("owner", TEXT(), nullable=False),
        sa.Column("assigned_by", TEXT(), nullable=False),
        sa.Column("assigned_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alert_assignment_alert_id", "alert_assignment", ["alert_id"])
    for statement in trigger_statements(op.get_bind().dialect.name, ("alert_assignment",)):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
