"""The first page tells who is away, who stands in, and who answers today."""

from datetime import timedelta

import pytest

from records.absences import record_absence
from records.people import Role, find_actor, register_person
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import PASSWORD, TODAY


@pytest.mark.requirement("R-P11-10g")
def test_the_people_concerned_read_it_on_their_first_page(visit: Visit, records: Store) -> None:
    with records.transaction("demo.quality", "holiday", now=TODAY) as tx:
        register_person(tx, "demo.second", full_name="Demo Second", roles=[Role.QUALITY],
                        password=PASSWORD, now=TODAY)  # fmt: skip
        record_absence(
            tx, find_actor(tx, "demo.quality"), substitute=find_actor(tx, "demo.second"),
            first_day=TODAY.date(), last_day=TODAY.date() + timedelta(days=3), reason="holiday",
            by=find_actor(tx, "demo.quality"), now=TODAY,
        )
    assert "You stand in for Demo Quality Manager until 2026-03-09" in text_of(visit("demo.second"))
    away = text_of(visit("demo.quality"))
    assert "You are recorded as away until 2026-03-09 (ABS-0001); Demo Second stands in" in away
    other = text_of(visit("demo.engineer"))
    assert "You stand in" not in other
    assert "Demo Second, also for Demo Quality Manager" in other
