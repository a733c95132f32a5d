"""A key, a database or the mapping that others can read is told, and is no damage."""

from datetime import datetime

import pytest

from records.exposure import exposed_files
from records.keys import workspace_key
from records.store import Store
from records.verify_workspace import verify_workspace


@pytest.mark.requirement("R-P11-10d")
def test_what_others_can_read_is_told_and_is_no_damage(store: Store, now: datetime) -> None:
    workspace_key(store, "pseudonym", seed=1)
    workspace = store.workspace
    workspace.database.chmod(0o600)
    workspace.identity.write_bytes(b"")
    workspace.identity.chmod(0o600)
    assert exposed_files(workspace) == []
    workspace.database.chmod(0o640)
    workspace.identity.chmod(0o602)
    (workspace.keys / "pseudonym.key").chmod(0o644)
    workspace.keys.chmod(0o755)
    told = [
        "keys is open to others (mode 755)", "keys/pseudonym.key is open to others (mode 644)",
        "radvigil.db is open to others (mode 640)", "identity.sqlite is open to others (mode 602)",
    ]
    assert [one.split(":")[0] for one in exposed_files(workspace)] == told
    with store.reader() as reader:
        verdict = verify_workspace(store, reader)
    assert verdict.whole
    assert [one.split(":")[0] for one in verdict.notices] == told


def test_the_program_itself_makes_nothing_that_others_can_read(store: Store) -> None:
    """Also while it writes: SQLite's files beside the database have the mode of the database."""
    from records.settings import Workspace
    from records.store import open_store

    made = open_store(Workspace(store.workspace.home.with_name("anew")).create(), url="")
    workspace_key(made, "pseudonym", seed=1)
    assert (made.workspace.home / "radvigil.db-wal").exists()
    assert exposed_files(made.workspace) == []
    made.close()
