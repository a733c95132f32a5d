"""What is counted of each day stands stored, and people are found in the trail by an index

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    """Empty: the next day of surveillance counts, and until then the rows are read."""
    op.create_table(
        "day_count",
        sa.Column("device_name", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("device_name", "kind", "site_id", "day"),
    )
    op.create_table(
        "count_mark",
        sa.Column("device_name", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("rule", TEXT(), nullable=False),
        sa.Column("prediction_id", sa.Integer(), nullable=False),
        sa.Column("truth_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_name", "kind"),
    )
    op.create_index("ix_audit_event_actor", "audit_event", ["actor"])
    op.create_index(
        "instance_flagged", "instance", ["id"],
        sqlite_where=sa.text("CAST(flags AS VARCHAR) <> '[]'"),
        postgresql_where=sa.text("((flags)::text <> '[]'::text)"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
