"""The page Complaints and incidents: the questions asked, the clock shown, the decision signed."""

from records.complaints import receive_complaint
from records.incidents import add_awareness, open_incident
from records.lookup import list_records
from records.people import find_actor
from records.product import Device
from records.reportabilities import Reportability
from records.store import Store
from tests.dashboards.conftest import PASSWORD, SITES, TODAY, Visit, text_of

TOLD = {
    "death": "false", "serious_injury": "false", "device_may_have_caused_or_contributed": "true",
    "fails_performance_spec_or_labeling_claim": "true",
    "recurrence_likely_to_cause_death_or_serious_injury": "true",
    "remedial_action_needed": "false", "fda_5day_request": "false",
}  # fmt: skip


def opened(records: Store) -> None:
    """An incident of which support knows since today."""
    with records.transaction("demo.quality", "a call", now=TODAY) as tx:
        by = find_actor(tx, "demo.quality")
        complaint = receive_complaint(
            tx, device=list_records(tx, Device)[-1], words="It missed one", channel="telephone",
            received_at=TODAY, site=SITES[0], by=by, now=TODAY,
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
    for name, value in TOLD.items():
        app.selectbox(key=f"fact-{name}").set_value(value)
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
    opened(records)
    words = text_of(visit("demo.engineer", "incidents"))
    assert "It is assessed by: quality, regulatory, responsible-person" in words
