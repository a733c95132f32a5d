"""A live workspace whose disk is not known to be encrypted says so, signed in or not."""

from datetime import date, datetime

import pytest
from streamlit.testing.v1 import AppTest

from records.clock import begin_live
from records.installation import PLACES, declare
from records.people import Role, register_person
from records.settings import Workspace
from records.store import open_store
from tests.dashboards.conftest import APP, text_of

WARNING = "not known to be encrypted"


@pytest.mark.requirement("R-P11-30")
def test_the_warning_stands_until_a_person_vouches_for_the_disk(
    workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_HOME", str(workspace.home))
    monkeypatch.delenv("RADVIGIL_DATABASE_URL", raising=False)
    store = open_store(workspace, url="")
    begin_live(store, now=now)
    with store.transaction("radvigil", now=now) as tx:
        ada = register_person(tx, "ada", full_name="Ada", roles=[Role.ADMINISTRATOR],
                              password="correct horse", now=now)  # fmt: skip
    from records.installation_check import standing_warnings

    with store.reader() as reader:
        bare = bool(standing_warnings(store, reader))
    assert (WARNING in text_of(AppTest.from_file(str(APP), default_timeout=60).run())) is bare
    with store.transaction("ada", "vouched for", now=now) as tx:
        declare(tx, list(PLACES), "encrypted below", evidence="contract 12",
                until=date(2099, 1, 1), by=ada, now=now)  # fmt: skip
    store.close()
    assert WARNING not in text_of(AppTest.from_file(str(APP), default_timeout=60).run())
