"""The page Risk and traceability: a file put into force, a period reviewed, problems decided."""

from pathlib import Path

import pytest

from records.lookup import list_records
from records.problem_reports import ProblemReport
from records.risk import RiskFile, RiskReview
from records.settings import Workspace
from records.store import Store, open_store
from records.supplied_software import SoupReview
from tests.dashboards import tried_version
from tests.dashboards.conftest import Visit, click_twice, text_of, with_auditor
from tests.dashboards.small_workspace import PASSWORD, populate


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The populated workspace with a draft of a risk file, made once for this file."""
    workspace = Workspace(tmp_path_factory.mktemp("risks") / "workspace").create()
    store = open_store(workspace, url="")
    populate(store)
    tried_version.with_risk_file(store, in_force=False)
    store.close()
    return workspace.home


def test_a_risk_file_is_signed_put_into_force_and_reviewed(visit: Visit, records: Store) -> None:
    app = visit("demo.engineer", "risks")
    words = text_of(app)
    assert "Each of the 18 hazards has a control." in words
    assert "nothing is observed yet" in words
    assert "needs valid signatures" in words
    assert "No risk file of chest-radiograph-pneumonia is in force" in words
    for name, meaning in (("demo.engineer", "author"), ("demo.quality", "approval")):
        app = visit(name, "risks")
        app.selectbox(key="meaning-RKF-0001").set_value(meaning)
        app.text_input(key="sign-reason-RKF-0001").set_value("read and agreed")
        app.text_input(key="sign-password-RKF-0001").set_value(PASSWORD)
        app.button(key="sign-submit-RKF-0001").click().run()
        assert f"is signed by {'Demo ' + name[5:].capitalize()}" in app.success[0].value
    app.text_input(key="risk-accept-reason").set_value("in force")
    app.button(key="risk-accept").click().run()
    assert "RKF-0001 is in force." in app.success[0].value
    app.text_area(key="risk-review-conclusion-0").set_value("It stands.")
    app.text_input(key="risk-review-reason-0").set_value("the month")
    app.text_input(key="risk-review-password-0").set_value(PASSWORD)
    app.button(key="risk-review-submit-0").click().run()
    assert not app.exception
    assert "RRV-0001: " in app.success[0].value, text_of(app)
    words = text_of(app)
    assert "not estimable" in words
    assert "Observed from 2026-03-01 to 2026-03-06" in words
    with records.reader() as reader:
        assert [one.status for one in list_records(reader, RiskFile)] == ["in force"]
        assert [one.made_by for one in list_records(reader, RiskReview)] == ["demo.quality"]


def test_software_of_others_is_reviewed_and_a_problem_reported_and_decided(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "risks")
    app.text_area(key="soup-review-conclusion-0").set_value("list read")
    app.text_input(key="soup-review-reason-0").set_value("the lock")
    app.text_input(key="soup-review-password-0").set_value(PASSWORD)
    app.button(key="soup-review-submit-0").click().run()
    assert "SPR-0001: " in app.success[0].value, text_of(app)
    app.text_area(key="problem-report-words-0").set_value("It stops on empty views.")
    app.text_input(key="problem-report-reason-0").set_value("by the site")
    app.button(key="problem-report-submit-0").click().run()
    assert "PRB-0001 of MDV-0001 is open." in app.success[0].value
    assert "nobody has judged is not released" in text_of(app)
    app.text_area(key="problem-risk").set_value("none: no answer is given")
    app.text_area(key="problem-rationale").set_value("rare, and it shows")
    app.text_input(key="problem-reason").set_value("reviewed")
    app.text_input(key="problem-password").set_value(PASSWORD)
    app.button(key="problem-decide").click().run()
    assert "PRB-0001 is known anomaly." in app.success[0].value, text_of(app)
    with records.reader() as reader:
        assert len(list_records(reader, SoupReview)) == 1
        (one,) = list_records(reader, ProblemReport)
        assert (one.decided_by, one.risk_evaluation) == ("demo.quality", "none: no answer is given")


def test_a_second_click_on_a_form_that_was_sent_makes_no_second_record(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.engineer", "risks")
    app.text_area(key="problem-report-words-0").set_value("It stops.")
    app.text_input(key="problem-report-reason-0").set_value("seen")
    assert not click_twice(app, "problem-report-submit-0").exception
    with records.reader() as reader:
        assert len(list_records(reader, ProblemReport)) == 1


def test_an_auditor_sees_all_of_it_and_is_offered_nothing(visit: Visit, records: Store) -> None:
    with_auditor(records)
    app = visit("demo.auditor", "risks")
    assert not app.exception
    assert {one.key for one in app.button} == {"sign-out"}
