"""A live workspace whose disk is not known to be encrypted says so to everybody who signed in."""

from datetime import UTC, date, datetime

import pytest
from streamlit.testing.v1 import AppTest

from records.accounts import add_person
from records.clock import begin_live
from records.installation import PLACES, declare
from records.installation_check import standing_warnings
from records.people import Role
from records.store import Store
from tests.dashboards.conftest import APP, text_of

WARNING, WORD = "not known to be encrypted", "correct horse battery"


def opened() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60).run()


def entered(app: AppTest) -> AppTest:
    app.text_input(key="sign-in-account").set_value("ada")
    app.text_input(key="sign-in-password").set_value(WORD)
    return app.button(key="sign-in-submit").click().run()


@pytest.mark.requirement("R-P11-30")
def test_the_warning_stands_until_a_person_vouches_for_the_disk(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_HOME", str(store.workspace.home))
    monkeypatch.delenv("RADVIGIL_DATABASE_URL", raising=False)
    now = datetime.now(UTC)
    begin_live(store, now=now)
    with store.transaction("radvigil", now=now) as tx:
        ada = add_person(tx, "ada", full_name="Ada Lovelace", roles=[Role.ADMINISTRATOR],
                         password=WORD, added_by=None, now=now)  # fmt: skip
    with store.reader() as reader:
        bare = bool(standing_warnings(store, reader))
    app = opened()
    assert WARNING not in text_of(app), "a stranger is told nothing"
    app = entered(app)
    assert (WARNING in text_of(app)) is bare
    with store.transaction("ada", "vouched for", now=now) as tx:
        declare(tx, list(PLACES), "encrypted below", evidence="contract 12",
                until=date(2099, 1, 1), by=ada, now=now)  # fmt: skip
    assert WARNING not in text_of(app.run())
