"""Copies that leave, counts of a MIR, and the reports of a correction, whatever the way."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from journeys.fill_submission import fill_submission_about
from journeys.keep_submission import export_submission, keep_submission
from records.cases import Prediction, Study
from records.correction_assessments import (
    QUESTIONS,
    CorrectionAssessment,
    assess_correction,
)
from records.errors import InvalidInput, Refused
from records.field_actions import (
    FieldAction,
    asks_about,
    assessments_of,
    open_field_action,
    sites_not_covered,
    withdraw_field_action,
)
from records.form_versions import FormVersion, form_of_label
from records.lookup import find_events, list_records
from records.people import Meaning, find_actor
from records.product import Deployment, Site
from records.regulatory_reports import (
    RegulatoryReport,
    Submission,
    submit_form,
)
from records.reportabilities import Reportability
from records.signatures import sign
from records.similar_incidents import reached
from records.store import Store
from records.verify import verify_records
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY
from tests.regulatory.forms.whole_forms import whole
from tests.regulatory.reported_incident import (
    LATER,
    MIR,
    PLAN,
    Act,
    act,
    kept,
    owed,
    store,
)

__all__ = ["act", "store"]


@pytest.mark.requirement("REG-018", "REG-112")
def test_a_form_that_leaves_is_an_event_with_its_digest(
    store: Store, act: Act, tmp_path: Any
) -> None:
    one = act("regulatory", kept(store, MIR))
    path = export_submission(store, one, tmp_path, actor="demo.regulatory", now=TODAY)
    with store.reader() as reader:
        (event,) = [each for each in find_events(reader) if each.action == "export"
                    and each.subject == one.subject]  # fmt: skip
    assert json.loads(event.new) == {path.name: one.digest}


@pytest.mark.requirement("REG-065", "REG-067")
def test_similar_incidents_are_counted_and_a_silent_site_is_not_zero(store: Store) -> None:
    def counts(**countries: str) -> dict[str, Any]:
        told = {site: countries[site.split()[0]] for site in SITES if site.split()[0] in countries}
        with store.reader() as reader:
            content = fill_submission_about(
                reader, store.workspace, "MIR", "INC-0001", {}, countries=told, now=TODAY
            )
        return {one["key"]: one["written"] for one in content["fields"]}

    bare = counts()["similar_counts"][0]
    assert (bare["world_incidents"], bare["eea_incidents"]) == (1, "not recorded")
    with store.transaction("service:surveillance", "read", now=TODAY) as tx:
        study = Study(study_uid="2.25.1", patient="P1", site_id=1, purpose="clinical",
                      arrived_on=TODAY.date(), received_at=TODAY, rows=1, columns=1)  # fmt: skip
        tx.add(study)
        tx.flush()
        tx.add(Prediction(study_id=study.id or 0, model_version_id=1, deployment_id=1, score=0.5,
                          decision=True, latency_ms=1.0, returned_to_care=True,
                          predicted_at=TODAY))  # fmt: skip
    filled = counts(north="DE", south="US")
    now, before = filled["similar_counts"][:2]
    assert (now["country_incidents"], now["country_devices"]) == (1, 1)
    assert (now["eea_incidents"], now["world_devices"]) == (1, "not recorded")
    assert "south clinic" in filled["counts_method"]
    assert (before["period_from"], before["world_incidents"], before["world_devices"]) == (
        "2025-01-01", "not recorded", "not recorded"
    )
    assert "No fact on record says since when" in filled["counts_method"]
    with pytest.raises(InvalidInput, match="is no country"):
        counts(north="Germany")


@pytest.mark.requirement("REG-067")
@pytest.mark.parametrize(("placed", "studied", "covered"), [
    (date(2024, 5, 2), date(2026, 3, 1), False), (date(2024, 5, 2), date(2024, 5, 2), True),
    (date(2026, 1, 1), None, True), (None, date(2026, 3, 1), False),
    (date(2025, 6, 1), None, False),
])  # fmt: skip
def test_uses_of_a_year_on_the_market_before_the_first_study_are_not_recorded(
    placed: date | None, studied: date | None, covered: bool
) -> None:
    year = (date(2025, 1, 1), date(2025, 12, 31))
    assert reached(year, placed, date(2026, 2, 1), studied) is covered


@pytest.mark.requirement("REG-086")
def test_a_site_that_got_the_version_later_is_named_and_the_records_verify(store: Store) -> None:
    with store.transaction("demo.quality", "small findings are missed", now=TODAY) as tx:
        open_field_action(tx, PLAN, by=find_actor(tx, "demo.quality"), now=TODAY)
    with store.transaction("demo.quality", "deployed", now=LATER) as tx:
        place = Site(name="east clinic", status="confirmed", registered_at=LATER)
        tx.add(place)
        tx.flush()
        tx.add(Deployment(model_version_id=1, site_id=place.id or 0, mode="live",
                          started_at=LATER))  # fmt: skip
    with store.reader() as reader:
        assert sites_not_covered(reader, reader.get_one(FieldAction, 1)) == ["east clinic"]
        assert verify_records(reader).whole


@pytest.mark.requirement("REG-086")
def test_the_same_action_is_not_opened_twice_and_the_first_is_named(store: Store) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), store.transaction("demo.quality", "twice", now=TODAY) as tx:
        by = find_actor(tx, "demo.quality")
        known = {one.id for one in list_records(tx, FieldAction)}
        same = replace(PLAN, reason=f"  Another  reason, {len(known)}. ", act_by=None)
        first = open_field_action(tx, same, by=by, now=TODAY)
        spoken = replace(same, reason=same.reason.upper(), advice="Read every film twice.")
        with pytest.raises(Refused, match=f"{first.label} is this action already: correction of"):
            open_field_action(tx, spoken, by=by, now=TODAY)
        open_field_action(tx, replace(same, reason="Images are turned."), by=by, now=TODAY)
        withdraw_field_action(tx, first, by=find_actor(tx, "demo.regulatory"), now=TODAY)
        assert open_field_action(tx, spoken, by=by, now=TODAY).label > first.label
        raise Undone


@pytest.mark.requirement("REG-030", "REG-081")
def test_no_other_way_marks_a_report_as_sent_or_an_action_as_closed(store: Store) -> None:
    with store.transaction("demo.quality", "by hand", now=LATER) as tx:
        row = Reportability(incident_id=1, jurisdiction="US", opened_at=LATER)
        tx.add(row)
        tx.flush()
        report = RegulatoryReport(
            reportability_id=row.id or 0, version=1, kind="initial", changed="x", content={},
            rules={}, prepared_by="ada", prepared_at=LATER,
        )
        tx.add(report)
        tx.flush()
        tx.add(Submission(report_id=report.id or 0, authority="FDA", channel="ESG", attempts=[],
                          opened_by="ada", opened_at=LATER))  # fmt: skip
        again = replace(PLAN, act_by=None, reason="The threshold of the update was set too high.")
        open_field_action(tx, again, by=find_actor(tx, "demo.quality"),
                          now=LATER)  # fmt: skip
    with store.reader() as reader:
        number = list_records(reader, Submission)[-1].id
    with pytest.raises(Refused, match="no filled form 3500A"):
        with store.transaction("demo.quality", "by hand", now=LATER) as tx:
            tx.get_one(Submission, number).status = "sent"
    with pytest.raises(Refused, match="FSA-0002 is not decided without a valid signature"):
        with store.transaction("demo.regulatory", "by hand", now=LATER) as tx:
            tx.get_one(FieldAction, 2).status = "in force"


@pytest.mark.requirement("REG-081", "REG-086")
def test_a_correction_that_is_reported_is_owed_until_its_form_was_sent(
    store: Store, act: Act
) -> None:
    def assessed(tx: Any, by: Any) -> None:
        (asked,) = assessments_of(tx, tx.get_one(FieldAction, 2))
        answers = dict.fromkeys(QUESTIONS, (False, "not there")) | {"21 CFR 806": (True, "a risk")}
        assess_correction(tx, asked, answers, by=by, now=LATER)

    def kept_of(tx: Any, by: Any) -> FormVersion:
        known = {"brand_name", "submitter_name", "submitter_address", "versions", "intended_use",
                 "event_description", "actions_taken", "total_devices", "action"}  # fmt: skip
        facts = {key: value for key, value in whole("806").items() if key not in known}
        return keep_submission(tx, store.workspace, "806", tx.get_one(FieldAction, 2), facts, by=by,
                               now=LATER)  # fmt: skip

    def to_fda(label: str, sent: bool = True) -> Callable[..., Submission]:
        return lambda tx, by: submit_form(
            tx, form_of_label(tx, label), authority="FDA", channel="letter", outcome="taken",
            sent=sent, by=by, now=LATER,
        )

    act("regulatory", assessed, now=LATER)
    what = ("submit form 806: COA-0002 says reportable", date(2026, 4, 9))
    assert what in owed(store, LATER)
    form = act("regulatory", kept_of, now=LATER)
    assert (form.missing, form.faults) == ([], [])
    with pytest.raises(Refused, match="no valid signature with the meaning 'responsible-person' o"):
        act("regulatory", to_fda(form.label), now=LATER)
    with pytest.raises(Refused, match="it goes out as a version of its report"):
        act("regulatory", to_fda("FRM-0001"), now=LATER)
    tried = act("regulatory", to_fda(form.label, sent=False), now=LATER)
    with pytest.raises(Refused, match="no valid signature"):
        with store.transaction("demo.quality", "by hand", now=LATER) as tx:
            tx.get_one(Submission, tried.id).status = "sent"
    act("quality", lambda tx, by: sign(
        tx, form_of_label(tx, form.label), signer=by, password=PASSWORD, reason="complete",
        meaning=Meaning.APPROVAL, now=LATER,
    ), now=LATER)  # fmt: skip
    assert act("regulatory", to_fda(form.label), now=LATER).status == "sent"
    assert what not in owed(store, LATER)
    with store.reader() as reader:
        assert verify_records(reader).whole


@pytest.mark.parametrize(("ties", "asked"), [
    (["COA-0007"], {}), (["RBK-0002"], {"source": "RBK-0002"}),
    (["SUS-0003"], {"suspension_id": 3}), ([], {"source": "FSA-0009"}),
])  # fmt: skip
def test_a_question_that_was_asked_already_is_not_asked_again(
    ties: list[str], asked: dict[str, Any]
) -> None:
    one = FieldAction(id=9, ties=ties)
    assert asks_about(CorrectionAssessment(id=7, **asked), one)
    assert not asks_about(CorrectionAssessment(id=8, source="RBK-0001", suspension_id=1), one)
