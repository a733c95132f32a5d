"""Alerts in operation: merged as in a replay, joined as a change on record; what closing does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import pytest
from sqlmodel import Session, col, select

from journeys.alert_cases import write_cases
from journeys.watch_day import run_charts
from monitoring.detectors.base import ChartResult, ChartStatus
from monitoring.plan import parse_plan
from monitoring.raising import decide_day, restarted_charts
from monitoring.run import DayFacts, Running, prepare_day, record_day, study_rows
from records.alert_decisions import Conclusion, acknowledge_alert, close_alert
from records.alert_escalations import rules_of
from records.alert_overview import alerts_by_urgency
from records.announced_alerts import announcements
from records.audit import AuditEvent
from records.errors import InvalidInput, NotAllowed
from records.people import Actor, find_actor
from records.planned_changes import PlannedChange
from records.product import ModelVersion
from records.store import Store
from records.surveillance import Alert, MonitoringPlan, MonitoringRun
from records.vault import Vault
from tests.people import hashed, qualify_everybody
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering import small_store as small
from tests.regulatory.gathering.conftest import developed, judged, operated

if TYPE_CHECKING:
    from journeys.watch_day import Watch

__all__ = ["developed", "judged", "operated"]

DAY = operation.FIRST + operation.DAYS
SITE = small.SITES[0]


def result(chart: str, column: str, day: int, **details: Any) -> ChartResult:
    found = {"column": column, "direction": "up", "shift_sd": 1.3, "studies_since_onset": 20,
             "onset": small.at(operation.FIRST).date().isoformat(), **details}  # fmt: skip
    return ChartResult(
        chart, SITE, small.at(day).date(), 4, ChartStatus.SIGNAL, 5.0, value=1.2, statistic=6.0,
        details=found,
    )  # fmt: skip


def watched(store: Store, day: int, *results: ChartResult) -> list[Alert]:
    """A day's results decided and recorded, as a day of surveillance does."""
    with store.reader() as reader:
        plan, version = reader.get_one(MonitoringPlan, 1), reader.get_one(ModelVersion, 1)
        running = {SITE: Running(version, small.at(operation.FIRST - 1).date())}
        decided = decide_day(
            reader, plan, parse_plan(plan.content), running, results, day=small.at(day).date(),
            studies=study_rows,
        )
    facts = DayFacts(
        small.at(day).date(), list(results), decided.raise_now, {}, joined=decided.joined
    )
    with store.transaction("service:surveillance", "watch", now=small.at(day, 20)) as tx:
        return record_day(
            tx, tx.get_one(MonitoringPlan, 1), tx.get_one(ModelVersion, 1), facts,
            now=small.at(day, 20),
        )[1]


@pytest.fixture
def alerted(operated: Store) -> Store:
    """Two charts of one cause on one day, a third the day after."""
    raised = watched(
        operated, DAY, result("image appearance", "noise", DAY),
        result("score distribution", "score", DAY),
    )
    assert [one.charts for one in raised] == [("image appearance", "score distribution")]
    late = result(
        "sensitivity in use", "sensitivity", DAY + 1, share_since_onset=0.6, bound=0.8
    )
    quiet = replace(result("silence", "studies", DAY + 1), status=ChartStatus.IN_CONTROL)
    assert watched(operated, DAY + 1, late, quiet) == []
    return operated


def test_what_joins_is_a_change_of_the_alert_and_every_signal_names_its_point(
    alerted: Store,
) -> None:
    with alerted.reader() as reader:
        (alert,) = reader.exec(select(Alert)).all()
        events = reader.exec(
            select(AuditEvent).where(col(AuditEvent.subject) == alert.subject)
        ).all()
    assert alert.charts == ("image appearance", "score distribution", "sensitivity in use")
    assert all(one["point"].startswith("CHP-") for one in alert.evidence["also"])
    assert alert.severity == "high"  # of what joined
    assert "sensitivity in use" in events[-1].new
    assert alert.evidence["explanation"]["next_steps"]


@pytest.mark.requirement("REG-063")
def test_a_fall_of_performance_that_joins_an_alert_is_answered_as_one(
    alerted: Store,
) -> None:
    with alerted.reader() as reader:
        (alert,) = alerts_by_urgency(reader, now=small.at(DAY + 1, 21))
        rules = rules_of(reader, reader.get_one(Alert, 1))
    assert rules.class_of(alert.chart) == "input"
    assert alert.alert_class == "performance"
    assert alert.demanded == rules.rule_of("sensitivity in use").words


def announced(store: Store, day: int, *, told: int, kind: str) -> None:
    """What the site says of a change that began on the first watched day."""
    with store.transaction("a person", "announce", now=small.at(told, 9)) as tx:
        tx.add(PlannedChange(
            site_id=1, kind=kind, first_day=small.at(day).date(), last_day=small.at(day).date(),
            description="another unit", reason="x", announced_by="a person",
            announced_at=small.at(told, 9),
        ))  # fmt: skip


@pytest.mark.requirement("REG-063")
@pytest.mark.parametrize(("kind", "marked"), [("protocol", True), ("mix", False)])
def test_an_announced_change_still_alerts_and_the_alert_says_that_it_was_announced(
    operated: Store, monkeypatch: pytest.MonkeyPatch, kind: str, *, marked: bool
) -> None:
    monkeypatch.setattr("monitoring.merging.explain", lambda *_, **__: {
        "cause": "acquisition change", "next_steps": [],
        "since": {"first": small.at(DAY - 1).date().isoformat(), "last": None},
    })  # fmt: skip
    announced(operated, DAY, told=DAY - 3, kind=kind)
    (alert,) = watched(operated, DAY, result("image appearance", "noise", DAY))
    assert alert.status == "open"
    assert ("announced" in alert.evidence) is marked
    assert ("Announced: protocol," in alert.summary) is marked
    with operated.reader() as reader:
        (one,) = announcements(reader)
    assert one.alerts == (("ALT-0001",) if marked else ())


def test_an_announcement_that_comes_after_its_alert_is_shown_as_such(
    operated: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.merging.explain", lambda *_, **__: {
        "cause": "new scanner", "next_steps": [], "since": {},
    })  # fmt: skip
    (alert,) = watched(operated, DAY, result("image appearance", "noise", DAY))
    assert "announced" not in alert.evidence
    announced(operated, DAY, told=DAY + 2, kind="scanner")
    with operated.reader() as reader:
        (one,) = announcements(reader)
    assert one.after_the_fact
    assert one.alerts == ("ALT-0001 (raised before it was announced)",)


def test_a_withdrawn_announcement_accounts_for_nothing_that_comes_after(
    operated: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.merging.explain", lambda *_, **__: {
        "cause": "new scanner", "next_steps": [], "since": {},
    })  # fmt: skip
    announced(operated, DAY, told=DAY - 3, kind="scanner")
    with operated.transaction("a person", "put off", now=small.at(DAY - 2)) as tx:
        given = tx.get_one(PlannedChange, 1).model_dump(exclude={"id", "announced_at"})
        tx.add(PlannedChange(**given | {"withdraws_id": 1}, announced_at=small.at(DAY - 2)))
    (alert,) = watched(operated, DAY, result("image appearance", "noise", DAY))
    assert "announced" not in alert.evidence
    with operated.reader() as reader:
        (one,) = announcements(reader)
    assert (one.alerts, one.status) == ((), "withdrawn by PLC-0002")


def continued(store: Store, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The charts that the next day goes on with, from where they stood."""
    found: set[str] = set()

    def stepped(_plan: Any, _charts: Any, states: Any, _today: Any) -> list[ChartResult]:
        found.update(states)
        return []

    monkeypatch.setattr("monitoring.run.step_site", stepped)
    with store.reader() as reader:
        plan, version = reader.get_one(MonitoringPlan, 1), reader.get_one(ModelVersion, 1)
        prepare_day(
            reader, Vault(store.workspace.vault), plan, parse_plan(plan.content),
            {SITE: Running(version, small.at(operation.FIRST - 1).date())},
            day=small.at(DAY + 2).date(),
        )
    return found


def closed(store: Store) -> None:
    """The alert is looked at and closed as a false alarm, the day after."""
    after = small.at(DAY + 1, 21)
    with store.transaction("setup", "a person to sign", now=after) as tx:
        person = find_actor(tx, "demo.quality")
        person.password_hash = hashed("demonstration")
        tx.add(person)
        tx.flush()
        qualify_everybody(tx, after)
    with store.transaction("demo.quality", "answered", now=after) as tx:
        alert, person = tx.get_one(Alert, 1), find_actor(tx, "demo.quality")
        acknowledge_alert(tx, alert, by=person, finding="looked", now=after)
        found = Conclusion("false alarm", "chance", "none", not_done="nothing was seen")
        close_alert(
            tx, alert, by=person, conclusion=found, now=after, password="demonstration"
        )


def test_an_alert_closed_while_a_day_is_decided_is_joined_by_nothing(
    operated: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person closes it between deciding and recording: the day is decided anew, not lost."""
    watched(operated, DAY, result("image appearance", "noise", DAY))
    day, rounds = small.at(DAY + 1).date(), list[int]()
    with operated.reader() as reader:
        plan, version = reader.get_one(MonitoringPlan, 1), reader.get_one(ModelVersion, 1)
    late = result("score distribution", "score", DAY + 1)

    def decided(reader: Session, _vault: Vault, *_: Any, **__: Any) -> DayFacts:
        running = {SITE: Running(version, small.at(operation.FIRST - 1).date())}
        found = decide_day(reader, plan, parse_plan(plan.content), running, [late], day=day,
                           studies=study_rows)  # fmt: skip
        rounds.append(len(found.joined))
        if len(rounds) == 1:
            closed(operated)
        return DayFacts(day, [late], found.raise_now, {}, joined=found.joined)

    monkeypatch.setattr("journeys.watch_day.prepare_day", decided)
    monkeypatch.setattr("journeys.watch_day.require_due", lambda *_: None)
    monkeypatch.setattr("journeys.watch_day.freeze_ready", lambda *_, **__: {})
    named = SimpleNamespace(name=small.DEVICE)
    watch = cast("Watch", SimpleNamespace(
        definition=named, plan=plan, version=version, parsed=None, running={},
    ))  # fmt: skip
    alerts, done = run_charts(
        operated, watch, day, actor="service:surveillance", now=small.at(DAY + 1, 22)
    )
    assert (rounds, done) == ([1, 0], True)
    assert [one.chart for one in alerts] == ["score distribution"]
    with operated.reader() as reader:
        known = {one.label: one.charts for one in reader.exec(select(Alert))}
        runs = reader.exec(select(MonitoringRun).where(MonitoringRun.day == day)).all()
    assert known == {"ALT-0001": ("image appearance",), "ALT-0002": ("score distribution",)}
    assert len(runs) == 1


def test_closing_an_alert_restarts_every_chart_that_it_covers(
    alerted: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert continued(alerted, monkeypatch) == {"sensitivity in use", "silence"}
    last = small.at(DAY + 1).date()
    with alerted.reader() as reader:
        assert restarted_charts(reader, reader.get_one(MonitoringPlan, 1), last=last) == set()
    closed(alerted)
    with alerted.reader() as reader:
        plan = reader.get_one(MonitoringPlan, 1)
        afresh = restarted_charts(reader, plan, last=last)
        later = restarted_charts(reader, plan, last=last + timedelta(days=9))
    assert afresh == {
        (chart, SITE) for chart in ("image appearance", "score distribution", "sensitivity in use")
    }
    assert later == set()
    assert continued(alerted, monkeypatch) == {"silence"}


def test_the_cases_are_written_with_their_digest_on_record_and_without_a_patient(
    alerted: Store, tmp_path: Path
) -> None:
    with alerted.reader() as reader:
        alert = reader.get_one(Alert, 1)
    now = small.at(DAY + 2)
    out = tmp_path / "cases.csv"
    done = write_cases(alerted, alert, out, actor="demo.quality", now=now)
    table = pd.read_csv(out)
    assert (done.before + done.since, set(table["alert"])) == (len(table), {"ALT-0001"})
    assert set(table["chart"]) <= set(alert.charts)
    assert table["study"].str.startswith("STU-").all()
    assert set(table["period"]) <= {"before", "since"}
    assert "patient" not in table.columns
    with alerted.reader() as reader:
        event = reader.exec(select(AuditEvent).order_by(col(AuditEvent.sequence).desc())).first()
    assert event is not None
    assert (event.action, event.actor) == ("export", "demo.quality")
    assert done.digest in event.new
    again = write_cases(alerted, alert, tmp_path / "c.parquet", actor="demo.quality", now=now)
    assert len(pd.read_parquet(tmp_path / "c.parquet")) == again.before + again.since == len(table)
    with pytest.raises(InvalidInput, match=r"cases.txt"):
        write_cases(alerted, alert, tmp_path / "cases.txt", actor="demo.quality", now=now)
    with alerted.transaction("demo.quality", "a clinician", now=now) as tx:
        tx.add(Actor(name="clara", full_name="Clara", kind="person", roles=["clinician"],
                     registered_at=now))  # fmt: skip
    with pytest.raises(NotAllowed):
        write_cases(alerted, alert, out, actor="clara", now=now)
