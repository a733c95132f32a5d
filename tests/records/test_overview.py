"""The pages' questions: each answers from stored rows, and none asks once for each row."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event, func, text
from sqlmodel import Session, select

from records import control_overview, overview, surveillance_overview
from records.audit import AuditEvent
from records.errors import InvalidInput
from records.lookup import (
    LOOKED_BACK,
    EventFilter,
    bounded,
    count_events_that_fit,
    page_of_events,
)  # fmt: skip
from records.quality import ChangeRequest
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import Alert, ChartPoint, DriftReport, MonitoringRun
from tests.dashboards.small_workspace import SITES, populate

QUESTIONS: dict[str, tuple[Callable[[Session], Any], int]] = {
    "open_work": (overview.open_work, 6),
    "devices": (overview.devices, 1),
    "running_versions": (overview.running_versions, 2),
    "alerts": (overview.alerts, 2),
    "estimates": (overview.estimates, 1),
    "day_volumes": (overview.day_volumes, 1),
    "quarantine_counts": (overview.quarantine_counts, 1),
    "chart_standings": (surveillance_overview.chart_standings, 4),
    "baselines": (surveillance_overview.baselines, 1),
    "drift_reports": (surveillance_overview.drift_reports, 1),
    "documents": (control_overview.documents, 2),
    "change_requests": (control_overview.change_requests, 3),
    "people": (control_overview.people, 1),
}
"""The most statements that each question may send, however many rows there are."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The records of a populated workspace; looked at, never written to."""
    store = open_store(Workspace(tmp_path_factory.mktemp("full") / "w").create(), url="")
    populate(store)
    yield store
    store.close()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_sends_a_fixed_number_of_statements(full: Store, name: str) -> None:
    ask, most = QUESTIONS[name]
    sent: list[str] = []
    with full.reader() as reader:
        reader.connection()

        def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.lstrip().upper().startswith("SELECT"):
                sent.append(statement)

        event.listen(full.engine, "before_cursor_execute", count)
        try:
            assert ask(reader)
        finally:
            event.remove(full.engine, "before_cursor_execute", count)
    assert len(sent) <= most


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_empty_workspace_answers_with_nothing(store: Store, name: str) -> None:
    with store.reader() as reader:
        assert QUESTIONS[name][0](reader) == []


def test_open_alerts_come_before_changes_and_documents(full: Store) -> None:
    with full.reader() as reader:
        work = overview.open_work(reader)
    assert [one.kind for one in work] == ["alert", "change request", "document"]


def test_a_site_where_nothing_runs_is_listed_too(store: Store, now: datetime) -> None:
    from records.product import Site

    with store.transaction("service:intake", now=now) as tx:
        tx.add(Site(name="quiet", registered_at=now))
    with store.reader() as reader:
        (only,) = overview.running_versions(reader)
    assert (only.site, only.mode, only.since) == ("quiet", "", None)


def test_a_chart_stands_at_its_latest_point_with_its_open_alert(full: Store) -> None:
    with full.reader() as reader:
        stood = {
            (one.chart, one.site): one for one in surveillance_overview.chart_standings(reader)
        }
    drifting = stood["image_noise", SITES[1]]
    assert (drifting.state, drifting.alert, drifting.alert_status) == (
        "open alert", "ALT-0001", "open",
    )  # fmt: skip
    assert stood["image_noise", SITES[0]].state == "in control"
    assert drifting.day.isoformat() == "2026-03-06"


def test_a_quiet_chart_says_what_the_revalidation_found_degraded(full: Store) -> None:
    with full.reader() as reader:
        stood = {
            (one.chart, one.site): one for one in surveillance_overview.chart_standings(reader)
        }
    diluted = stood["sensitivity", SITES[1]]
    assert (diluted.signal, diluted.state, diluted.revalidation) == (False, "degraded", "RVL-0001")
    assert stood["sensitivity", SITES[0]].revalidation == ""
    assert stood["image_noise", SITES[0]].revalidation == ""


def test_the_latest_point_is_that_of_the_last_day_not_the_last_one_written(
    store: Store, now: datetime
) -> None:
    populate(store)
    with store.transaction("service:surveillance", now=now) as tx:
        run = MonitoringRun(
            plan_id=1, model_version_id=1, day=date(2026, 1, 2), studies=0, counts={}, run_at=now
        )
        tx.add(run)
        tx.flush()
        assert run.id is not None
        tx.add(ChartPoint(run_id=run.id, chart="image_noise", site=SITES[1], day=run.day, n=0))
        tx.add(
            DriftReport(
                run_id=run.id, day=run.day, occasion="weekly", reference_rows=0, current_rows=0,
                verdicts=[], html_digest="", json_digest="",
            )
        )
    with store.reader() as reader:
        stood = {
            (one.chart, one.site): one for one in surveillance_overview.chart_standings(reader)
        }
        reports = [one.day for one in surveillance_overview.drift_reports(reader)]
    assert stood["image_noise", SITES[1]].day == date(2026, 3, 6)
    assert reports == sorted(reports, reverse=True)


def test_a_point_without_statistic_is_not_estimable_and_keeps_its_reason(full: Store) -> None:
    with full.reader() as reader:
        points = surveillance_overview.chart_series(reader, "sensitivity", SITES[0])
    assert [one.day for one in points] == sorted(one.day for one in points)
    assert points[0].value is None
    assert points[0].reason == "no truth arrived for a case with the finding"
    assert (points[1].value, points[1].low, points[1].high, points[1].n) == (0.86, 0.62, 0.97, 6)


def test_performance_is_asked_for_by_chart(full: Store) -> None:
    with full.reader() as reader:
        measured = [one for one in surveillance_overview.baselines(reader) if one.measure]
        points = surveillance_overview.performance_series(reader, [measured[0].chart])
    assert {one.chart for one in points} == {"sensitivity"}
    assert measured[0].bound == 0.78


def test_a_closed_alert_frees_the_chart_and_keeps_its_revalidation(
    store: Store, now: datetime
) -> None:
    populate(store)
    for status in ("acknowledged", "closed"):
        with store.transaction("demo.quality", "answered", now=now) as tx:
            alert = tx.get_one(Alert, 1)
            alert.status = status
            alert.root_cause, alert.disposition, alert.action = "chance", "false alarm: x", "x"
            tx.add(alert)
    with store.reader() as reader:
        assert not any(one.alert for one in surveillance_overview.chart_standings(reader))
        (alert_standing,) = overview.alerts(reader)
        assert [one.kind for one in overview.open_work(reader)] == ["change request", "document"]
    assert alert_standing.revalidations[0].startswith("RVL-0001: degraded")


def test_a_criterion_carries_the_estimate_it_rests_on(full: Store) -> None:
    with full.reader() as reader:
        (change,) = control_overview.change_requests(reader)
    assert [one.criterion for one in change.criteria] == ["AC-1", "AC-4"]
    first = change.criteria[0]
    assert (first.observed, first.bound, first.verdict) == (0.874, 0.8, "met")
    assert (first.value, first.low, first.high, first.n) == (0.912, 0.874, 0.951, 300)


def test_a_signature_is_invalid_once_the_record_changed(store: Store, now: datetime) -> None:
    populate(store)
    with store.reader() as reader:
        assert control_overview.change_requests(reader)[0].signatures[0].valid
    with store.transaction("demo.engineer", "reworded", now=now) as tx:
        change = tx.get_one(ChangeRequest, 1)
        change.description = "Something else."
        tx.add(change)
    with store.reader() as reader:
        assert not control_overview.change_requests(reader)[0].signatures[0].valid


def test_the_trail_is_filtered_counted_and_paged(full: Store) -> None:
    with full.reader() as reader:
        everything = count_events_that_fit(reader, EventFilter())
        page = page_of_events(reader, EventFilter(), first=10, rows=5)
        signatures = page_of_events(
            reader, EventFilter(subject="Signature:1", actor="demo.engineer", action="create")
        )
        (since,) = reader.exec(select(func.min(AuditEvent.at))).all()
        day = date.fromisoformat(since[:10])
        proposed = page_of_events(reader, EventFilter(since=day, reason="PROPOSE"))
        none = count_events_that_fit(reader, EventFilter(since=day, reason="100%_"))
        with pytest.raises(InvalidInput, match="in a period"):
            page_of_events(reader, EventFilter(reason="propose"))
        asked = bounded(EventFilter(subject="Alert"), day)
        assert asked.since == day - LOOKED_BACK, "a whole kind is found by no index"
        assert bounded(EventFilter(subject="Alert:1"), day).since is None
        plan = str(reader.execute(text(
            "EXPLAIN QUERY PLAN SELECT * FROM audit_event WHERE at >= '2026-01-01' AND at < "
            "'2026-02-01' AND lower(reason) LIKE '%x%'")).all())  # fmt: skip
        assert "ix_audit_event_at" in plan, plan
        assert "create" in control_overview.trail_actions(reader)
        assert "demo.engineer" in control_overview.trail_actors(reader)
    assert [one.sequence for one in page] == list(range(everything - 10, everything - 15, -1))
    assert [one.subject for one in signatures] == ["Signature:1"]
    assert {one.reason for one in proposed} == {"propose"}
    assert none == 0


def test_people_are_listed_without_services_and_without_the_deactivated(
    store: Store, now: datetime
) -> None:
    from records.people import Actor
    from records.services import ensure_service

    populate(store)
    with store.transaction("radvigil", "left the company", now=datetime.now(UTC)) as tx:
        ensure_service(tx, "service:intake", now=now)
        person = tx.get_one(Actor, 1)
        person.active = False
        tx.add(person)
    with store.reader() as reader:
        assert [one.account for one in control_overview.people(reader)] == [
            "demo.quality", "demo.regulatory",
        ]  # fmt: skip
