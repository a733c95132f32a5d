"""Many records in one event: each is rebuilt from it, and found when it was altered."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import col, select

from records.audit import read_events
from records.batches import _packed, add_batch, batch_rows
from records.cases import Quarantine, Study
from records.errors import InvalidInput, Refused
from records.lookup import find_events
from records.product import Site
from records.store import Store
from records.verify import verify_records


def study(number: int, now: datetime, **other: Any) -> dict[str, Any]:
    return {
        "study_uid": f"2.25.{number}", "patient": f"P{number}", "site_id": 1,
        "purpose": "clinical", "arrived_on": date(2026, 1, 5), "received_at": now, "rows": 160,
        "columns": 160, "age_years": number / 7, "invalid_tags": [{"tag": "é"}],
    } | other


@pytest.fixture
def filled(store: Store, now: datetime) -> Store:
    with store.transaction("ada", now=now) as tx:
        tx.add(Site(name="northfield", registered_at=now))
    with store.transaction("ada", now=now) as tx:
        tx.add(Study(**study(1, now)))
        assert add_batch(tx, Study, [study(number, now) for number in range(2, 52)]) == list(
            range(2, 52)
        )
    return store


@pytest.mark.requirement("REG-010")
def test_a_batch_is_one_event_and_its_records_are_like_any_other(
    filled: Store, now: datetime
) -> None:
    with filled.reader() as reader:
        verdict = verify_records(reader)
        assert (verdict.events, verdict.records, verdict.whole) == (3, 52, True)
        rows = reader.exec(select(Study).order_by(col(Study.id))).all()
        event = list(read_events(reader))[-1]
    assert (event["action"], event["subject"]) == ("create batch", "Study:2..51")
    assert json.loads(event["new"])["count"] == 50
    rebuilt = dict(batch_rows(event))
    assert rebuilt == {row.subject: row.as_recorded() for row in rows[1:]}
    assert rows[7].modality == "", "a column left out has its default"
    with filled.transaction("bob", now=now) as tx:
        tx.add(Study(**study(99, now)))
        tx.flush()
    with filled.reader() as reader:
        assert verify_records(reader).whole


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE study SET age_years = 41 WHERE id = 30", "Study:30 was altered"),
        ("DELETE FROM study WHERE id = 51", "Study:51 was removed"),
    ],
)
def test_one_altered_record_of_a_batch_is_named(
    filled: Store, statement: str, finding: str
) -> None:
    with filled.engine.begin() as raw:
        raw.execute(text("DROP TRIGGER study_no_delete"))
        raw.execute(text(statement))
    with filled.reader() as reader:
        assert any(finding in one for one in verify_records(reader).findings)


@pytest.mark.requirement("REG-016")
def test_a_record_is_found_with_the_batch_that_it_came_in(filled: Store) -> None:
    with filled.reader() as reader:
        for subject, actions in {
            "Study:1": ["create"], "Study:30": ["create batch"], "Study:52": [], "Site:30": [],
        }.items():
            assert [one.action for one in find_events(reader, subject=subject)] == actions


def test_what_no_record_could_be_is_refused_and_leaves_nothing(
    store: Store, now: datetime
) -> None:
    for rows, said in (
        ([study(1, now), study(2, now, colour="red")], "Row 2 .* colour"),
        ([{"study_uid": "2.25.1"}], "Row 1 .* lacks a value for patient"),
    ):
        with pytest.raises(InvalidInput, match=said), store.transaction("ada", now=now) as tx:
            add_batch(tx, Study, rows)
    with pytest.raises(Refused, match="cannot begin as 'closed'"):
        with store.transaction("ada", now=now) as tx:
            add_batch(tx, Site, [{"name": "x", "status": "closed", "registered_at": now}])
    with store.transaction("ada", now=now) as tx:
        assert add_batch(tx, Quarantine, []) == []
    with store.reader() as reader:
        assert [one["action"] for one in read_events(reader)] == ["act refused"]
        assert verify_records(reader).records == 0


@given(st.lists(st.tuples(st.text(), st.floats(allow_nan=False, allow_infinity=False),
                          st.dictionaries(st.text(), st.integers() | st.none()))))
def test_any_values_come_back_from_the_event(values: list[tuple[Any, ...]]) -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    rows = [
        Study(id=number, **study(number, now, modality=words, age_years=age, assigned=[more]))
        for number, (words, age, more) in enumerate(values)
    ]
    new = _packed(Study, [row.model_dump() for row in rows])
    event = {"subject": "Study:0..9", "new": json.dumps(new)}
    assert [row for _, row in batch_rows(event)] == [row.as_recorded() for row in rows]
