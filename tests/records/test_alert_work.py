"""Who works on an alert, what happened to it, and what changed since somebody was here."""

from datetime import datetime, timedelta

import pytest

from records.alert_assignments import assign_alert, assigned_now, assignments_of, may_be_given
from records.alert_decisions import Conclusion, acknowledge_alert, close_alert
from records.alert_overview import alerts_by_urgency, in_order
from records.alert_timeline import follow_ups, timeline_of
from records.audit import note
from records.awareness import open_on_signal
from records.capas import open_capa_for
from records.chart_tails import chart_tails
from records.errors import InvalidInput, NotAllowed, Refused
from records.last_visit import NEVER_HERE, changes_since, last_visit
from records.lockout import SIGN_IN
from records.people import Role, find_actor, register_person
from records.store import Store
from records.surveillance import Alert, ChartPoint, MonitoringRun
from records.work_sources import owed_open_work
from tests.records.alert_workspace import DEVICE, PASSWORD, SITE, watched

LATER = timedelta(hours=3)


def given(store: Store, number: int, owner: str, by: str, now: datetime) -> None:
    with store.transaction(by, "given", now=now) as tx:
        assign_alert(tx, tx.get_one(Alert, number), owner=owner, by=find_actor(tx, by), now=now)


@pytest.mark.requirement("REG-063")
def test_the_last_word_on_who_works_on_an_alert_counts_and_the_work_list_says_it(
    store: Store, now: datetime
) -> None:
    number = watched(store, now)
    given(store, number, "demo.regulatory", "demo.quality", now)
    given(store, number, "demo.quality", "demo.regulatory", now + LATER)
    with store.reader() as reader:
        assert assigned_now(reader, [number])[number].owner == "demo.quality"
        told = assignments_of(reader, reader.get_one(Alert, number))
        assert [one.owner for one in told] == ["demo.regulatory", "demo.quality"]
        (standing,) = alerts_by_urgency(reader, now=now)
        assert standing.assigned_to == "demo.quality"
        (work,) = [one for one in owed_open_work(reader, now) if one.kind == "alert"]
        assert work.owner == "demo.quality"


def test_an_alert_is_given_only_to_who_answers_alerts_by_who_may_and_while_it_waits(
    store: Store, now: datetime
) -> None:
    number = watched(store, now)
    with store.transaction("setup", "an auditor", now=now) as tx:
        register_person(tx, "olga", full_name="Olga", roles=[Role.AUDITOR], password=PASSWORD,
                        now=now)  # fmt: skip
        assert may_be_given(tx) == ["demo.quality", "demo.regulatory"]
    with pytest.raises(InvalidInput, match="'olga' does not answer alerts"):
        given(store, number, "olga", "demo.quality", now)
    with pytest.raises(InvalidInput, match="'nobody' does not answer alerts"):
        given(store, number, "nobody", "demo.quality", now)
    with pytest.raises(NotAllowed):
        given(store, number, "demo.quality", "olga", now)
    given(store, number, "demo.quality", "demo.quality", now)
    with pytest.raises(Refused, match=r"given to .* already"):
        given(store, number, "demo.quality", "demo.quality", now)
    close(store, number, now)
    with pytest.raises(Refused, match="is closed"):
        given(store, number, "demo.regulatory", "demo.quality", now)


def close(store: Store, number: int, now: datetime) -> None:
    with store.transaction("demo.quality", "answered", now=now) as tx:
        acknowledge_alert(tx, tx.get_one(Alert, number), by=find_actor(tx, "demo.quality"),
                          finding="seen", now=now)  # fmt: skip
    with store.transaction("demo.quality", "answered", now=now) as tx:
        close_alert(tx, tx.get_one(Alert, number), by=find_actor(tx, "demo.quality"), now=now,
                    conclusion=Conclusion("false alarm", "chance", "as before"))  # fmt: skip


@pytest.mark.requirement("REG-063")
def test_the_timeline_tells_every_step_in_order_and_what_came_of_it(
    store: Store, now: datetime
) -> None:
    number = watched(store, now, chart="sensitivity")
    with store.transaction("service:surveillance", "watch", now=now) as tx:
        open_on_signal(tx, tx.get_one(Alert, number), known=now, now=now)
    given(store, number, "demo.quality", "demo.regulatory", now + LATER)
    with store.transaction("demo.quality", "found", now=now + LATER) as tx:
        open_capa_for(tx, "ALT-0001", problem="It fell", by=find_actor(tx, "demo.quality"),
                      now=now + LATER)  # fmt: skip
        acknowledge_alert(tx, tx.get_one(Alert, number), by=find_actor(tx, "demo.quality"),
                          finding="seen", now=now + 2 * LATER)  # fmt: skip
    with store.reader() as reader:
        alert = reader.get_one(Alert, number)
        steps = timeline_of(reader, alert)
        followed = follow_ups(reader, alert)
    assert [one.what for one in steps] == ["raised", "possible harm", "assigned", "acknowledged"]
    assert steps[2].words == "to demo.quality by demo.regulatory"
    assert [(one.label, one.status) for one in followed] == [
        ("CAPA-0001", "open"), ("AWR-0001", "to be screened")
    ]  # fmt: skip


def test_a_list_is_ordered_by_deadline_severity_or_site_with_what_is_closed_last(
    store: Store, now: datetime
) -> None:
    first = watched(store, now)
    with store.transaction("service:surveillance", "watch", now=now) as tx:
        for site, severity, at in (("a", "high", now + LATER), ("b", "moderate", now - LATER)):
            tx.add(Alert(plan_id=1, chart_point_id=1, chart="appearance", site=site,
                         severity=severity, summary="x", raised_on=at.date(),
                         raised_at=at))  # fmt: skip
    close(store, first, now)
    with store.reader() as reader:
        found = alerts_by_urgency(reader, now=now)
    order = {by: [one.id for one in in_order(found, by)] for by in ("deadline", "severity", "site")}
    assert order == {"deadline": [3, 2, 1], "severity": [2, 3, 1], "site": [2, 3, 1]}
    with pytest.raises(KeyError):
        in_order(found, "colour")


def test_changes_are_told_since_the_sign_in_before_this_one(store: Store, now: datetime) -> None:
    number = watched(store, now)

    def sign_in(at: datetime) -> None:
        with store.transaction("demo.quality", now=at) as tx:
            note(tx, SIGN_IN, find_actor(tx, "demo.quality").subject)

    sign_in(now - LATER)
    with store.reader() as reader:
        first = last_visit(reader, "demo.quality", now=now)
        assert (first.since, first.known) == (now - NEVER_HERE, False)
    sign_in(now + LATER)
    close(store, number, now + LATER)
    with store.reader() as reader:
        visit = last_visit(reader, "demo.quality", now=now + LATER)
        assert (visit.since, visit.known) == (now - LATER, True)
        told = [(one.label, one.what) for one in changes_since(reader, visit.since)]
        assert sorted(told) == [("ALT-0001", "acknowledged"), ("ALT-0001", "closed"),
                                ("ALT-0001", "raised")]  # fmt: skip
        assert changes_since(reader, now + 2 * LATER) == []


def test_the_last_days_of_a_chart_are_read_oldest_first(store: Store, now: datetime) -> None:
    watched(store, now)
    with store.transaction("service:surveillance", "watch", now=now) as tx:
        for number in (1, 2):
            day = now.date() + timedelta(days=number)
            tx.add(MonitoringRun(id=10 + number, plan_id=1, model_version_id=1, day=day,
                                 studies=1, counts={}, run_at=now))  # fmt: skip
            tx.flush()
            tx.add(ChartPoint(run_id=10 + number, chart="appearance", site=SITE, day=day, n=1,
                              statistic=float(number), limit=2.0))  # fmt: skip
    with store.reader() as reader:
        tail = chart_tails(reader, device=DEVICE)[(DEVICE, "appearance", SITE)]
        short = chart_tails(reader, runs=1)[(DEVICE, "appearance", SITE)]
    assert (tail.statistics, tail.limit) == ((None, 1.0, 2.0), 2.0)
    assert short.statistics == (2.0,)
