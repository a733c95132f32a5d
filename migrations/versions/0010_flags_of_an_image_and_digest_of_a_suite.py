"""flags of an image and digest of a suite

Revision ID: 0010
Revises: 0006
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('instance', sa.Column('flags', sa.JSON(), nullable=False, server_default='[]'))
    op.add_column('gate_result', sa.Column(
        'suite_digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))


def downgrade() -> None:
    op.drop_column('gate_result', 'suite_digest')
    op.drop_column('instance', 'flags')
