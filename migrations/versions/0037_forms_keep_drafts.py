"""What people typed into forms and have not sent yet; the events of a period, by an index

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["actor.id"]), sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("form", "person_id"),
    )  # fmt: skip
    op.create_index("ix_form_draft_person_id", "form_draft", ["person_id"])
    op.create_index("ix_audit_event_at", "audit_event", ["at"])
    for statement in trigger_statements(op.get_bind().dialect.name, ["form_draft"]):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
