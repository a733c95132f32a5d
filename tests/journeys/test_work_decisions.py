"""Another day than the computed one, and security events that are screened: signed, on record."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlmodel import select

from journeys.my_work import find_owed, override_owed, owed_work
from journeys.work_calendar import calendar_of
from records.breaches import close_breach, record_breach
from records.complaints import receive_complaint
from records.day_overrides import DayOverride, override_words
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.incidents import Incident, add_awareness, awareness_of, open_incident
from records.notices import NoticeKind, raise_notice
from records.owed_work import OwedWork
from records.people import Actor, Role, find_actor, register_person
from records.product import Device
from records.security_screenings import Affected, SecurityScreening, screen_security_event
from records.settings import Workspace
from records.signatures import signatures_on
from records.store import Store, open_store
from records.supplied_software import VulnerabilityTriage
from regulatory.reportability import assess_incident
from tests.cli.test_incident import US
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate

SIGNED = {"password": PASSWORD, "now": TODAY}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    yield store
    store.close()


@pytest.fixture
def tx(template: Store) -> Iterator[Any]:
    with pytest.raises(ZeroDivisionError), template.transaction("x", "x", now=TODAY) as tx:
        yield tx
        raise ZeroDivisionError  # nothing of a test stays


def who(tx: Any, role: str) -> Actor:
    return find_actor(tx, f"demo.{role}")


def assessed(tx: Any) -> Incident:
    """An incident that is reportable in the US: day 0 on 6 March, 30 calendar days."""
    complaint = receive_complaint(
        tx, device=tx.get_one(Device, 1), words="It missed one", channel="letter",
        received_at=TODAY, by=who(tx, "quality"), now=TODAY, site=SITES[0],
    )
    made = open_incident(tx, complaint, words="", by=who(tx, "quality"), now=TODAY)
    add_awareness(tx, made, person="support", person_class="ANY_EMPLOYEE", known_at=TODAY,
                  zone="UTC", how="a call", by=who(tx, "quality"), now=TODAY)  # fmt: skip
    told = dict(one.split("=") for one in US)
    assess_incident(tx, made, "US", {name: value == "true" for name, value in told.items()},
                    grounds="as told", by=who(tx, "regulatory"), now=TODAY)  # fmt: skip
    return made


def row(tx: Any) -> OwedWork:
    return find_owed(tx, "RPB-0001", TODAY)


def test_another_day_is_signed_and_the_computed_one_stays_beside_it(tx: Any) -> None:
    assessed(tx)
    before = row(tx)
    assert (before.due, before.last_legal_day) == (date(2026, 4, 3), date(2026, 4, 5))
    assert "R-803-01: read: " in before.checked
    assert "by the author of the rule collection, 2026-" in before.checked
    made = override_owed(tx, "rpb-0001", date(2026, 3, 27), grounds="the authority closes early",
                         by=who(tx, "quality"), **SIGNED)  # fmt: skip
    assert signatures_on(tx, made)
    after = row(tx)
    assert (after.due, after.computed, after.override) == (
        date(2026, 3, 27), date(2026, 4, 3), made.label)  # fmt: skip
    assert after.last_legal_day == date(2026, 4, 5)
    (entry,) = [one for one in Calendar.from_ical(calendar_of(tx, owed_work(tx, TODAY))).walk(
        "VEVENT") if str(one["summary"]).startswith("RPB-0001")]  # fmt: skip
    assert entry["dtstart"].dt == date(2026, 3, 27)
    assert "set by OVR-0001; computed: 2026-04-03" in str(entry["description"])
    (said,) = override_words(tx, "RPB-0001", date(2026, 4, 3))
    assert said.startswith("OVR-0001: 2026-03-27 instead of the computed 2026-04-03 (21 CFR 803)")
    override_owed(tx, "RPB-0001", date(2026, 4, 3), grounds="taken back", by=who(tx, "quality"),
                  **SIGNED)  # fmt: skip
    assert (row(tx).due, row(tx).computed) == (date(2026, 4, 3), None)
    assert override_words(tx, "RPB-0001", date(2026, 4, 3))[1].startswith("superseded: OVR-0001")


def test_a_day_after_the_laws_needs_a_regulatory_person_who_knows_it(tx: Any) -> None:
    assessed(tx)
    late = date(2026, 4, 20)
    with pytest.raises(NotAllowed, match="set a day later than the law's"):
        override_owed(tx, "RPB-0001", late, grounds="the site is closed", by=who(tx, "quality"),
                      beyond_law=True, **SIGNED)  # fmt: skip
    with pytest.raises(Refused, match="is later than the law's day for RPB-0001: 2026-04-05"):
        override_owed(tx, "RPB-0001", late, grounds="the site is closed",
                      by=who(tx, "regulatory"), **SIGNED)  # fmt: skip
    with pytest.raises(NotAllowed):
        override_owed(tx, "RPB-0001", date(2026, 4, 4), grounds="x1 y2", by=who(tx, "engineer"),
                      **SIGNED)  # fmt: skip
    with pytest.raises(InvalidInput, match="2026-03-05 is past: RPB-0001 cannot"):
        override_owed(tx, "RPB-0001", date(2026, 3, 5), grounds="the authority closes early",
                      by=who(tx, "quality"), **SIGNED)  # fmt: skip
    with pytest.raises(InvalidInput, match="no grounds"):
        override_owed(tx, "RPB-0001", date(2026, 4, 4), grounds=" ", by=who(tx, "quality"),
                      **SIGNED)  # fmt: skip
    made = override_owed(tx, "RPB-0001", late, grounds="extension granted by letter 7",
                         by=who(tx, "regulatory"), beyond_law=True, **SIGNED)  # fmt: skip
    assert (made.beyond_law, row(tx).due, row(tx).last_legal_day) == (
        True, late, date(2026, 4, 5))  # fmt: skip
    with pytest.raises(NotFound, match="Nothing is owed under 'CAPA-0077'"):
        find_owed(tx, "CAPA-0077", TODAY)
    undated = next(one for one in owed_work(tx, TODAY) if one.due is None)
    with pytest.raises(Refused, match="has no computed day"):
        override_owed(tx, undated.key, late, grounds="it must end", by=who(tx, "quality"),
                      **SIGNED)  # fmt: skip


def test_an_override_lapses_where_later_facts_give_another_day(tx: Any) -> None:
    made = assessed(tx)
    override_owed(tx, "RPB-0001", date(2026, 3, 27), grounds="the authority closes early",
                  by=who(tx, "regulatory"), **SIGNED)  # fmt: skip
    add_awareness(tx, made, person="sales", person_class="ANY_EMPLOYEE",
                  known_at=TODAY - timedelta(days=4), zone="UTC", how="a visit",
                  by=who(tx, "quality"), now=TODAY)  # fmt: skip
    assess_incident(tx, made, "US", {}, grounds="somebody knew before",
                    by=who(tx, "regulatory"), now=TODAY)  # fmt: skip
    earlier = row(tx)
    assert (earlier.due, earlier.override) == (date(2026, 4, 1), "")
    assert override_words(tx, "RPB-0001", earlier.due)[0].startswith(
        "lapsed, another day is computed: OVR-0001"
    )
    assert len(tx.exec(select(DayOverride)).all()) == 1


def events(tx: Any) -> list[str]:
    return [one.label for one in owed_work(tx, TODAY) if one.kind == "security event"]


@pytest.mark.requirement("REG-105")
def test_damage_waits_until_a_person_decides_what_it_was(tx: Any) -> None:
    damage = raise_notice(tx, NoticeKind.DAMAGE_FOUND, "AuditTrail:all", "event 7 was altered",
                          now=TODAY - timedelta(days=1))  # fmt: skip
    raise_notice(tx, NoticeKind.ACCOUNT_LOCKED, "Actor:1", "five failed passwords", now=TODAY)
    assert damage
    assert events(tx) == [damage.label]
    decide = {"affected": None, "grounds": "a test of the disk", **SIGNED}
    with pytest.raises(NotAllowed):
        screen_security_event(tx, damage, by=who(tx, "engineer"), **decide)
    with pytest.raises(InvalidInput, match="no grounds"):
        screen_security_event(tx, damage, by=who(tx, "quality"), **decide | {"grounds": ""})
    locked = next(one for one in tx.exec(select(type(damage))) if one.kind == "account locked")
    with pytest.raises(Refused, match="is no security event"):
        screen_security_event(tx, locked, by=who(tx, "quality"), **decide)
    assert screen_security_event(tx, damage, by=who(tx, "quality"), **decide) is None
    assert events(tx) == []
    kept = tx.exec(select(SecurityScreening)).one()
    assert (kept.about, kept.incident_id, kept.decided_by) == (damage.label, None, "demo.quality")
    assert signatures_on(tx, kept)
    with pytest.raises(Refused, match="was screened before"):
        screen_security_event(tx, damage, by=who(tx, "regulatory"), **decide)


@pytest.mark.requirement("REG-105")
def test_a_breach_is_screened_beside_who_must_be_told_and_may_open_an_incident(tx: Any) -> None:
    breach = record_breach(
        tx, {"aware_at": TODAY, "what": "results of two sites were swapped",
             "categories": "results", "people": None, "risk": "risk", "regimes": ["EU"]},
        by=who(tx, "quality"), now=TODAY,
    )  # fmt: skip
    (duty,) = [one for one in owed_work(tx, TODAY) if one.kind == "breach"]
    assert (duty.due, duty.legal, duty.citation) == (
        (TODAY + timedelta(hours=72)).date(), True, "GDPR Art. 33(1)")  # fmt: skip
    with pytest.raises(Refused):
        close_breach(tx, breach, conclusion="x y z", by=who(tx, "quality"), now=TODAY)
    assert events(tx) == [breach.label]
    made = screen_security_event(
        tx, breach, affected=Affected(tx.get_one(Device, 1), SITES[0]), by=who(tx, "regulatory"),
        grounds="a wrong result may have been read", **SIGNED,
    )
    assert made
    assert made.words == f"Security event {breach.label}: results of two sites were swapped"
    assert [one.known_at for one in awareness_of(tx, made)] == [TODAY]
    kinds = {one.kind for one in owed_work(tx, TODAY)}
    assert "incident" in kinds
    assert "security event" not in kinds
    assert tx.exec(select(SecurityScreening)).one().incident_id == made.id


@pytest.mark.requirement("REG-105")
def test_an_affected_component_is_screened_though_a_patch_is_planned(tx: Any) -> None:
    one = VulnerabilityTriage(component="z", version="1.2", advisory="CVE-1", affected_range="<2",
                              severity="", summary="x", source_digest="0" * 64, opened_by="x",
                              opened_at=TODAY, due_on=TODAY.date())  # fmt: skip
    tx.add(one)
    tx.flush()
    decide = {"affected": None, "grounds": "not reached by our code", **SIGNED}
    with pytest.raises(Refused, match="nothing is affected, as far as is said"):
        screen_security_event(tx, one, by=who(tx, "quality"), **decide)
    for status in ("affected", "patch planned"):
        one.status = status
        tx.flush()
        assert events(tx) == [one.label]
    screen_security_event(tx, one, by=who(tx, "quality"), **decide)
    assert events(tx) == []


def test_a_responsible_person_screens_too(tx: Any) -> None:
    from tests.people import qualify_everybody

    register_person(tx, "rosa", full_name="Rosa", roles=[Role.RESPONSIBLE_PERSON],
                    password=PASSWORD, now=TODAY)  # fmt: skip
    qualify_everybody(tx, TODAY)
    notice = raise_notice(tx, NoticeKind.CLOCK_SET_BACK, "AuditEvent:7", "set back", now=TODAY)
    assert notice
    screen_security_event(tx, notice, affected=None, grounds="the winter time",
                          by=find_actor(tx, "rosa"), **SIGNED)  # fmt: skip
    assert events(tx) == []
