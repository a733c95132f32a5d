"""The page Complaints and incidents: the questions asked, the clock shown, the decision signed."""

from datetime import time, timedelta
from typing import Any

from sqlmodel import select
from streamlit.testing.v1 import AppTest

from records.breaches import record_breach
from records.complaints import Complaint, receive_complaint
from records.form_drafts import FormDraft
from records.incidents import AwarenessFact, add_awareness, open_incident
from records.lookup import list_records
from records.notices import NoticeKind, raise_notice
from records.people import find_actor
from records.product import Device
from records.reportabilities import Reportability
from records.store import Store
from tests.dashboards.conftest import Visit, click_twice, text_of, with_auditor
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY

TOLD = {
    "death": "false", "serious_injury": "false", "device_may_have_caused_or_contributed": "true",
    "fails_performance_spec_or_labeling_claim": "true",
    "recurrence_likely_to_cause_death_or_serious_injury": "true",
    "remedial_action_needed": "false", "fda_5day_request": "false",
}  # fmt: skip


def opened(records: Store, *, days_before: int = 0) -> None:
    """An incident of which support knows since today."""
    with records.transaction("demo.quality", "a call", now=TODAY) as tx:
        by = find_actor(tx, "demo.quality")
        complaint = receive_complaint(
            tx, device=list_records(tx, Device)[-1], words="It missed one", channel="telephone",
            received_at=TODAY - timedelta(days=days_before), site=SITES[0], by=by, now=TODAY,
        )
        one = open_incident(tx, complaint, words="", by=by, now=TODAY)
        add_awareness(tx, one, person="support", person_class="ANY_EMPLOYEE", known_at=TODAY,
                      zone="UTC", how="a call", by=by, now=TODAY)  # fmt: skip


def test_the_questions_are_answered_and_the_decision_is_signed(
    visit: Visit, records: Store
) -> None:
    opened(records)
    app = visit("demo.regulatory", "incidents")
    assert "It missed one" in text_of(app)
    assert "on an unknown day" in text_of(app)
    assert "INC-0001, the record of the incident" in text_of(app)
    app.button(key="assess-next").click().run()
    for name, value in TOLD.items():
        app.selectbox(key=f"fact-{name}").set_value(value).run()
    app = visit("demo.regulatory", "incidents")
    app.segmented_control(key="assess-step").set_value("said").run()
    assert "By the rules it is reportable; to work towards 2026-04-03" in text_of(app)
    with records.reader() as reader:
        assert not list_records(reader, Reportability), "nothing is recorded by looking"
        assert reader.exec(select(FormDraft)).one().fields == TOLD, "each answer was kept"
    app.button(key="assess-next").click().run()
    app.text_input(key="event-assess-reason").set_value("the call")
    app.button(key="event-assess").click().run()
    assert not app.exception
    assert "to work towards 2026-04-03" in app.success[0].value, text_of(app)
    assert "803.50_30CD" in text_of(app)
    app.selectbox(key="event-decision").set_value("not reportable")
    app.text_input(key="event-decide-reason").set_value("a near miss")
    app.text_input(key="event-decide-password").set_value(PASSWORD)
    app.button(key="event-decide").click().run()
    assert "the rules say that it is reportable" in app.error[0].value
    app.selectbox(key="event-decision").set_value("reportable")
    app.text_input(key="event-decide-reason").set_value("a near miss")
    app.text_input(key="event-decide-password").set_value(PASSWORD)
    app.button(key="event-decide").click().run()
    assert "US is 'reportable'" in app.success[0].value
    with records.reader() as reader:
        (row,) = list_records(reader, Reportability)
        assert row.status == "reportable"


def test_who_may_not_decide_is_told_who_does(visit: Visit, records: Store) -> None:
    opened(records, days_before=5)
    app = visit("demo.engineer", "incidents")
    assert "It is assessed by: quality, regulatory, responsible-person" in text_of(app)
    assert any("day 0 may be earlier; record the receipt" in one.value for one in app.warning)


def fill(app: AppTest, form: str, said: dict[str, Any], kind: str = "text_input") -> None:
    for name, value in said.items():
        getattr(app, kind)(key=f"{form}-{name}-0").set_value(value)


def test_a_complaint_comes_in_is_linked_screened_and_becomes_an_incident_with_its_clock(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.engineer", "incidents")
    fill(app, "complaint", {"words": "It missed a pneumonia on the left side."}, "text_area")
    fill(app, "complaint", {"reason": "call"})
    app.button(key="complaint-submit-0").click().run()
    assert "The day or the time is missing." in app.error[0].value
    fill(app, "complaint", {"day": TODAY.date(), "first": TODAY.date(), "last": TODAY.date()},
         "date_input")
    app.time_input(key="complaint-time-0").set_value(time(9, 30))
    fill(app, "complaint", {"zone": "Europe/Berlin"})
    app.selectbox(key="complaint-site-0").set_value(SITES[0])
    click_twice(app, "complaint-submit-0")
    assert not app.exception
    assert "CMP-0001" in text_of(app)
    with records.transaction("demo.quality", "a letter", now=TODAY) as tx:
        (first,) = list_records(tx, Complaint)
        assert first.received_at == TODAY.replace(hour=8, minute=30)
        receive_complaint(tx, device=list_records(tx, Device)[-1], channel="letter",
                          words="On the left side it missed a pneumonia.", received_at=TODAY,
                          site=SITES[0], by=find_actor(tx, "demo.quality"), now=TODAY)
    app = visit("demo.quality", "incidents")
    words = text_of(app)
    assert "Others may tell of the same" in words
    assert "of four letters or more are common" in words
    fill(app, "link-CMP-0002", {"reason": "the same study"})
    app.button(key="link-CMP-0002-submit-0").click().run()
    assert "CMP-0002 is a duplicate of CMP-0001" in app.success[0].value, text_of(app)
    app.selectbox(key="complaint").set_value(f"CMP-0001, {SITES[0]}, open").run()
    app.selectbox(key="complaint-harm").set_value("NONE")
    app.text_area(key="complaint-harm-grounds").set_value("told by the radiologist")
    app.text_input(key="complaint-assess-reason").set_value("screened")
    app.button(key="complaint-assess").click().run()
    assert "CMP-0001 is screened. It lacks: " in app.success[0].value, text_of(app)
    app.selectbox(key="complaint").set_value(f"CMP-0001, {SITES[0]}, screened").run()
    form = "incident-CMP-0001"
    fill(app, form, {"person": "support", "how": "a call", "reason": "may be serious"})
    fill(app, form, {"day": TODAY.date()}, "date_input")
    app.time_input(key=f"{form}-time-0").set_value(time(8, 30))
    app.button(key=f"{form}-submit-0").click().run()
    assert "INC-0001 is open." in app.success[0].value, text_of(app)
    with records.reader() as reader:
        (fact,) = list_records(reader, AwarenessFact)
        assert (fact.person, fact.known_at) == ("support", TODAY.replace(hour=8, minute=30))
    assert "It is screened by" in text_of(visit("demo.engineer", "incidents"))


def test_an_auditor_sees_all_of_it_and_is_offered_nothing(visit: Visit, records: Store) -> None:
    opened(records)
    with_auditor(records)
    app = visit("demo.auditor", "incidents")
    assert not app.exception
    assert {one.key for one in app.button} == {"sign-out"}


def test_a_security_event_is_screened_and_a_day_set_anew_on_the_page(
    visit: Visit, records: Store
) -> None:
    with records.transaction("service:verification", "verify", now=TODAY) as tx:
        raise_notice(tx, NoticeKind.DAMAGE_FOUND, "AuditTrail:all", "event 7", now=TODAY)
        record_breach(
            tx, {"aware_at": TODAY, "what": "a lost disk", "categories": "images", "people": 3,
                 "risk": "risk", "regimes": ["EU"]},
            by=find_actor(tx, "demo.quality"), now=TODAY,
        )  # fmt: skip
    app = visit("demo.regulatory", "incidents")
    assert app.selectbox(key="screen-record").options == ["BRC-0001", "NTC-0001"]
    app.selectbox(key="screen-record").set_value("NTC-0001")
    app.text_input(key="screen-reason").set_value("a test of the disk")
    app.text_input(key="screen-password").set_value(PASSWORD)
    app.button(key="screen").click().run()
    assert app.success[0].value == "NTC-0001 is screened: no incident."
    assert app.selectbox(key="screen-record").options == ["BRC-0001"]
    app.date_input(key="override-day-chosen").set_value(TODAY.date() + timedelta(days=9))
    app.text_input(key="override-reason").set_value("the authority was asked")
    app.text_input(key="override-password").set_value(PASSWORD)
    app.button(key="override").click().run()
    assert "is later than the law's day" in app.error[0].value
    app.date_input(key="override-day-chosen").set_value(TODAY.date() + timedelta(days=1))
    app.text_input(key="override-password").set_value(PASSWORD)
    app.button(key="override").click().run()
    assert "OVR-0001: BRC-0001:supervisory authority by 2026-03-07" in app.success[0].value
    assert "set by OVR-0001, computed 2026-03-09" in text_of(app)
    engineer = visit("demo.engineer", "incidents")
    assert "It is decided by: quality, regulatory, responsible-person." in text_of(engineer)
