"""FDA: what is reported, from whose knowledge the clocks run, and corrections (21 CFR 803, 806)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import InvalidInput, Refused
from regulatory.rules.facts import FactsMissing
from tests.regulatory.rules.asking import CORRECTION, HARMLESS, US_EVENT, ask, shows, without

MAY = "device_may_have_caused_or_contributed"
FAILS = "fails_performance_spec_or_labeling_claim"
AGAIN = "recurrence_likely_to_cause_death_or_serious_injury"


@pytest.mark.parametrize(
    ("facts", "classification"),
    [
        ({}, "NOT_REPORTABLE"),
        ({"death": True, MAY: True}, "DEATH"),
        ({"death": True, "serious_injury": True, MAY: True}, "DEATH"),
        ({"death": True}, "NOT_REPORTABLE"),
        ({"serious_injury": True, MAY: True}, "SERIOUS_INJURY"),
        ({"serious_injury": True, MAY: True, FAILS: True, AGAIN: True}, "SERIOUS_INJURY"),
        ({FAILS: True, AGAIN: True}, "MALFUNCTION"),
        ({"death": True, FAILS: True, AGAIN: True}, "MALFUNCTION"),
        ({FAILS: True}, "NOT_REPORTABLE"),
        ({AGAIN: True}, "NOT_REPORTABLE"),
        ({MAY: True}, "NOT_REPORTABLE"),
        ({"death": None}, "NOT_REPORTABLE"),  # whatever it is, the device had no part
        ({"death": None, MAY: True}, "OPEN"),
        ({"death": True, MAY: None}, "OPEN"),
        ({"death": None, "serious_injury": True, MAY: True}, "SERIOUS_INJURY"),
        ({"serious_injury": None, MAY: True}, "OPEN"),
        ({FAILS: True, AGAIN: None}, "OPEN"),
        ({FAILS: None, AGAIN: True}, "OPEN"),
        ({FAILS: None}, "NOT_REPORTABLE"),
        ({FAILS: False, AGAIN: None}, "NOT_REPORTABLE"),  # matters only with a malfunction
        ({MAY: None}, "NOT_REPORTABLE"),  # matters only with a harm
        ({"death": None, MAY: True, FAILS: True, AGAIN: True}, "MALFUNCTION"),
    ],
)
def test_an_event_is_classified_and_unknown_is_not_no(
    facts: dict[str, Any], classification: str
) -> None:
    reportable = {"OPEN": None, "NOT_REPORTABLE": False}.get(classification, True)
    clock = None if reportable is False else "803.50_30CD"
    found = ask("803-02", HARMLESS, **facts)
    shows(found, classification=classification, reportable=reportable, clock=clock)
    assert (found["record_required"] is not None) == (reportable is False)
    assert bool(found.get("open_facts")) == (classification == "OPEN")


def test_a_fact_that_matters_is_missing_and_one_that_does_not_is_not_asked_for() -> None:
    for name in ("death", "serious_injury", FAILS):
        with pytest.raises(FactsMissing, match=name):
            ask("803-02", without(HARMLESS, name))
    shows(ask("803-02", without(HARMLESS, MAY, AGAIN)), classification="NOT_REPORTABLE")
    with pytest.raises(FactsMissing, match=MAY):
        ask("803-02", without(HARMLESS, MAY), serious_injury=True)
    with pytest.raises(FactsMissing, match=AGAIN):
        ask("803-02", without(HARMLESS, AGAIN), **{FAILS: True})


def test_an_outcome_tells_the_harm_and_must_not_contradict_it() -> None:
    facts = without(HARMLESS, "death", "serious_injury") | {MAY: True}
    shows(ask("803-02", facts, harm_outcome="NONE"), classification="NOT_REPORTABLE")
    shows(ask("803-02", facts, harm_outcome="PERMANENT_IMPAIRMENT"),
          classification="SERIOUS_INJURY")  # fmt: skip
    shows(ask("803-02", facts, harm_outcome="DEATH"), classification="DEATH")
    shows(ask("803-02", facts, harm_outcome="UNKNOWN"), classification="OPEN")
    with pytest.raises(Refused, match="contradict"):
        ask("803-02", HARMLESS, harm_outcome="LIFE_THREATENING")


SIGNED: dict[str, Any] = {
    "qualified": "PHYSICIAN", "signed": True, "rationale": "the finding was outside the image",
    "information_kept": True,
}  # fmt: skip
HARMED = HARMLESS | {"serious_injury": True, MAY: True}


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True), ({"qualified": True}, True), ({"qualified": "Biomedical engineer"}, True),
        ({"qualified": "LANGUAGE_MODEL"}, False), ({"qualified": "ALGORITHM"}, False),
        ({"qualified": False}, False), ({"signed": False}, False), ({"signed": None}, False),
        ({"rationale": " "}, False), ({"information_kept": False}, False),
        ({"signed_by": "R. Adler", "signed_on": "2026-11-20"}, True), ({"signed_by": None}, False),
        ({"role": "AI_MODEL"}, False), ({"role": "LLM"}, False), ({"role": "MD"}, True),
        ({"qualified": True, "role": "ALGORITHM"}, False),
        ({"qualified": True, "profession": "Software"}, False),
        ({"qualified": False, "role": "PHYSICIAN"}, False),
        ({"information_source": "PACS", "rationale_given": True}, True),
    ],
)  # fmt: skip
def test_a_qualified_person_excludes_only_by_all_four(changes: dict[str, Any], holds: bool) -> None:
    for rules in ("803-06", "803-02", "803-02 803-06"):
        found = ask(rules, HARMED, qualified_person_exclusion=SIGNED | changes)
        wanted = "NOT_REPORTABLE" if holds else "SERIOUS_INJURY"
        shows(found, classification=wanted, reportable=not holds)
        assert (found["record_required"] is None) == (not holds)
    few = {"serious_injury": True, MAY: True, "qualified_person_exclusion": SIGNED | changes}
    assert ask("803-06", few)["reportable"] is not holds


def test_an_exclusion_that_does_not_tell_one_of_the_four_is_missing_a_fact() -> None:
    for name in SIGNED:
        with pytest.raises(FactsMissing, match="qualified_person_exclusion"):
            ask("803-06", HARMED, qualified_person_exclusion=without(SIGNED, name))
    with pytest.raises(InvalidInput, match="profession"):
        ask("803-06", HARMED, qualified_person_exclusion=SIGNED | {"qualified": "ASTROLOGER"})


def fact(day: str, person: str) -> dict[str, str]:
    return {"at": f"{day}T10:00:00-05:00", "tz": "America/New_York", "person_class": person}


SALES, MANAGER = fact("2026-01-12", "ANY_EMPLOYEE"), fact("2026-01-15", "RA_OR_MANAGEMENT")
FACTS = without(US_EVENT, "awareness_local_date", "awareness_person_class")
ALL = "803-01 803-03 803-04"


def test_each_clock_runs_from_its_own_person() -> None:
    both = ask(ALL, FACTS, awareness_facts=[MANAGER, SALES], remedial_action_needed=True)
    thirty, five = both["clocks"]
    shows(thirty, clock="803.50_30CD", day0="2026-01-12", due_legal="2026-02-11")
    shows(five, trigger="803.53(a)", day0="2026-01-15", due_legal="2026-01-23")  # MLK Day skipped
    shows(both, governing="803.53_5WD", governing_due="2026-01-23", clock="803.53_5WD")
    assert "due_target" not in both  # it is of the thirty days, and one clock stands at the top
    asked = ask(ALL, FACTS, awareness_facts=[MANAGER, SALES], fda_5day_request=True)
    shows(asked, trigger="803.53(b)", day0="2026-01-12", due_legal="2026-01-20")
    every = ask(ALL, FACTS, awareness_facts=[MANAGER, SALES], fda_5day_request=True,
                remedial_action_needed=True)  # fmt: skip
    assert [one.get("trigger") for one in every["clocks"]] == [None, "803.53(a)", "803.53(b)"]
    shows(every, governing_due="2026-01-20", trigger="803.53(b)")


def test_remedial_action_waits_for_management_and_the_thirty_days_run_meanwhile() -> None:
    waits = ask("803-04 TIME-02", US_EVENT, remedial_action_needed=True)
    shows(waits, clock="803.50_30CD", due_legal="2026-12-23",
          five_days_start="when somebody of RA_OR_MANAGEMENT becomes aware")  # fmt: skip
    assert "trigger" not in waits
    known = ask("803-04 TIME-02", US_EVENT, remedial_action_needed=True,
                awareness_person_class="RA_OR_MANAGEMENT")  # fmt: skip
    shows(known, trigger="803.53(a)", day0="2026-11-23", due_legal="2026-12-01")
    with pytest.raises(FactsMissing, match="awareness_person_class"):
        ask("803-04", without(US_EVENT, "awareness_person_class"), remedial_action_needed=True)


def test_management_that_learns_very_late_does_not_end_the_thirty_days() -> None:
    late = [SALES, fact("2026-02-09", "RA_OR_MANAGEMENT")]
    both = ask(ALL, FACTS, awareness_facts=late, remedial_action_needed=True)
    shows(both, governing="803.50_30CD", governing_due="2026-02-11", clock="803.53_5WD")


def test_unknown_triggers_are_told_and_someone_outside_is_a_candidate() -> None:
    unknown = ask("803-04", US_EVENT, remedial_action_needed=None)
    shows(unknown, open_facts=["remedial_action_needed"], clock="803.50_30CD")
    outside = ask(ALL, FACTS, awareness_facts=[fact("2026-01-05", "DISTRIBUTOR"), SALES])
    shows(outside, day0="2026-01-12",
          awareness_candidates=["DISTRIBUTOR at 2026-01-05T10:00:00-05:00"])  # fmt: skip
    nobody = ask("803-03", FACTS, awareness_facts=[fact("2026-01-05", "DISTRIBUTOR")])
    shows(nobody, clock=None, due_legal=None)


def test_no_clock_runs_for_what_is_not_reportable_and_one_does_while_it_is_open() -> None:
    for rule in ("803-01", "803-03", "803-04"):
        shows(ask(rule, US_EVENT, classification="NOT_REPORTABLE"), clock=None, due_legal=None)
        shows(ask(rule, US_EVENT, classification="OPEN"), due_legal="2026-12-23")
        shows(ask(rule, US_EVENT, classification=None), due_legal="2026-12-23")
        with pytest.raises(FactsMissing, match="classification"):
            ask(rule, without(US_EVENT, "classification"))


def test_a_classification_is_a_fact_for_the_clocks_of_the_same_call() -> None:
    facts = without(US_EVENT, "classification") | HARMED
    shows(ask("803-02 803-03", facts), classification="SERIOUS_INJURY", due_legal="2026-12-23")
    calm = ask("803-03 803-02", facts, serious_injury=False)
    shows(calm, classification="NOT_REPORTABLE", clock=None, due_legal=None)
    with pytest.raises(Refused, match=r"classification.*MALFUNCTION"):
        ask("803-02 803-03", facts, classification="MALFUNCTION")


@settings(max_examples=50, deadline=None)
@given(
    remedial=st.booleans(), asked=st.booleans(), day=st.dates(date(2025, 1, 1), date(2031, 1, 1)),
    person=st.sampled_from(("ANY_EMPLOYEE", "RA_OR_MANAGEMENT")),
)  # fmt: skip
def test_dates_never_move_later_when_facts_get_worse(
    remedial: bool, asked: bool, day: Any, person: str
) -> None:
    facts = US_EVENT | {"awareness_local_date": day.isoformat(), "awareness_person_class": person,
                        "remedial_action_needed": remedial, "fda_5day_request": asked}  # fmt: skip
    now = first_due(ask(ALL, facts))
    for name, worse in (
        ("remedial_action_needed", True), ("fda_5day_request", True),
        ("awareness_person_class", "RA_OR_MANAGEMENT"), ("classification", "DEATH"),
    ):  # fmt: skip
        assert first_due(ask(ALL, facts, **{name: worse})) <= now


def first_due(answer: dict[str, Any]) -> str:
    return str(min(one["due_legal"] for one in answer["clocks"]))


def test_supplements_run_from_receipt_and_keep_the_number() -> None:
    given = {"event": "NEW_INFORMATION_RECEIVED", "initial_report_submitted": True,
             "received_local_date": "2028-01-31"}  # fmt: skip
    shows(ask("803-05", given), clock="803.56_30CD", due_legal="2028-03-01", day0="2028-01-31",
          action="SUPPLEMENTAL", same_report_number=True)  # fmt: skip
    early = ask("803-05", given, initial_report_submitted=False)
    shows(early, action="INCLUDE_IN_INITIAL_REPORT", clock=None, due_legal=None)
    for name in ("initial_report_submitted", "received_local_date"):
        with pytest.raises(FactsMissing, match=name):
            ask("803-05", without(given, name))
        with pytest.raises(FactsMissing, match=name):
            ask("803-05", given, **{name: None})
    with pytest.raises(InvalidInput, match="R-806-03"):
        ask("803-05", given, event="EXTENSION")


@pytest.mark.parametrize(
    ("before", "after", "narrative", "again"),
    [
        ("MALFUNCTION", "SERIOUS_INJURY", False, ["R-803-04"]),
        ("SERIOUS_INJURY", "DEATH", False, ["R-803-04"]),
        ("DEATH", "SERIOUS_INJURY", True, []),
        ("MALFUNCTION", "MALFUNCTION", False, []),
    ],
)
def test_another_type_of_event_is_a_supplement(
    before: str, after: str, narrative: bool, again: list[str]
) -> None:
    given = {"jurisdiction": "US",
             "initial": {"event_type": before, "submitted": "2026-03-01"},
             "new_fact": {"outcome": after, "received_local_date": "2026-04-07"}}  # fmt: skip
    for rules in ("803-08", "803-05 803-08"):
        shows(ask(rules, given), action="SUPPLEMENTAL", event_type_after=after,
              clock="803.56_30CD", due_legal="2026-05-07", same_report_number=True,
              narrative_required=narrative, check_again=again)  # fmt: skip
    with pytest.raises(FactsMissing, match="day of receipt"):
        ask("803-08", given, new_fact={"outcome": after})
    with pytest.raises(FactsMissing, match="type of event"):
        ask("803-08", given, initial={"submitted": "2026-03-01"})


@pytest.mark.parametrize(
    "said",
    [
        {"outcome": "death"}, {"kind": "PATIENT_DEATH"}, {"outcome": "The patient died"},
        {"patient_died": True}, {"death": "2026-04-01"}, {"death": True, "injury": "no"},
        {"from": "MALFUNCTION", "to": "DEATH"},
    ],
)
def test_a_new_fact_tells_the_type_of_event_in_its_own_words(said: dict[str, Any]) -> None:
    given = {"initial": {"event_type": "Serious injury"}, "new_fact": said | {
        "received_local_date": "2026-04-07"}}  # fmt: skip
    shows(ask("803-05 803-08", given), event_type_after="DEATH", due_legal="2026-05-07",
          event_type_before="SERIOUS_INJURY")  # fmt: skip


@pytest.mark.parametrize("said", [{"outcome": "no death"}, {"death": False}, {"death": "no"}])
def test_a_death_that_is_denied_is_none(said: dict[str, Any]) -> None:
    given = {"initial": {"event_type": "MALFUNCTION"},
             "new_fact": said | {"received_local_date": "2026-04-07"}}  # fmt: skip
    with pytest.raises(FactsMissing, match="type of event"):
        ask("803-08", given)


def test_the_report_number_is_of_the_year_of_submission() -> None:
    given = {"registration_number": "1234567", "event_date": "2025-12-20",
             "submission_date": "2026-01-15", "sequence_in_year": 2}  # fmt: skip
    assert ask("803-07", given)["report_number"] == "1234567-2026-00002"
    for wrong in ({"registration_number": "123456"}, {"registration_number": "12345678"},
                  {"sequence_in_year": 0}, {"sequence_in_year": 100_000},
                  {"submission_date": "2026-02-30"}):  # fmt: skip
        with pytest.raises(InvalidInput):
            ask("803-07", given, **wrong)
    with pytest.raises(Refused, match="event_date is 2026-01-16, after submission_date"):
        ask("803-07", given, event_date="2026-01-16")
    assert ask("803-07", without(given, "event_date"))["report_number"] == "1234567-2026-00002"


@pytest.mark.parametrize(
    ("day", "due"),
    [("2026-05-14", "2026-07-31"), ("2026-11-30", "2027-01-31"), ("2026-03-31", "2026-04-30"),
     ("2026-09-30", "2026-10-31"), ("2026-12-31", "2027-01-31"), ("2027-01-01", "2027-04-30")],
)  # fmt: skip
def test_summary_reports_have_fixed_dates(day: str, due: str) -> None:
    given = {"classification": "MALFUNCTION", "vmsr_eligible": True, "vmsr_excluded": False,
             "awareness_local_date": day}  # fmt: skip
    shows(ask("803-09", given), summary_reporting=True, due_legal=due)
    for change in ({"vmsr_eligible": None}, {"vmsr_excluded": True}, {"classification": "DEATH"}):
        assert ask("803-09", given, **change)["summary_reporting"] is False


def test_ordered_surveillance_is_planned_within_thirty_days_of_receipt() -> None:
    shows(ask("822-01", {"received_local_date": "2026-11-23"}), due_legal="2026-12-23")
    shows(ask("822-01", {"received_local_date": "2026-12-02"}), due_legal="2027-01-01",
          due_target="2026-12-31")  # fmt: skip


RISK, VIOLATION = "risk_to_health", "violation_with_health_risk"
NO_RISK = {RISK: False, VIOLATION: False}


@pytest.mark.parametrize(
    ("facts", "reportable", "basis"),
    [
        ({}, True, "806.10(a)(1)"),
        ({"action": "REMOVAL"}, True, "806.10(a)(1)"),
        ({"reported_under_803": True}, False, "806.10(f)"),
        ({"device_left_control": False}, False, None),  # stock recovery
        ({"device_left_control": None}, None, None),
        ({"purpose": "REMEDY_VIOLATION", VIOLATION: True}, True, "806.10(a)(2)"),
        ({"purpose": "REMEDY_VIOLATION", VIOLATION: False}, False, None),
        ({"purpose": "REMEDY_VIOLATION", VIOLATION: None}, None, None),
        ({"purpose": "REMEDY_VIOLATION", VIOLATION: False, RISK: None}, None, None),
        ({"purpose": "REMEDY_VIOLATION", VIOLATION: False, RISK: False}, False, None),
        ({"purpose": "REMEDY_VIOLATION", VIOLATION: False, RISK: True}, True, "806.10(a)(2)"),
        ({"purpose": "REMEDY_VIOLATION", VIOLATION: True, RISK: None}, True, "806.10(a)(2)"),
        ({"purpose": "ENHANCEMENT", **NO_RISK}, False, None),
        ({"purpose": "ROUTINE_SERVICING", **NO_RISK}, False, None),
        ({"purpose": "MARKET_WITHDRAWAL", **NO_RISK}, False, None),
        ({"purpose": "STOCK_RECOVERY", **NO_RISK}, False, None),
        ({"purpose": "ENHANCEMENT", RISK: True, VIOLATION: False}, True, "806.10(a)(1)"),
        ({"purpose": "ENHANCEMENT", RISK: False, VIOLATION: True}, True, "806.10(a)(2)"),
        ({"purpose": "ENHANCEMENT", RISK: None, VIOLATION: False}, None, None),
    ],
)
def test_a_correction_is_reported_by_its_purpose_and_risk(
    facts: dict[str, Any], reportable: bool | None, basis: str | None
) -> None:
    for rule in ("806-01", "806-04", "806-05"):
        found = ask(rule, CORRECTION, **facts)
        shows(found, reportable=reportable, basis=basis)
        assert (found["record_required"] == "806.20") == (reportable is False)
        assert bool(found.get("cross_reference_required")) == (basis == "806.10(f)")
    clock = ask("806-01 806-02", CORRECTION, **facts)
    due = None if reportable is False else "2026-12-01"
    shows(clock, due_legal=due, clock=None if due is None else "806.10_10WD")


def test_the_ten_days_run_from_initiating_and_again_from_an_extension() -> None:
    shows(ask("806-02", {"initiated_local_date": "2026-12-17"}), due_legal="2027-01-04")
    given = {"event": "EXTENSION", "original_report_submitted": True,
             "initiated_local_date": "2026-12-17"}  # fmt: skip
    shows(ask("806-03 TIME-02", given), action="AMEND_806_REPORT", clock="806.10_10WD",
          due_legal="2027-01-04", due_strict="2027-01-04")  # fmt: skip
    first = ask("806-03", given, original_report_submitted=False)
    assert first["action"] == "INCLUDE_IN_806_REPORT"
    for name in given:
        with pytest.raises(FactsMissing, match=name):
            ask("806-03", without(given, name))


CYBER = {"residual_risk": "UNCONTROLLED", "known_serious_events": False,
         "learned_local_date": "2026-11-02", "customers_told_local_date": "2026-12-02",
         "fix_distributed_local_date": "2027-01-01", "information_sharing_member": True,
         "discretion_signed": True}  # fmt: skip


def test_a_security_fix_is_reported_unless_all_of_the_discretion_holds() -> None:
    shows(ask("806-05", CYBER), route="ENFORCEMENT_DISCRETION", reportable=False,
          notify_by="2026-12-02", fix_by="2027-01-01")  # fmt: skip
    for name, wrong in (
        ("known_serious_events", True), ("known_serious_events", None),
        ("customers_told_local_date", "2026-12-03"), ("fix_distributed_local_date", "2027-01-02"),
        ("fix_distributed_local_date", None), ("information_sharing_member", False),
        ("discretion_signed", None),
    ):  # fmt: skip
        found = ask("806-05", CYBER, **{name: wrong})
        shows(found, route="REPORT", reportable=True, discretion_lacks=[name])
        assert ask("806-05", without(CYBER, name))["reportable"] is True
    assert ask("806-05", CYBER, residual_risk="UNKNOWN")["reportable"] is True
    with pytest.raises(Refused, match="customers_told_local_date is 2026-11-01, before learned"):
        ask("806-05", CYBER, customers_told_local_date="2026-11-01")
    assert ask("806-05", CYBER, customers_told_local_date="2026-11-02")["reportable"] is False
    shows(ask("806-05", {"residual_risk": "CONTROLLED"}), route="ENHANCEMENT", reportable=False,
          record_required="806.20")  # fmt: skip


def test_a_routine_patch_with_no_risk_told_is_no_report_of_a_security_fix() -> None:
    for purpose in ("ENHANCEMENT", "ROUTINE_SERVICING"):
        shows(ask("806-05", CORRECTION, purpose=purpose), reportable=False, basis=None,
              route=purpose, record_required="806.20")  # fmt: skip
        with pytest.raises(FactsMissing, match="risk_to_health"):
            ask("806-01", CORRECTION, purpose=purpose)
        with pytest.raises(FactsMissing, match="risk_to_health"):
            ask("806-01 806-05", CORRECTION, purpose=purpose)
    for purpose in ("MARKET_WITHDRAWAL", "STOCK_RECOVERY"):
        with pytest.raises(FactsMissing, match="risk_to_health"):
            ask("806-05", CORRECTION, purpose=purpose)
