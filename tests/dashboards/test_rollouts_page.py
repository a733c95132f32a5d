"""The page Go-live and rollout: tried, accepted by the site's clinician, staged, taken back."""

from pathlib import Path

import pytest

from records.base import digest_of
from records.correction_assessments import QUESTIONS, CorrectionAssessment
from records.go_lives import GoLive
from records.lookup import list_records
from records.product import Device
from records.rollbacks import Rollback
from records.rollouts import Rollout
from records.settings import Workspace
from records.store import Store, open_store
from tests.dashboards import tried_version
from tests.dashboards.conftest import Visit, go_to, text_of, with_auditor
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
from tests.dashboards.tried_version import NORTH, SOUTH

FACTS = {
    "action": "CORRECTION", "purpose": "REDUCE_RISK_TO_HEALTH", "risk_to_health": "true",
    "violation_with_health_risk": "false", "device_left_control": "true",
    "reported_under_803": "false",
}  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The populated workspace with a trial and a rollout that run, made once for this file."""
    workspace = Workspace(tmp_path_factory.mktemp("tried") / "workspace").create()
    store = open_store(workspace, url="")
    populate(store)
    tried_version.with_rollout(store)
    tried_version.with_trial(store)
    tried_version.with_studies(store, 100)
    store.close()
    return workspace.home


def test_a_running_trial_is_judged_and_accepted_by_the_clinician_of_the_site_alone(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.engineer", "rollouts")
    words = text_of(app)
    assert "the planned studies are there and it was not judged yet" in words
    assert "50</td>" in words
    assert "no figure before the planned studies are there" in words
    app.text_input(key="go-live-reason-running").set_value("enough has come")
    app.button(key="go-live-running").click().run()
    assert not app.exception
    assert "GLV-0001: passed" in app.success[0].value, text_of(app)
    other = text_of(visit("demo.quality", "rollouts"))
    assert "It is accepted or declined by dr.north, who answers for north hospital." in other
    assert "95 % CI" in other
    app = visit()
    app.text_input(key="sign-in-account").set_value("dr.north")
    app.text_input(key="sign-in-password").set_value(PASSWORD)
    app.button(key="sign-in-submit").click().run()
    app = go_to(app, "rollouts")
    app.text_input(key="go-live-decide-reason").set_value("seen with the department")
    app.text_input(key="go-live-password").set_value("wrong")
    app.button(key="go-live-accept").click().run()
    assert app.error
    app.text_input(key="go-live-password").set_value(PASSWORD)
    app.button(key="go-live-accept").click().run()
    assert not app.exception
    assert "GLV-0001 is accepted by Dr North." in app.success[0].value, text_of(app)
    with records.reader() as reader:
        assert reader.get_one(GoLive, 1).decided_by == "dr.north"


def test_a_rollout_is_looked_at_and_halted_by_click(visit: Visit, records: Store) -> None:
    app = visit("demo.engineer", "rollouts")
    assert "nobody" in text_of(app), "the second site has no route"
    app.text_input(key="rollout-reason").set_value("weekly")
    app.button(key="rollout-look").click().run()
    assert f"RLL-0001 at {NORTH}: 100 studies read by both" in app.success[0].value
    assert "1.000 (95 % CI" in text_of(app)
    app.text_input(key="rollout-tell-reason-0").set_value("agreed")
    app.text_area(key="rollout-tell-words-0").set_value("Patient name: Erika Mustermann")
    app.button(key="rollout-tell-submit-0").click().run()
    assert "words" in app.error[0].value
    assert "Mustermann" not in app.error[0].value
    app.text_area(key="rollout-tell-words-0").set_value("Read the new warning.")
    app.button(key="rollout-tell-submit-0").click().run()
    assert f"told over 1 routes at {NORTH}" in app.success[0].value, text_of(app)
    app.text_input(key="rollout-reason").set_value("a complaint")
    app.button(key="rollout-halt").click().run()
    assert "RLO-0001 is halted." in app.success[0].value
    for name, value in (("sites-1", [NORTH]), ("sites-2", [NORTH, SOUTH])):
        app.multiselect(key=f"rollout-plan-{name}-0").set_value(value)
    app.text_area(key="rollout-plan-back-0").set_value("to the one before; quality decides")
    app.text_input(key="rollout-plan-reason-0").set_value("once more")
    app.button(key="rollout-plan-submit-0").click().run()
    assert "RLO-0002 is planned." in app.success[0].value, text_of(app)
    app.selectbox(key="go-live-plan-site-0").set_value(SOUTH)
    app.text_input(key="go-live-plan-reason-0").set_value("next site")
    app.button(key="go-live-plan-submit-0").click().run()
    assert "GLV-0002 is planned: 17 diseased" in app.success[0].value, text_of(app)
    with records.reader() as reader:
        assert reader.get_one(Rollout, 1).halted_because == "a complaint"
        assert [one["mode"] for one in reader.get_one(Rollout, 2).stages] == ["shadow", "live"]


def test_a_version_goes_live_is_taken_back_once_and_assessed_as_a_correction(
    visit: Visit, records: Store
) -> None:
    with records.transaction("setup", "no trial is asked for", now=TODAY) as tx:
        device = tx.get_one(Device, 1)
        content = {name: said for name, said in device.definition.items() if name != "go_live"}
        device.definition, device.definition_digest = content, digest_of(content)
        tx.add(device)
    app = visit("demo.regulatory", "rollouts")
    app.text_input(key="advance-reason-2").set_value("nothing was worse")
    app.text_input(key="advance-password-2").set_value(PASSWORD)
    app.button(key="advance-2").click().run()
    assert not app.exception
    assert "stage 2 of 2 began" in app.success[0].value, text_of(app)
    app.text_area(key="rollback-reason").set_value("two cases missed")
    app.text_input(key="rollback-password").set_value(PASSWORD)
    sent = app.button(key="rollback").click()
    sent.run()
    assert f"to assess: COA-0001; RBK-0002 at {SOUTH}" in app.success[0].value, text_of(app)
    assert "runs live nowhere" in text_of(app)
    name = "correction-COA-0001"
    app.selectbox(key="correction").set_value(f"COA-0001, {NORTH}").run()
    for fact, value in FACTS.items():
        app.selectbox(key=f"{name}-{fact}").set_value(value)
    app.run()
    assert "2026-03-20" in text_of(app), "ten working days from the day of the rollback"
    assert "Proposed: yes, by 2026-03-20." in text_of(app)
    app.text_input(key=f"{name}-reason").set_value("judged")
    app.button(key=f"{name}-decide").click().run()
    assert "is not assessed without an answer and a reason" in app.error[0].value
    for regime in QUESTIONS:
        app.selectbox(key=f"{name}-{regime}-yes").set_value("yes")
        app.text_input(key=f"{name}-{regime}-why").set_value("cases were missed")
    app.button(key=f"{name}-decide").click().run()
    assert "COA-0001 is assessed by Demo Regulatory Officer." in app.success[0].value
    with records.reader() as reader:
        assert len(list_records(reader, Rollback)) == 2
        assert [one.status for one in list_records(reader, CorrectionAssessment)] == [
            "assessed", "open",
        ]


def test_who_may_not_is_offered_nothing(visit: Visit, records: Store) -> None:
    app = visit("demo.regulatory", "rollouts")
    words = text_of(app)
    assert "It is started and judged by: engineer, quality" in words
    assert "go-live-running" not in {one.key for one in app.button}
    words = text_of(visit("demo.engineer", "rollouts"))
    assert "Versions are taken back by: quality, regulatory" in words
    with records.reader() as reader:
        assert list_records(reader, CorrectionAssessment) == []


def test_an_auditor_sees_all_of_it_and_is_offered_nothing(visit: Visit, records: Store) -> None:
    with_auditor(records)
    app = visit("demo.auditor", "rollouts")
    assert not app.exception
    assert {one.key for one in app.button} == {"sign-out"}
