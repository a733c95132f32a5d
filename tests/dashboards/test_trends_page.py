"""Trends on the page of incidents: the table, and a decision that is signed there."""

from journeys.look_at_trends import look_at_trends
from records.clock import advance_clock
from records.lookup import list_records
from records.store import Store
from records.trends import TrendDecision
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import PASSWORD
from tests.journeys.trend_workspace import JULY, add_quarter


def test_a_trend_is_shown_and_decided_by_signature(visit: Visit, records: Store) -> None:
    with records.transaction("setup", "a quarter", now=JULY) as tx:
        add_quarter(tx, missed=7)
        advance_clock(tx, JULY)
    look_at_trends(records, "chest-radiograph-pneumonia", actor="service:surveillance", now=JULY)
    app = visit("demo.engineer", "incidents")
    assert "TLK-0001 waits for: regulatory, responsible-person" in text_of(app)
    app = visit("demo.regulatory", "incidents")
    words = text_of(app)
    for expected in ("7 on 40", "IMDRF A: False Negative Result", "0.02 each of the studies read",
                     "No studies read from south clinic", "by nobody", "period runs"):  # fmt: skip
        assert expected in words, expected
    app.text_input(key="trend-reason").set_value("seven alike")
    app.text_input(key="trend-password").set_value(PASSWORD)
    app.button(key="trend-decide").click().run()
    assert "Not answered" in app.error[0].value
    for key in ("trend-benefit", "trend-risk"):
        app.selectbox(key=key).set_value("no" if key == "trend-risk" else "yes")
    app.text_input(key="trend-reason").set_value("seven alike")
    app.text_input(key="trend-password").set_value(PASSWORD)
    app.button(key="trend-decide").click().run()
    assert not app.exception
    assert "TRD-0001: missed: not reported" in app.success[0].value
    with records.reader() as reader:
        assert [one.outcome for one in list_records(reader, TrendDecision)] == [
            "SIGNAL_INTERNAL_ACTION"
        ]
