"""What people answer to the reviewer's checklist on a revision of a document

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "checklist_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("contents_digest", TEXT(), nullable=False),
        sa.Column("checklist_version", sa.Integer(), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False)
          for name in ("question", "answer", "page", "remark", "answered_by", "printed_name",
                       "role")),
        sa.Column("answered_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_checklist_answer_document_id", "checklist_answer", ["document_id"])
    for statement in trigger_statements(op.get_bind().dialect.name, ["checklist_answer"]):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
