"""Filled forms are records; field actions with their consignees, notices and checks

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime
TABLES = ("form_version", "field_action", "field_notice", "field_action_check")
INDEXED = {
    "form_version": "about", "field_action": "status", "field_notice": "field_action_id",
    "field_action_check": "field_action_id",
}  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "form_version", _number("id"), _number("device_id"),
        *_texts("about", "form", "edition", "form_digest", "reference"), _number("version"),
        _number("follows_id", needed=False), *_texts("digest", "facts_digest"),
        *_json("missing", "unknown", "faults", "changed", "sources"), *_texts("filled_by"),
        _instant("filled_at"), _key("device_id", "device"), _key("follows_id", "form_version"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_table(
        "field_action", _number("id"), _number("device_id"), *_texts("kind"), *_json("versions"),
        sa.Column("since", sa.Date(), nullable=True), *_json("scope"),
        *_texts("reason", "risk", "actions", "advice", "timetable"),
        sa.Column("act_by", sa.Date(), nullable=True), _number("remind_after"), *_texts("notice"),
        *_json("languages", "incidents", "ties"),
        *_texts("criterion", "opened_by"), _instant("opened_at"), *_texts("status", "decided_by"),
        _instant("in_force_at", needed=False), _instant("ended_at", needed=False),
        _key("device_id", "device"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_table(
        "field_notice", _number("id"), _number("field_action_id"), *_texts("site", "step"),
        sa.Column("happened_on", sa.Date(), nullable=False),
        *_texts("channel", "addressee", "words"), _number("installations", needed=False),
        *_texts("recorded_by"), _instant("recorded_at"), _key("field_action_id", "field_action"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_table(
        "field_action_check", _number("id"), _number("field_action_id"), *_json("totals"),
        *_texts("result", "words", "decided_by"), _instant("decided_at"),
        _key("field_action_id", "field_action"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.execute(
        "ALTER TABLE submission ADD COLUMN form_version_id INTEGER REFERENCES form_version (id)"
    )
    op.create_index("ix_submission_form_version_id", "submission", ["form_version_id"])
    _let_submissions_be_of_forms(op.get_bind().dialect.name)
    for table, column in INDEXED.items():
        op.create_index(f"ix_{table}_{column}", table, [column])
    for statement in trigger_statements(op.get_bind().dialect.name, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")


def _let_submissions_be_of_forms(dialect: str) -> None:
    """A correction is reported by a form alone. As migration 0024 did: SQLite's own text is
    corrected."""
    if dialect != "sqlite":
        op.alter_column("submission", "report_id", nullable=True)
        return
    connection = op.get_bind()
    number = int(connection.execute(sa.text("PRAGMA schema_version")).scalar_one())
    op.execute("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, 'report_id INTEGER NOT NULL', "
            "'report_id INTEGER') WHERE type = 'table' AND name = 'submission' "
            "AND instr(sql, 'report_id INTEGER NOT NULL') > 0"
        )
    ).rowcount
    op.execute(f"PRAGMA schema_version = {number + 1}")
    op.execute("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise ValueError("the table submission is not as version 0022 made it")


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, TEXT(), nullable=False) for name in names]


def _json(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.JSON(), nullable=False) for name in names]


def _number(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=not needed)


def _instant(name: str, *, needed: bool = True) -> sa.Column:
    return sa.Column(name, INSTANT(), nullable=not needed)


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"])
