"""A lost or damaged database is said to be so, and is never quietly made anew."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from records.damage import meaning_of
from records.errors import IntegrityBroken, NotFound, RadvigilError, Refused, Unavailable
from records.product import Site
from records.settings import Workspace
from records.store import Store, open_reader, open_store
from records.verify_workspace import verify_workspace


def execute(statement: str) -> Callable[[Path], None]:
    def alter(database: Path) -> None:
        with sqlite3.connect(database) as raw:
            raw.execute(statement)
        raw.close()

    return alter


def cut(database: Path) -> None:
    database.write_bytes(database.read_bytes()[:20_000])


def garble(database: Path, words: bytes) -> None:
    content = database.read_bytes()
    assert words in content
    database.write_bytes(content.replace(words, b"\xff\xfe\x91" * 6))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "missing or empty"),
    "empty": (lambda database: database.write_bytes(b""), "missing or empty"),
    "not a database": (lambda database: database.write_bytes(b"x" * 9000), "not a database"),
    "cut off": (cut, "malformed"),
    "a dropped table": (execute("DROP TABLE journey_step"), "journey_step is missing"),
    "all tables unnamed": (execute("DROP TABLE alembic_version"), "missing or empty"),
    "a garbled schema": (lambda database: garble(database, b"CREATE TABLE site "), "schema"),
    "another schema": (execute("UPDATE alembic_version SET version_num = 'x999'"), "x999"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_broken_integrity_and_is_left_as_it_is(
    store: Store, damage: str
) -> None:
    store.close()
    alter, words = DAMAGES[damage]
    workspace = store.workspace
    alter(workspace.database)
    found = workspace.database.read_bytes() if workspace.database.exists() else None
    for opened in (lambda: open_store(workspace, url=""), lambda: open_reader(workspace.home)):
        with pytest.raises(IntegrityBroken, match=words) as told:
            opened().close()
        assert "DATABASE_URL" not in str(told.value)
    after = workspace.database.read_bytes() if workspace.database.exists() else None
    assert after == found


def test_looking_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no records"):
        open_reader(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFound, match="no records"):
        open_reader(Workspace(tmp_path / "new").create().home)
    assert not (tmp_path / "new" / "radvigil.db").exists()


def test_a_workspace_whose_making_was_interrupted_is_finished(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w").create()
    workspace.database.touch()
    assert workspace.being_made
    open_store(workspace, url="").close()
    assert not workspace.being_made


def test_what_is_left_of_another_workspace_does_not_become_one(store: Store) -> None:
    store.close()
    store.workspace.marker.unlink()
    store.workspace.database.unlink()
    with pytest.raises(Refused, match="not empty"):
        store.workspace.create()
    assert not store.workspace.exists


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("unable to open database file", Unavailable),
        ("attempt to write a readonly database", Unavailable),
        ("database is locked", Unavailable),
        ("database disk image is malformed", IntegrityBroken),
        ("Could not decode to UTF-8 column 'actor'", IntegrityBroken),
        ("UNIQUE constraint failed: site.name", type(None)),
    ],
)
def test_out_of_reach_is_not_broken(
    said: str, kind: type[RadvigilError | None], tmp_path: Path
) -> None:
    failed = OperationalError("SELECT 1", {}, sqlite3.OperationalError(said))
    meant = meaning_of(failed, Workspace(tmp_path), "sqlite")
    assert type(meant) is kind
    assert "DATABASE_URL" not in str(meant)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_IOERR_WRITE", Unavailable),
        ("SQLITE_IOERR_FSYNC", Unavailable),
        ("SQLITE_IOERR_SHORT_READ", IntegrityBroken),
    ],
)
def test_a_disk_that_takes_no_more_is_not_a_damaged_file(
    name: str, kind: type[RadvigilError], tmp_path: Path
) -> None:
    said = sqlite3.OperationalError("disk I/O error")
    said.sqlite_errorname = name
    assert type(meaning_of(OperationalError("", {}, said), Workspace(tmp_path), "sqlite")) is kind


def test_a_writer_that_others_keep_waiting_gives_up_and_says_why(
    store: Store, now: datetime
) -> None:
    store.close()
    event.listen(store.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(store.workspace.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match=r"locked by others.*nothing was written"):
        with store.transaction("ada", now=now) as tx:
            tx.add(Site(name="north", registered_at=now))
    other.execute("ROLLBACK")
    other.close()
    with store.transaction("ada", now=now) as tx:
        tx.add(Site(name="north", registered_at=now))


def test_a_renamed_column_is_damage_not_a_fault_of_the_program(store: Store) -> None:
    execute("ALTER TABLE audit_event RENAME COLUMN new TO older")(store.workspace.database)
    with pytest.raises(IntegrityBroken, match="no such column"), store.reader() as reader:
        verify_workspace(store, reader, records_only=True)


def test_what_another_program_recorded_meanwhile_is_said_to_be_so(
    store: Store, now: datetime
) -> None:
    with store.transaction("a", now=now) as tx:
        tx.add(Site(name="northfield", registered_at=now))
    with (
        pytest.raises(Unavailable, match=r"recorded the same just now \(site.name\).*Run it again"),
        store.transaction("b", now=now) as tx,
    ):
        tx.add(Site(name="northfield", registered_at=now))
