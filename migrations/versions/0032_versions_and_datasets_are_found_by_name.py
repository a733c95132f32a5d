"""Versions and datasets are found by name: an index of each

Revision ID: 0032
Revises: 0031
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLES = ("dataset_version", "model_version")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_name", table, ["name"])


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
