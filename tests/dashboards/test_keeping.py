"""Keeping and deleting: holds, and deletion by two people, by the rules of the command line."""

import hashlib
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from dashboards.views import keeping
from records.cases import Quarantine
from records.deletions import Deletion, confirm_deletion, propose_deletion
from records.erasable import Selection
from records.errors import RadvigilError
from records.legal_holds import LegalHold, place_hold
from records.lookup import find_events, list_records
from records.people import find_actor
from records.signatures import signatures_on
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY

REFUSED = b"a file that was refused long ago"


@pytest.fixture
def refused(records: Store) -> Path:
    """A refused file whose six months are over."""
    digest = hashlib.sha256(REFUSED).hexdigest()
    path = records.workspace.quarantine / digest
    path.write_bytes(REFUSED)
    with records.transaction("service:intake", now=TODAY) as tx:
        tx.add(Quarantine(source_digest=digest, site_id=1, reason="no image", size_bytes=32,
                          arrived_on=date(2025, 1, 1), received_at=TODAY))  # fmt: skip
    return path


def propose(records: Store) -> Deletion:
    return propose_deletion(
        records, Selection("quarantine"), by="demo.quality", reason="six months", now=TODAY
    )


def send(app: AppTest, button: str, **typed: str) -> AppTest:
    for key, value in typed.items():
        app.text_input(key=key.replace("_", "-")).set_value(value)
    return app.button(key=button).click().run()


def confirm(app: AppTest, password: str = PASSWORD, reason: str = "compared") -> AppTest:
    app.text_input(key="confirm-reason-DEL-0001").set_value(reason)
    app.text_input(key="confirm-password-DEL-0001").set_value(password)
    return app.button(key="confirm-submit-DEL-0001").click().run()


@pytest.mark.requirement("REG-120", "R-P11-10c")
def test_what_is_due_goes_by_two_people_on_the_page(
    visit: Visit, records: Store, refused: Path
) -> None:
    app = visit("demo.quality", "keeping")
    assert "of 1 file here" in text_of(app)
    app.selectbox(key="propose-kind").set_value("quarantine")
    send(app, "propose-show")
    assert "QUA-0002" in text_of(app)
    send(app, "propose-submit")
    assert "Nothing was done: say the reason." in app.error[0].value
    app.selectbox(key="propose-kind").set_value("quarantine")
    send(app, "propose-submit", propose_reason="six months are over")
    words = text_of(app)
    assert "DEL-0001 is proposed: 1 file." in words
    assert "You proposed it: somebody else, in another role, confirms it." in words
    assert refused.is_file()
    other = visit("demo.regulatory")
    assert "Confirm it by signature in another role, or withdraw it" in text_of(other)
    app = visit("demo.regulatory", "keeping")
    assert hashlib.sha256(REFUSED).hexdigest() in text_of(app)
    confirm(app, password="wrong password")
    assert "is not right" in app.error[0].value
    assert refused.is_file()
    confirm(app)
    assert not app.exception
    words = text_of(app)
    assert "DEL-0001 is done: 1 file deleted." in words
    assert "of 0 files here" in words
    assert not refused.exists()
    with records.reader() as reader:
        done = reader.get_one(Deletion, 1)
        assert (done.status, done.proposed_by, done.decided_by) == (
            "done", "demo.quality", "demo.regulatory"
        )  # fmt: skip
        (signature,) = signatures_on(reader, done)
        assert signature.meaning == "approval"


@pytest.mark.requirement("REG-120")
def test_a_hold_is_placed_and_lifted_with_its_reason_and_stops_a_deletion(
    visit: Visit, records: Store, refused: Path
) -> None:
    propose(records)
    app = visit("demo.quality", "keeping")
    send(app, "hold-place")
    assert "Nothing was done: say the reason." in app.error[0].value
    app.selectbox(key="hold-site").set_value(SITES[0])
    send(app, "hold-place", hold_reason="claim 12")
    words = text_of(app)
    assert f"HLD-0001 holds site {SITES[0]}." in words
    assert "they keep 1 file" in words
    other = visit("demo.regulatory", "keeping")
    confirm(other)
    assert "held by HLD-0001" in other.error[0].value
    assert refused.is_file()
    send(app, "hold-lift", lift_reason="settled")
    assert "HLD-0001 is lifted" in text_of(app)
    with records.reader() as reader:
        (hold,) = list_records(reader, LegalHold)
        assert (hold.status, hold.reason, hold.lifted_because) == ("lifted", "claim 12", "settled")
        assert find_events(reader, action="deletion refused", actor="demo.regulatory")


def test_many_files_are_counted_when_somebody_asks(
    visit: Visit, refused: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", -1)
    app = visit("demo.quality", "keeping")
    assert "Not counted yet" in text_of(app)
    assert "Files due" not in text_of(app)
    app.button(key="due-again").click().run()
    assert "of 1 file here" in text_of(app)


def test_a_proposal_is_withdrawn_and_stays_on_the_page(
    visit: Visit, records: Store, refused: Path
) -> None:
    propose(records)
    app = visit("demo.regulatory", "keeping")
    send(app, "withdraw-submit-DEL-0001", **{"withdraw-reason-DEL-0001": "not yet"})
    words = text_of(app)
    assert "DEL-0001 is withdrawn; nothing was deleted." in words
    assert "Deletions that wait" not in words
    assert "six months" in words
    assert refused.is_file()


def test_what_broke_off_is_gone_on_with(visit: Visit, records: Store, refused: Path) -> None:
    made = propose(records)
    refused.write_bytes(b"another file")
    with pytest.raises(RadvigilError):
        confirm_deletion(records, made, by="demo.regulatory", password=PASSWORD, reason="checked",
                         now=TODAY)  # fmt: skip
    app = visit("demo.regulatory")
    assert "It broke off: go on with it" in text_of(app)
    app = visit("demo.regulatory", "keeping")
    assert "A confirmed deletion broke off" in text_of(app)
    refused.write_bytes(REFUSED)
    app.button(key="deletion-resume").click().run()
    assert "DEL-0001 done." in text_of(app)
    assert not refused.exists()


@pytest.mark.requirement("REG-002", "R-P11-10g")
def test_who_may_not_reads_who_may_and_is_offered_no_form(
    visit: Visit, records: Store, refused: Path
) -> None:
    propose(records)
    with records.transaction("demo.quality", "claim", now=TODAY) as tx:
        place_hold(tx, by=find_actor(tx, "demo.quality"), reason="claim 12", now=TODAY)
    app = visit("demo.engineer", "keeping")
    words = text_of(app)
    assert "Holds are placed and lifted by: quality, regulatory, responsible-person." in words
    assert "Deletions are confirmed by: quality, regulatory." in words
    assert "claim 12" in words
    assert {str(one.key) for one in app.button} == {"sign-out", "due-again"}
    with records.reader() as reader:
        assert reader.exec(select(Deletion.status)).one() == "proposed"
