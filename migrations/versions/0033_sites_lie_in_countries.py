"""Sites lie in countries and have an address

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    for name in ("country", "address", "telephone"):
        op.add_column("site", sa.Column(name, TEXT(), nullable=False, server_default=""))


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
