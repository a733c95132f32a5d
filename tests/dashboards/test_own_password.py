"""The sign-in page of a live workspace: an own password before anything else."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from records.accounts import add_person
from records.clock import mark_workspace
from records.lookup import find_events
from records.own_passwords import replace_password
from records.people import Role, find_actor
from records.product import WorkspaceKind
from records.store import Store
from tests.dashboards.conftest import APP, text_of

FIRST, OWN = "given by the administrator", "known to nobody else"


@pytest.fixture
def live(store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AppTest]:
    """The pages of a live workspace, where Anna has just added Bert."""
    now = datetime.now(UTC)
    with store.transaction("radvigil", "begin", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=now)
        anna = add_person(
            tx, "anna", full_name="Anna Beispiel", roles=[Role.ADMINISTRATOR], password=OWN,
            added_by=None, now=now,
        )
        add_person(
            tx, "bert", full_name="Bert Beispiel", roles=[Role.QUALITY], password=FIRST,
            added_by=anna, now=now,
        )
    monkeypatch.setenv("RADVIGIL_HOME", str(store.workspace.home))
    monkeypatch.delenv("RADVIGIL_DATABASE_URL", raising=False)
    return lambda: AppTest.from_file(str(APP), default_timeout=60).run()


def enter(app: AppTest, account: str, password: str) -> AppTest:
    app.text_input(key="sign-in-account").set_value(account)
    app.text_input(key="sign-in-password").set_value(password)
    return app.button(key="sign-in-submit").click().run()


def set_new(app: AppTest, old: str, new: str, again: str) -> AppTest:
    for key, words in (("old", old), ("new", new), ("again", again)):
        app.text_input(key=f"{key}-password").set_value(words)
    return app.button(key="new-submit").click().run()


@pytest.mark.requirement("R-P11-200")
def test_the_first_sign_in_asks_for_an_own_password_and_shows_nothing_before(
    live: Callable[[], AppTest], store: Store
) -> None:
    app = enter(live(), "bert", FIRST)
    assert "Somebody else gave 'bert' this password" in text_of(app)
    assert "What needs you today" not in text_of(app)
    app = set_new(app, FIRST, OWN, OWN + "?")
    assert "differ" in app.error[0].value
    app = set_new(app, FIRST, FIRST, FIRST)
    assert "the old one" in app.error[0].value
    app = set_new(app, "guessed at random", OWN, OWN)
    assert "not right" in app.error[0].value
    assert "What needs you today" not in text_of(app)
    app = set_new(app, FIRST, OWN, OWN)
    assert "What needs you today" in text_of(app)
    with store.reader() as reader:
        told = [one.action for one in find_events(reader, actor="bert")]
    assert told == ["sign-in refused: password to change", "change", "sign in"]
    assert "What needs you today" in text_of(enter(live(), "bert", OWN))


@pytest.mark.requirement("R-P11-300")
def test_a_session_is_over_when_the_password_is_replaced(
    live: Callable[[], AppTest], store: Store
) -> None:
    app = set_new(enter(live(), "bert", FIRST), FIRST, OWN, OWN)
    now = datetime.now(UTC)
    with store.transaction("anna", "forgotten", now=now) as tx:
        replace_password(
            tx, find_actor(tx, "bert"), "a temporary word", by=find_actor(tx, "anna"), now=now
        )
    app.run()
    assert "Somebody else gave 'bert' this password" in text_of(app)
    assert "What needs you today" not in text_of(app)
