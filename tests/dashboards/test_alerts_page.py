"""Alerts: who gives, acknowledges and closes one; and what the tabs of drift and alerts quote."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from records.alert_assignments import AlertAssignment
from records.audit import AuditEvent
from records.awareness import AwarenessCandidate
from records.capas import open_capa_for
from records.people import find_actor
from records.store import Store
from records.surveillance import Alert, MonitoringRun
from tests.dashboards.conftest import Visit, go_to, text_of
from tests.dashboards.small_workspace import TODAY


def test_quality_acknowledges_and_closes_an_alert_under_her_own_name(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "alerts")
    app.text_area(key="alert-reason").set_value("New detector software; site called")
    app.button(key="alert-decide").click().run()
    assert "ALT-0001 is acknowledged by Demo Quality Manager." in text_of(app)
    assert "The retraining protocol" in text_of(app)
    app.selectbox(key="disposition").set_value("true change at the site")
    app.selectbox(key="root-cause").set_value("software")
    app.text_area(key="alert-reason").set_value("Vendor rolled the software back")
    app.button(key="alert-decide").click().run()
    assert "ALT-0001 is closed" in text_of(app)
    with records.reader() as reader:
        alert = reader.get_one(Alert, 1)
        events = [one for one in reader.exec(select(AuditEvent)) if one.subject == "Alert:1"]
    assert alert.status == "closed"
    assert alert.acknowledged_by == "demo.quality"
    assert [one.actor for one in events[-2:]] == ["demo.quality", "demo.quality"]
    assert events[-2].reason == "New detector software; site called"
    assert '"status":"closed"' in events[-1].new


def test_an_alert_is_not_acknowledged_without_a_reason(visit: Visit, records: Store) -> None:
    app = visit("demo.quality", "alerts")
    app.button(key="alert-decide").click().run()
    assert "No reason was given." in app.error[0].value
    with records.reader() as reader:
        assert reader.get_one(Alert, 1).status == "open"


@pytest.mark.requirement("REG-112")
def test_a_patient_who_is_named_in_a_reason_is_not_recorded(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "alerts")
    app.text_area(key="alert-reason").set_value("Patient Zwetschkenbaum, born 3 May 1956, moved")
    app.button(key="alert-decide").click().run()
    (said,) = [one.value for one in app.error]
    assert said.startswith("The reason seems to hold a date of birth; nothing was recorded.")
    assert "STU-0012" in said
    with records.reader() as reader:
        assert reader.get_one(Alert, 1).status == "open"
        assert not [one for one in reader.exec(select(AuditEvent)) if "Zwetsch" in str(one)]


@pytest.mark.requirement("REG-064")
def test_possible_harm_is_listed_with_its_age_and_an_empty_list_says_why(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "alerts")
    assert "None: no alert is of the class performance or severe" in text_of(app)
    with records.transaction("service:surveillance", "watch", now=TODAY) as tx:
        tx.add(AwarenessCandidate(
            alert_id=1, device_id=1, site="south clinic", occasion="alert raised",
            grounds="the change is large", words="noise", recorded_at=TODAY,
            known_at=TODAY - timedelta(days=9, hours=3),
        ))  # fmt: skip
    words = text_of(app.run())
    for said in ("AWR-0001", "the change is large: noise", "9 days"):
        assert said in words, said


def test_truth_that_changed_after_it_was_counted_is_shown_by_site(
    visit: Visit, records: Store
) -> None:
    with records.transaction("service:surveillance", "watch", now=TODAY) as tx:
        last = TODAY.date() + timedelta(days=2)
        for day, changed in ((last, 2), (last - timedelta(days=1), 1)):
            tx.add(MonitoringRun(
                plan_id=1, model_version_id=1, day=day, studies=20, run_at=TODAY,
                counts={"south clinic": {"studies": 20, "truth_changed": changed}},
            ))  # fmt: skip
    app = visit("demo.quality", "performance")
    words = text_of(app)
    assert "south clinic: 3 truths changed after charts had counted" in words
    assert f"last on {last}" in words


def test_an_engineer_may_not_close_an_alert(visit: Visit, records: Store) -> None:
    app = visit("demo.engineer", "alerts")
    app.text_area(key="alert-reason").set_value("Looking into it")
    app.button(key="alert-decide").click().run()
    assert "You may not close alerts" in text_of(app)
    assert not [one for one in app.button if one.key == "alert-decide"]
    with records.reader() as reader:
        assert reader.get_one(Alert, 1).status == "acknowledged"

def test_an_alert_is_read_with_size_onset_place_cause_effect_and_next_steps(
    visit: Visit, records: Store
) -> None:
    figure = {"value": 0.9, "low": 0.8, "high": 0.95, "n": 40, "reason": ""}
    told = {
        "moved": {"what": "noise", "unit": "SD", "value": 1.4, "low": 1.1, "high": 1.7, "n": 80,
                  "n_before": 200, "reason": ""},
        "since": {"day": "2026-03-02", "first": "2026-03-01", "last": "2026-03-04", "n": 90,
                  "level": 0.95, "open_start": False, "reason": ""},
        "where": {"sentence": "In the studies of view AP: 30 % of the studies."},
        "cause": "software", "causes": [
            {"cause": "software", "for": ["version '2' was never seen here"], "against": ["age"]},
        ],
        "moved_too": [], "new": {}, "next_steps": ["Ask the site which version was installed."],
        "expected": {"sensitivity": {"basis": "truth known so far", "before": figure,
                                     "since": figure, "difference": None},
                     "specificity": {"basis": "not estimable", "reason": "no truth yet"}},
        "examples": {"before": ["STU-9999"], "since": []},
    }  # fmt: skip
    also = [{"chart": "score_distribution", "summary": "score lies higher"}]
    with records.transaction("demo.quality", "explained", now=datetime.now(UTC)) as tx:
        alert = tx.get_one(Alert, 1)
        alert.evidence = {"explanation": told, "also": also, "elsewhere": ["west practice"]}
        tx.add(alert)
    app = visit("demo.quality", "alerts")
    words = text_of(app)
    assert not app.exception
    for expected in (
        "noise: +1.40 SD (+1.10 to +1.70), 80 studies against 200",
        "2026-03-02 (2026-03-01 to 2026-03-04, 95 %, n = 90)", "In the studies of view AP",
        "software (a guess). For: version", "Against: age.", "west practice: the same moved there",
        "0.90 (0.80 to 0.95, n = 40) before", "not estimable: no truth yet",
        "with Score distribution",
        "Ask the site which version was installed.", "There is no study STU-9999",
    ):
        assert expected in words, expected


TABS = {
    "Plan and who is told": ("Owner: quality", "acknowledged within 2 days, closed within 30 days, "
                             "with a signature; required action: revalidate", "no route is set",
                             "Smallest change of interest"),
    "Weekly drift reports": ("wasserstein", "420 current studies against 300 reference studies",
                             "not recorded in the reference"),
}  # fmt: skip


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_drift_and_alerts_quotes_the_records(visit: Visit, tab: str) -> None:
    app = visit("demo.quality", "drift-and-alerts")
    app.session_state["drift-tabs"] = tab
    words = text_of(app.run())
    assert not app.exception
    for expected in TABS[tab]:
        assert expected in words, expected
    assert words.lower().count("no route is set") <= 1, "it is said once"




def test_the_button_tests_how_people_are_told(visit: Visit) -> None:
    app = visit("demo.quality", "drift-and-alerts")
    app.session_state["drift-tabs"] = "Plan and who is told"
    app.run()
    app.button(key="test-alert-chest-radiograph-pneumonia").click().run()
    assert "No route would carry this alert: nobody would be told." in app.error[0].value


def test_an_alert_is_given_to_somebody_and_the_timeline_and_the_work_say_so(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.engineer", "alerts")
    app.selectbox(key="alert-owner").set_value("demo.quality")
    app.text_input(key="alert-assign-reason").set_value("She knows the site")
    app.button(key="alert-assign").click().run()
    words = text_of(app)
    assert "ALT-0001 is given to demo.quality." in words
    assert "to demo.quality by demo.engineer" in words
    assert "demo.quality" not in app.selectbox(key="alert-owner").options
    assert "given to demo.quality" in text_of(go_to(app, "overview"))
    with records.reader() as reader:
        (made,) = reader.exec(select(AlertAssignment))
    assert (made.owner, made.assigned_by) == ("demo.quality", "demo.engineer")


def test_an_open_capa_is_linked_to_an_alert_once(visit: Visit, records: Store) -> None:
    with records.transaction("demo.quality", "found", now=TODAY) as tx:
        open_capa_for(tx, "RVL-0001", problem="Sensitivity fell at south clinic",
                      by=find_actor(tx, "demo.quality"), now=TODAY)  # fmt: skip
    app = visit("demo.quality", "alerts")
    app.text_input(key="alert-capa-reason").set_value("The same cause")
    app.button(key="alert-capa-link").click().run()
    words = text_of(app)
    assert "ALT-0001 belongs to CAPA-0001." in words
    assert "CAPA-0001</a>" in words
    assert not [one for one in app.button if one.key == "alert-capa-link"], "it is linked already"


def test_the_list_is_ordered_as_asked(visit: Visit, records: Store) -> None:
    with records.transaction("service:surveillance", "watch", now=TODAY) as tx:
        tx.add(Alert(
            plan_id=1, chart_point_id=2, chart="sensitivity", site="north hospital",
            severity="moderate", summary="fell", raised_on=TODAY.date(), raised_at=TODAY,
        ))  # fmt: skip
    app = visit("demo.quality", "alerts")
    for order, first in (("site", "ALT-0002"), ("severity", "ALT-0001"), ("newest", "ALT-0002")):
        app.segmented_control(key="alert-order").set_value(order).run()
        words = text_of(app)
        assert min(("ALT-0001</a>", "ALT-0002</a>"), key=words.index).startswith(first), order
