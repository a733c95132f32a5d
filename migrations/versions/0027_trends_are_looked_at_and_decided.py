"""Trends are looked at, period by period, and a person decides on each

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "trend_look",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("device_id", "plan_id")),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("period_from", "period_to")),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("rows", "counts")),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("alpha_spent", "alpha_year")),
        sa.Column("decide_by", sa.Date(), nullable=False),
        sa.Column("looked_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.ForeignKeyConstraint(["plan_id"], ["monitoring_plan.id"]),
        sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("plan_id", "period_from", "version"),
    )  # fmt: skip
    op.create_index("ix_trend_look_device_id", "trend_look", ["device_id"])
    op.create_table(
        "trend_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("look_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("proposed", "answer")),
        *(sa.Column(name, sa.Boolean(), nullable=True)
          for name in ("benefit_risk_significant", "unacceptable_risk")),
        sa.Column("against_rules", sa.Boolean(), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False) for name in ("outcome", "grounds", "decided_by")),
        sa.Column("next_look_on", sa.Date(), nullable=False),
        sa.Column("internal_due", sa.Date(), nullable=True),
        sa.Column("decided_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["look_id"], ["trend_look.id"]), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_trend_decision_look_id", "trend_decision", ["look_id"])
    tables = ["trend_look", "trend_decision"]
    for statement in trigger_statements(op.get_bind().dialect.name, tables):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
