"""A workspace of an older version becomes one of this version whole, on record, or not at all."""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from records.append_only import NEVER_CHANGED
from records.audit import AuditEvent
from records.backup import back_up
from records.errors import IntegrityBroken, NotFound, Refused, Unavailable
from records.migration import MIGRATED, migrate_workspace
from records.people import Actor
from records.product import Site
from records.restore import restore
from records.sealed_file import BackupKey
from records.settings import REPOSITORY, Workspace
from records.store import SCHEMA, Store, make_engine, open_reader, open_store, schema_of
from records.tables import RECORDS
from records.vault import file_digest
from records.verify import verify_records
from tests.records.older_workspace import FIRST, SOFTWARE, WITHOUT_BYTES, make_older

KEY = BackupKey(b"F", bytes(range(32)))


@pytest.fixture
def older(workspace: Workspace, now: datetime) -> Workspace:
    """A live workspace of the first version."""
    store = Store(workspace, make_engine(workspace))
    make_older(store, now)
    store.close()
    return workspace


def digest_of_rows(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    store = Store(workspace, make_engine(workspace))
    with store.engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        found = {
            name: [tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608
            for name in names.scalars().all()
        }
    store.close()
    return found


@pytest.mark.requirement("R-P11-10c")
def test_an_older_workspace_is_migrated_whole_and_on_record(older: Workspace) -> None:
    before = digest_of_rows(older)
    store = open_store(older, url="")
    with store.reader() as reader:
        verdict = verify_records(reader)
        assert verdict.findings == ()
        assert verdict.records == sum(len(before[str(t.__tablename__)]) for t in RECORDS
                                      if str(t.__tablename__) in before) + 1  # the service
        event = reader.exec(select(AuditEvent).where(AuditEvent.action == MIGRATED)).one()
        assert json.loads(event.old) == {"schema": FIRST, "software": SOFTWARE}
        said = json.loads(event.new)
        assert said["schema"] == SCHEMA
        assert reader.get_one(Site, 2).status == "confirmed"
        assert not reader.get_one(Actor, 2).active
    store.close()
    copy = older.before_migration / said["copy"]
    assert file_digest(copy) == said["copy_sha256"]
    assert copy.stat().st_mode & 0o077 == 0
    assert older.before_migration.stat().st_mode & 0o077 == 0
    copied = Workspace(older.home / "copied")
    copied.home.mkdir()
    copy.rename(copied.database)
    assert digest_of_rows(copied) == before
    open_store(older, url="").close()  # once is enough
    with open_reader(older.home).reader() as reader:
        assert len(reader.exec(select(AuditEvent).where(AuditEvent.action == MIGRATED)).all()) == 1


def test_rows_written_after_a_migration_verify_with_those_from_before(
    older: Workspace, now: datetime
) -> None:
    store = open_store(older, url="")
    with store.transaction("ada", "used later", now=now) as tx:
        for kind in RECORDS:
            row = tx.get(kind, 1)
            if row is not None and "reason" in type(row).model_fields and (
                kind.__tablename__ not in NEVER_CHANGED
            ):
                row.reason = "another"  # type: ignore[attr-defined]
                tx.add(row)
    with store.reader() as reader:
        assert verify_records(reader).findings == ()
    store.close()


def test_records_that_are_not_whole_are_not_migrated(older: Workspace) -> None:
    store = Store(older, make_engine(older))
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE site SET name = 'elsewhere' WHERE id = 1"))
    store.close()
    before = digest_of_rows(older)
    with pytest.raises(IntegrityBroken, match="Site:1 was altered"):
        open_store(older, url="")
    assert digest_of_rows(older) == before
    assert list(older.before_migration.iterdir()) == []


def test_a_reader_migrates_nothing(older: Workspace) -> None:
    with pytest.raises(Refused, match=rf"older version .schema {FIRST}.*install migrate"):
        open_reader(older.home)
    store = Store(older, make_engine(older))
    assert schema_of(store) == FIRST
    store.close()


@pytest.mark.parametrize("opening", [open_store, lambda one: open_reader(one.home)])
def test_a_newer_workspace_is_refused(workspace: Workspace, opening: object) -> None:
    store = Store(workspace, make_engine(workspace))
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9001'"))
    store.close()
    with pytest.raises(Refused, match=r"newer version: .* schema 9001, and this is radvigil"):
        opening(workspace)  # type: ignore[operator]


def test_without_room_for_the_copy_nothing_is_migrated(older: Workspace) -> None:
    older.before_migration.write_text("a file where the folder belongs")
    before = digest_of_rows(older)
    with pytest.raises(Unavailable, match=r"before-migration.*nothing was changed"):
        open_store(older, url="")
    assert digest_of_rows(older) == before


def test_no_workspace_is_nothing_to_migrate(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "none")
    store = Store(workspace, make_engine(workspace))
    assert migrate_workspace(store) is None
    store.close()
    with pytest.raises(NotFound):
        open_store(workspace, url="")


DYING = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from records.settings import Workspace
from records.store import open_store

left = int(sys.argv[2])

@event.listens_for(Engine, "after_cursor_execute")
def count(connection, cursor, statement, *rest):
    global left
    if not statement.startswith("PRAGMA"):
        left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

open_store(Workspace(Path(sys.argv[1])), url="")
"""


@pytest.mark.requirement("R-P11-10c")
@pytest.mark.parametrize(
    "after", [6, 30, *(pytest.param(one, marks=pytest.mark.proof) for one in (2, 9, 13, 18, 60))]
)
def test_a_kill_in_the_middle_leaves_a_usable_workspace(older: Workspace, after: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(older.home), str(after)], cwd=REPOSITORY,
        env={**os.environ, "RADVIGIL_DATABASE_URL": ""}, check=False, capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    store = open_store(older, url="")
    with store.reader() as reader:
        assert verify_records(reader).findings == ()
        assert len(reader.exec(select(AuditEvent).where(AuditEvent.action == MIGRATED)).all()) == 1
    store.close()
    assert [one.suffix for one in older.before_migration.iterdir()] == [".db"]


@pytest.mark.requirement("REG-121")
def test_a_backup_of_an_older_version_is_restored_and_migrated(
    workspace: Workspace, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_ANCHORS", str(tmp_path / "anchors"))
    archive = tmp_path / "older.backup"
    old_version = Store(workspace, make_engine(workspace))
    make_older(old_version, now, only=WITHOUT_BYTES)
    with pytest.MonkeyPatch.context() as past:
        past.setattr("records.backup.SCHEMA", FIRST)
        back_up(old_version, archive, KEY, actor="ada", now=now)
    old_version.close()
    home = tmp_path / "restored"
    found, _ = restore(archive, home, KEY, system_user="op", now=now)
    assert (found.schema_before, found.schema) == (FIRST, SCHEMA)
    store = open_store(Workspace(home), url="")
    with store.reader() as reader:
        assert verify_records(reader).findings == ()
        event = reader.exec(select(AuditEvent).where(AuditEvent.action == MIGRATED)).one()
        assert found.sequence < event.sequence
    store.close()
    assert not Workspace(home).before_migration.exists()


def test_a_backup_of_a_newer_version_is_refused(
    store: Store, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.backup.SCHEMA", "9001")
    archive = tmp_path / "newer.backup"
    back_up(store, archive, KEY, actor="ada", now=now)
    with pytest.raises(Refused, match=r"9001. are newer"):
        restore(archive, tmp_path / "restored", KEY, system_user="op", now=now)
    assert not (tmp_path / "restored").exists()
