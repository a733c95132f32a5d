"""Getting in and being out: sign-in, sign-out, an unused session, a live workspace."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from records.audit import AuditEvent
from records.people import Actor
from records.store import Store
from tests.dashboards.conftest import BANNER, Visit, go_to, text_of
from tests.dashboards.small_workspace import PASSWORD
from tests.dashboards.test_pages import PAGES


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
