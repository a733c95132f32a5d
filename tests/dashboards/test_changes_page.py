"""Change requests: what stands before a release, and what a decision leaves behind."""

from datetime import UTC, datetime

from sqlmodel import select
from streamlit.testing.v1 import AppTest

from records.audit import AuditEvent
from records.product import ModelVersion
from records.quality import ChangeRequest, Release, Signature
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import PASSWORD, SITES


def _sign_change(app: AppTest, meaning: str) -> AppTest:
    app.selectbox(key="meaning-CHR-0001").set_value(meaning)
    app.text_input(key="sign-reason-CHR-0001").set_value("criteria met")
    app.text_input(key="sign-password-CHR-0001").set_value(PASSWORD)
    return app.button(key="sign-submit-CHR-0001").click().run()


def _decide(app: AppTest, verb: str, password: str = PASSWORD) -> AppTest:
    app.text_input(key=f"{verb}-reason-1").set_value("after review")
    app.text_input(key=f"{verb}-password-1").set_value(password)
    return app.button(key=f"{verb}-submit-1").click().run()


def test_a_change_is_released_only_after_two_signatures(visit: Visit, records: Store) -> None:
    app = visit("demo.quality", "pending-changes")
    _decide(app, "release")
    assert "needs valid signatures of two people" in app.error[0].value
    _sign_change(app, "approval")
    assert "Two people in different roles have signed" in text_of(app)
    _decide(app, "release")
    assert "'unconfirmed'; a version runs at confirmed sites only" in app.error[0].value
    app.multiselect(key="sites-1").set_value([SITES[0]])
    _decide(app, "release")
    assert "CHR-0001 is released" in text_of(app)
    with records.reader() as reader:
        release = reader.exec(select(Release)).one()
        meanings = [one.meaning for one in reader.exec(select(Signature))]
        assert reader.get_one(ModelVersion, 1).status == "released"
    assert release.decided_by == "demo.quality"
    assert meanings.count("release") == 1


def test_a_release_with_a_wrong_password_leaves_nothing_behind(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "pending-changes")
    _sign_change(app, "approval")
    _decide(app, "release", "wrong password")
    assert "is not right" in app.error[0].value
    with records.reader() as reader:
        assert reader.get_one(ChangeRequest, 1).status == "assessed"
        assert reader.exec(select(Release)).first() is None
        assert list(reader.exec(select(AuditEvent)))[-1].action == "decision refused"


def test_a_change_is_refused_with_a_reason(visit: Visit, records: Store) -> None:
    app = visit("demo.regulatory", "pending-changes")
    _decide(app, "refuse")
    assert "CHR-0001 is refused" in text_of(app)
    with records.reader() as reader:
        assert reader.exec(select(Release)).one().outcome == "refused"


def test_an_engineer_signs_but_does_not_decide(visit: Visit) -> None:
    app = visit("demo.engineer", "pending-changes")
    assert "People with the role quality or regulatory decide." in text_of(app)
    _sign_change(app, "author")
    assert "has signed CHR-0001 with this meaning already" in app.error[0].value


def test_a_refused_release_is_told_before_all_else(visit: Visit, records: Store) -> None:
    from journeys.release import reject_change

    assert "REFUSED" not in text_of(visit("demo.quality", "pending-changes"))
    reject_change(
        records, 1, decided_by="demo.quality", password=PASSWORD, reason="not good enough",
        now=datetime.now(UTC),
    )
    words = text_of(visit("demo.quality", "pending-changes"))
    assert "REFUSED: MDV-0001 chest-1.0 was not released (CHR-0001, decided by demo.quality)" in (
        words
    )
    assert words.index("REFUSED") < words.index("rv-table")
