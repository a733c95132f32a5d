"""Texts of people in documents, comments of reviewers, what a revision changed

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.add_column("document", sa.Column("changed", TEXT(), nullable=False, server_default=""))
    op.create_table(
        "document_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False) for name in ("kind", "place")),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False)
          for name in ("text", "written_by", "printed_name", "role")),
        sa.Column("written_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]), sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("device_id", "kind", "place", "version"),
    )  # fmt: skip
    op.create_table(
        "review_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False) for name in ("place", "words", "made_by", "role")),
        sa.Column("made_at", INSTANT(), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False) for name in ("status", "answer", "answered_by")),
        sa.Column("answered_at", INSTANT(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"]), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_review_comment_document_id", "review_comment", ["document_id"])
    tables = ["document_text", "review_comment"]
    for statement in trigger_statements(op.get_bind().dialect.name, tables):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
