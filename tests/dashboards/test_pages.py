"""Every page over a populated workspace: what it shows, and what its buttons write."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from records.audit import AuditEvent
from records.clock import REAL_IMAGES
from records.people import Actor
from records.product import ModelVersion, WorkspaceMark
from records.quality import ChangeRequest, Document, Release, Signature
from records.store import Store
from records.surveillance import Alert
from tests.dashboards.conftest import PASSWORD, SITES, go_to, text_of

Visit = Callable[..., AppTest]
BANNER = "DEMONSTRATION: simulated data and signers"

PAGES = {
    "overview": ("What needs you today", "ALT-0001", "CHR-0001", "DOC-26-0001 v1", "shadow",
                 ">0.912<", "95 % CI 0.874 to 0.951, n = 300",
                 ">not estimable<", "no study was flagged (n = 0)"),
    "drift-and-alerts": ("Where every chart stands", "ALT-0001 open",
                         "statistic 6.20, limit 2.40", "Sensitivity fell at south clinic"),
    "documents": ("DOC-26-0001", "Demo Regulatory Officer", "1 valid", "1 gap<",
                  "Conclusion of the quality manager"),
    "audit-trail": ("events fit", "service:surveillance", "sign in"),
    "pending-changes": ("AC-1", "2e" * 32, "Demo Engineer", "needs valid signatures",
                        "does not apply"),
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_what_is_stored_under_the_banner(visit: Visit, page: str) -> None:
    app = visit("demo.quality", page)
    words = text_of(app)
    assert not app.exception
    assert BANNER in words
    assert "It is 2026-03-06 here" in words
    for expected in PAGES[page]:
        assert expected in words, expected


@pytest.mark.requirement("R-P11-10d")
def test_nobody_sees_records_before_signing_in(visit: Visit) -> None:
    app = visit(page="documents")
    words = text_of(app)
    assert "Sign in to Radvigil" in words
    assert BANNER in words
    assert "DOC-26" not in words


def test_signing_in_by_password_and_failing_to_are_audit_events(
    visit: Visit, records: Store
) -> None:
    app = visit()
    app.text_input(key="sign-in-account").set_value("demo.quality")
    app.text_input(key="sign-in-password").set_value("not the password")
    app.button(key="sign-in-submit").click().run()
    assert "The name or the password is not right" in app.error[0].value
    app.text_input(key="sign-in-password").set_value(PASSWORD)
    app.button(key="sign-in-submit").click().run()
    assert "What needs you today" in text_of(app)
    with records.reader() as reader:
        actions = [one.action for one in reader.exec(select(AuditEvent))]
    assert actions[-1] == "sign in"
    assert "sign-in refused" in actions


def test_a_live_workspace_offers_no_buttons_and_shows_the_system_clock(
    tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from records.accounts import add_person
    from records.clock import mark_workspace
    from records.people import Role
    from records.product import WorkspaceKind
    from records.settings import Workspace
    from records.store import open_store
    from tests.dashboards.conftest import APP

    workspace = Workspace(tmp_path / "live").create()
    workspace.database.write_bytes(empty_database.read_bytes())
    store = open_store(workspace, url="")
    now = datetime.now(UTC)
    with store.transaction("radvigil", "begin", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=now)
        add_person(
            tx, "anna", full_name="Anna Beispiel", roles=[Role.ADMINISTRATOR],
            password=PASSWORD, added_by=None, now=now,
        )
    store.close()
    monkeypatch.setenv("RADVIGIL_HOME", str(workspace.home))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert BANNER not in text_of(app)
    assert not [one for one in app.button if str(one.key).startswith("enter-")]
    app.text_input(key="sign-in-account").set_value("anna")
    app.text_input(key="sign-in-password").set_value(PASSWORD)
    app.button(key="sign-in-submit").click().run()
    words = text_of(app)
    assert "System clock" in words
    assert "Nothing waits" in words
    for page in PAGES:
        assert not go_to(app, page).exception, page


@pytest.mark.requirement("REG-004", "R-P11-200")
def test_an_unused_session_ends_after_thirty_minutes(visit: Visit, records: Store) -> None:
    app = visit("demo.quality")
    app.session_state["last_used"] = datetime.now(UTC) - timedelta(minutes=31)
    app.run()
    words = text_of(app)
    assert "signed out after 30 minutes" in words
    assert "ALT-0001" not in words
    with records.reader() as reader:
        assert list(reader.exec(select(AuditEvent)))[-1].action == "sign out"


@pytest.mark.requirement("R-P11-10d")
def test_somebody_deactivated_is_out_at_the_next_click(visit: Visit, records: Store) -> None:
    app = visit("demo.quality")
    with records.transaction("demo.engineer", "left", now=datetime.now(UTC)) as tx:
        person = tx.exec(select(Actor).where(Actor.name == "demo.quality")).one()
        person.active = False
        tx.add(person)
    app.run()
    assert "not active any more" in text_of(app)


def test_signing_out_ends_the_session(visit: Visit) -> None:
    app = visit("demo.quality")
    app.button(key="sign-out").click().run()
    assert "You are signed out." in text_of(app)


def test_quality_acknowledges_and_closes_an_alert_under_her_own_name(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "drift-and-alerts")
    app.text_area(key="alert-reason").set_value("New detector software; site called")
    app.button(key="alert-decide").click().run()
    assert "ALT-0001 is acknowledged by Demo Quality Manager." in text_of(app)
    app.selectbox(key="disposition").set_value("true change at the site")
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
    app = visit("demo.quality", "drift-and-alerts")
    app.button(key="alert-decide").click().run()
    assert "No reason was given." in app.error[0].value
    with records.reader() as reader:
        assert reader.get_one(Alert, 1).status == "open"


def test_an_engineer_may_not_close_an_alert(visit: Visit, records: Store) -> None:
    app = visit("demo.engineer", "drift-and-alerts")
    app.text_area(key="alert-reason").set_value("Looking into it")
    app.button(key="alert-decide").click().run()
    assert "You may not close alerts" in text_of(app)
    assert not [one for one in app.button if one.key == "alert-decide"]
    with records.reader() as reader:
        assert reader.get_one(Alert, 1).status == "acknowledged"


TABS = {
    "Control charts": ("Image noise at south clinic", "Compared with 200 reference studies"),
    "Performance": ("Sensitivity where the truth is known", "no truth arrived",
                    "0.860 (95 % CI 0.620 to 0.970, n = 34)"),
    "Weekly drift reports": ("wasserstein", "420 current studies against 300 reference studies",
                             "not recorded in the reference"),
    "Arrivals and quarantine": ("not a DICOM file", "Truth received"),
}  # fmt: skip


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_drift_and_alerts_quotes_the_records(visit: Visit, tab: str) -> None:
    app = visit("demo.quality", "drift-and-alerts")
    app.session_state["drift-tabs"] = tab
    words = text_of(app.run())
    assert not app.exception
    for expected in TABS[tab]:
        assert expected in words, expected


def test_the_control_chart_opens_at_the_site_with_the_alert(visit: Visit) -> None:
    app = visit("demo.quality", "drift-and-alerts")
    app.session_state["drift-tabs"] = "Control charts"
    app.run()
    assert app.selectbox(key="chart-site").value == "south clinic"
    app.selectbox(key="chart-site").set_value("west practice").run()
    assert "Image noise at west practice" in text_of(app)


@pytest.mark.requirement("REG-022", "R-P11-200")
def test_signing_a_document_needs_the_right_password(visit: Visit, records: Store) -> None:
    app = visit("demo.quality", "documents")
    label = "DOC-26-0001 v1"
    app.selectbox(key=f"meaning-{label}").set_value("approval")
    app.text_input(key=f"sign-reason-{label}").set_value("complete and right")
    app.text_input(key=f"sign-password-{label}").set_value("wrong password")
    app.button(key=f"sign-submit-{label}").click().run()
    assert "The password of 'demo.quality' is not right." in app.error[0].value
    with records.reader() as reader:
        assert len(reader.exec(select(Signature)).all()) == 2
        assert list(reader.exec(select(AuditEvent)))[-1].action == "signature refused"
    app.text_input(key=f"sign-password-{label}").set_value(PASSWORD)
    app.button(key=f"sign-submit-{label}").click().run()
    assert "is signed by Demo Quality Manager (approval)" in text_of(app)
    with records.reader() as reader:
        assert reader.exec(select(Signature)).all()[-1].printed_name == "Demo Quality Manager"


@pytest.mark.requirement("REG-023", "R-P11-70")
def test_a_signature_on_a_changed_document_is_shown_as_invalid(
    visit: Visit, records: Store
) -> None:
    with records.transaction("service:documents", "compile anew", now=datetime.now(UTC)) as tx:
        document = tx.get_one(Document, 1)
        document.facts_digest = "e" * 64
        tx.add(document)
    words = text_of(visit("demo.regulatory", "documents"))
    assert "1 invalid" in words
    assert "the record was changed since" in words


def _approve(app: AppTest, number: int) -> AppTest:
    app.text_input(key=f"approve-reason-{number}").set_value("complete")
    return app.button(key=f"approve-submit-{number}").click().run()


def test_a_document_is_approved_on_the_page_once_two_people_signed(
    visit: Visit, records: Store
) -> None:
    from journeys.tell import write_document
    from records.accounts import sign_record
    from records.people import Meaning, find_actor
    from regulatory.compile import Request
    from tests.dashboards.conftest import TODAY

    request = Request("change_log", "chest-radiograph-pneumonia")
    draft = write_document(records, request, actor="service:documents", now=TODAY)
    app = visit("demo.regulatory", "documents")
    assert "needs valid signatures" in text_of(app)
    assert not [one for one in app.button if str(one.key).startswith("approve-")]
    for name, meaning in (
        ("demo.engineer", Meaning.AUTHOR), ("demo.regulatory", Meaning.APPROVAL)
    ):
        with records.reader() as reader:
            person = find_actor(reader, name)
        sign_record(
            records, draft, signer=person, password=PASSWORD, meaning=meaning, reason="read",
            now=TODAY,
        )
    assert "People with the role quality or regulatory approve." in text_of(
        visit("demo.engineer", "documents")
    )
    _approve(app.run(), 2)
    assert "version 1 is approved." in text_of(app)
    with records.reader() as reader:
        assert reader.get_one(Document, 2).status == "approved"


def test_documents_are_downloaded_as_stored(visit: Visit) -> None:
    app = visit("demo.regulatory", "documents")
    labels = [str(one.proto.label) for one in app.get("download_button")]
    assert labels == ["Download PDF", "Download JSON"]


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


@pytest.mark.requirement("REG-016")
def test_the_trail_is_filtered_and_verified(visit: Visit, records: Store) -> None:
    app = visit("demo.regulatory", "audit-trail")
    app.selectbox(key="trail-actor").set_value("demo.engineer").run()
    words = text_of(app)
    assert "Signature:1" in words
    assert "service:surveillance</td>" not in words
    app.button(key="verify").click().run()
    assert "Whole:" in app.success[0].value


def test_a_row_altered_behind_the_trail_is_named(visit: Visit, records: Store) -> None:
    from sqlalchemy import text

    with records.engine.connect() as connection:
        connection.execute(text("UPDATE alert SET severity = 'low'"))
        connection.commit()
    app = visit("demo.regulatory", "audit-trail")
    app.button(key="verify").click().run()
    assert "Broken:" in app.error[0].value
    assert "Alert:1 was altered outside the system: severity" in text_of(app)


def test_a_missing_workspace_is_said_on_a_clear_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.dashboards.conftest import APP

    monkeypatch.setenv("RADVIGIL_HOME", str(tmp_path / "nowhere"))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    assert "There is no Radvigil workspace at" in app.error[0].value


def test_texts_from_records_are_escaped(visit: Visit, records: Store) -> None:
    with records.transaction("service:intake", "x", now=datetime.now(UTC)) as tx:
        from records.cases import Quarantine

        tx.add(
            Quarantine(
                source_digest="f" * 64, site_id=1, reason="<script>alert(1)</script>",
                size_bytes=1, arrived_on=datetime.now(UTC).date(), received_at=datetime.now(UTC),
            )
        )
    app = visit("demo.quality", "drift-and-alerts")
    app.session_state["drift-tabs"] = "Arrivals and quarantine"
    words = text_of(app.run())
    assert "<script>" not in words
    assert "&lt;script&gt;" in words


def test_a_second_opinion_on_the_same_document_is_refused(visit: Visit) -> None:
    app = visit("demo.regulatory", "documents")
    label = "DOC-26-0001 v1"
    app.selectbox(key=f"meaning-{label}").set_value("review")
    app.text_input(key=f"sign-reason-{label}").set_value("again")
    app.text_input(key=f"sign-password-{label}").set_value(PASSWORD)
    app.button(key=f"sign-submit-{label}").click().run()
    assert "with this meaning already" in app.error[0].value


def test_gaps_are_declared_unknown_with_a_reason_on_the_page(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "documents")
    app.button(key="declare-submit-1").click().run()
    assert "No reason was given." in app.error[0].value
    app.text_input(key="declare-reason-1").set_value("nobody has measured it yet")
    app.button(key="declare-submit-1").click().run()
    words = text_of(app)
    assert "declared unknown by Demo Quality Manager: nobody has measured it yet" in words
    assert not [one for one in app.button if one.key == "declare-submit-1"]
    with records.reader() as reader:
        assert reader.get_one(Document, 1).gaps[0]["declared_by"] == "Demo Quality Manager"


def test_an_approved_document_is_not_offered_for_signing(visit: Visit, records: Store) -> None:
    with records.transaction("demo.quality", "approve", now=datetime.now(UTC)) as tx:
        document = tx.get_one(Document, 1)
        document.status = "approved"
        tx.add(document)
    app = visit("demo.quality", "documents")
    assert "This version is approved. Only a draft is signed." in text_of(app)
    assert not [one for one in app.button if str(one.key).startswith("sign-submit")]


def test_real_images_are_not_called_simulated(visit: Visit, records: Store) -> None:
    with records.transaction("radvigil", "begin", now=datetime.now(UTC)) as tx:
        mark = tx.exec(select(WorkspaceMark)).one()
        mark.note = REAL_IMAGES
        tx.add(mark)
    words = text_of(visit("demo.quality"))
    assert "DEMONSTRATION: real images, simulated operation and signers" in words
    assert BANNER not in words


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
