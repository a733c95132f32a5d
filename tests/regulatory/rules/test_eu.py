"""EU: serious incidents and their clocks, field actions, trends, AI Act, periodic reports."""

from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import InvalidInput, Refused
from regulatory.rules.facts import FactsMissing
from tests.regulatory.rules.asking import PLAN, SERIOUS, TREND, YES, ask, shows, without

DEATH, WORSENED, THREAT = "death", "unanticipated_serious_deterioration", "public_health_threat"
DAYS = {"MDR87_15D": "2026-12-08", "MDR87_10D": "2026-12-03", "MDR87_2D": "2026-11-25"}


@pytest.mark.parametrize(
    ("threat", "death", "worsened"), list(product((True, False, None), repeat=3))
)
def test_the_shortest_clock_that_is_not_excluded_runs(
    threat: bool | None, death: bool | None, worsened: bool | None
) -> None:
    clock = "MDR87_2D" if threat is not False else (
        "MDR87_10D" if death is not False or worsened is not False else "MDR87_15D")
    found = ask("EU87-02", SERIOUS, **{THREAT: threat, DEATH: death, WORSENED: worsened})
    shows(found, clock=clock, due_target=DAYS[clock], day0="2026-11-23")
    unknown = {DEATH: death, WORSENED: worsened, THREAT: threat}
    assert set(found.get("open_facts", [])) == {k for k, v in unknown.items() if v is None}


def test_a_serious_incident_needs_its_facts() -> None:
    for name in ("serious_incident", DEATH, WORSENED, THREAT, "awareness_local_date",
                 "member_state"):  # fmt: skip
        with pytest.raises(FactsMissing, match=name):
            ask("EU87-02 TIME-03", without(SERIOUS, name))
    shows(ask("EU87-02", SERIOUS, serious_incident=False), clock=None, due_legal=None)
    for doubt in (None, "UNCERTAIN"):
        shows(ask("EU87-02", SERIOUS, serious_incident=doubt), due_legal="2026-12-08",
              decision="REPORT_WHILE_UNCERTAIN")  # fmt: skip


def test_two_authorities_have_two_dates_and_one_target() -> None:
    both = ask("EU87-02 TIME-03", without(SERIOUS, "member_state"), member_states=["DE", "FR"],
               death=True, awareness_local_date="2026-07-04")  # fmt: skip
    shows(both, clock="MDR87_10D", due_target="2026-07-14", due_legal="2026-07-14",
          DE={"due_target": "2026-07-14", "due_legal": "2026-07-14", "due_legal_max": "2026-07-14"},
          FR={"due_target": "2026-07-14", "due_legal": "2026-07-15", "due_legal_max": "2026-07-15"},
          calendars={"DE-NATIONAL": 1, "FR-NATIONAL": 1})  # fmt: skip


EARLY = without(SERIOUS, DEATH, WORSENED, THREAT) | {"awareness_local_date": "2026-03-02"}


@pytest.mark.parametrize(
    ("kind", "known", "governing", "due", "cautious"),
    [
        ("DEATH", "2026-03-06", "MDR87_10D", "2026-03-16", "2026-03-12"),
        ("DEATH", "2026-03-10", "MDR87_15D", "2026-03-17", "2026-03-12"),
        ("UNANTICIPATED_SERIOUS_DETERIORATION", "2026-03-02", "MDR87_10D", "2026-03-12",
         "2026-03-12"),
        ("PUBLIC_HEALTH_THREAT", "2026-03-10", "MDR87_2D", "2026-03-12", "2026-03-04"),
        ("PUBLIC_HEALTH_THREAT", "2026-03-18", "MDR87_15D", "2026-03-17", "2026-03-04"),
    ],
)
def test_what_is_learnt_later_is_a_second_clock_and_the_earliest_governs(
    kind: str, known: str, governing: str, due: str, cautious: str
) -> None:
    later = {"kind": kind, "awareness_local_date": known}
    found = ask("EU87-02 TIME-05", EARLY, escalation=later)
    shows(found, governing=governing, governing_due=due, conservative_target=cautious)
    first, second = found["clocks"]
    shows(first, clock="MDR87_15D", day0="2026-03-02", due_legal="2026-03-17")
    assert second["day0"] == known
    assert set(first) == {"clock", "day0", "due_target", "due_legal", "due_legal_max"}


def test_an_escalation_is_whole_and_not_before_the_first_awareness() -> None:
    later = {"kind": "DEATH", "awareness_local_date": "2026-03-06"}
    for name in later:
        with pytest.raises(FactsMissing, match=name):
            ask("EU87-02", EARLY, escalation=without(later, name))
    with pytest.raises(InvalidInput, match=r"escalation\.kind"):
        ask("EU87-02", EARLY, escalation=later | {"kind": "WORSE"})
    with pytest.raises(Refused, match="contradict"):
        ask("EU87-02", EARLY, escalation=later | {"awareness_local_date": "2026-03-01"})
    died = ask("EU87-02", EARLY, death=True, public_health_threat=False,
               escalation={"kind": "PUBLIC_HEALTH_THREAT", "awareness_local_date": "2026-03-04"})
    assert [one["clock"] for one in died["clocks"]] == ["MDR87_10D", "MDR87_2D"]


@settings(max_examples=40, deadline=None)
@given(day=st.dates(date(2025, 1, 1), date(2031, 6, 1)), later=st.integers(0, 20),
       kind=st.sampled_from(("DEATH", "PUBLIC_HEALTH_THREAT")),
       state=st.sampled_from(("DE", "FR", "PL")))  # fmt: skip
def test_no_news_moves_a_date_later(day: date, later: int, kind: str, state: str) -> None:
    facts = SERIOUS | {"awareness_local_date": day.isoformat(), "member_state": state}
    calm = ask("EU87-02", facts)
    for worse in ({DEATH: True}, {WORSENED: True}, {THREAT: True}, {DEATH: None}):
        found = ask("EU87-02", facts, **worse)
        for name in ("due_target", "due_legal", "due_legal_max"):
            assert found[name] <= calm[name]
    known = date.fromordinal(day.toordinal() + later).isoformat()
    news = ask("EU87-02", facts, escalation={"kind": kind, "awareness_local_date": known})
    assert news["governing_due"] <= calm["due_legal"]
    assert news["conservative_target"] <= news["governing_target"]


CLOSE_CALL = {"jurisdiction": "EU", "malfunction_or_inadequacy": True, "harm_occurred": False,
              "could_have_led_to_serious_deterioration": True,
              "causality": "REASONABLY_POSSIBLE"}  # fmt: skip
COULD = "could_have_led_to_serious_deterioration"


@pytest.mark.parametrize(
    ("changes", "serious", "clock"),
    [
        ({}, True, "MDR87_15D"),
        ({"causality": "ESTABLISHED"}, True, "MDR87_15D"),
        ({"causality": "SUSPECTED"}, True, "MDR87_15D"),
        ({"causality": "EXCLUDED"}, False, None),
        ({"causality": "UNKNOWN"}, "UNCERTAIN", "MDR87_15D"),
        ({"causality": None}, "UNCERTAIN", "MDR87_15D"),
        ({COULD: False}, False, None),
        ({COULD: None}, "UNCERTAIN", "MDR87_15D"),
        ({"malfunction_or_inadequacy": False}, False, None),
        ({"malfunction_or_inadequacy": None}, "UNCERTAIN", "MDR87_15D"),
        ({"incident": False}, False, None),
        ({COULD: False, "death": True}, True, "MDR87_10D"),
        ({COULD: False, "death": None}, "UNCERTAIN", "MDR87_10D"),
        ({"public_health_threat": True}, True, "MDR87_2D"),
    ],
)
def test_a_near_miss_counts_and_doubt_is_reported(
    changes: dict[str, Any], serious: bool | str, clock: str | None
) -> None:
    found = ask("EU87-01", CLOSE_CALL, **changes)
    shows(found, serious_incident=serious, clock=clock, reportable=serious is not False)
    incident = changes.get("incident", changes.get("malfunction_or_inadequacy", True))
    assert found["incident"] is incident


def test_the_verdict_is_a_fact_for_the_clock_of_the_same_call() -> None:
    facts = without(SERIOUS, "serious_incident") | CLOSE_CALL
    shows(ask("EU87-02 EU87-01", facts), serious_incident=True, due_legal="2026-12-08")
    calm = ask("EU87-01 EU87-02", facts, causality="EXCLUDED")
    shows(calm, serious_incident=False, reportable=False, clock=None, due_legal=None)
    for name in ("malfunction_or_inadequacy", COULD, "causality"):
        with pytest.raises(FactsMissing, match=name):
            ask("EU87-01", without(CLOSE_CALL, name))


DECIDED: dict[str, Any] = {
    **without(SERIOUS, "awareness_local_date"), "awareness_incident": "2026-04-01",
    "decision": {"outcome": "NOT_REPORTABLE", "date": "2026-04-08", "documented": True},
    "awareness_reportability": "2026-04-20",
}  # fmt: skip


def test_day_0_moves_only_after_a_dated_negative_decision() -> None:
    shows(ask("EU87-04", DECIDED), day0="2026-04-20", due_legal="2026-05-05", clock="MDR87_15D",
          mir_fields={"1.2(c)": "2026-04-01", "1.2(d)": "2026-04-20"},
          exception_available=True)  # fmt: skip
    plain = {"reportable": False, "decided_on": "2026-04-08", "rationale": "no harm, no date"}
    for decision in (plain, {"not_reportable": True, "date": "2026-04-08"},
                     {"result": "NOT_SERIOUS_INCIDENT", "date": "2026-04-08", "decider": "PRRC"},
                     {"kind": "Documented: not reportable", "date": "2026-04-08"}):  # fmt: skip
        assert ask("EU87-04", DECIDED, decision=decision)["day0"] == "2026-04-20"
    outcome = {"outcome": "NOT_REPORTABLE"}
    for decision in (outcome, None, outcome | {"date": "2026-04-08", "documented": False},
                     outcome | {"date": "2026-03-30"}, outcome | {"date": "2026-04-21"},
                     {"outcome": "REPORTABLE", "date": "2026-04-08"},
                     plain | {"reportable": True}, plain | {"signed": False}):  # fmt: skip
        shows(ask("EU87-04", DECIDED, decision=decision), day0="2026-04-01",
              due_legal="2026-04-16", exception_available=False)  # fmt: skip
    died = ask("EU87-04", DECIDED, death=True)
    shows(died, clock="MDR87_10D", due_legal="2026-04-30")
    never = ask("EU87-04", DECIDED, awareness_reportability=None)
    shows(never, day0="2026-04-01", mir_fields={"1.2(c)": "2026-04-01", "1.2(d)": "2026-04-01"})
    for name in ("awareness_incident", "decision", DEATH, "member_state"):
        with pytest.raises(FactsMissing, match=name):
            ask("EU87-04", without(DECIDED, name))
    with pytest.raises(Refused):
        ask("EU87-04", DECIDED, awareness_reportability="2026-03-01")


def test_what_the_file_says_stands_where_a_rule_finds_nothing_definite() -> None:
    doubt = without(SERIOUS, "serious_incident") | CLOSE_CALL | {"causality": None}
    shows(ask("EU87-01 EU87-02", doubt), decision="REPORT_WHILE_UNCERTAIN")
    sure = ask("EU87-01 EU87-02", doubt, serious_incident=True)
    assert "decision" not in sure
    with pytest.raises(Refused, match="contradict"):
        ask("EU87-01 EU87-02", SERIOUS | CLOSE_CALL, causality="EXCLUDED")


def test_the_first_receipt_anywhere_in_the_organisation_is_day_0() -> None:
    rows = [{"at": f"2026-04-0{day}T09:00:00+02:00", "tz": "Europe/Berlin", "person_class": person}
            for day, person in ((1, "DISTRIBUTOR"), (2, "OUTSOURCED_HANDLER"),
                                (3, "ANY_EMPLOYEE"))]  # fmt: skip
    assert ask("EU87-03", {"awareness_facts": rows})["day0"] == "2026-04-02"
    assert ask("EU87-03", {"awareness_incident": "2026-04-05"})["day0"] == "2026-04-05"
    facts = without(SERIOUS, "awareness_local_date")
    assert ask("EU87-02", facts, awareness_facts=rows)["day0"] == "2026-04-02"


@pytest.mark.parametrize(
    ("serious", "cause", "decision"),
    [
        ("UNCERTAIN", "REASONABLY_POSSIBLE", "REPORT_WHILE_UNCERTAIN"),
        ("UNCERTAIN", "UNKNOWN", "REPORT_WHILE_UNCERTAIN"),
        (None, None, "REPORT_WHILE_UNCERTAIN"), (True, "UNKNOWN", "REPORT_WHILE_UNCERTAIN"),
        (True, "ESTABLISHED", "REPORT"), (False, "ESTABLISHED", "NOT_REPORTABLE"),
        ("UNCERTAIN", "EXCLUDED", "NOT_REPORTABLE"),
    ],
)  # fmt: skip
def test_uncertain_is_reported_within_the_time(
    serious: Any, cause: str | None, decision: str
) -> None:
    found = ask("EU87-06", {"member_state": "DE", "awareness_local_date": "2026-11-23"},
                serious_incident=serious, causality=cause)  # fmt: skip
    due = None if decision == "NOT_REPORTABLE" else "2026-12-08"
    shows(found, decision=decision, due_legal=due)


ACTION: dict[str, Any] = {
    "jurisdiction": "EU", "fsca": True, "urgent": False,
    "planned_start_local": "2026-10-05T08:00:00+02:00", "member_states_affected": ["FR", "DE"],
    "manufacturer_member_state": "IE",
}  # fmt: skip


def test_a_field_action_is_reported_before_it_starts() -> None:
    shows(ask("EU87-05", ACTION), report_before="2026-10-05T08:00:00+02:00", report="BEFORE_START",
          recipients=["DE", "FR", "IE"], fsn_draft_sent_for_comment=True)  # fmt: skip
    shows(ask("EU87-05", ACTION, urgent=True), report="AT_ONCE", fsn_draft_sent_for_comment=False,
          start_allowed_before_report=True, recipients=["DE", "FR", "IE"])  # fmt: skip
    assert ask("EU87-05", ACTION, manufacturer_member_state="DE")["recipients"] == ["DE", "FR"]
    abroad = ACTION | {"member_states_affected": ["US"]}
    shows(ask("EU87-05", abroad, fsca_reason_concerns_union_devices=False), eu_report=False,
          recipients=[], record_required="rationale")  # fmt: skip
    shows(ask("EU87-05", abroad, fsca_reason_concerns_union_devices=True), recipients=["IE"])
    for name in without(ACTION, "jurisdiction"):
        with pytest.raises(FactsMissing, match=name):
            ask("EU87-05", without(ACTION, name))


def test_recipients_and_third_countries() -> None:
    away = {"country_of_incident": "US", "device_on_union_market": True, "fsca": False}
    shows(ask("EU87-07", away), eu_individual_report=False, include_in=["PSUR_WORLDWIDE"])
    assert ask("EU87-07", away, fsca=True)["eu_individual_report"] is True
    assert ask("EU87-07", away, fsca=None)["eu_individual_report"] is None
    shows(ask("EU87-07", away, device_on_union_market=False), eu_individual_report=False,
          include_in=[])  # fmt: skip
    shows(ask("EU87-07", {"country_of_incident": "AT"}), eu_individual_report=True,
          recipients=["AT"])  # fmt: skip


EXPECTED = dict.fromkeys((
    "documented_in_product_information", "quantified_in_technical_documentation",
    "under_trend_reporting",
), True)  # fmt: skip


def test_an_expected_side_effect_is_left_out_only_by_all_three() -> None:
    facts = {"serious_incident": True, "expected_side_effect": EXPECTED}
    assert ask("EU87-08", facts)["individually_reportable"] is False
    for name in EXPECTED:
        for wrong in (False, None):
            found = ask("EU87-08", facts, expected_side_effect=EXPECTED | {name: wrong})
            assert found["individually_reportable"] is True
            assert len(found["lacks"]) == 1
        with pytest.raises(FactsMissing):
            ask("EU87-08", facts, expected_side_effect=without(EXPECTED, name))
    assert ask("EU87-08", facts, expected_side_effect=None)["individually_reportable"] is True
    cited = {"in_ifu": True, "ifu_reference": "IFU 4.2", "quantified_in_td": True, "art_88": True}
    for changes, reported in (({}, False), ({"ifu_reference": ""}, True),
                              ({"art_88": False}, True)):  # fmt: skip
        found = ask("EU87-08", facts, expected_side_effect=cited | changes)
        assert found["individually_reportable"] is reported
    with pytest.raises(FactsMissing):
        ask("EU87-08", {"serious_incident": True})


def test_similar_incidents_are_summed_up_only_as_agreed() -> None:
    facts = {"similar_incidents": True, "cause_identified_or_fsca": True, "summary_agreed": True,
             "summary_period_end": "2026-11-30", "summary_lag_days": 10}  # fmt: skip
    shows(ask("EU87-09", facts), reporting="PERIODIC_SUMMARY", due_legal="2026-12-10")
    for name in ("similar_incidents", "cause_identified_or_fsca", "summary_agreed"):
        shows(ask("EU87-09", facts, **{name: None}), reporting="INDIVIDUAL", due_legal=None)


@pytest.mark.requirement("REG-068")
@pytest.mark.parametrize(
    ("changes", "decision", "signal"),
    [
        ({}, "REPORT_TREND", True),
        ({"gates": YES | {"unacceptable_risk": False}}, "SIGNAL_INTERNAL_ACTION", True),
        ({"gates": YES | {"unacceptable_risk": None}}, "PENDING_ASSESSMENT", True),
        ({"gates": {"benefit_risk_significant": None, "unacceptable_risk": False}},
         "SIGNAL_INTERNAL_ACTION", True),
        ({"period": {"x": 18, "n": 50_000}}, "WATCH", False),
        ({"period": {"x": 11, "n": 50_000}}, "NO_SIGNAL", False),
        ({"period": {"x": 0, "n": 50_000}}, "NO_SIGNAL", False),
        ({"period": {"x": 21, "n": 0}}, "CANNOT_DECIDE", None),
        ({"plan": PLAN | {"min_count": 22}}, "WATCH", False),
        ({"plan": PLAN | {"min_rate_ratio": 2.2}}, "WATCH", False),
        ({"plan": PLAN | {"looks": 10}}, "WATCH", False),  # 0.001588 above 0.001
        ({"plan": PLAN | {"looks": 5}}, "REPORT_TREND", True),
        ({"plan": PLAN | {"alpha": None}}, "CANNOT_DECIDE", None),
        ({"plan": PLAN | {"observation_period": None}}, "CANNOT_DECIDE", None),
        ({"plan": PLAN | {"effective": "2026-07-01"}}, "REPORT_TREND", True),
        ({"plan": PLAN | {"effective": "2026-07-02"}}, "CANNOT_DECIDE", None),
        ({"baseline": None}, "CANNOT_DECIDE", None),
        ({"denominator_changed": True}, "CANNOT_DECIDE", None),
        ({"index_of_dispersion": 1.51}, "CANNOT_DECIDE", None),
        ({"index_of_dispersion": 1.5}, "REPORT_TREND", True),
        ({"baseline": {"type": "ESTIMATED", "m0": 100, "n0": 500_000}}, "REPORT_TREND", True),
        ({"baseline": {"type": "ESTIMATED", "m0": 10, "n0": 50_000}}, "WATCH", False),
        ({"baseline": {"type": "ESTIMATED", "m0": 0, "n0": 50_000}}, "REPORT_TREND", True),
    ],
)
def test_a_trend_is_decided_by_the_plan_and_two_gates(
    changes: dict[str, Any], decision: str, signal: bool | None
) -> None:
    for rule in ("EU88-01", "EU88-02", "EU88-01 EU88-02 EU88-04"):
        found = ask(rule, TREND, **changes)
        shows(found, decision=decision, statistical_signal=signal, due_legal=None)
        assert ("finding" in found) == (decision == "CANNOT_DECIDE")


def test_a_trend_needs_its_facts() -> None:
    for name in TREND:
        with pytest.raises(FactsMissing, match=name):
            ask("EU88-01", without(TREND, name))
    for name, inner in (("period", "x"), ("period", "n"), ("baseline", "type"),
                        ("baseline", "rate_per_unit"), ("gates", "unacceptable_risk")):  # fmt: skip
        with pytest.raises(FactsMissing, match=name):
            ask("EU88-01", TREND, **{name: without(TREND[name], inner)})
    for wrong in ({"period": {"x": 1.5, "n": 10}}, {"period": {"x": -1, "n": 10}},
                  {"baseline": {"type": "GUESSED"}}, {"plan": PLAN | {"alpha": 1}},
                  {"plan": PLAN | {"observation_period": "2026"}},
                  {"gates": YES | {"unacceptable_risk": "yes"}}):  # fmt: skip
        with pytest.raises(InvalidInput):
            ask("EU88-01", TREND, **wrong)


def test_several_categories_are_held_to_the_error_of_the_family() -> None:
    plan = {"family_alpha": 0.05, "method": "HOLM"}
    given = {"A": 0.004, "B": 0.03, "C": 0.02}
    assert ask("EU88-02", {"plan": plan, "p_values": given})["signals"] == ["A", "C", "B"]
    stopped = ask("EU88-02", {"plan": plan, "p_values": {"A": 0.004, "B": 0.026, "C": 0.026}})
    assert stopped["signals"] == ["A"]
    third = {"A": 0.05 / 3, "B": 0.5, "C": 0.6}
    assert ask("EU88-02", {"plan": plan, "p_values": third})["signals"] == ["A"]
    lacks = ask("EU88-02", {"plan": {"method": "HOLM"}, "p_values": given})
    assert lacks["decision"] == "CANNOT_DECIDE"


@pytest.mark.parametrize(
    "said",
    [
        {"period_ge_cut": 12, "period_total": 30, "baseline_ge_cut": 4, "baseline_total": 40},
        {"period": [12, 30], "baseline": [4, 40]},
        {"x": 12, "n": 30, "x0": 4, "n0": 40},
        {"cut": 3, "period": {"severe": 12, "nonsevere": 18, "cut": 3},
         "baseline": {"severe": 4, "nonsevere": 36}},
        {"period_high": 12, "period_low": 18, "baseline_high": 4, "baseline_low": 36},
        {"period": {"grave": 12, "other": 18}, "baseline": {"grave": 4, "other": 36}},
        {"period_events": 30, "period_ge_cut": 12, "baseline_events": 40, "baseline_ge_cut": 4},
        {"period": {"severe": 12, "n": 30}, "baseline": {"severe": 4, "n": 40}},
        {"period_at_or_above": 12, "period_below": 18, "baseline_at_or_above": 4,
         "baseline_below": 36},
    ],
)  # fmt: skip
def test_graver_events_are_a_signal(said: dict[str, Any]) -> None:
    facts = {"plan": PLAN, "severity": said, "gates": YES}
    shows(ask("EU88-03", facts), p_value=0.003713, statistical_signal=True,
          decision="REPORT_TREND")  # fmt: skip
    few = {"period": [3, 30], "baseline": [4, 40]}
    shows(ask("EU88-03", facts, severity=few), statistical_signal=False, decision="NO_SIGNAL")
    empty = {"period": [0, 0], "baseline": [4, 40]}
    assert ask("EU88-03", facts, severity=empty)["decision"] == "CANNOT_DECIDE"


@pytest.mark.parametrize(
    "said",
    [
        {"period": {"high": 12, "medium": 18}, "baseline": {"high": 4, "medium": 36}},
        {"period": {"low": 12, "other": 18}, "baseline": {"low": 4, "other": 36}},
        {"period": {"1": 10, "2": 8, "3": 12}, "baseline": {"1": 30, "2": 6, "3": 4}},
        {"period_high": 12, "period_n": 30},
    ],
)
def test_counts_whose_names_do_not_tell_the_total_are_no_share(said: dict[str, Any]) -> None:
    with pytest.raises(FactsMissing, match="severity"):
        ask("EU88-03", {"plan": PLAN, "severity": said, "gates": YES})


def test_the_law_gives_no_deadline_and_the_plan_an_internal_one() -> None:
    plan = PLAN | {"report_within_days": 10}
    found = ask("EU88-04", {"plan": plan, "decision_local_date": "2026-11-23"})
    shows(found, due_legal=None, internal_due="2026-12-03")
    shows(ask("EU88-04", {"plan": PLAN}), due_legal=None, internal_due=None)


HARMED = {"event_date": "2028-10-02", "device_regime": "MDR", "class_": "IIb",
          "notified_body_required": True, "harm": "NONE", "fundamental_rights_infringement": True,
          "member_state": "DE", "awareness_local_date": "2028-10-02"}  # fmt: skip


def test_of_a_device_only_infringements_go_by_the_ai_act_and_only_once_it_applies() -> None:
    shows(ask("AIA-73 TIME-03", HARMED), ai_act_73_report=True, clock="AIA73_15D",
          day0="2028-10-02", due_target="2028-10-17", due_legal="2028-10-17")  # fmt: skip
    shows(ask("AIA-73", HARMED, widespread_infringement=True), clock="AIA73_2D")
    shows(ask("AIA-01 AIA-73", HARMED, event_date="2028-08-01"), ai_act_73_report=False, clock=None)
    shows(ask("AIA-01 AIA-73", HARMED, event_date="2028-08-02"), ai_act_73_report=True)
    shows(ask("AIA-73", HARMED, fundamental_rights_infringement=False, harm="DEATH"),
          ai_act_73_report=False, route="MDR_ART_87", mdr_clock="MDR87_10D")  # fmt: skip
    shows(ask("AIA-73", HARMED, fundamental_rights_infringement=False, harm="HEALTH"),
          route="MDR_ART_87", mdr_clock="MDR87_15D")  # fmt: skip
    shows(ask("AIA-73", HARMED, harm="HEALTH"), ai_act_73_report=True, route="MDR_ART_87")
    assert ask("AIA-73", HARMED, fundamental_rights_infringement=None)["ai_act_73_report"] is None
    shows(ask("AIA-01 AIA-73", HARMED, notified_body_required=False, class_="I"),
          high_risk_art_6_1=False, ai_act_73_report=False, duties_apply_on=None)  # fmt: skip
    other = HARMED | {"device_regime": "ANNEX_III", "harm": "DEATH"}
    shows(ask("AIA-73", other), ai_act_73_report=True, clock="AIA73_10D", due_target="2028-10-12")
    for name in ("event_date", "device_regime", "harm", "notified_body_required",
                 "fundamental_rights_infringement", "member_state", "awareness_local_date"):
        with pytest.raises(FactsMissing, match=name):
            ask("AIA-73", without(HARMED, name))


def test_a_device_is_judged_without_an_incident() -> None:
    device = {"device_regime": "MDR", "notified_body_required": False, "class_": "I",
              "harm": "NONE"}  # fmt: skip
    found = ask("AIA-01", device)
    shows(found, high_risk_art_6_1=False, duties_apply_on=None)
    assert "ai_act_73_report" not in found
    with pytest.raises(FactsMissing, match="event_date"):
        ask("AIA-01 AIA-73", device)


def test_duties_of_an_older_device_wait_for_a_change_of_its_design() -> None:
    facts = {"device_regime": "MDR", "notified_body_required": True}
    assert ask("AIA-01", facts)["duties_apply_on"] == "2028-08-02"
    old = facts | {"first_placed_on_market": "2027-01-01"}
    assert ask("AIA-01", old)["duties_apply_on"] is None
    changed = ask("AIA-01", old, significant_design_change_date="2029-01-01")
    assert changed["duties_apply_on"] == "2029-01-01"


@pytest.mark.parametrize(
    ("foreseen", "affects", "result"),
    [(True, True, "NO_NEW_ASSESSMENT"), (False, True, "NEW_CONFORMITY_ASSESSMENT"),
     (False, False, "NO_NEW_ASSESSMENT"), (None, True, "BLOCKED"), (False, None, "BLOCKED"),
     (None, False, "NO_NEW_ASSESSMENT")],
)  # fmt: skip
def test_a_substantial_modification_is_unforeseen_and_matters(
    foreseen: bool | None, affects: bool | None, result: str
) -> None:
    facts = {"foreseen_in_conformity_assessment": foreseen,
             "affects_compliance_or_intended_purpose": affects}  # fmt: skip
    assert ask("AIA-MOD", facts)["result"] == result


def test_documentation_is_kept_ten_years_and_logs_six_months() -> None:
    placed = {"ai_record": "DOCUMENTATION", "placed_or_put_into_service": "2028-02-29"}
    kept = ask("AIA-RET", placed)
    assert kept["retain_until"] == "2038-02-28"
    logs = ask("AIA-RET", {"ai_record": "LOGS", "event_date": "2026-08-31"})
    assert logs["retain_until"] == "2027-02-28"


PSUR: dict[str, Any] = {"class_": "IIb", "implantable": False, "mdr_certificate_date": "2025-03-15",
                        "preparation_days": 60, "period_no": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "start", "end", "due"),
    [
        ({}, "2025-03-15", "2026-03-14", "2026-05-13"),
        ({"period_no": 3}, "2027-03-15", "2028-03-14", "2028-05-13"),
        ({"class_": "IIa"}, "2025-03-15", "2027-03-14", "2027-05-13"),
        ({"class_": "IIa", "period_no": 2}, "2027-03-15", "2029-03-14", "2029-05-13"),
        ({"mdr_certificate_date": "2024-02-29"}, "2024-02-29", "2025-02-27", "2025-04-28"),
        ({"mdr_certificate_date": "2024-02-29", "period_no": 2}, "2025-02-28", "2026-02-27",
         "2026-04-28"),
        ({"mdr_certificate_date": "2024-02-29", "period_no": 4}, "2027-02-28", "2028-02-28",
         "2028-04-28"),
        ({"mdr_certificate_date": "2025-12-31", "preparation_days": 0}, "2025-12-31", "2026-12-30",
         "2026-12-30"),
        ({"mdr_certificate_date": None, "legacy_device": True}, "2021-05-26", "2022-05-25",
         "2022-07-24"),
    ],
)
def test_periods_follow_each_other_from_the_certificate(
    changes: dict[str, Any], start: str, end: str, due: str
) -> None:
    found = ask("PSUR-01 PSUR-02", PSUR, **changes)
    shows(found, period_start=start, period_end=end, issue_due=due, report="PSUR")
    for rules in ("PSUR-01 PSUR-03", "PSUR-03"):
        also = ask(rules, PSUR, eudamed_vgl_mandatory=False, **changes)
        shows(also, period_start=start, period_end=end, issue_due=due, report="PSUR")
    following = ask("PSUR-02", PSUR | changes, period_no=changes.get("period_no", 1) + 1)
    assert date.fromisoformat(following["period_start"]) == date.fromordinal(
        date.fromisoformat(end).toordinal() + 1)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "report", "months", "submission"),
    [
        ({"class_": "I"}, "PMS_REPORT", None, "CA_ON_REQUEST"),
        ({"class_": "IIa"}, "PSUR", 24, "MAKE_AVAILABLE_TO_NB"),
        ({"class_": "IIb"}, "PSUR", 12, "MAKE_AVAILABLE_TO_NB"),
        ({"class_": "III"}, "PSUR", 12, "SUBMIT_TO_NB_DIRECT"),
        ({"class_": "III", "eudamed_vgl_mandatory": True}, "PSUR", 12, "SUBMIT_VIA_EUDAMED"),
        ({"class_": "IIb", "implantable": True}, "PSUR", 12, "SUBMIT_TO_NB_DIRECT"),
        ({"class_": "IIa", "implantable": None}, "PSUR", 24, "SUBMIT_TO_NB_DIRECT"),
    ],
)
def test_class_decides_report_interval_and_recipient(
    facts: dict[str, Any], report: str, months: int | None, submission: str
) -> None:
    given = {"implantable": False, "eudamed_vgl_mandatory": False} | facts
    shows(ask("PSUR-01 PSUR-03", given), report=report, cadence_months=months,
          submission=submission)  # fmt: skip


def test_a_periodic_report_needs_its_facts() -> None:
    for name in PSUR:
        with pytest.raises(FactsMissing, match=name):
            ask("PSUR-01 PSUR-02", without(PSUR, name))
    with pytest.raises(FactsMissing, match="eudamed_vgl_mandatory"):
        ask("PSUR-01", {"class_": "III", "implantable": False})
    with pytest.raises(InvalidInput, match="period_no"):
        ask("PSUR-02", PSUR, period_no=0)


def test_incidents_count_in_the_columns_of_their_place() -> None:
    for country, inside in (("DE", True), ("TR", True), ("XI", True), ("NO", True), ("GB", False)):
        columns = ask("PSUR-04", {"country_of_incident": country})["columns"]
        assert columns == ["EEA+TR+XI", "WORLDWIDE"][not inside :]
    frozen = {"country_of_incident": "DE", "freeze_local_date": "2026-06-30"}
    for closed, said in (("2026-06-30", "CLOSED"), ("2026-07-01", "PENDING"), (None, "PENDING")):
        assert ask("PSUR-04", frozen, closed_local_date=closed)["conclusion"] == said
