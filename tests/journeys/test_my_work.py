"""My work: one list of what is owed, the law's days first, by person, as a calendar."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from journeys.my_work import my_work, owed_work
from journeys.work_calendar import calendar_of
from records.absences import record_absence
from records.capas import advance_capa, assign_capa, open_capa
from records.correction_assessments import QUESTIONS, CorrectionAssessment, assess_correction
from records.owed_work import OwedWork
from records.people import Meaning, Role, find_actor, register_person
from records.product import Device
from records.qualifications import qualify
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import Alert
from records.suspensions import Suspension
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate

DAY = TODAY.date()
INITIATED = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
"""Ten working days from here end on 1 December: two weekends and Thanksgiving (CASE-017)."""


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


def suspended(tx: Any) -> CorrectionAssessment:
    tx.add(Suspension(device_id=1, model_version_id=1, site=SITES[0], grounds="it fell",
                      proposed_by="x", proposed_at=INITIATED, status="proposed"))  # fmt: skip
    tx.flush()
    made = CorrectionAssessment(device_id=1, suspension_id=1, site=SITES[0], words="it fell",
                                aware_at=INITIATED, initiated_at=INITIATED, opened_at=INITIATED)
    tx.add(made)
    tx.flush()
    return made


def of_kind(tx: Any, kind: str, now: datetime = TODAY) -> list[OwedWork]:
    return [one for one in owed_work(tx, now) if one.kind == kind]


def test_the_day_of_a_correction_is_the_rules_and_stands_before_own_days(tx: Any) -> None:
    made = suspended(tx)
    (one,) = of_kind(tx, "correction")
    assert (one.due, one.legal, one.label) == (date(2026, 12, 1), True, made.label)
    assert "806.10(b)" in one.citation
    work = owed_work(tx, TODAY)
    assert [(one.kind, one.legal) for one in work[:2]] == [
        ("suspension", True), ("correction", True)]  # fmt: skip
    days = [one.due for one in work if one.due and not one.legal]
    assert days == sorted(days)
    dated = [one.due is not None for one in work]
    assert dated == sorted(dated, reverse=True)
    answers = dict.fromkeys(QUESTIONS, (False, "no risk to health"))
    assess_correction(tx, made, answers, by=find_actor(tx, "demo.regulatory"), now=TODAY)
    assert of_kind(tx, "correction") == []


def test_a_device_that_is_defined_and_not_in_force_yet_breaks_no_list(tx: Any) -> None:
    tx.add(Device(name="hip-fracture", revision=1, trade_name="T", definition={},
                  definition_digest="0" * 64, defined_at=TODAY))  # fmt: skip
    tx.flush()
    assert owed_work(tx, TODAY + timedelta(days=400))


def test_an_alert_has_the_day_of_its_plan_and_an_undated_thing_has_none(tx: Any) -> None:
    (one,) = of_kind(tx, "alert")
    raised = tx.get_one(Alert, 1).raised_at.date()
    assert (one.due, one.legal) == (raised + timedelta(days=5), False)  # of its class in the plan
    assert one.citation == "monitoring plan, alerts"
    (change,) = of_kind(tx, "change request")
    assert (change.due, change.citation) == (None, "")


def test_a_capa_owes_its_next_step_and_then_its_check_by_the_day_of_the_criterion(tx: Any) -> None:
    from records.capa_criteria import read_criterion

    engineer = find_actor(tx, "demo.engineer")
    capa = open_capa(tx, device_id=1, source=tx.get_one(Alert, 1), problem="it fell", by="x",
                     now=TODAY)  # fmt: skip
    (one,) = of_kind(tx, "capa")
    assert (one.due, one.step, one.what) == (None, "investigated", "Find the cause")
    due = DAY + timedelta(days=9)
    assign_capa(tx, capa, by=engineer, owner="demo.engineer", due={"investigated": due},
                now=TODAY)  # fmt: skip
    (one,) = of_kind(tx, "capa")
    assert (one.due, one.owner) == (due, "demo.engineer")
    criterion = read_criterion({"on": "measure", "name": "auc", "direction": "at least",
                                "bound": 0.9, "minimum_n": 9, "by": "2026-09-30"})  # fmt: skip
    advance_capa(tx, capa, "investigated", {"containment": "read", "root_cause": "gain"},
                 by=engineer, now=TODAY)  # fmt: skip
    advance_capa(tx, capa, "planned", {"correction": "set back", "corrective_action": "checked"},
                 by=engineer, now=TODAY, criterion=criterion)  # fmt: skip
    advance_capa(tx, capa, "implemented", {"implementation": "done"}, by=engineer, now=TODAY)
    (one,) = of_kind(tx, "capa")
    assert (one.step, one.due) == ("closed", date(2026, 9, 30))
    assert "engineer" not in one.roles


def test_what_was_given_to_somebody_waits_for_them_or_who_stands_in(tx: Any) -> None:
    engineer, quality = find_actor(tx, "demo.engineer"), find_actor(tx, "demo.quality")
    capa = open_capa(tx, device_id=1, source=tx.get_one(Alert, 1), problem="it fell", by="x",
                     now=TODAY)  # fmt: skip
    assign_capa(tx, capa, by=quality, owner="demo.engineer", now=TODAY)

    def has(name: str) -> bool:
        mine = my_work(tx, owed_work(tx, TODAY), find_actor(tx, name), on=DAY)
        return capa.label in [one.label for one in mine]

    assert (has("demo.engineer"), has("demo.quality")) == (True, False)
    record_absence(tx, engineer, substitute=quality, first_day=DAY, last_day=DAY, reason="away",
                   by=engineer, now=TODAY)  # fmt: skip
    assert has("demo.quality")
    assert not has("demo.regulatory")
    register_person(tx, "rita", full_name="Rita", roles=[Role.CLINICIAN], password=PASSWORD,
                    now=TODAY)  # fmt: skip
    mine = my_work(tx, owed_work(tx, TODAY), find_actor(tx, "rita"), on=DAY)
    assert all("clinician" in one.roles for one in mine)


def test_a_qualification_that_ends_is_owed_until_there_is_a_later_one(tx: Any) -> None:
    quality = find_actor(tx, "demo.quality")
    rita = register_person(tx, "rita", full_name="Rita", roles=[Role.ENGINEER], password=PASSWORD,
                           now=TODAY)  # fmt: skip
    ends = DAY + timedelta(days=100)

    def until(day: date) -> None:
        qualify(tx, rita, [Meaning.AUTHOR], until=day, evidence="course 7", recorded_by=quality,
                now=TODAY)  # fmt: skip

    until(ends)
    assert of_kind(tx, "training", TODAY + timedelta(days=39)) == []
    (one,) = of_kind(tx, "training", TODAY + timedelta(days=40))
    assert (one.due, one.what) == (ends, "Qualify rita anew to sign as author")
    until(ends + timedelta(days=90))
    assert of_kind(tx, "training", TODAY + timedelta(days=40)) == []


def test_the_calendar_has_stable_identities_days_alarms_and_no_words_of_records(tx: Any) -> None:
    suspended(tx)
    work = owed_work(tx, TODAY)
    first = calendar_of(tx, work)
    read = Calendar.from_ical(first)
    entries = read.walk("VEVENT")
    assert len(entries) == sum(one.due is not None for one in work)
    again = Calendar.from_ical(calendar_of(tx, work))
    assert {str(one["uid"]) for one in entries} == {str(one["uid"]) for one in again.walk("VEVENT")}
    assert len({str(one["uid"]) for one in entries}) == len(entries)
    (one,) = [one for one in entries if str(one["summary"]).startswith("COA-0001")]
    assert one["dtstart"].dt == date(2026, 12, 1)
    assert one["dtstart"].params["value"] == "DATE"
    assert one.walk("VALARM")[0]["trigger"].dt == timedelta(days=-1)
    assert b"it fell" not in first
