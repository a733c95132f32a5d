"""What was added to, taken from or altered in the schema is named, on either kind of database."""

import sqlite3
from contextlib import closing

import pytest

from records.schema_check import schema_faults
from records.store import SCHEMA, Store
from records.verify import verify_records

ALTERED = [
    ("CREATE TABLE shadow (id INTEGER)", "the table shadow was added to the database"),
    ("CREATE VIEW alerts AS SELECT * FROM alert", "the view alerts was added to the database"),
    ("ALTER TABLE site ADD COLUMN note TEXT", "the column note was added to the table site"),
    ("DROP INDEX ix_study_patient", "the index ix_study_patient of the table study is missing"),
    (
        "CREATE INDEX mine ON alert (chart)", "the index mine was added to the table alert",
    ),
    (
        "CREATE UNIQUE INDEX one ON alert (chart) WHERE status = 'open'",
        "the index one was added to the table alert",
    ),
    (
        "ALTER TABLE journey_step RENAME seconds TO minutes",
        "the column seconds of the table journey_step is missing",
    ),
    (
        "INSERT INTO alembic_version VALUES ('0000')",
        f"the table alembic_version says ['0000', '{SCHEMA}'], not '{SCHEMA}'",
    ),
]  # fmt: skip

BY_ITS_OWNER = [
    (
        "site", "status VARCHAR NOT NULL", "status VARCHAR",
        "the column status of the table site was altered: status VARCHAR, not status VARCHAR NOT",
    ),
    (
        "site", "name VARCHAR NOT NULL", "name VARCHAR NOT NULL COLLATE NOCASE",
        "the column name of the table site was altered",
    ),
    (
        "site", "UNIQUE (name)", "UNIQUE (name), CHECK (length(name) < 9)",
        "the constraint CHECK(length(name) < 9) was added to the table site",
    ),
    (
        "deployment", "REFERENCES site", "REFERENCES actor",
        "the constraint FOREIGN KEY(site_id) REFERENCES site(id) of the table deployment is miss",
    ),
]  # fmt: skip


def faults(store: Store) -> list[str]:
    with store.reader() as reader:
        return schema_faults(reader, SCHEMA)


def test_a_migrated_database_has_the_schema_of_the_code(store: Store) -> None:
    assert faults(store) == []
    with store.engine.begin() as raw:
        raw.exec_driver_sql("ANALYZE")
    assert faults(store) == [], "SQLite's own statistics are no table of anybody"


@pytest.mark.requirement("REG-013", "R-P11-10a")
@pytest.mark.parametrize(("statement", "said"), ALTERED)
def test_what_a_statement_altered_is_named(store: Store, statement: str, said: str) -> None:
    with store.engine.begin() as raw:
        raw.exec_driver_sql("PRAGMA foreign_keys=OFF")
        raw.exec_driver_sql(statement)
    assert said in faults(store)
    with store.reader() as reader:
        assert said in verify_records(reader).findings


@pytest.mark.requirement("REG-013", "R-P11-10a")
@pytest.mark.parametrize(("table", "old", "new", "said"), BY_ITS_OWNER)
def test_what_the_owner_of_the_file_rewrote_is_named(
    store: Store, table: str, old: str, new: str, said: str
) -> None:
    store.close()
    with closing(sqlite3.connect(store.workspace.database)) as raw:
        raw.execute("PRAGMA writable_schema=ON")
        raw.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
            (old, new, table),
        )
        raw.commit()
    assert [one for one in faults(store) if one.startswith(said)], faults(store)


def test_a_table_that_is_gone_is_named(store: Store) -> None:
    with store.engine.begin() as raw:
        raw.exec_driver_sql("DROP TABLE revalidation")
    assert faults(store)[0] == "the table revalidation is missing"


def test_a_schema_that_cannot_be_read_is_a_finding(store: Store) -> None:
    with store.engine.begin() as raw:
        raw.exec_driver_sql("DROP TABLE alembic_version")
    assert "the database's schema cannot be read: no such table" in faults(store)[0]
