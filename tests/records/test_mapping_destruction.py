"""The mapping goes by two people, nobody can be named again, and every record stays whole."""

from collections.abc import Callable
from pathlib import Path

import pytest

from imaging.identity import identity_store
from records.deletions import Deletion, carry_out, confirm_deletion
from records.errors import NotAllowed, NotFound, Refused
from records.identity_mapping import faults_of_mapping, require_mapping
from records.legal_holds import LegalHold, lift_hold, place_hold
from records.mapping_destruction import confirm_destruction, propose_destruction
from records.people import find_actor
from records.store import Store
from records.verify_workspace import verify_workspace
from tests.records.kept_bytes import LATER, WORD, counts, here, kept, template
from tests.records.mapped import mapped

__all__ = ["kept", "template"]


def proposed(store: Store, by: str = "quinn") -> Deletion:
    return propose_destruction(store, by=by, reason="the study is over", now=LATER)


def confirmed(store: Store, deletion: Deletion, by: str = "regina") -> Deletion:
    return confirm_destruction(
        store, deletion, by=by, password=WORD, reason="agreed", now=LATER
    )


@pytest.mark.requirement("REG-111")
def test_two_people_destroy_the_mapping_and_records_still_verify(kept: Store) -> None:
    mapping = mapped(kept)
    before, images = counts(kept), here(kept)
    deletion = proposed(kept)
    assert mapping.is_file()
    done = confirmed(kept, deletion)
    assert (done.status, done.proposed_by, done.decided_by) == ("done", "quinn", "regina")
    assert not mapping.exists()
    with pytest.raises(NotFound):
        identity_store(kept).reveal("P2")
    assert here(kept) == images
    after = counts(kept)
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"AuditEvent", "Deletion", "Signature"}
    with kept.reader() as reader:
        assert faults_of_mapping(kept, reader) == []
        assert verify_workspace(kept, reader).whole


@pytest.mark.requirement("REG-111")
def test_one_person_alone_destroys_nothing(kept: Store) -> None:
    mapping = mapped(kept)
    deletion = proposed(kept)
    with pytest.raises(NotAllowed):
        confirmed(kept, deletion, by="quinn")
    assert mapping.is_file()
    with pytest.raises(Refused, match="proposed already"):
        proposed(kept)


@pytest.mark.requirement("REG-111")
@pytest.mark.parametrize("confirm", [confirm_destruction, confirm_deletion])
def test_a_hold_keeps_the_mapping_whichever_way_it_is_confirmed(
    kept: Store, confirm: Callable[..., Deletion]
) -> None:
    mapping = mapped(kept)
    deletion = proposed(kept)
    with kept.transaction("regina", "a claim", now=LATER) as tx:
        place_hold(tx, by=find_actor(tx, "regina"), reason="a claim", now=LATER)
    with pytest.raises(Refused, match="held by HLD-0001"):
        confirm(kept, deletion, by="regina", password=WORD, reason="agreed", now=LATER)
    assert mapping.is_file()


def test_what_broke_off_is_gone_on_with(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = mapped(kept)
    deletion = proposed(kept)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            confirmed(kept, deletion)
    assert mapping.is_file()
    with kept.transaction("regina", "a claim", now=LATER) as tx:
        hold = place_hold(tx, by=find_actor(tx, "regina"), reason="a claim", now=LATER)
    with pytest.raises(Refused, match="held by HLD-0001"):
        carry_out(kept, deletion, actor="regina", now=LATER)
    assert mapping.is_file()
    with kept.transaction("regina", "settled", now=LATER) as tx:
        lift_hold(tx, tx.get_one(LegalHold, hold.id), by=find_actor(tx, "regina"),
                  reason="settled", now=LATER)  # fmt: skip
    assert carry_out(kept, deletion, actor="regina", now=LATER).status == "done"
    assert not mapping.exists()


def test_a_new_mapping_begins_after_it_and_a_lost_one_shows_again(kept: Store) -> None:
    mapping = mapped(kept)
    confirmed(kept, proposed(kept))
    with pytest.raises(Refused, match="no identity mapping"):
        proposed(kept)
    require_mapping(kept)
    mapped(kept)
    mapping.unlink()
    with kept.reader() as reader:
        assert "is missing" in faults_of_mapping(kept, reader)[0]
