"""A detector changes: alert, revalidation, inferior, CAPA, use suspended by the signed rule, the
site told, studies not read with the reason, corrected, revalidated, resumed by two people."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from journeys.ask_locked import ask_locked
from journeys.demonstration_setup import sign_as
from journeys.revalidate import revalidate_due
from journeys.serving_versions import load_verified
from journeys.set_routes import set_route
from journeys.suspend import tell_resumed
from journeys.tell_people import tell_people
from journeys.watch_day import predict_day, run_charts, watch_of
from records.capas import CAPA
from records.cases import Prediction, Study
from records.clock import advance_clock
from records.correction_assessments import CorrectionAssessment
from records.errors import Refused
from records.lookup import list_records
from records.message_routes import Wanted
from records.messages import Message
from records.notices import open_notices
from records.people import Meaning, find_actor
from records.product import Site
from records.required_actions import action_done
from records.store import Store
from records.surveillance import Alert, MonitoringRun, Revalidation
from records.suspensions import Suspension, propose_resumption, resume_use
from records.told import told_of
from records.verify import verify_records
from tests.journeys.retraining_workspace import (
    DAILY,
    DEVICE,
    in_use,
    operate_until_alert,
    take_in,
)

pytestmark = [pytest.mark.proof, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

SERVICE = "service:surveillance"
SMALL = {"value": 0.8, "margin": 0.5, "assumed": 0.9}
"""What a network of width 4 on small pictures keeps, and a detector of dark on bright breaks."""
PLAN: dict[str, Any] = {
    "revalidation": {
        "every_days": 60, "recent_days": 60, "splits": ["internal_test"], "minimum_n": 30,
        "measures": {"sensitivity": dict(SMALL), "specificity": dict(SMALL)},
        "fail_safe": {"when": ["inferior", "not reproduced"], "act": "suspend"},
    },
    "alerts": {"classes": {name: {"acknowledge_days": 2, "close_days": 30, "action": "revalidate"}
                           for name in ("performance", "input", "output")}},
}  # fmt: skip


def a_day(store: Store, day: datetime, number: int, *, changed: bool = False) -> list[int]:
    """Studies of both sites arrive, are read where the device runs, and are watched; their numbers.
    """
    with store.transaction("radvigil", "the clock moves on", now=day) as tx:
        advance_clock(tx, day)
    take_in(store, DAILY, first=number, day=day, purpose="clinical", changed=changed)
    with store.reader() as reader:
        watch = watch_of(reader, DEVICE)
    predict_day(store, watch, day.date(), actor=SERVICE, now=day)
    run_charts(store, watch, day.date(), actor=SERVICE, now=day)
    with store.reader() as reader:
        query = select(Study.id).where(Study.arrived_on == day.date()).order_by(col(Study.id))
        return [one for one in reader.exec(query) if one is not None]


def at_site(reader: Session, studies: list[int], site: str) -> list[int]:
    number = reader.exec(select(Site.id).where(Site.name == site)).one()
    rows = reader.exec(select(Study).where(col(Study.id).in_(studies), Study.site_id == number))
    return [one.id or 0 for one in rows]


@pytest.mark.requirement("REG-060", "REG-063", "REG-064")
def test_from_an_alert_to_use_suspended_and_resumed(store: Store, tmp_path: Path) -> None:
    in_use(store, tmp_path, plan=PLAN)
    alert, day = operate_until_alert(store)
    site, sent = alert.site, list[tuple[str, str]]()
    set_route(store, Wanted("demo.quality", sites=(site,)),
              address=lambda: "json://127.0.0.1:9/x", actor="demo.quality",
              reason="the ward", now=day)  # fmt: skip

    def send(_address: str, title: str, body: str) -> str:
        sent.append((title, body))
        return ""

    def told() -> None:
        tell_people(store, actor=SERVICE, clock=lambda: day, send=send)

    made = revalidate_due(store, DEVICE, actor=SERVICE, now=day)
    first = next(one for one in made if one.site == site)
    assert first.alert_id is not None
    assert first.verdict == "inferior", first.conclusion
    assert [one["reproduced"] for one in first.judgement["reproductions"]] == [True]
    locked, recent = first.judgement["bases"]
    assert locked["name"] == "locked internal test"
    assert {row["verdict"] for row in locked["rows"] if row["subgroup"] == "all"} == {
        "non-inferior"
    }
    assert any(row["verdict"] == "inferior" for row in recent["rows"])
    with store.reader() as reader:
        suspension = next(one for one in list_records(reader, Suspension) if one.site == site)
        assert suspension.status == "in force"
        assert "fail_safe" in suspension.rule
        capa = next(one for one in list_records(reader, CAPA) if one.source == first.label)
        assert capa.status == "open"
        assessment = next(
            one for one in list_records(reader, CorrectionAssessment)
            if one.suspension_id == suspension.id
        )
        assert assessment.aware_at == first.revalidated_at
        assert "USE SUSPENDED" in " ".join(one.words for one in open_notices(reader))
        assert "in force since" in action_done(reader, reader.get_one(Alert, alert.id), "stop use")
    told()
    assert any(f"USE SUSPENDED at {site}" in title for title, _ in sent)
    assert revalidate_due(store, DEVICE, actor=SERVICE, now=day) == [], "each alert once"

    day += timedelta(days=1)
    studies = a_day(store, day, 5000)
    with store.reader() as reader:
        own = at_site(reader, studies, site)
        assert own
        read = reader.exec(select(Prediction).where(col(Prediction.study_id).in_(own))).all()
        assert read == []
        whys = {one.why for one in told_of(reader, own).values()}
        assert all(f"device suspended ({suspension.label})" in why for why in whys)
        run = list_records(reader, MonitoringRun)[-1]
        assert run.counts[site]["charts_wait"] == f"device suspended ({suspension.label})"

    def resume(revalidation: Revalidation) -> Suspension:
        with store.transaction("demo.quality", "gain set back", now=day) as tx:
            proposed = propose_resumption(
                tx, tx.get_one(Suspension, suspension.id),
                tx.get_one(Revalidation, revalidation.id),
                grounds="the detector was set back", by=find_actor(tx, "demo.quality"), now=day,
            )
        with pytest.raises(Refused, match="needs valid signatures of two people"):
            with store.transaction("demo.quality", "resume", now=day) as tx:
                resume_use(tx, proposed, by=find_actor(tx, "demo.quality"), now=day)
        sign_as(store, proposed, "demo.engineer", Meaning.AUTHOR, reason="corrected", now=day)
        sign_as(store, proposed, "demo.regulatory", Meaning.APPROVAL, reason="passed", now=day)
        with store.transaction("demo.quality", "resume", now=day) as tx:
            ended = resume_use(
                tx, tx.get_one(type(proposed), proposed.id), by=find_actor(tx, "demo.quality"),
                now=day,
            )
            tell_resumed(tx, ended, now=day)
        return ended

    with pytest.raises(Refused, match="made before"):
        resume(first)
    day += timedelta(days=1)
    a_day(store, day, 5100)
    (second,) = revalidate_due(
        store, DEVICE, actor=SERVICE, now=day, sites=[site], reason="the detector was set back"
    )
    assert second.verdict == "passed", second.conclusion
    with store.reader() as reader:
        read = reader.exec(select(Prediction).where(col(Prediction.study_id).in_(own))).all()
        assert len(read) == len(own), "read for the revalidation"
        assert not any(one.returned_to_care for one in read)
        whys = {one.why for one in told_of(reader, own).values()}
        assert all("read for a revalidation alone" in why for why in whys)
    with pytest.raises(Refused, match="is not signed"):
        resume(second)
    sign_as(store, second, "demo.regulatory", Meaning.APPROVAL, reason="read", now=day)
    assert resume(second).status == "lifted"
    told()
    assert any(f"use resumed at {site}" in title for title, _ in sent)

    day += timedelta(days=1)
    studies = a_day(store, day, 5900)
    with store.reader() as reader:
        own = at_site(reader, studies, site)
        read = reader.exec(select(Prediction).where(col(Prediction.study_id).in_(own))).all()
        assert len(read) == len(own)
        assert all(one.returned_to_care for one in read)
        assert {one.record for one in reader.exec(select(Message)) if one.record} >= {
            suspension.label
        }
        assert verify_records(reader).whole
    another_installation_is_told(store)


def another_installation_is_told(store: Store) -> None:
    """With another calibration, as by an altered library, every answer is another."""
    with store.reader() as reader:
        watch = watch_of(reader, DEVICE)
    rules = watch.parsed.revalidation
    assert rules is not None
    as_frozen = load_verified(store, watch.version)
    fitted = as_frozen.calibration
    moved = replace(as_frozen, calibration=replace(fitted, intercept=fitted.intercept + 0.5))
    (same,), (other,) = (
        ask_locked(store, watch.definition, rules, watch.version, lambda one=one: one).reproductions
        for one in (as_frozen, moved)
    )
    assert (same.reproduced, same.differing, same.figures) == (True, 0, ())
    assert other.reproduced is False
    assert other.differing == other.studies > 0
    assert 0 < other.largest < 1
