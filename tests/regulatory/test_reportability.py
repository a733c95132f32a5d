"""From a complaint to a report that was acknowledged: clocks, decisions, versions, counts."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.complaints import (
    Complaint,
    decide_complaint,
    link_complaints,
)
from records.earlier_receipts import earlier_receipts
from records.errors import InvalidInput, NotAllowed, Refused, TransitionRefused
from records.event_counts import incidents_in_period, seriousness_of
from records.event_work import owed_work
from records.incidents import (
    Incident,
    choose_governing,
    close_incident,
    correct_incident,
    open_incident,
)
from records.lookup import list_records
from records.product import Device
from records.regulatory_reports import (
    Submission,
    acknowledge_submission,
    answer_request,
    ask_site,
    prepare_report,
    submit_report,
)
from records.reportabilities import (
    AI_ACT,
    decide_reportability,
    instances_of,
    rows_of,
)
from records.services import start_service
from records.signatures import signatures_on
from regulatory.reportability import (
    described,
    follow_up,
    questions_for,
)
from regulatory.rules.facts import FactsMissing
from tests.dashboards.small_workspace import PASSWORD, SITES
from tests.regulatory.event_team import (
    EU,
    KNOWN,
    NOW,
    US,
    Team,
    assessed,
    aware,
    decided,
    incident_of,
    received,
    screened,
    team,
    template,
)

__all__ = ["team", "template"]


@pytest.mark.requirement("REG-079")
def test_a_member_state_is_never_a_place_without_rules(team: Team) -> None:
    one = incident_of(team)
    for state in ("DE", "fr"):
        with pytest.raises(InvalidInput, match=f"{state.upper()} has no rules of its own here"):
            assessed(team, one, state, EU)
    assert rows_of(team.tx, one) == []


@pytest.mark.requirement("REG-077", "REG-078", "REG-079", "REG-081", "REG-082")
def test_a_complaint_becomes_a_report_that_is_acknowledged_closed_and_counted(
    team: Team
) -> None:
    tx = team.tx
    one = incident_of(team)
    us, eu, jp = (assessed(team, one, *each) for each in (("US", US), ("EU", EU), ("JP", {})))
    assert (us.reportable, us.answer["classification"]) == (True, "MALFUNCTION")
    assert str(us.due_legal) == "2026-12-10"  # the civil date in Berlin is 2026-11-10
    assert {row["member_state"]: row["due_target"] for row in eu.clocks} == {
        "DE": "2026-11-25", "FR": "2026-11-25"
    }
    assert (jp.work_by, jp.due_legal, jp.clocks, jp.answer["state"]) == (
        None, None, [], "NO_RULES_LOADED"
    )
    assert "Primary text checked: " in "\n".join(described(us))
    assert "R-803-01, 21 CFR 803.3(b)(2) [T]: read: text; by " in described(us)[-1]
    rows = {row.jurisdiction: row for row in rows_of(tx, one)}
    assert [str(each.due) for each in owed_work(tx, NOW) if each.kind == "reportability"] == [
        "2026-11-25", "2026-12-10", "None"
    ]
    for place in ("US", "EU"):
        decided(team, rows[place], "reportable")
    made = decided(team, rows["JP"], "not applicable")
    assert [each.reason for each in signatures_on(tx, made)] == ["by the rules"]
    with pytest.raises(Refused, match="US has no report"):
        closed(team, one)
    for place in ("US", "EU"):
        report = prepare_report(tx, rows[place], kind="initial", changed="all that is known",
                                event_type="MALFUNCTION", by=team.regulatory, now=NOW,
                                no_form="filled in the portal of the authority")  # fmt: skip
        sent_and_acknowledged(team, report, place)
    news = follow_up(tx, rows["US"], changed="surgery was needed", event_type="SERIOUS_INJURY",
                     received=date(2026, 11, 20), by=team.regulatory, now=NOW,
                     no_form="filled in the portal of the authority")  # fmt: skip
    assert (news.version, news.kind, str(news.due)) == (2, "follow-up", "2026-12-18")
    assert news.rules["same_report_number"] is True
    assert news.rules["event_type_after"] == "SERIOUS_INJURY"
    with pytest.raises(Refused, match="US has a version without acknowledgement"):
        closed(team, one)
    sent_and_acknowledged(team, news, "US")
    tx.info["act"].moves.clear()
    assert closed(team, one).status == "closed"
    found = incidents_in_period(tx, list_records(tx, Device)[-1].name, NOW.date(), NOW.date())
    assert [(each.label, each.status) for each in found] == [(one.label, "closed")]
    assert seriousness_of(tx, found) == {one.id: "serious"}


def closed(team: Team, one: Incident) -> Incident:
    from records.guards import guard_moves
    from records.regulatory_reports import require_all_reported

    require_all_reported(team.tx, one)
    made = close_incident(team.tx, one, conclusion="corrected by a new version",
                          by=team.regulatory, password=PASSWORD, now=NOW)  # fmt: skip
    guard_moves(team.tx)
    return made


def sent_and_acknowledged(team: Team, report: Any, place: str) -> Submission:
    how = {"authority": place, "channel": "portal", "by": team.regulatory, "now": NOW}
    first = submit_report(team.tx, report, outcome="the portal was down", sent=False, **how)
    sent = submit_report(team.tx, report, outcome="taken", sent=True, **how)
    assert sent.id == first.id
    assert [each["outcome"] for each in sent.attempts] == ["the portal was down", "taken"]
    answer: dict[str, Any] = {"digest": "0" * 64, "reference_status": "assigned",
                              "by": team.regulatory, "now": NOW}  # fmt: skip
    with pytest.raises(InvalidInput, match="where it is assigned, and only there"):
        acknowledge_submission(team.tx, sent, reference="", **answer)
    return acknowledge_submission(team.tx, sent, reference="N-7", **answer)


@pytest.mark.requirement("REG-078")
def test_new_facts_make_a_new_instance_and_the_old_one_stays(team: Team) -> None:
    one = incident_of(team)
    first = assessed(team, one, "US", US)
    before = first.model_dump()
    decided(team, rows_of(team.tx, one)[0], "reportable")
    second = assessed(team, one, "US", {"remedial_action_needed": True})
    aware(team, one, NOW - timedelta(days=1), person_class="RA_OR_MANAGEMENT")
    third = assessed(team, one, "US", {})
    assert first.model_dump() == before
    assert [each.version for each in instances_of(team.tx, rows_of(team.tx, one)[0])] == [1, 2, 3]
    assert second.facts["death"] is False, "what was given before stays"
    assert third.work_by < first.work_by
    assert rows_of(team.tx, one)[0].status == "reportable", "it is still reportable"


@pytest.mark.requirement("REG-077")
def test_what_is_not_known_is_never_decided_as_no(team: Team) -> None:
    one = incident_of(team)
    with pytest.raises(FactsMissing, match="malfunction_or_inadequacy"):
        assessed(team, one, "EU", {})
    open_ = assessed(team, one, "US", US | {
        "recurrence_likely_to_cause_death_or_serious_injury": None
    })
    assert (open_.reportable, open_.work_by is not None) == (None, True)
    row = rows_of(team.tx, one)[-1]
    with pytest.raises(Refused, match="it is open, and unknown is not 'no'"):
        decided(team, row, "not reportable")
    assessed(team, one, "US", {"recurrence_likely_to_cause_death_or_serious_injury": True})
    with pytest.raises(Refused, match="the rules say that it is reportable"):
        decided(team, row, "not reportable")
    made = decided(team, row, "not reportable", against_rules=True)
    assert made.against_rules
    with pytest.raises(NotAllowed, match="decide whether an incident is reported"):
        decide_reportability(team.tx, row, "reportable", grounds="x", by=team.quality,
                             password=PASSWORD, now=NOW)  # fmt: skip


@pytest.mark.requirement("REG-083")
def test_which_awareness_fact_governs_is_signed_and_a_later_one_counts_again(team: Team) -> None:
    one = incident_of(team)
    later = aware(team, one, KNOWN + timedelta(days=3))
    assert str(assessed(team, one, "US", US).due_legal) == "2026-12-10"
    made = choose_governing(team.tx, one, later, grounds="the first call told of nothing",
                            by=team.regulatory, password=PASSWORD, now=NOW)  # fmt: skip
    assert (made.set_aside, len(signatures_on(team.tx, made))) == (["AWF-0001"], 1)
    assert str(assessed(team, one, "US", {}).due_legal) == "2026-12-12"
    aware(team, one, KNOWN - timedelta(days=1))
    assert str(assessed(team, one, "US", {}).due_legal) == "2026-12-08"
    with pytest.raises(InvalidInput, match=r"contradicts America/New_York, .* -04:00 then"):
        aware(team, one, datetime.fromisoformat("2026-07-20T23:30:00-05:00"), "America/New_York")
    with pytest.raises(InvalidInput, match="told by the record"):
        assessed(team, one, "US", {"awareness_local_date": "2026-11-19"})


@pytest.mark.requirement("REG-075", "REG-076")
def test_a_complaint_is_kept_as_it_came_and_only_people_link_it(team: Team) -> None:
    tx = team.tx
    with pytest.raises(InvalidInput, match="One day of the event is missing"):
        received(team, event=(date(2026, 11, 1), None))
    one = received(team, event=(date(2026, 11, 1), date(2026, 11, 3)))
    other = received(team, words=" The same,  told again ")
    assert (other.words, other.event_from) == (" The same,  told again ", None)
    service = start_service(tx, "service:intake", task="x", system_user="x", now=NOW)
    with pytest.raises(NotAllowed, match="linked by people only"):
        link_complaints(tx, other, one, "duplicate", grounds="same study", by=service, now=NOW)
    link_complaints(tx, other, one, "duplicate", grounds="same study", by=team.quality, now=NOW)
    assert {each.status for each in (one, other)} == {"open"}
    with pytest.raises(Refused, match="linked already"):
        link_complaints(tx, one, other, "follow-up", grounds="x", by=team.quality, now=NOW)


@pytest.mark.requirement("REG-075")
def test_a_complaint_is_closed_when_it_is_complete_and_by_another(team: Team) -> None:
    one = received(team)
    close = {"conclusion": "the threshold", "password": PASSWORD, "now": NOW}
    with pytest.raises(TransitionRefused, match="Allowed: no complaint, screened"):
        decide_complaint(team.tx, one, "closed", by=team.quality, **close)
    screened(team, one, elements={})
    with pytest.raises(Refused, match="correction"):
        decide_complaint(team.tx, one, "closed", by=team.quality, **close)
    screened(team, one)
    assert decide_complaint(team.tx, one, "closed", by=team.quality, **close).status == "closed"
    with pytest.raises(Refused, match="is 'closed'"):
        screened(team, one)
    none = received(team, by=team.regulatory)
    decide_complaint(team.tx, none, "no complaint", by=team.quality, **close)
    with pytest.raises(Refused, match="decided to be no complaint"):
        open_incident(team.tx, none, words="", by=team.quality, now=NOW)


@pytest.mark.requirement("REG-084")
def test_what_a_site_was_asked_and_did_not_answer_shows(team: Team) -> None:
    one = incident_of(team)
    asked = ask_site(team.tx, one, asked=f"radiology of {SITES[0]}", channel="telephone",
                     question="Was the patient treated?", by=team.quality, now=NOW)  # fmt: skip
    assert asked.label in [each.label for each in owed_work(team.tx, NOW)]
    answer_request(team.tx, asked, "no answer within a week", by=team.quality, now=NOW)
    with pytest.raises(TransitionRefused):
        answer_request(team.tx, asked, "again", by=team.quality, now=NOW)


def test_the_wizard_asks_what_the_rules_need_and_knows_what_was_told(team: Team) -> None:
    one = incident_of(team)
    assessed(team, one, "US", US)
    asked = {each.name: each for each in questions_for(team.tx, one, "US")}
    assert asked["death"].values == ("true", "false")
    assert asked["death"].known is False
    correct_incident(team.tx, one, by=team.quality, harm="DEATH")
    assert assessed(team, one, "US", {}).answer["classification"] == "DEATH"
    said = assessed(team, one, AI_ACT, {
        "device_regime": "MDR", "notified_body_required": True, "harm": "HEALTH",
        "fundamental_rights_infringement": False, "event_date": "2026-11-09", "member_state": "DE",
    })  # fmt: skip
    assert (said.reportable, said.answer["route"]) == (False, "MDR_ART_87")


WORSE = ("death", "serious_injury", "public_health_threat", "unanticipated_serious_deterioration",
         "remedial_action_needed", "fda_5day_request")  # fmt: skip


@pytest.mark.requirement("REG-078")
@settings(max_examples=6, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.sets(st.sampled_from(WORSE)), st.sampled_from(WORSE), st.integers(0, 240))
def test_no_clock_moves_later_when_facts_get_worse(
    team: Team, first: set[str], worse: str, hours: int
) -> None:
    one = incident_of(team)
    aware(team, one, KNOWN + timedelta(hours=hours), person_class="RA_OR_MANAGEMENT")
    for place, base in (("US", US), ("EU", EU)):
        told = base | {name: True for name in first if name in base}
        before = assessed(team, one, place, told)
        after = assessed(team, one, place, {worse: True} if worse in base else {})
        earlier = aware(team, one, KNOWN - timedelta(hours=hours))
        last = assessed(team, one, place, {})
        assert earlier.incident_id == one.id
        assert before.work_by >= after.work_by >= last.work_by, place
        assert before.due_legal >= after.due_legal >= last.due_legal, place


@pytest.mark.requirement("REG-068")
def test_what_the_rules_of_the_eu_said_is_what_trends_count_by(team: Team) -> None:
    told = {"serious": EU, "not serious": EU | {"could_have_led_to_serious_deterioration": False},
            "open": EU | {"causality": None},
            "no incident": EU | {"malfunction_or_inadequacy": False}}  # fmt: skip
    made = {said: incident_of(team) for said in told}
    for said, one in made.items():
        assessed(team, one, "EU", told[said])
    alone = incident_of(team)
    found = seriousness_of(team.tx, [*made.values(), alone])
    assert found == {one.id: said for said, one in made.items()}


@pytest.mark.requirement("REG-078")
def test_a_complaint_that_came_before_anybody_is_on_record_as_aware_is_owed(team: Team) -> None:
    tx, came = team.tx, NOW - timedelta(days=19)
    one = open_incident(tx, screened(team, received(team, received_at=came)), words="",
                        by=team.quality, now=NOW)  # fmt: skip

    def said() -> list[str]:
        return [each.words for each in owed_work(tx, NOW)
                if each.key == f"{one.label}:receipt"]  # fmt: skip

    assert said() == [], "no fact, no clock"
    late = aware(team, one, KNOWN, "Europe/Berlin")
    label = tx.get_one(Complaint, one.complaint_id).label
    assert said() == [
        f"{label} was received 2026-11-01 10:00, before the first awareness fact (2026-11-10): "
        "day 0 may be earlier; record the receipt as a fact, or sign which fact governs."
    ]
    choose_governing(tx, one, late, grounds="the letter told of nothing", by=team.regulatory,
                     password=PASSWORD, now=NOW)  # fmt: skip
    assert said() == []
    other = open_incident(tx, tx.get_one(Complaint, one.complaint_id), words="", by=team.quality,
                          now=NOW)  # fmt: skip
    aware(team, other, KNOWN)
    assert [each.incident.label for each in earlier_receipts(tx)] == [other.label]
    aware(team, other, came + timedelta(hours=3))
    assert earlier_receipts(tx, other) == [], "the same civil day"
