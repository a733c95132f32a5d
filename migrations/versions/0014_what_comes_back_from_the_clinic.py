"""what comes back from the clinic: kinds and versions of truth, reports, links, adjudication

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from records.append_only import trigger_statements

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = [
    "radiology_report", "reader_link", "adjudication_sample", "adjudication_case",
    "adjudication_reading",
]

TEXT = sqlmodel.sql.sqltypes.AutoString
INSTANT = sqlmodel.sql.sqltypes.UTCDateTime

TRUTH = {
    "kind": ("VARCHAR", "''"), "state": ("VARCHAR", "'final'"), "version": ("INTEGER", "1"),
    "supersedes_id": ("INTEGER", None), "evidence": ("VARCHAR", "''"),
}
READING = {
    "response": ("VARCHAR", "''"), "reading_order": ("VARCHAR", "''"),
    "prediction_id": ("INTEGER", None), "origin": ("VARCHAR", "''"), "identity": ("VARCHAR", "''"),
    "version": ("INTEGER", "1"), "supersedes_id": ("INTEGER", None), "evidence": ("VARCHAR", "''"),
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _add(
        "reference_standard", TRUTH, {"supersedes_id": "reference_standard"},
        before=("study_id", "source"), unique=("study_id", "source", "version"),
        indexed=("study_id", "known_on", "supersedes_id"),
    )
    _add(
        "reader_assessment", READING,
        {"prediction_id": "prediction", "supersedes_id": "reader_assessment"},
        before=("study_id", "reader"),
        unique=("study_id", "reader", "saw_output", "origin", "version"),
        indexed=("study_id", "prediction_id", "supersedes_id"),
    )
    _let_versions_be_without_dataset(dialect)
    _make_reports()
    _make_links()
    _make_adjudication()
    for statement in trigger_statements(dialect, TABLES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the migration")


def _add(
    table: str, columns: dict[str, tuple[str, str | None]], keys: dict[str, str], *,
    before: tuple[str, ...], unique: tuple[str, ...], indexed: tuple[str, ...],
) -> None:
    """Add columns and put a wider uniqueness in place of the one before."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(table, columns, keys, before=before, unique=unique, indexed=indexed)
        return
    for name, (kind, default) in columns.items():
        needed = f" NOT NULL DEFAULT {default}" if default else ""
        op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}{needed}")
    for name, target in keys.items():
        op.create_foreign_key(None, table, target, [name], ["id"])
    op.drop_constraint(f"{table}_{'_'.join(before)}_key", table)
    op.create_unique_constraint(None, table, list(unique))
    for name in set(indexed) & set(columns):
        op.create_index(f"ix_{table}_{name}", table, [name])


def _rebuild(
    table: str, columns: dict[str, tuple[str, str | None]], keys: dict[str, str], *,
    before: tuple[str, ...], unique: tuple[str, ...], indexed: tuple[str, ...],
) -> None:
    """SQLite widens no constraint: the rows move to a new table, which takes the name."""
    connection = op.get_bind()
    told = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"),
        {"name": table},
    ).scalar_one()
    stood = f"UNIQUE ({', '.join(before)})"
    body = told[told.index("("):].rstrip()
    if stood not in body:
        raise ValueError(f"the table {table} is not as version 0013 made it")
    added = "".join(
        f"{name} {kind}{f' DEFAULT {default} NOT NULL' if default else ''}, "
        for name, (kind, default) in columns.items()
    )
    first = body.index("PRIMARY KEY")
    body = body[:first] + added + body[first:]
    body = body.replace(stood, f"UNIQUE ({', '.join(unique)})")
    foreign = "".join(f", FOREIGN KEY({key}) REFERENCES {to} (id)" for key, to in keys.items())
    names = [row[1] for row in connection.execute(sa.text(f"PRAGMA table_info({table})"))]
    listed = ", ".join(names)
    op.execute(f"CREATE TABLE {table}_0014 {body[:-1]}{foreign})")
    op.execute(f"INSERT INTO {table}_0014 ({listed}) SELECT {listed} FROM {table}")  # noqa: S608
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {table}_0014 RENAME TO {table}")
    for name in indexed:
        op.create_index(f"ix_{table}_{name}", table, [name])
    for statement in trigger_statements("sqlite", [table]):
        op.execute(statement)


def _let_versions_be_without_dataset(dialect: str) -> None:
    """Another maker's product of which only the results are seen has no dataset here.

    Many tables refer to this one, so that it cannot be built anew: SQLite's own way of taking NOT
    NULL away is to correct the text of its schema (sqlite.org/lang_altertable.html, section 7).
    """
    if dialect != "sqlite":
        op.alter_column("model_version", "dataset_version_id", nullable=True)
        return
    connection = op.get_bind()
    number = int(connection.execute(sa.text("PRAGMA schema_version")).scalar_one())
    op.execute("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, 'dataset_version_id INTEGER NOT NULL', "
            "'dataset_version_id INTEGER') WHERE type = 'table' AND name = 'model_version' "
            "AND sql LIKE '%dataset_version_id INTEGER NOT NULL%'"
        )
    ).rowcount
    op.execute(f"PRAGMA schema_version = {number + 1}")
    op.execute("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise ValueError("the table model_version is not as version 0013 made it")


def _make_reports() -> None:
    op.create_table(
        "radiology_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("report_key", TEXT(), nullable=False),
        sa.Column("origin", TEXT(), nullable=False),
        sa.Column("status", TEXT(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supersedes_id", sa.Integer(), nullable=True),
        sa.Column("text_digest", TEXT(), nullable=False),
        sa.Column("source_digest", TEXT(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("rules", TEXT(), nullable=False),
        sa.Column("rules_digest", TEXT(), nullable=False),
        sa.Column("reader", TEXT(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("received_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"]),
        sa.ForeignKeyConstraint(["supersedes_id"], ["radiology_report.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("study_id", "report_key", "version"),
    )
    for name in ("study_id", "supersedes_id", "source_digest", "reported_on"):
        op.create_index(f"ix_radiology_report_{name}", "radiology_report", [name])


def _make_links() -> None:
    op.create_table(
        "reader_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prediction_id", sa.Integer(), nullable=False),
        sa.Column("reader", TEXT(), nullable=False),
        sa.Column("token_digest", TEXT(), nullable=False),
        sa.Column("status", TEXT(), nullable=False),
        sa.Column("issued_by", TEXT(), nullable=False),
        sa.Column("issued_at", INSTANT(), nullable=False),
        sa.Column("expires_at", INSTANT(), nullable=False),
        sa.Column("used_at", INSTANT(), nullable=True),
        sa.ForeignKeyConstraint(["prediction_id"], ["prediction.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_digest"),
    )
    op.create_index("ix_reader_link_prediction_id", "reader_link", ["prediction_id"])


def _make_adjudication() -> None:
    op.create_table(
        "adjudication_sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("model_version_id", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("design", sa.JSON(), nullable=False),
        sa.Column("drawn_by", TEXT(), nullable=False),
        sa.Column("drawn_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.ForeignKeyConstraint(["model_version_id"], ["model_version.id"]),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_adjudication_sample_device_id", "adjudication_sample", ["device_id"])
    op.create_table(
        "adjudication_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("finding", TEXT(), nullable=False),
        sa.Column("stratum", TEXT(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", TEXT(), nullable=False),
        sa.Column("settled_at", INSTANT(), nullable=True),
        sa.ForeignKeyConstraint(["sample_id"], ["adjudication_sample.id"]),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sample_id", "study_id"),
    )
    for name in ("sample_id", "study_id"):
        op.create_index(f"ix_adjudication_case_{name}", "adjudication_case", [name])
    op.create_table(
        "adjudication_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("actor", TEXT(), nullable=False),
        sa.Column("part", TEXT(), nullable=False),
        sa.Column("answer", TEXT(), nullable=False),
        sa.Column("comment", TEXT(), nullable=False),
        sa.Column("read_at", INSTANT(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["adjudication_case.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "part"),
        sa.UniqueConstraint("case_id", "actor"),
    )
    op.create_index("ix_adjudication_reading_case_id", "adjudication_reading", ["case_id"])
