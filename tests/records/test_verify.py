"""Verification finds whatever was changed behind the record's back, and names it."""

import re
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from records.batches import add_batch
from records.cases import Study
from records.people import Actor
from records.product import Site
from records.store import Store, open_store
from records.verify import Verdict, verify_records


def fill(store: Store, now: datetime, n: int = 30) -> None:
    for k in range(n):
        with store.transaction("ada", f"site {k}", now=now) as tx:
            tx.add(Site(name=f"site-{k:02d}", registered_at=now))


def verdict_after(store: Store, *statements: str) -> Verdict:
    """Alter the closed database as its owner could, triggers dropped, and verify."""
    store.close()
    with sqlite3.connect(store.workspace.database) as raw:
        for name in raw.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name[0]}")
        for statement in statements:
            raw.execute(statement)
    raw.close()
    again = open_store(store.workspace, url="")
    with again.reader() as reader:
        verdict = verify_records(reader)
    again.close()
    return verdict


def test_an_untouched_record_is_whole(store: Store, now: datetime) -> None:
    fill(store, now)
    with store.reader() as reader:
        verdict = verify_records(reader)
    assert verdict.whole
    assert (verdict.events, verdict.records) == (30, 30)


@pytest.mark.requirement("REG-013", "R-P11-10a")
@pytest.mark.parametrize(
    ("statement", "sequence"),
    [
        ("UPDATE audit_event SET reason = 'site 99' WHERE sequence = 7", 7),
        ("UPDATE audit_event SET actor = 'eve' WHERE sequence = 30", 30),
        ("UPDATE audit_event SET actor = x'657665' WHERE sequence = 9", 9),
        ("DELETE FROM audit_event WHERE sequence = 12", 12),
        ("UPDATE audit_event SET sequence = 31 WHERE sequence = 5", 5),
        ("UPDATE audit_event SET at = '2026-01-05T08:00:00.000001Z' WHERE sequence = 1", 1),
    ],
)
def test_an_altered_event_is_named_by_its_sequence(
    store: Store, now: datetime, statement: str, sequence: int
) -> None:
    fill(store, now)
    verdict = verdict_after(store, statement)
    assert not verdict.whole
    assert verdict.first_bad_sequence == sequence


@pytest.mark.requirement("REG-013", "R-P11-10a")
@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE site SET name = 'elsewhere' WHERE id = 3", "Site:3 was altered"),
        ("DELETE FROM site WHERE id = 4", "Site:4 was removed"),
        (
            "INSERT INTO site (id, name, status, origin, registered_at) "
            "VALUES (99, 'x', 'confirmed', 'reported', '2026-01-05 08:00:00')",
            "Site:99 was added",
        ),
        ("UPDATE site SET registered_at = 'yesterday' WHERE id = 2", "Site:2 cannot be read"),
        ("UPDATE site SET name = CAST(x'ff41' AS TEXT) WHERE id = 2", "Site:2"),
    ],
)
def test_an_altered_row_is_named(
    store: Store, now: datetime, statement: str, finding: str
) -> None:
    fill(store, now)
    verdict = verdict_after(store, statement)
    assert not verdict.whole
    assert any(finding in one for one in verdict.findings), verdict.findings


@pytest.mark.parametrize("column", ["reason", "new", "digest"])
def test_an_event_that_cannot_be_decoded_is_named_among_many(
    store: Store, now: datetime, column: str
) -> None:
    fill(store, now)
    verdict = verdict_after(
        store,
        f"UPDATE audit_event SET {column} = CAST(x'ff41' AS TEXT) WHERE sequence = 19",  # noqa: S608
    )
    assert verdict.first_bad_sequence == 19
    assert verdict.findings[0].startswith("audit event 19 cannot be read")


def test_an_altered_event_before_one_that_cannot_be_decoded_is_named_first(
    store: Store, now: datetime
) -> None:
    fill(store, now)
    verdict = verdict_after(
        store,
        "UPDATE audit_event SET reason = CAST(x'ff41' AS TEXT) WHERE sequence = 19",
        "UPDATE audit_event SET reason = 'other' WHERE sequence = 11",
    )
    assert verdict.first_bad_sequence == 11


@pytest.mark.requirement("REG-012")
@pytest.mark.parametrize(
    ("statements", "finding"),
    [
        (["DROP TRIGGER site_no_delete"], "the trigger site_no_delete, .* is missing"),
        (
            ["DROP TRIGGER audit_event_no_update", "CREATE TRIGGER audit_event_no_update "
             "BEFORE UPDATE ON audit_event WHEN 0 BEGIN SELECT RAISE(ABORT, 'x'); END"],
            "the trigger audit_event_no_update, .* was altered",
        ),
        (
            ["CREATE TRIGGER eve AFTER INSERT ON site BEGIN UPDATE site SET name = 'eve'; END"],
            "the trigger eve was added",
        ),
    ],
)
def test_a_trigger_that_no_longer_keeps_rows_is_named(
    store: Store, now: datetime, statements: list[str], finding: str
) -> None:
    fill(store, now, n=1)
    store.close()
    with sqlite3.connect(store.workspace.database) as raw:
        for statement in statements:
            raw.execute(statement)
    raw.close()
    with store.reader() as reader:
        (found,) = verify_records(reader).findings
    assert re.match(finding, found)


@pytest.mark.requirement("R-P11-10a")
def test_one_flipped_byte_of_a_value_is_found(store: Store, now: datetime) -> None:
    fill(store, now)
    store.close()
    flip(store.workspace.database, b"site-17")
    with open_store(store.workspace, url="").reader() as reader:
        assert not verify_records(reader).whole


def flip(database: Path, value: bytes) -> None:
    content = bytearray(database.read_bytes())
    at = content.index(value)
    content[at + len(value) - 1] ^= 1
    database.write_bytes(bytes(content))


@pytest.mark.parametrize("value", [0, 7, True, -0.0, 1e300, 0.1 + 0.2])
def test_a_number_is_the_same_before_it_is_stored_and_after(
    store: Store, now: datetime, value: float
) -> None:
    with store.transaction("ada", now=now) as tx:
        tx.add(Site(name="north", registered_at=now))
        tx.flush()
        row = {
            "study_uid": "2.25.1", "patient": "P", "site_id": 1, "purpose": "clinical",
            "arrived_on": now.date(), "received_at": now, "rows": 8, "columns": 8,
            "age_years": value,
        }
        tx.add(Study(**row))
        add_batch(tx, Study, [row | {"study_uid": "2.25.2"}])
    with store.reader() as reader:
        assert verify_records(reader).findings == ()


@pytest.mark.requirement("REG-013")
@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE site SET registered_at = replace(registered_at, ' ', 'T')", "Site:1 holds"),
        ("UPDATE actor SET active = 'yes'", "Actor:1 holds"),
    ],
)
def test_a_value_that_reads_the_same_and_is_stored_otherwise_is_named(
    store: Store, now: datetime, statement: str, finding: str
) -> None:
    """Queries compare what is stored: a day's studies, or the active accounts, would be others."""
    fill(store, now, n=1)
    with store.transaction("ada", now=now) as tx:
        tx.add(Actor(name="eve", full_name="Eve", kind="person", registered_at=now))
    store.close()
    with sqlite3.connect(store.workspace.database) as raw:
        raw.execute(statement)
    raw.close()
    with store.reader() as reader:
        (found,) = verify_records(reader).findings
    assert finding in found


def test_a_row_whose_number_is_none_is_a_finding_not_a_failure(
    store: Store, now: datetime
) -> None:
    fill(store, now, 3)
    verdict = verdict_after(
        store,
        "ALTER TABLE site RENAME TO former",
        "CREATE TABLE site (id, name, status, origin, registered_at)",
        "INSERT INTO site SELECT id, name, status, origin, registered_at FROM former",
        "UPDATE site SET id = 'x' WHERE id = 2",
    )
    assert any("a row of Site was altered: its number is none" in one for one in verdict.findings)


def test_a_respaced_json_text_is_found(store: Store, now: datetime) -> None:
    with store.transaction("ada", now=now) as tx:
        tx.add(Site(name="north", registered_at=now))
        tx.flush()
        tx.add(Study(
            study_uid="2.25.1", patient="P", site_id=1, purpose="clinical",
            arrived_on=now.date(), received_at=now, rows=8, columns=8,
            invalid_tags=[{"tag": "é", "value": 0.1}],
        ))  # fmt: skip
    with store.reader() as reader:
        assert verify_records(reader).whole
    verdict = verdict_after(
        store, "UPDATE study SET invalid_tags = replace(invalid_tags, ':', ': ')"
    )
    assert any("Study:1 holds a value in a form" in one for one in verdict.findings)
