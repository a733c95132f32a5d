"""From an incident to its MIR, the follow-up, and a field action whose silent site is reminded."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from journeys.fill_submission import fill_submission_about
from journeys.keep_submission import data_set_of, export_submission, keep_submission
from journeys.my_work import owed_work
from records.cases import Prediction, Study
from records.complaints import receive_complaint
from records.correction_assessments import QUESTIONS, assess_correction
from records.errors import InvalidInput, NotAllowed, Refused
from records.field_actions import (
    FieldAction,
    FieldActionPlan,
    assessments_of,
    open_field_action,
    put_in_force,
    sites_not_covered,
)
from records.field_notices import (
    answer_notice,
    check_effectiveness,
    ledger_of,
    notify_consignee,
    reconciled,
)
from records.form_versions import FormVersion, form_of_label
from records.incidents import Incident, add_awareness, open_incident
from records.lifecycle import LIFECYCLES
from records.lookup import find_events, find_record, list_records
from records.people import Meaning, Role, find_actor, register_person
from records.product import Deployment, Device, ModelVersion, Site
from records.regulatory_reports import (
    RegulatoryReport,
    Submission,
    ask_site,
    prepare_report,
    submit_report,
    versions_of_report,
)
from records.reportabilities import Reportability, decide_reportability, rows_of
from records.settings import Workspace
from records.signatures import sign
from records.store import Store, open_store
from records.verify import verify_records
from regulatory.reportability import assess_incident, follow_up
from tests.dashboards.conftest import PASSWORD, SITES, TODAY, populate
from tests.people import qualify_everybody
from tests.regulatory.forms.whole_forms import whole
from tests.regulatory.test_reportability import EU

LATER = TODAY + timedelta(days=20)
MIR = {
    key: value for key, value in whole("MIR").items()
    if key not in {"own_reference", "event_description", "awareness_incident", "software_version",
                   "awareness_reportability", "classification", "similar_counts", "counts_method",
                   "denominator_basis", "similar_basis", "fsca_references", "device_name"}
} | {"report_type": "INITIAL", "incident_from": "2026-03-01", "incident_to": "2026-03-02",
     "submission_date": "2026-03-07", "next_report": "2026-04-06",
     "other_information": "decided on the day of the call"}  # fmt: skip
"""What a person gives: all that no record tells."""
UNKNOWN = {"unknown": "The site has not answered.", "attempts": ["IRQ-0001"]}
PLAN = FieldActionPlan(
    kind="correction", versions=("MDV-0001",), reason="Small findings are missed after an update.",
    risk="A finding may be treated late.", actions="The threshold is set back.",
    advice="Read every film without the device until then.", timetable="Within four weeks.",
    notice="Do not rely on the result. Read every film yourself.", languages=("de", "en"),
    criterion="no missed finding of this kind in 100 studies a site", remind_after=14,
    since=date(2026, 3, 1), act_by=date(2026, 4, 15), incidents=("INC-0001",),
)  # fmt: skip

Act = Callable[..., Any]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An incident in the EU that is reportable; the shadow at the third site has ended."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(opened)
    with opened.transaction("demo.quality", "the call of a site", now=TODAY) as tx:
        register_person(tx, "demo.responsible", full_name="Demo Responsible",
                        roles=[Role.RESPONSIBLE_PERSON], password=PASSWORD, now=TODAY)  # fmt: skip
        qualify_everybody(tx, TODAY)
        shadow = tx.get_one(Deployment, 3)
        shadow.ended_at = TODAY - timedelta(days=20)
        tx.add(shadow)
        by = find_actor(tx, "demo.quality")
        complaint = receive_complaint(
            tx, device=list_records(tx, Device)[-1], words="It missed a pneumothorax.",
            channel="telephone", received_at=TODAY, site=SITES[0], by=by, now=TODAY,
        )
        one = open_incident(tx, complaint, words="", by=by, now=TODAY,
                            categories=["finding missed"])  # fmt: skip
        one.event_from = one.event_to = date(2026, 3, 1)
        add_awareness(tx, one, person="support", person_class="ANY_EMPLOYEE", known_at=TODAY,
                      zone="Europe/Berlin", how="a call", by=by, now=TODAY)  # fmt: skip
    with opened.transaction("demo.regulatory", "as the rules say", now=TODAY) as tx:
        by = find_actor(tx, "demo.regulatory")
        one = tx.get_one(Incident, 1)
        assess_incident(tx, one, "EU", EU, grounds="the call", by=by, now=TODAY)
        decide_reportability(tx, rows_of(tx, one)[0], "reportable", grounds="by the rules", by=by,
                             password=PASSWORD, now=TODAY)  # fmt: skip
        ask_site(tx, one, asked="radiology", channel="telephone", question="Who operated it?",
                 by=by, now=TODAY)  # fmt: skip
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def act(store: Store) -> Act:
    """A deed of a person in a transaction of its own, which the store holds against its guards."""
    def does(who: str, deed: Callable[..., Any], now: Any = TODAY) -> Any:
        with store.transaction(f"demo.{who}", "a step of the journey", now=now) as tx:
            return deed(tx, find_actor(tx, f"demo.{who}"))

    return does


def kept(store: Store, facts: dict[str, Any], **more: Any) -> Callable[..., FormVersion]:
    return lambda tx, by: keep_submission(
        tx, store.workspace, "MIR", tx.get_one(Incident, 1), facts, by=by, now=TODAY,
        **{key: form_of_label(tx, value) for key, value in more.items()},
    )


def released(tx: Any, by: Any, label: str) -> None:
    sign(tx, form_of_label(tx, label), signer=by, password=PASSWORD, reason="complete", now=TODAY,
         meaning=Meaning.RESPONSIBLE_PERSON)  # fmt: skip


def reported(label: str) -> Callable[..., RegulatoryReport]:
    """The next version of the report in the EU, with a filled form."""
    def made(tx: Any, by: Any) -> RegulatoryReport:
        row, form = tx.get_one(Reportability, 1), form_of_label(tx, label)
        if versions_of_report(tx, row):
            return follow_up(tx, row, changed="more is known", received=TODAY.date(), filled=form,
                             by=by, now=TODAY)  # fmt: skip
        return prepare_report(tx, row, kind="initial", changed="all that is known", by=by,
                              filled=form, now=TODAY)  # fmt: skip

    return made


def sent(number: int) -> Callable[..., Submission]:
    return lambda tx, by: submit_report(
        tx, tx.get_one(RegulatoryReport, number), authority="BfArM", channel="EUDAMED",
        outcome="taken", sent=True, by=by, now=TODAY,
    )


@pytest.mark.requirement("REG-025", "REG-035", "REG-080", "REG-084")
def test_a_form_is_kept_lacks_fields_by_number_and_counts_when_signed(
    store: Store, act: Act
) -> None:
    first = act("regulatory", kept(store, MIR | {"udi_pi": None, "operator": None}))
    assert (first.label, first.version) == ("FRM-0001", 1)
    assert [one["number"] for one in first.missing] == ["2.1", "3.2"]
    told = {one["key"]: one.get("from") for one in data_set_of(store.workspace, first)["fields"]}
    assert told["awareness_incident"] == ["AWF-0001"] and told["device_name"] == ["DEV-0001"]
    assert told["awareness_reportability"] == ["RPD-0001"]
    assert (told["classification"], told["software_version"]) == (["CLK-0001"], ["DEP-0001"])
    assert told["report_type"] is None, "a person gave it"
    with pytest.raises(Refused, match=r"2\.1 UDI-PI: needed; 3\.2 Operator at the time"):
        act("regulatory", reported("FRM-0001"))
    second = act("regulatory", kept(store, MIR | {"operator": {"unknown": "Nobody told."}}))
    assert second.missing == [] and second.unknown[0]["number"] == "3.2"
    with pytest.raises(Refused, match=r"Operator .*: unknown, and what was done to learn it"):
        act("regulatory", reported(second.label))
    odd = UNKNOWN | {"attempts": ["IRQ-0009: asked again"]}
    with pytest.raises(Refused, match="IRQ-0009 is no question that was asked about INC-0001"):
        act("regulatory", kept(store, MIR | {"operator": odd}))
    act("regulatory", kept(store, MIR | {"operator": UNKNOWN}))
    report = act("regulatory", reported("FRM-0003"))
    assert (report.form, report.kind) == ("MIR 7.3.1", "initial")
    with pytest.raises(Refused, match="no valid signature with the meaning 'responsible-person'"):
        act("regulatory", sent(1))
    act("responsible", lambda tx, by: released(tx, by, "FRM-0003"))
    assert act("regulatory", sent(1)).status == "sent"


@pytest.mark.requirement("REG-082", "REG-084")
def test_a_follow_up_shows_what_changed_against_what_was_reported_last(
    store: Store, act: Act
) -> None:
    said = {"report_type": "FOLLOW_UP", "operator": "radiographer",
            "authority_reference": UNKNOWN, "eudamed_reference": UNKNOWN}  # fmt: skip
    later = act("regulatory", kept(store, said, follows="FRM-0003"))
    assert (later.label, later.version, later.missing) == ("FRM-0004", 2, [])
    assert [one["number"] for one in later.changed] == ["1.1c", "1.1d", "1.2e", "3.2"]
    shown = data_set_of(store.workspace, later)["changed"][-1]
    assert (shown["was"], shown["is"]) == (
        {"unknown": "The site has not answered."}, "radiographer"
    )
    with pytest.raises(Refused, match="FRM-0002 follows no version, and FRM-0003 was reported"):
        act("regulatory", reported("FRM-0002"))
    made = act("regulatory", reported("FRM-0004"))
    assert (made.version, made.kind) == (2, "follow-up")
    with pytest.raises(Refused, match="no valid signature"):
        act("regulatory", sent(2))
    act("responsible", lambda tx, by: released(tx, by, "FRM-0004"))
    assert act("regulatory", sent(2)).status == "sent"


def test_who_names_a_patient_is_refused_and_nothing_is_kept(store: Store, act: Act) -> None:
    with store.reader() as reader:
        before = len(list_records(reader, FormVersion))
    named = MIR | {"event_description": "Patient Zwetschkenbaum was sent home."}
    with pytest.raises(Refused, match=r"3\.1 Description of the incident seems to hold"):
        act("regulatory", kept(store, named))

    def assessed(tx: Any, by: Any) -> None:
        facts = {"member_states": ["patient Zwetschkenbaum, MRN 4711234"]}
        one = Incident(device_id=1, complaint_id=1, site=SITES[0], words="x", opened_by="ada",
                       opened_at=TODAY)  # fmt: skip
        tx.add(one)
        tx.flush()
        add_awareness(tx, one, person="support", person_class="ANY_EMPLOYEE", known_at=TODAY,
                      zone="UTC", how="a call", by=by, now=TODAY)  # fmt: skip
        assess_incident(tx, one, "JP", facts, grounds="x", by=by, now=TODAY)

    with pytest.raises(InvalidInput, match=r"The fact member states seems to hold") as refused:
        act("regulatory", assessed)
    assert "4711234" not in str(refused.value)
    with store.reader() as reader:
        assert len(list_records(reader, FormVersion)) == before
        assert len(list_records(reader, Incident)) == 1


@pytest.mark.requirement("REG-018", "REG-112")
def test_a_form_that_leaves_is_an_event_with_its_digest(store: Store, tmp_path: Any) -> None:
    with store.reader() as reader:
        one = form_of_label(reader, "FRM-0001")
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
        "2025-01-01", 0, 0
    )
    with pytest.raises(InvalidInput, match="no country code"):
        counts(north="Germany")


@pytest.mark.requirement("REG-086", "REG-036")
def test_a_silent_consignee_is_owed_reminded_answers_and_the_action_is_closed(
    store: Store, act: Act
) -> None:
    one = act("quality", lambda tx, by: open_field_action(tx, PLAN, by=by, now=TODAY))
    assert (one.label, one.sites) == ("FSA-0001", [SITES[0], SITES[1]])
    with store.reader() as reader:
        (asked,) = assessments_of(reader, one)
        assert [each.due for each in owed_work(reader, TODAY) if each.label == asked.label] == [
            date(2026, 3, 20)
        ]

    def told(site: str, on: date, now: Any = TODAY) -> Callable[..., Any]:
        return lambda tx, by: notify_consignee(
            tx, tx.get_one(FieldAction, 1), site, channel="letter", addressee="radiology", on=on,
            by=by, now=now,
        )

    def answered(site: str, done: int | None = None) -> Callable[..., Any]:
        return lambda tx, by: answer_notice(
            tx, tx.get_one(FieldAction, 1), site, words="read and done", installations=done,
            on=LATER.date(), by=by, now=LATER,
        )

    def in_force(tx: Any, by: Any) -> Any:
        return put_in_force(tx, tx.get_one(FieldAction, 1), by=by, password=PASSWORD,
                            reason="the text is plain", now=TODAY)  # fmt: skip

    def closed(effective: bool) -> Callable[..., Any]:
        return lambda tx, by: check_effectiveness(
            tx, tx.get_one(FieldAction, 1), effective=effective, words="no finding missed in 100",
            by=by, password=PASSWORD, now=LATER,
        )

    with pytest.raises(Refused, match="nobody is told of it"):
        act("quality", told(SITES[0], TODAY.date()))
    with pytest.raises(NotAllowed, match="made FSA-0001"):
        act("quality", in_force)
    act("regulatory", in_force)
    for site in one.sites:
        act("quality", told(site, TODAY.date()))
    act("quality", answered(SITES[0], done=1), now=LATER)
    assert owed(store, LATER) == [
        (f"{SITES[1]} has not answered: remind it", TODAY.date() + timedelta(days=14))
    ]
    with pytest.raises(Refused, match=r"not closed: south clinic is 'notified'"):
        act("regulatory", closed(True), now=LATER)
    act("quality", told(SITES[1], LATER.date(), LATER), now=LATER)
    assert owed(store, LATER)[0][1] == LATER.date() + timedelta(days=14)
    act("quality", answered(SITES[1]), now=LATER)
    assert owed(store, LATER) == [
        (f"{SITES[1]} answered: have it say that it is done", PLAN.act_by)
    ]
    act("quality", answered(SITES[1], done=0), now=LATER)
    with store.reader() as reader:
        rows = ledger_of(reader, reader.get_one(FieldAction, 1))
    assert [each.status for each in rows] == ["done", "partly done"]
    assert reconciled(rows).open_installations == 1
    with pytest.raises(InvalidInput, match="2 are not corrected there"):
        act("quality", answered(SITES[1], done=2), now=LATER)
    act("quality", answered(SITES[1], done=1), now=LATER)
    assert [what for what, _ in owed(store, LATER)] == ["check whether it worked, and close it"]
    fsca = filled_of_action(store, "FSCA")
    assert fsca["devices_affected"] == 2 and len(fsca["responses"]) == 2
    assert fsca["related_incidents"] == ["INC-0001"] and fsca["software_versions"] == ["chest-1.0"]
    of_us = filled_of_action(store, "806")
    assert [row["devices"] for row in of_us["consignees"]] == [1, 1]

    def not_reported(tx: Any, by: Any) -> None:
        (asked,) = assessments_of(tx, tx.get_one(FieldAction, 1))
        assess_correction(tx, asked, dict.fromkeys(QUESTIONS, (False, "no risk to health")), by=by,
                          now=LATER)  # fmt: skip

    act("regulatory", not_reported, now=LATER)
    for label in ("FSA-0001", "COA-0001"):
        kept_here = filled_of_action(store, "806.20", label)
        assert kept_here["justification"] == "no risk to health"
        assert kept_here["own_reference"] == label
    assert act("regulatory", closed(False), now=LATER).result == "not effective"
    with pytest.raises(NotAllowed, match="opened FSA-0001"):
        act("quality", closed(True), now=LATER)
    act("regulatory", closed(True), now=LATER)
    assert owed(store, LATER) == []
    with store.reader() as reader:
        assert find_record(reader, FieldAction, "FSA-0001").status == "closed"
        filled = fill_submission_about(reader, store.workspace, "MIR", "INC-0001", {}, now=LATER)
    told_now = {each["key"]: each for each in filled["fields"]}
    assert told_now["fsca_references"]["written"] == ["FSA-0001"]


def owed(store: Store, now: Any) -> list[tuple[str, date | None]]:
    with store.reader() as reader:
        return [(one.what, one.due) for one in owed_work(reader, now) if one.kind == "field action"]


def filled_of_action(store: Store, form: str, label: str = "FSA-0001") -> dict[str, Any]:
    with store.reader() as reader:
        content = fill_submission_about(reader, store.workspace, form, label, {}, now=LATER)
    assert all(one["from"] for one in content["fields"])
    if form == "806":
        assert "cells of address, telephone are empty" in str(content["faults"])
    return {one["key"]: one["written"] for one in content["fields"]}


@pytest.mark.requirement("REG-086")
def test_a_site_that_got_the_version_later_is_named_and_the_records_verify(store: Store) -> None:
    assert LIFECYCLES["FieldAction"]["in force"] == {"closed"}
    with store.transaction("demo.quality", "deployed", now=LATER) as tx:
        place = Site(name="east clinic", status="confirmed", registered_at=LATER)
        tx.add(place)
        tx.flush()
        tx.add(Deployment(model_version_id=1, site_id=place.id or 0, mode="live",
                          started_at=LATER))  # fmt: skip
    with store.reader() as reader:
        assert sites_not_covered(reader, reader.get_one(FieldAction, 1)) == ["east clinic"]
        assert reader.get_one(ModelVersion, 1).label == "MDV-0001"
        assert verify_records(reader).whole


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
        open_field_action(tx, replace(PLAN, act_by=None), by=find_actor(tx, "demo.quality"),
                          now=LATER)  # fmt: skip
    with store.reader() as reader:
        number = list_records(reader, Submission)[-1].id
    with pytest.raises(Refused, match="no filled form 3500A"):
        with store.transaction("demo.quality", "by hand", now=LATER) as tx:
            tx.get_one(Submission, number).status = "sent"
    with pytest.raises(Refused, match="FSA-0002 is not decided without a valid signature"):
        with store.transaction("demo.regulatory", "by hand", now=LATER) as tx:
            tx.get_one(FieldAction, 2).status = "in force"
