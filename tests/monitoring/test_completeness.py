"""Which facts studies came with, by site."""

from datetime import date, datetime, timedelta

import pytest

from monitoring.completeness import days_counted, facts_by_site
from records.batches import add_batch
from records.cases import Study
from records.product import Site
from records.store import Store

MONDAY = date(2026, 1, 5)
LAST = MONDAY + timedelta(days=13)


@pytest.fixture
def filled(store: Store, now: datetime) -> Store:
    """Two sites, two weeks, a study a day; ages were assigned at the second."""
    with store.transaction("setup", now=now) as tx:
        for name in ("north", "south"):
            tx.add(Site(name=name, registered_at=now))
        tx.flush()
        add_batch(tx, Study, [
            {"study_uid": f"2.25.{site}{day}", "patient": f"P{site}{day}", "site_id": site,
             "purpose": "development" if day == 13 else "clinical", "received_at": now,
             "arrived_on": MONDAY + timedelta(days=day), "rows": 9, "columns": 9,
             "sex": "" if day % 2 else "F", "age_years": 50.0, "modality": "DX",
             "assigned": ["age_years"] if site == 2 else []}
            for site in (1, 2) for day in range(14)
        ])  # fmt: skip
    return store


def test_a_fact_that_was_assigned_is_not_recorded(filled: Store) -> None:
    with filled.reader() as reader:
        found = {
            (one.site, one.fact): one.recorded
            for one in facts_by_site(reader, first=MONDAY, last=LAST)
        }
    assert (found["north", "age_years"].numerator, found["north", "age_years"].n) == (13, 13)
    assert found["south", "age_years"].numerator == 0
    assert found["north", "sex"].numerator == 7
    assert found["north", "tube_voltage_kv"].value == 0.0
    assert days_counted(MONDAY, None, by=LAST) == (MONDAY, LAST)
