"""A PostgreSQL workspace comes back from its backup into an empty database, and into no other."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from records.backup import back_up
from records.errors import InvalidInput, Refused, Unavailable
from records.product import Site
from records.restore import restore
from records.sealed_file import BackupKey
from records.settings import Workspace
from records.store import Store, open_store
from records.verify import verify_records
from tests.services.databases import databases

pytestmark = pytest.mark.service

KEY = BackupKey(b"F", bytes(range(32)))


@pytest.fixture
def two_databases(postgresql: str) -> Iterator[list[str]]:
    """The addresses of two empty databases."""
    with databases(postgresql, "kept", "again") as made:
        yield made


@pytest.fixture
def pg(workspace: Workspace, two_databases: list[str], now: datetime) -> Iterator[Store]:
    store = open_store(workspace, url=two_databases[0])
    with store.transaction("ada", now=now) as tx:
        tx.add(Site(name="north", registered_at=now))
    yield store
    store.close()


def test_a_backup_of_postgresql_is_restored_into_an_empty_database(
    pg: Store, two_databases: list[str], tmp_path: Path, now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = tmp_path / "a.backup"
    taken = back_up(pg, archive, KEY, actor="service:backup", now=now)

    def bring(name: str) -> int:
        return restore(archive, tmp_path / name, KEY, system_user="root", now=now)[0].events

    monkeypatch.setenv("RADVIGIL_DATABASE_URL", two_databases[0])
    with pytest.raises(Refused, match="not empty"):
        bring("full")
    monkeypatch.delenv("RADVIGIL_DATABASE_URL")
    with pytest.raises(InvalidInput, match="holds a PostgreSQL database"):
        bring("sqlite")
    monkeypatch.setenv("RADVIGIL_DATABASE_URL", two_databases[1])
    assert bring("again") == taken.sequence
    assert not (tmp_path / "full").exists()
    again = open_store(Workspace(tmp_path / "again"), url=two_databases[1])
    try:
        with again.reader() as reader:
            verdict = verify_records(reader)
        assert verdict.whole, verdict.findings
        assert verdict.events > taken.sequence, "the restore is on record"
    finally:
        again.close()


def test_without_its_own_program_postgresql_is_not_backed_up(
    pg: Store, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="pg_dump is not on this machine"):
        back_up(pg, tmp_path / "a.backup", KEY, actor="service:backup", now=now)
    assert not (tmp_path / "a.backup").exists()
