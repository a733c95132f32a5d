"""The tables of facts that come with the reference device are whole, and are taken in once."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from journeys.demonstration_facts import shipped_tables, take_in_shipped_facts
from records.audit import count_events
from records.fact_kinds import FACT_KINDS
from records.known_facts import sales_by_year, standing_facts
from records.missing_facts import missing_facts
from records.store import Store
from records.verify import verify_records
from tests.dashboards.small_workspace import populate

DEVICE = "chest-radiograph-pneumonia"
END = datetime(2026, 7, 30, 22, 0, tzinfo=UTC)


def test_the_shipped_facts_are_taken_in_by_the_same_import_and_once(store: Store) -> None:
    populate(store)
    assert set(shipped_tables(DEVICE)) == set(FACT_KINDS)
    count = take_in_shipped_facts(store, DEVICE, by="demo.regulatory", now=END)
    assert count > 100
    with store.reader() as reader:
        before = count_events(reader)
        kinds = Counter({kind: len(standing_facts(reader, table, DEVICE))
                         for kind, table in FACT_KINDS.items()})  # fmt: skip
        assert kinds.total() == count
        assert min(kinds.values()) > 0
        cells, lacking = sales_by_year(reader, DEVICE, END.date())
        assert lacking == ()
        assert [one.fact.number for one in cells if one.fact and one.region == "worldwide"] == [
            42, 27, 9, 0]  # fmt: skip
        missing = missing_facts(reader, DEVICE, date(2025, 7, 31), END.date())
        assert missing == [("nonconformity", "NCF-0002 is open.")]
        assert verify_records(reader).whole
    assert take_in_shipped_facts(store, DEVICE, by="demo.regulatory", now=END) == count
    with store.reader() as reader:
        assert count_events(reader) == before
    assert take_in_shipped_facts(store, "chest-triage", by="demo.regulatory", now=END) == 0


def test_what_has_not_come_is_left_out(store: Store) -> None:
    populate(store)
    early = END - timedelta(days=20)
    count = take_in_shipped_facts(store, DEVICE, by="demo.regulatory", now=early)
    with store.reader() as reader:
        told = [one.fact for one in sales_by_year(reader, DEVICE, END.date())[0] if one.fact]
        assert 80 < count == sum(
            len(standing_facts(reader, table, DEVICE)) for table in FACT_KINDS.values()
        )
    assert told
    assert all(one.until <= early.date() for one in told)
    assert take_in_shipped_facts(store, DEVICE, by="demo.regulatory", now=END) > count
