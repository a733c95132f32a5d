"""results to the hospital

Revision ID: 0008
Revises: 0006
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = '0008'
down_revision = '0006'
branch_labels = None
depends_on = None


TABLES = ['result_delivery']


def upgrade() -> None:
    for name in ('receives', 'tls'):
        op.add_column('application_entity', sa.Column(
            name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('application_entity', sa.Column(
        'web', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))
    op.create_table('result_delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('prediction_id', sa.Integer(), nullable=False),
    sa.Column('entity_id', sa.Integer(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('sop_class', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('instance_uid', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('queued_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('tried_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('delivered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['entity_id'], ['application_entity.id'], ),
    sa.ForeignKeyConstraint(['prediction_id'], ['prediction.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('entity_id', 'instance_uid')
    )
    for column in ('entity_id', 'prediction_id', 'status'):
        op.create_index(f'ix_result_delivery_{column}', 'result_delivery', [column])
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in ('web', 'tls', 'receives'):
        op.drop_column('application_entity', name)
