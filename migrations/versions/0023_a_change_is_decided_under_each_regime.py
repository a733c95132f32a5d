"""a change is decided under each regime, held against its plan, by approved rule sets

Revision ID: 0023
Revises: 0021
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime
TABLES = ("rule_set_approval", "regime_decision", "plan_check")


def upgrade() -> None:
    op.add_column("change_request", sa.Column("affected_items", sa.JSON(), nullable=True))
    for name in ("risk_review", "verification_plan"):
        op.add_column("change_request", sa.Column(name, TEXT(), nullable=True))
    _approvals()
    _decisions()
    _checks()
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")


def _text(name: str) -> sa.Column:
    return sa.Column(name, TEXT(), nullable=False)


def _json(name: str) -> sa.Column:
    return sa.Column(name, sa.JSON(), nullable=False)


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def _instant(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, INSTANT(), nullable=not needed)


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"])


def _approvals() -> None:
    op.create_table(
        "rule_set_approval",
        _number("id"), _text("kind"), _text("version"), _text("digest"), _text("remarks"),
        _text("approved_by"), _instant("approved_at"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    for name in ("kind", "digest"):
        op.create_index(f"ix_rule_set_approval_{name}", "rule_set_approval", [name])


def _decisions() -> None:
    op.create_table(
        "regime_decision",
        _number("id"), _number("change_request_id"), _text("regime"), _text("rule"),
        sa.Column("applies", sa.Boolean(), nullable=False),
        *(_json(one) for one in ("facts", "found", "questions", "said", "answer")),
        _text("result"), _json("override"), _json("settled"), _text("rationale"),
        _text("compared_with"), _text("rule_version"), _json("rule_sets"), _text("assessed_by"),
        _instant("assessed_at"), _text("status"), _text("reviewed_by"),
        _instant("reviewed_at", needed=False), _key("change_request_id", "change_request"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    for name in ("change_request_id", "result", "status"):
        op.create_index(f"ix_regime_decision_{name}", "regime_decision", [name])


def _checks() -> None:
    op.create_table(
        "plan_check",
        _number("id"), _number("change_request_id"), _number("model_version_id"),
        _json("inputs"), _text("inputs_digest"), _json("facts"), _json("lines"), _text("result"),
        _text("checked_by"), _instant("checked_at"), _key("change_request_id", "change_request"),
        _key("model_version_id", "model_version"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_plan_check_change_request_id", "plan_check", ["change_request_id"])
