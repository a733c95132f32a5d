"""series that are chosen, studies that are corrected

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


TABLES = ['series_choice', 'study_correction']


def upgrade() -> None:
    op.create_table('series_choice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('model_version_id', sa.Integer(), nullable=False),
    sa.Column('instance_id', sa.Integer(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('findings', sa.JSON(), nullable=False),
    sa.Column('definition_digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('chosen_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], ),
    sa.ForeignKeyConstraint(['model_version_id'], ['model_version.id'], ),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_series_choice_study_id', 'series_choice', ['study_id'])
    op.create_table('study_correction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('study_id', sa.Integer(), nullable=False),
    sa.Column('instance_id', sa.Integer(), nullable=True),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('attributes', sa.JSON(), nullable=False),
    sa.Column('patient_before', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('patient_after', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('source_digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('recorded_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('recorded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], ),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_study_correction_study_id', 'study_correction', ['study_id'])
    op.create_index('ix_study_correction_instance_id', 'study_correction', ['instance_id'])
    op.create_index('ix_study_correction_patient_before', 'study_correction', ['patient_before'])
    op.create_index('ix_study_correction_source_digest', 'study_correction', ['source_digest'])
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
