"""revalidations are judged by rules and signed, use is suspended, CAPAs opened, incidents replayed

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime
TABLES = ("suspension", "resumption", "capa", "correction_assessment", "incident_replay")


def upgrade() -> None:
    op.add_column("message", _text("record", default=""))
    op.add_column("revalidation", _text("verdict", default=""))
    op.add_column(
        "revalidation", sa.Column("judgement", sa.JSON(), nullable=False, server_default="{}")
    )
    _suspensions()
    _capas()
    _assessments()
    _replays()
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")


def _text(name: str, *, default: str | None = None) -> sa.Column:
    return sa.Column(name, TEXT(), nullable=False, server_default=default)


def _number(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=not needed)


def _instant(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, INSTANT(), nullable=not needed)


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"])


def _suspensions() -> None:
    op.create_table(
        "suspension",
        _number("id"), _number("device_id"), _number("model_version_id"), _text("site"),
        _number("revalidation_id", needed=False), _text("grounds"), _text("rule"),
        _text("proposed_by"), _instant("proposed_at"), _text("status"), _text("decided_by"),
        _instant("in_force_at", needed=False), _instant("ended_at", needed=False),
        _key("device_id", "device"), _key("model_version_id", "model_version"),
        _key("revalidation_id", "revalidation"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    for name in ("site", "status"):
        op.create_index(f"ix_suspension_{name}", "suspension", [name])
    op.create_table(
        "resumption",
        _number("id"), _number("suspension_id"), _number("revalidation_id"), _text("grounds"),
        _text("proposed_by"), _instant("proposed_at"), _text("status"), _text("decided_by"),
        _instant("decided_at", needed=False), _key("suspension_id", "suspension"),
        _key("revalidation_id", "revalidation"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip


def _capas() -> None:
    words = (
        "problem", "containment", "root_cause", "correction", "corrective_action",
        "preventive_action", "effectiveness_criterion", "implementation", "effectiveness_result",
    )  # fmt: skip
    op.create_table(
        "capa",
        _number("id"), _number("device_id"), _text("source"), *(_text(one) for one in words),
        _text("opened_by"), _instant("opened_at"), _text("status"), _text("closed_by"),
        _instant("closed_at", needed=False), _key("device_id", "device"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    for name in ("source", "status"):
        op.create_index(f"ix_capa_{name}", "capa", [name])


def _assessments() -> None:
    op.create_table(
        "correction_assessment",
        _number("id"), _number("device_id"), _number("suspension_id"), _text("site"),
        _text("words"), _instant("aware_at"), _instant("initiated_at"), _instant("opened_at"),
        _text("status"), sa.Column("answers", sa.JSON(), nullable=False), _text("assessed_by"),
        _instant("assessed_at", needed=False), _key("device_id", "device"),
        _key("suspension_id", "suspension"), sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("suspension_id"),
    )  # fmt: skip
    op.create_index("ix_correction_assessment_status", "correction_assessment", ["status"])


def _replays() -> None:
    op.create_table(
        "incident_replay",
        _number("id"), _number("plan_id"), _number("alert_id", needed=False), _text("site"),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("studies", sa.JSON(), nullable=False), _text("cause"),
        sa.Column("charts", sa.JSON(), nullable=False), _text("conclusion"),
        _instant("replayed_at"), _key("plan_id", "monitoring_plan"), _key("alert_id", "alert"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
