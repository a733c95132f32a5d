"""Reminders, addresses of calendars, other days than the computed ones, screened security events

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime
TABLES = ("work_reminder", "calendar_token", "day_override", "security_screening")


def texts(*names: str) -> list[sa.Column[str]]:
    """Columns of text that are always there."""
    return [sa.Column(name, TEXT(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "work_reminder",
        sa.Column("id", sa.Integer(), nullable=False), *texts("key", "record", "kind"),
        sa.Column("due", sa.Date(), nullable=False), *texts("step", "role"),
        sa.Column("holders", sa.JSON(), nullable=False),
        sa.Column("routes", sa.JSON(), nullable=False),
        sa.Column("reminded_at", INSTANT(), nullable=False),
        sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("key", "due", "step"),
    )  # fmt: skip
    op.create_table(
        "calendar_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False), *texts("secret_digest"),
        sa.Column("made_at", INSTANT(), nullable=False), *texts("status", "revoked_by"),
        sa.Column("revoked_at", INSTANT(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["actor.id"]), sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_digest"),
    )  # fmt: skip
    op.create_index("ix_calendar_token_person_id", "calendar_token", ["person_id"])
    op.create_table(
        "day_override",
        sa.Column("id", sa.Integer(), nullable=False), *texts("key"),
        sa.Column("computed", sa.Date(), nullable=False),
        sa.Column("legal_day", sa.Date(), nullable=True), *texts("citation"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("beyond_law", sa.Boolean(), nullable=False), *texts("grounds", "decided_by"),
        sa.Column("decided_at", INSTANT(), nullable=False), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_day_override_key", "day_override", ["key"])
    op.create_table(
        "security_screening",
        sa.Column("id", sa.Integer(), nullable=False), *texts("about"),
        sa.Column("incident_id", sa.Integer(), nullable=True), *texts("grounds", "decided_by"),
        sa.Column("decided_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]), sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("about"),
    )  # fmt: skip
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
