"""Agreement with reports: who counts, who is left out, and on which day a study counts."""

from datetime import UTC, date, datetime

from monitoring.concordance import _measured
from monitoring.detectors.concordance import Concordance
from records.report_answers import said_of, standing_answers
from records.report_list import said_in_words
from records.reports import RadiologyReport
from tests.monitoring.example_plan import context, defaults, quiet_day


def row(study: int, report: int | None, said: str, *, after: int | None = None,
        decision: bool = True, status: str = "final") -> dict[str, object]:  # fmt: skip
    return {
        "study_id": study, "site": "north", "decision": decision, "prediction_id": study,
        "predicted_at": datetime(2026, 1, 5, tzinfo=UTC), "report_id": report, "status": status,
        "findings": {"pneumonia": {"said": said}}, "reader": "R1", "supersedes_id": after,
        "received_at": datetime(2026, 1, 6, tzinfo=UTC), "arrived_on": None,
    }  # fmt: skip


def test_the_last_standing_report_of_a_study_counts_and_a_cancelled_one_is_none() -> None:
    rows = [
        row(1, 1, "present"), row(1, 2, "absent", after=1), row(2, 3, "present"),
        row(2, 4, "", after=3, status="cancelled"), row(3, None, ""),
    ]  # fmt: skip
    found = {one["study_id"]: one for one in standing_answers(rows)}
    assert said_of(found[1]["findings"], "pneumonia") == "absent"
    assert found[2]["report_id"] is None
    assert len(found) == 3


def test_uncertain_reports_are_left_out_and_counted() -> None:
    pairs = [(True, "present"), (True, "absent"), (False, "absent"), (False, "present"), (True, "")]
    rows = [
        {"decision": decision, "said": said, "reported": True, "closed": False}
        for decision, said in pairs
    ]
    found = _measured("all", rows)
    assert (found.reported, found.uncertain, found.device_only, found.report_only) == (5, 1, 1, 1)
    assert [(one.value, one.n) for one in found.estimates] == [
        (0.5, 4), (0.5, 2), (0.5, 2), (0.0, 4),
    ]  # fmt: skip


def test_without_a_report_nothing_is_estimable_and_the_reason_is_said() -> None:
    found = _measured("all", [])
    assert all(not one.estimable and one.reason for one in found.estimates)


def test_the_chart_holds_the_share_against_the_plans_bound() -> None:
    import numpy as np

    chart = Concordance()
    prepared = chart.prepare({}, context=context("concordance"), parameters=defaults("concordance"))
    assert prepared["bound"] == 0.75
    first = chart.step(prepared, None, quiet_day(np.random.default_rng(1), 0))
    assert first.details["direction"] == "down"
    assert first.n == 20


def test_what_a_report_says_is_never_left_blank() -> None:
    def words(findings: dict[str, dict[str, str]], status: str = "final") -> str:
        return said_in_words(RadiologyReport(
            study_id=1, report_key="k", origin="CSV", status=status, text_digest="",
            findings=findings, source_digest="", rules="", rules_digest="",
            reported_on=date(2026, 1, 6), received_at=datetime(2026, 1, 6, tzinfo=UTC),
        ))  # fmt: skip

    assert words({"pleural_effusion": {"said": "absent"}}) == "pleural effusion absent"
    assert words({}) == "none of the findings"
    assert words({}, "cancelled") == "nothing: it is cancelled"
