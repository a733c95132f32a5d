"""embedding of a prediction: what the model saw of a study, in at most 16 numbers

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("prediction", sa.Column("embedding", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("prediction", "embedding")
