"""documents and the history of a record

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import triggers

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _documents()
    _signatures()
    _never_changed()


def _documents() -> None:
    for name in ('approved_json_digest', 'approved_pdf_digest'):
        op.add_column('document', sa.Column(
            name, sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))
    for name in ('effective_at', 'ended_at'):
        op.add_column('document', sa.Column(
            name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.create_index(
        'document_one_effective', 'document', ['number', 'device_id'], unique=True,
        sqlite_where=sa.text("status = 'effective'"),
        postgresql_where=sa.text("((status)::text = 'effective'::text)"),
    )


KEPT = (
    'id', 'subject_name', 'signed_fields', 'subject_digest', 'signer_id', 'printed_name', 'role',
    'meaning', 'reason', 'signed_at',
)
BEFORE = ('subject_name', 'signer_id', 'meaning')
SINCE = ('subject_name', 'subject_digest', 'signer_id', 'meaning', 'review')


def _signatures() -> None:
    """Zone, comment and round of review; the same person may sign again in another round."""
    if op.get_bind().dialect.name == 'postgresql':
        for column in _new_columns():
            op.add_column('signature', column)
        op.drop_constraint('signature_subject_name_signer_id_meaning_key', 'signature')
        op.create_unique_constraint(None, 'signature', list(SINCE))
    else:
        _move_signatures(_new_columns(), SINCE)


def _move_signatures(columns: list[sa.Column], unique: tuple[str, ...]) -> None:
    """SQLite cannot drop a constraint: the rows move to a table without it, unaltered."""
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table('signature_next',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject_name', text(), nullable=False),
    sa.Column('signed_fields', sa.JSON(), nullable=False),
    sa.Column('subject_digest', text(), nullable=False),
    sa.Column('signer_id', sa.Integer(), nullable=False),
    sa.Column('printed_name', text(), nullable=False),
    sa.Column('role', text(), nullable=False),
    sa.Column('meaning', text(), nullable=False),
    sa.Column('reason', text(), nullable=False),
    sa.Column('signed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    *columns,
    sa.ForeignKeyConstraint(['signer_id'], ['actor.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint(*unique)
    )
    names = ', '.join(KEPT)
    op.execute(f'INSERT INTO signature_next ({names}) SELECT {names} FROM signature')
    op.drop_table('signature')
    op.rename_table('signature_next', 'signature')
    op.create_index('ix_signature_subject_name', 'signature', ['subject_name'])
    for statement in triggers('sqlite', ['signature']).values():
        op.execute(statement)


NEVER_CHANGED = (
    'journey_step', 'dataset_version', 'model_version', 'gate_result', 'prediction',
    'reference_standard', 'reader_assessment', 'evaluation', 'evaluation_result',
    'acceptance_result', 'monitoring_plan', 'chart_baseline', 'monitoring_run', 'chart_point',
    'drift_report', 'revalidation', 'release',
)


def _never_changed() -> None:
    """The triggers of today: a database that is being made has them already."""
    dialect = op.get_bind().dialect.name
    for name, statement in triggers(dialect, NEVER_CHANGED).items():
        if name.endswith('_no_update'):
            table = name.removesuffix('_no_update')
            on = f' ON "{table}"' if dialect == 'postgresql' else ''
            op.execute(f'DROP TRIGGER IF EXISTS {name}{on}')
            op.execute(statement)


def _new_columns() -> list[sa.Column]:
    text = sqlmodel.sql.sqltypes.AutoString
    return [
        sa.Column('zone', text(), nullable=False, server_default=''),
        sa.Column('comment', text(), nullable=False, server_default=''),
        sa.Column('review', sa.Integer(), nullable=False, server_default='1'),
    ]


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.drop_column('signature', 'review')  # and with it the constraint
        op.drop_column('signature', 'comment')
        op.drop_column('signature', 'zone')
        op.create_unique_constraint(None, 'signature', list(BEFORE))
    else:
        _move_signatures([], BEFORE)
    op.drop_index('document_one_effective', 'document')
    for name in ('ended_at', 'effective_at', 'approved_pdf_digest', 'approved_json_digest'):
        op.drop_column('document', name)
    dialect = op.get_bind().dialect.name
    for table in NEVER_CHANGED:
        on = f' ON "{table}"' if dialect == 'postgresql' else ''
        op.execute(f'DROP TRIGGER IF EXISTS {table}_no_update{on}')
