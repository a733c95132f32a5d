"""people are told of alerts: how they end, who was told, what was late, what suggests harm

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime
TABLES = ("alert_escalation", "awareness_candidate", "message_route", "message")


def upgrade() -> None:
    for name in ("root_cause", "action", "closed_by"):
        op.add_column("alert", sa.Column(name, TEXT(), nullable=False, server_default=""))
    _escalations()
    _routes()
    _messages()
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")


def _escalations() -> None:
    op.create_table(
        "alert_escalation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("missed", TEXT(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("role", TEXT(), nullable=False),
        sa.Column("holders", sa.JSON(), nullable=False),
        sa.Column("due_at", INSTANT(), nullable=False),
        sa.Column("escalated_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alert_id", "missed", "step"),
    )
    op.create_table(
        "awareness_candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("occasion", TEXT(), nullable=False),
        sa.Column("grounds", TEXT(), nullable=False),
        sa.Column("words", TEXT(), nullable=False),
        sa.Column("known_at", INSTANT(), nullable=False),
        sa.Column("recorded_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alert_id", "occasion"),
    )


def _routes() -> None:
    op.create_table(
        "message_route",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient", TEXT(), nullable=False),
        sa.Column("scheme", TEXT(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("address_digest", TEXT(), nullable=False),
        sa.Column("registered_by", TEXT(), nullable=False),
        sa.Column("registered_at", INSTANT(), nullable=False),
        sa.Column("status", TEXT(), nullable=False),
        sa.Column("withdrawn_at", INSTANT(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_message_route_status", "message_route", ["status"])


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("route_id", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("escalation_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("title", TEXT(), nullable=False),
        sa.Column("body", TEXT(), nullable=False),
        sa.Column("status", TEXT(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", TEXT(), nullable=False),
        sa.Column("queued_at", INSTANT(), nullable=False),
        sa.Column("tried_at", INSTANT(), nullable=True),
        sa.Column("delivered_at", INSTANT(), nullable=True),
        sa.ForeignKeyConstraint(["route_id"], ["message_route.id"]),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.ForeignKeyConstraint(["escalation_id"], ["alert_escalation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in ("route_id", "alert_id", "status"):
        op.create_index(f"ix_message_{name}", "message", [name])
