"""versions come to sites by stages: go-live, rollout with its looks, rollback, clearance

Revision ID: 0024
Revises: 0021
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime
TABLES = ("go_live", "rollout", "rollout_look", "rollback", "clearance")
INDEXED = {
    "go_live": ("site", "status"), "rollout": ("change_request_id", "status"),
    "rollout_look": ("rollout_id",), "rollback": ("site",),
}  # fmt: skip


def upgrade() -> None:
    _go_lives()
    _rollouts()
    _rollbacks()
    for table, columns in INDEXED.items():
        for name in columns:
            op.create_index(f"ix_{table}_{name}", table, [name])
    op.add_column("correction_assessment", _text("source", default=""))
    _let_assessments_be_of_others(op.get_bind().dialect.name)
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")


def _text(name: str, *, default: str | None = None) -> sa.Column:
    return sa.Column(name, TEXT(), nullable=False, server_default=default)


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def _instant(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, INSTANT(), nullable=not needed)


def _json(name: str) -> sa.Column:
    return sa.Column(name, sa.JSON(), nullable=False)


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"])


def _go_lives() -> None:
    op.create_table(
        "go_live",
        _number("id"), _number("device_id"), _number("model_version_id"), _text("site"),
        _text("clinician"), _json("rules"), _json("planned"), _text("status"),
        _text("proposed_by"), _instant("proposed_at"), _instant("started_at", needed=False),
        _text("verdict"), _json("judgement"), _instant("judged_at", needed=False),
        _text("decided_by"), _instant("decided_at", needed=False), _key("device_id", "device"),
        _key("model_version_id", "model_version"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip


def _rollouts() -> None:
    op.create_table(
        "rollout",
        _number("id"), _number("change_request_id"), _json("stages"), _json("rule"),
        _text("way_back"), _json("progress"), _text("status"), _text("halted_because"),
        _text("proposed_by"), _instant("proposed_at"), _instant("ended_at", needed=False),
        _key("change_request_id", "change_request"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_table(
        "rollout_look",
        _number("id"), _number("rollout_id"), _number("stage"), _json("sites"),
        _number("studies"), _text("verdict"), _json("figures"), _instant("looked_at"),
        _key("rollout_id", "rollout"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip


def _rollbacks() -> None:
    op.create_table(
        "rollback",
        _number("id"), _number("device_id"), _number("change_request_id"), _text("site"),
        _number("from_deployment_id"), _number("to_deployment_id"), _text("grounds"),
        _text("rolled_back_by"), _instant("rolled_back_at"), _key("device_id", "device"),
        _key("change_request_id", "change_request"), _key("from_deployment_id", "deployment"),
        _key("to_deployment_id", "deployment"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_table(
        "clearance",
        _number("id"), _number("device_id"), _number("model_version_id"), _text("authority"),
        _text("number"), sa.Column("cleared_on", sa.Date(), nullable=False),
        _text("recorded_by"), _instant("recorded_at"), _key("device_id", "device"),
        _key("model_version_id", "model_version"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip


def _let_assessments_be_of_others(dialect: str) -> None:
    """A rollback opens one too. As migration 0015 did: SQLite's own text is corrected."""
    if dialect != "sqlite":
        op.alter_column("correction_assessment", "suspension_id", nullable=True)
        return
    connection = op.get_bind()
    number = int(connection.execute(sa.text("PRAGMA schema_version")).scalar_one())
    op.execute("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, 'suspension_id INTEGER NOT NULL', "
            "'suspension_id INTEGER') WHERE type = 'table' AND name = 'correction_assessment' "
            "AND instr(sql, 'suspension_id INTEGER NOT NULL') > 0"
        )
    ).rowcount
    op.execute(f"PRAGMA schema_version = {number + 1}")
    op.execute("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise ValueError("the table correction_assessment is not as version 0017 made it")
