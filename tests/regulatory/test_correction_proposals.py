"""What the rules propose of a suspension: verdict, day, or what they lack."""

from datetime import UTC, datetime

from records.correction_assessments import CorrectionAssessment
from regulatory.correction_proposals import propose_answers

BEGAN = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
ONE = CorrectionAssessment(device_id=1, suspension_id=1, site="north", words="it fell",
                           aware_at=BEGAN, initiated_at=BEGAN, opened_at=BEGAN)  # fmt: skip
RISK = {"purpose": "REDUCE_RISK_TO_HEALTH", "risk_to_health": True, "device_left_control": True,
        "violation_with_health_risk": False, "reported_under_803": False}  # fmt: skip


def test_a_risk_to_health_is_reported_within_ten_working_days_of_its_civil_date() -> None:
    by_utc, eu = propose_answers(ONE, RISK)
    there, _ = propose_answers(ONE, RISK, zone="Europe/Berlin")
    assert (by_utc.regime, by_utc.reportable) == ("21 CFR 806", True)
    assert there.answer["due_legal"] == by_utc.answer["due_legal"] == "2026-12-07"
    assert by_utc.answer["day0"] == "2026-11-20"
    assert there.answer["day0"] == "2026-11-21"
    assert (eu.reportable, eu.due, "fsca" in eu.missing) == (None, None, True)


def test_a_field_action_is_reported_before_it_starts() -> None:
    us, eu = propose_answers(ONE, {
        "fsca": True, "member_states_affected": ["DE"], "manufacturer_member_state": "IE",
        "urgent": False,
    })  # fmt: skip
    assert (eu.reportable, eu.due) == (True, "2026-11-20T23:30:00+00:00")
    assert eu.answer["recipients"] == ["DE", "IE"]
    assert us.reportable is None


def test_the_countries_affected_are_those_of_the_sites_and_another_word_is_told() -> None:
    told = {"fsca": True, "manufacturer_member_state": "IE", "urgent": False}
    _, by_record = propose_answers(ONE, told, recorded=["AT", "CH"])
    assert by_record.answer["recipients"] == ["AT", "IE"]
    assert by_record.otherwise == ""
    _, otherwise = propose_answers(ONE, told | {"member_states_affected": ["FR"]},
                                   recorded=["AT", "CH"])  # fmt: skip
    assert otherwise.answer["recipients"] == ["FR", "IE"]
    assert otherwise.otherwise == "told: FR; the sites are recorded in AT, CH"
