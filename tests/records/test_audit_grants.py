"""An auditor sees what was granted, on the days of the grant, and nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from records.audit_grants import (
    AuditGrant,
    grant_access,
    grants_on,
    is_bound,
    kinds_visible,
    numbers_visible,
    require_visible,
    withdraw_grant,
)  # fmt: skip
from records.auditor_access import look_at, require_unbound
from records.clock import mark_workspace
from records.errors import InvalidInput, NotAllowed, TransitionRefused
from records.kinds import KINDS, Scope, holds, numbers_in
from records.lookup import find_events
from records.people import Actor, Role, find_actor
from records.product import Device, Site, WorkspaceKind
from records.quality import Document
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import Alert, ChartPoint, MonitoringPlan, MonitoringRun
from records.tables import RECORDS
from tests.people import add_people

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
PASSWORD = "correct horse battery"
AUDITOR = "olga"


def add_alert(tx: Any, number: int, site: str, plan: int, day: date) -> None:
    at = datetime.combine(day, NOW.timetz())
    point = ChartPoint(run_id=plan, chart=f"score-{number}", site=site, day=day, n=50)
    tx.add(point)
    tx.flush()
    tx.add(
        Alert(plan_id=plan, chart_point_id=point.id or 0, chart=point.chart, site=site,
              severity="alarm", summary="shift", raised_on=day, raised_at=at)
    )  # fmt: skip
    tx.flush()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Store]:
    """A live workspace: two devices, two sites, three alerts, a document, an auditor."""
    workspace = Workspace(tmp_path_factory.mktemp("grants") / "live").create()
    workspace.database.write_bytes(empty_database.read_bytes())
    store = open_store(workspace, url="")
    with store.transaction("setup", now=NOW) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=NOW)
        add_people(tx, ((AUDITOR, Role.AUDITOR), ("quentin", Role.QUALITY), ("ed", Role.ENGINEER)),
                   PASSWORD, NOW)  # fmt: skip
        for name in ("chest", "hip"):
            device = Device(name=name, revision=1, trade_name=name, definition={},
                            definition_digest=name, defined_at=NOW)  # fmt: skip
            tx.add_all([device, Site(name=f"{name}-site", registered_at=NOW)])
            tx.flush()
            add_run(tx, device)
        add_alert(tx, 1, "chest-site", 1, date(2025, 12, 31))
        add_alert(tx, 2, "hip-site", 1, date(2026, 1, 1))
        add_alert(tx, 3, "hip-site", 2, date(2026, 2, 1))
        tx.add(
            Document(device_id=1, kind="change_log", number="DOC-26-0001", version=1, title="Log",
                     freeze_at=NOW, freeze_sequence=1, facts_digest="f", template_digest="t",
                     draft_json_digest="d", compiled_at=NOW)
        )  # fmt: skip
    yield store
    store.close()


def add_run(tx: Any, device: Device) -> None:
    from tests.records.test_kinds import version_of

    version = version_of(tx, device, NOW)
    plan = MonitoringPlan(device_id=device.id or 0, content={}, content_digest=device.name,
                          effective_at=NOW)  # fmt: skip
    tx.add(plan)
    tx.flush()
    tx.add(MonitoringRun(plan_id=plan.id or 0, model_version_id=version, day=TODAY, studies=0,
                         counts={}, run_at=NOW))  # fmt: skip
    tx.flush()


@pytest.fixture(autouse=True)
def no_grants_left(live: Store) -> Iterator[None]:
    """Each test begins without a grant that counts."""
    yield
    with live.transaction("quentin", "end of a test", now=NOW) as tx:
        for one in tx.exec(select(AuditGrant).where(AuditGrant.status == "granted")).all():
            withdraw_grant(tx, one, by=find_actor(tx, "quentin"), now=NOW)


def give(
    store: Store, scope: Scope = Scope(), *, first: date = TODAY, last: date = TODAY,  # noqa: B008
    by: str = "quentin", to: str = AUDITOR, purpose: str = "audit 7",
) -> AuditGrant:
    with store.transaction(by, "audit 7", now=NOW) as tx:
        return grant_access(
            tx, find_actor(tx, to), scope, purpose=purpose, first_day=first, last_day=last,
            by=find_actor(tx, by), now=NOW,
        )


CELLS: dict[Scope, set[str]] = {
    Scope(): {"Alert:1", "Alert:2", "Alert:3", "Document:1", "Site:1"},
    Scope(kinds=("alert",)): {"Alert:1", "Alert:2", "Alert:3"},
    Scope(kinds=("alert",), sites=("hip-site",)): {"Alert:2", "Alert:3"},
    Scope(kinds=("alert",), devices=("chest",)): {"Alert:1", "Alert:2"},
    Scope(devices=("chest",), sites=("hip-site",)): {"Alert:2"},
    Scope(devices=("chest",)): {"Alert:1", "Alert:2", "Document:1"},
    Scope(sites=("chest-site",)): {"Alert:1", "Site:1"},
    Scope(since=date(2026, 1, 1), until=date(2026, 1, 31)): {"Alert:2"},
    Scope(until=date(2025, 12, 31)): {"Alert:1"},
    Scope(kinds=("document", "site")): {"Document:1", "Site:1"},
}
"""Which of five records a scope holds, written down."""
ASKED = ("Alert:1", "Alert:2", "Alert:3", "Document:1", "Site:1")
TABLES: dict[str, Any] = {"Alert": Alert, "Document": Document, "Site": Site}


@pytest.mark.requirement("REG-002", "R-P11-10d", "R-P11-10g")
@pytest.mark.parametrize("scope", CELLS, ids=lambda one: one.words)
def test_a_scope_holds_what_is_written_and_nothing_else(live: Store, scope: Scope) -> None:
    give(live, scope)
    with live.reader() as reader:
        auditor = find_actor(reader, AUDITOR)
        for subject in ASKED:
            kind, _, number = subject.partition(":")
            record = reader.get_one(TABLES[kind], int(number))
            assert holds(reader, scope, record) is (subject in CELLS[scope]), subject
            if subject in CELLS[scope]:
                require_visible(reader, auditor, subject, on=TODAY)
            else:
                with pytest.raises(NotAllowed, match=f"{subject} lies outside"):
                    require_visible(reader, auditor, subject, on=TODAY)
        seen = numbers_visible(reader, auditor, "alert", Scope(), on=TODAY)
    assert {f"Alert:{one}" for one in seen} == {one for one in CELLS[scope] if "Alert" in one}


@pytest.mark.requirement("R-P11-10d", "R-P11-10g")
def test_without_a_grant_and_outside_its_days_nothing_is_seen_and_the_attempt_is_an_event(
    live: Store,
) -> None:
    give(live, first=TODAY + timedelta(days=1), last=TODAY + timedelta(days=2))
    with live.reader() as reader:
        auditor = find_actor(reader, AUDITOR)
        assert is_bound(reader, auditor)
        assert not is_bound(reader, find_actor(reader, "quentin"))
        assert kinds_visible(reader, auditor, on=TODAY) == []
        assert all(numbers_visible(reader, auditor, one, Scope(), on=TODAY) == [] for one in KINDS)
        with pytest.raises(NotAllowed, match=f"No grant of 'olga' counts on {TODAY}"):
            look_at(live, reader, auditor, "ALT-0001", now=NOW)
        with pytest.raises(NotAllowed, match="may not start 'audit export'"):
            require_unbound(live, auditor, "audit export", now=NOW)
        tomorrow = TODAY + timedelta(days=1)
        assert kinds_visible(reader, auditor, on=tomorrow) == list(KINDS)
    with live.reader() as reader:
        tried = [json.loads(one.new)["wanted"]
                 for one in find_events(reader, action="audit access refused", actor=AUDITOR)]
        assert tried == ["Alert:1", "audit export"]
        quentin = find_actor(reader, "quentin")
        assert look_at(live, reader, quentin, "ALT-0001", now=NOW).label == "ALT-0001"


@pytest.mark.requirement("R-P11-10g")
def test_inside_the_grant_a_record_is_read_whole_and_what_is_no_such_record_is_outside(
    live: Store,
) -> None:
    give(live, Scope(kinds=("alert",)))
    give(live, Scope(kinds=("document",)))
    with live.reader() as reader:
        auditor = find_actor(reader, AUDITOR)
        assert look_at(live, reader, auditor, "ALT-0003", now=NOW).subject == "Alert:3"
        assert kinds_visible(reader, auditor, on=TODAY) == ["alert", "document"]
        for name in ("ACT-0001", "GRN-0001", "ALT-0099"):
            with pytest.raises(NotAllowed, match="lies outside"):
                look_at(live, reader, auditor, name, now=NOW)


@pytest.mark.requirement("REG-002", "R-P11-10g")
def test_a_grant_is_given_by_quality_or_an_administrator_for_a_purpose_and_withdrawn(
    live: Store,
) -> None:
    with pytest.raises(NotAllowed, match="may not grant auditors access"):
        give(live, by="ed")
    with pytest.raises(NotAllowed, match="may not grant auditors access"):
        give(live, by=AUDITOR)
    with pytest.raises(InvalidInput, match="'ed' is not an active account with the role auditor"):
        give(live, to="ed")
    with pytest.raises(InvalidInput, match="No purpose"):
        give(live, purpose=" ")
    with pytest.raises(InvalidInput, match="is past, or ends before"):
        give(live, last=TODAY - timedelta(days=1))
    with pytest.raises(InvalidInput, match="No record is of"):
        give(live, Scope(since=TODAY, until=TODAY - timedelta(days=1)))
    with pytest.raises(InvalidInput, match="There is no site 'nowhere'"):
        give(live, Scope(sites=("nowhere",)))
    with pytest.raises(InvalidInput, match="'thing' is no kind of record"):
        give(live, Scope(kinds=("thing",)))
    made = give(live)
    with live.transaction("quentin", "over", now=NOW) as tx:
        quentin, grant = find_actor(tx, "quentin"), tx.get_one(AuditGrant, made.id)
        withdraw_grant(tx, grant, by=quentin, now=NOW)
        with pytest.raises(TransitionRefused):
            withdraw_grant(tx, grant, by=quentin, now=NOW)
        assert grants_on(tx, tx.get_one(Actor, grant.auditor_id), TODAY) == []


def test_every_kind_can_be_asked_for_in_every_way(live: Store) -> None:
    whole = Scope((), (), (), date(2000, 1, 1), date(2100, 1, 1))
    with live.reader() as reader:
        for name, kind in KINDS.items():
            assert kind.table in RECORDS
            every = numbers_in(reader, name, whole)
            assert len(every) == len(reader.exec(select(kind.table)).all()), name
            for scope in (Scope(devices=("chest",)), Scope(sites=("chest-site",))):
                assert set(numbers_in(reader, name, scope)) <= set(every)
            assert numbers_in(reader, name, Scope(kinds=("thing",))) == []
