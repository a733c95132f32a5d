"""The page Go-live and rollout: tried, accepted by the site's clinician, staged, taken back."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from records.cases import Prediction, ReferenceStandard, Study
from records.correction_assessments import CorrectionAssessment
from records.go_lives import GoLive
from records.lookup import list_records
from records.product import Deployment, Site
from records.rollbacks import Rollback
from records.rollouts import Rollout
from records.settings import Workspace
from records.store import Store, open_store
from tests.dashboards import tried_version
from tests.dashboards.conftest import PASSWORD, TODAY, Visit, populate, text_of
from tests.dashboards.tried_version import NORTH, SOUTH, WEEK_AGO


def add_read(store: Store, n: int) -> None:
    """Diseased and healthy studies by turns, read alike by the shadow and by the live version."""
    with store.transaction("service:surveillance", "read", now=WEEK_AGO) as tx:
        site = tx.exec(select(Site).where(Site.name == NORTH)).one()
        running = tx.exec(select(Deployment).where(
            Deployment.site_id == site.id, col(Deployment.ended_at).is_(None))).all()
        studies = [
            Study(study_uid=f"2.25.55{number}", patient=f"G{number}", site_id=site.id or 0,
                  purpose="clinical", arrived_on=WEEK_AGO.date(), received_at=WEEK_AGO, rows=64,
                  columns=64) for number in range(n)
        ]  # fmt: skip
        tx.add_all(studies)
        tx.flush()
        for number, study in enumerate(studies):
            present = number % 2 == 0
            tx.add_all([
                *(Prediction(study_id=study.id or 0, model_version_id=one.model_version_id,
                             deployment_id=one.id, score=float(present), decision=present,
                             out_of_distribution=0.1, returned_to_care=one.mode == "live",
                             predicted_at=WEEK_AGO) for one in running),
                *(ReferenceStandard(study_id=study.id or 0, finding="pneumonia", kind=kind,
                                    present=present, source=kind or "panel",
                                    known_on=WEEK_AGO.date(), received_at=WEEK_AGO)
                  for kind in ("", "report text")),
            ])  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The populated workspace with a trial and a rollout that run, made once for this file."""
    workspace = Workspace(tmp_path_factory.mktemp("tried") / "workspace").create()
    store = open_store(workspace, url="")
    populate(store)
    tried_version.with_rollout(store)
    tried_version.with_trial(store)
    add_read(store, 100)
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
    from tests.dashboards.conftest import go_to

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
    app.text_area(key="rollout-tell-words-0").set_value("Read the new warning.")
    app.button(key="rollout-tell-submit-0").click().run()
    assert f"told over 1 routes at {NORTH}" in app.success[0].value, text_of(app)
    app.text_input(key="rollout-reason").set_value("a complaint")
    app.button(key="rollout-halt").click().run()
    assert "RLO-0001 is halted." in app.success[0].value
    with records.reader() as reader:
        assert reader.get_one(Rollout, 1).halted_because == "a complaint"


def test_a_version_is_taken_back_once_and_assessed_as_a_correction(
    visit: Visit, records: Store
) -> None:
    with records.transaction("setup", "live", now=TODAY) as tx:
        change = tx.get_one(tried_version.ChangeRequest, 1)
        for site in tx.exec(select(Site).where(col(Site.name).in_([NORTH, SOUTH]))):
            for one in tx.exec(select(Deployment).where(
                Deployment.site_id == site.id, col(Deployment.ended_at).is_(None))):
                one.ended_at = TODAY - timedelta(hours=2)
                tx.add(one)
            tx.add(Deployment(model_version_id=1, site_id=site.id or 0, mode="live",
                              change_request_id=1, started_at=TODAY - timedelta(hours=1)))
        change.status = "approved"
        tx.add(change)
    assert "It is assessed by" not in text_of(visit("demo.engineer", "rollouts"))
    with records.reader() as reader:
        assert list_records(reader, Rollback) == []


def test_who_may_not_is_offered_nothing(visit: Visit, records: Store) -> None:
    app = visit("demo.regulatory", "rollouts")
    words = text_of(app)
    assert "It is started and judged by: engineer, quality" in words
    assert "go-live-running" not in {one.key for one in app.button}
    words = text_of(visit("demo.engineer", "rollouts"))
    assert "Versions are taken back by: quality, regulatory" in words
    with records.reader() as reader:
        assert list_records(reader, CorrectionAssessment) == []
