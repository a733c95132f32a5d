"""Announcements: on record with who and when, withdrawn by a later row; what they account for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from records.announced_alerts import announcements
from records.errors import InvalidInput, Refused
from records.people import find_actor
from records.planned_changes import (
    PlannedChange,
    announce_change,
    announced_at_site,
    announcing,
    withdraw_change,
)
from records.product import Site
from records.store import Store
from tests.records.alert_workspace import SITE, watched


def announced(tx: Session, now: datetime, **other: Any) -> PlannedChange:
    given: dict[str, Any] = {
        "kind": "scanner", "first_day": now.date(), "last_day": now.date() + timedelta(days=2),
        "description": "unit of room 2 replaced", "reason": "letter of the site",
    }  # fmt: skip
    return announce_change(
        tx, tx.get_one(Site, 1), by=find_actor(tx, "demo.quality"), now=now, **given | other
    )


def test_an_announcement_stands_until_a_later_record_withdraws_it(
    store: Store, now: datetime
) -> None:
    watched(store, now)
    with store.transaction("demo.quality", "announce", now=now) as tx:
        change = announced(tx, now)
        assert not change.after_the_fact
    later = now + timedelta(days=1)
    with store.transaction("demo.quality", "withdraw", now=later) as tx:
        change = announced_at_site(tx, SITE)[0]
        made = withdraw_change(tx, change, reason="put off", by=find_actor(tx, "demo.quality"),
                               now=later)  # fmt: skip
        assert made.withdraws_id == change.id
        assert announced_at_site(tx, SITE) == []
        with pytest.raises(Refused, match="was withdrawn by PLC-0002"):
            withdraw_change(tx, change, reason="x", by=find_actor(tx, "demo.quality"), now=later)
        with pytest.raises(Refused, match="is none itself"):
            withdraw_change(tx, made, reason="x", by=find_actor(tx, "demo.quality"), now=later)
    with store.reader() as reader:
        assert [one.label for one in announced_at_site(reader, SITE, at=now)] == ["PLC-0001"]
        (one,) = announcements(reader)
    assert one.status == "withdrawn by PLC-0002"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "weather"}, "no kind of change"),
        ({"last_day": date(2020, 1, 1)}, "ends before it begins"),
        ({"description": "new"}, "in a few words"),
        ({"first_day": date(9999, 1, 1), "last_day": date(9999, 1, 2)}, "more than two years"),
    ],
)
def test_what_is_no_announcement_is_refused_with_field_and_remedy(
    store: Store, now: datetime, given: dict[str, Any], message: str
) -> None:
    watched(store, now)
    with (
        pytest.raises(InvalidInput, match=message) as refused,
        store.transaction("demo.quality", "announce", now=now) as tx,
    ):
        announced(tx, now, **given)
    assert refused.value.hint


def test_the_same_is_not_announced_twice_but_again_after_it_was_withdrawn(
    store: Store, now: datetime
) -> None:
    watched(store, now)
    with store.transaction("demo.quality", "announce", now=now) as tx:
        first = announced(tx, now)
        with pytest.raises(Refused, match="PLC-0001 announces the same at"):
            announced(tx, now, description="Unit  of room 2 replaced")
        announced(tx, now, description="unit of room 3 replaced")
        withdraw_change(tx, first, reason="put off", by=find_actor(tx, "demo.quality"), now=now)
        announced(tx, now)


def change(kind: str, *, told: datetime = datetime(2026, 2, 20)) -> PlannedChange:  # noqa: DTZ001
    return PlannedChange(
        id=3, site_id=1, kind=kind, first_day=date(2026, 3, 1), last_day=date(2026, 3, 3),
        description="a new unit", reason="x", announced_by="ada", announced_at=told,
    )


def alert(cause: str, first: str | None, last: str | None) -> dict[str, Any]:
    return {"explanation": {"cause": cause, "since": {"first": first, "last": last}}}


@pytest.mark.parametrize(
    ("kind", "cause", "first", "last", "fits"),
    [
        ("scanner", "new scanner", "2026-03-02", "2026-03-05", True),
        ("scanner", "acquisition change", "2026-02-25", "2026-03-01", True),
        ("scanner", "new scanner", "2026-03-04", "2026-03-08", False),  # too late for it
        ("scanner", "new scanner", "2026-02-20", "2026-02-28", False),  # before it
        ("scanner", "device", "2026-03-02", "2026-03-02", False),  # never expected
        ("mix", "prevalence", "2026-03-02", "2026-03-02", True),
        ("mix", "labels", "2026-03-02", "2026-03-02", False),
        ("software", "patient mix", "2026-03-02", "2026-03-02", False),
        ("protocol", "acquisition change", None, None, True),  # by the day of the alert
    ],
)
def test_an_announcement_accounts_for_its_own_causes_in_its_own_days(
    kind: str, cause: str, first: str | None, last: str | None, *, fits: bool
) -> None:
    found = announcing(alert(cause, first, last), date(2026, 3, 3), [change(kind)])
    assert (found is not None) is fits


def test_an_announcement_after_the_fact_is_said_to_be_so() -> None:
    late = change("scanner", told=datetime(2026, 3, 2))  # noqa: DTZ001
    assert late.after_the_fact
    assert "announced after the fact" in late.words
    assert "after" not in change("scanner").words
