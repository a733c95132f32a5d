"""outputs of a prediction and region of the truth

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "prediction", sa.Column("outputs", sa.JSON(), nullable=False, server_default="{}")
    )
    op.add_column(
        "reference_standard",
        sa.Column(
            "region", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""
        ),
    )


def downgrade() -> None:
    op.drop_column("reference_standard", "region")
    op.drop_column("prediction", "outputs")
