"""A key is made once, its fingerprint is on record, and a lost one is never made anew."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import select

from records.cases import Study
from records.errors import IntegrityBroken
from records.keys import lost_keys, workspace_key
from records.product import WorkspaceKey
from records.queries import register_site
from records.settings import Workspace
from records.store import Store, open_store


def key_file(store: Store) -> Path:
    return store.workspace.keys / "pseudonym.key"


def test_a_key_is_secret_made_once_and_on_record_by_its_fingerprint(store: Store) -> None:
    key = workspace_key(store, "pseudonym")
    assert workspace_key(store, "pseudonym") == key
    assert len(key) == 32
    assert key_file(store).stat().st_mode & 0o077 == 0
    with store.reader() as reader:
        (recorded,) = reader.exec(select(WorkspaceKey))
        assert lost_keys(store, reader) == []
    assert recorded.fingerprint not in (key.hex(), "")


def test_a_demonstration_has_the_keys_of_its_seed_a_live_workspace_its_own(tmp_path: Path) -> None:
    def keys(name: str) -> tuple[bytes, bytes]:
        store = open_store(Workspace(tmp_path / name).create(), url="")
        try:
            return workspace_key(store, "identity", seed=4), workspace_key(store, "pseudonym")
        finally:
            store.close()

    one, two = keys("1"), keys("2")
    assert one[0] == two[0]
    assert one[1] != two[1]


@pytest.mark.parametrize(
    ("content", "words"), [(None, "is missing"), (b"k" * 32, "is not the one on record")]
)
def test_a_lost_or_exchanged_key_is_refused_and_not_made_anew(
    store: Store, content: bytes | None, words: str
) -> None:
    workspace_key(store, "pseudonym")
    if content is None:
        key_file(store).unlink()
    else:
        key_file(store).write_bytes(content)
    with pytest.raises(IntegrityBroken, match=f"pseudonym.key {words}.*Restore it"):
        workspace_key(store, "pseudonym")
    with store.reader() as reader:
        assert lost_keys(store, reader) == [f"KEY-0001: the key file pseudonym.key {words}"]
    assert key_file(store).exists() == (content is not None)


def test_where_studies_exist_no_first_key_is_made(store: Store, now: datetime) -> None:
    with store.transaction("service:intake", now=now) as tx:
        site = register_site(tx, "north", origin="reported", now=now)
        assert site.id is not None
        tx.add(
            Study(
                study_uid="2.25.1", patient="P1", site_id=site.id, purpose="clinical",
                arrived_on=now.date(), received_at=now, rows=1, columns=1,
            )
        )
    with pytest.raises(IntegrityBroken, match="no record of the key"):
        workspace_key(store, "pseudonym")
    assert not key_file(store).exists()
