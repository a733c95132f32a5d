"""CAPAs are checked by later records, owned and due; the decision that none is needed

Revision ID: 0026
Revises: 0021
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    for name in ("owner", "implemented_by", "closed_as"):
        op.add_column("capa", sa.Column(name, TEXT(), nullable=False, server_default=""))
    for name, empty in (("criterion", "{}"), ("due", "{}"), ("links", "[]"),
                        ("effectiveness", "{}")):  # fmt: skip
        op.add_column("capa", sa.Column(name, sa.JSON(), nullable=False, server_default=empty))
    op.add_column("capa", sa.Column("implemented_at", INSTANT(), nullable=True))
    op.add_column("capa", sa.Column("external_number", TEXT(), nullable=True))
    op.create_index("ix_capa_external_number", "capa", ["external_number"], unique=True)
    op.create_table(
        "no_capa",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False) for name in ("source", "grounds", "decided_by")),
        sa.Column("decided_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_no_capa_source", "no_capa", ["source"])
    for statement in trigger_statements(op.get_bind().dialect.name, ["no_capa"]):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")
