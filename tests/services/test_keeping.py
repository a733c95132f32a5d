"""Keys with versions and deletions are the same on PostgreSQL; its disk is not guessed at."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from imaging.identity import Identity, identity_store
from journeys.rotate_key import rotate_key
from records.deletions import confirm_deletion, propose_deletion
from records.erasable import Selection
from records.identity_mapping import note_mapping
from records.installation_check import State, check_installation
from records.settings import Workspace
from records.store import Store, open_store
from records.verify_workspace import verify_workspace
from tests.records.kept_bytes import LATER, WORD, ends, fill
from tests.services.databases import databases

pytestmark = pytest.mark.service

BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
def kept(workspace: Workspace, postgresql: str) -> Iterator[Store]:
    workspace.database.unlink()
    with databases(postgresql, "keeping") as (address,):
        store = open_store(workspace, url=address)
        identity_store(store).remember([Identity("P1", "patient", (("PatientID", "1"),))])
        note_mapping(store)
        fill(store, BEGIN)
        yield store
        store.close()


@pytest.mark.requirement("REG-120", "REG-111")
def test_keys_and_deletions_on_postgresql(kept: Store) -> None:
    done = rotate_key(kept, "identity", by="ada", reason="once a year", now=LATER)
    assert (done.version, done.entries) == (2, 1)
    assert identity_store(kept).reveal("P1") == {"PatientID": "1"}
    ends(kept, "north", "2029-02-28")
    proposed = propose_deletion(
        kept, Selection("image"), by="quinn", reason="it ended", now=LATER
    )
    gone = confirm_deletion(
        kept, proposed, by="regina", password=WORD, reason="checked",
        now=LATER + timedelta(hours=1),
    )
    assert (gone.status, len(gone.items)) == ("done", 3)
    with kept.reader() as reader:
        assert verify_workspace(kept, reader).findings == ()
        states = {one.name: one.state for one in check_installation(kept, reader).points}
    assert states["database"] is State.UNKNOWN
