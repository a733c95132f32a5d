"""points of subgroups, changes that sites announce, references taken afresh after them

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
TABLES = ("planned_change", "renewed_reference")
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.add_column("chart_point", sa.Column("subgroup", TEXT(), nullable=False, server_default=""))
    op.create_table(
        "planned_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("description", TEXT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("announced_by", TEXT(), nullable=False),
        sa.Column("announced_at", INSTANT(), nullable=False),
        sa.Column("withdraws_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.ForeignKeyConstraint(["withdraws_id"], ["planned_change.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_planned_change_site_id", "planned_change", ["site_id"])
    op.create_table(
        "renewed_reference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("baseline_id", sa.Integer(), nullable=False),
        sa.Column("planned_change_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("prepared", sa.JSON(), nullable=False),
        sa.Column("grounds", TEXT(), nullable=False),
        sa.Column("confirmed_by", TEXT(), nullable=False),
        sa.Column("confirmed_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["baseline_id"], ["chart_baseline.id"]),
        sa.ForeignKeyConstraint(["planned_change_id"], ["planned_change.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_renewed_reference_baseline_id", "renewed_reference", ["baseline_id"])
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
