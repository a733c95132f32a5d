"""A backup taken while others write is whole when it is restored, or it is refused altogether."""

import io
import json
import shutil
import tarfile
import threading
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from records.anchors import read_anchors, verify_anchors, write_anchor
from records.archive import LISTING, MANIFEST
from records.audit import AuditEvent, note
from records.backup import Backup, back_up, check_backup
from records.cases import Instance, Study
from records.clock import mark_workspace, workspace_mark
from records.database_copy import copy_sqlite
from records.errors import (
    IntegrityBroken,
    InvalidInput,
    NotFound,
    RadvigilError,
    Refused,
)
from records.keys import workspace_key
from records.product import WorkspaceKind
from records.queries import register_site
from records.restore import Restored, restore
from records.sealed_file import BackupKey, SealedWriter
from records.settings import Workspace
from records.store import Store, open_store
from records.vault import Vault
from records.verify import verify_records

KEY = BackupKey(b"F", bytes(range(32)))


@pytest.fixture
def lived(store: Store, now: datetime) -> Store:
    """A demonstration with a key, an anchor, bytes, arrivals and who is signed in."""
    place = store.workspace
    with store.transaction("ada", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=now, seed=1)
    workspace_key(store, "pseudonym", seed=1)
    keep(store, b"an image", now)
    assert write_anchor(store, now=now) is not None
    (place.keys / "session.json").write_text("{}")
    (place.incoming / "north" / "empty").mkdir(parents=True)
    (place.incoming / "north" / "a.dcm").write_bytes(b"arrived")
    (place.exports / "report.pdf").write_bytes(b"exported")
    (place.vault / "objects" / "unfinished.part").write_bytes(b"half")
    return store


def keep(store: Store, content: bytes, now: datetime) -> None:
    """Bytes first, then the record that names them."""
    digest = Vault(store.workspace.vault).put(content)
    with store.transaction("service:intake", now=now) as tx:
        site = register_site(tx, "north", origin="reported", now=now)
        assert site.id is not None
        study = Study(
            study_uid=f"2.25.{digest}", patient="P1", site_id=site.id, purpose="clinical",
            arrived_on=now.date(), received_at=now, rows=1, columns=1,
        )
        tx.add(study)
        tx.flush()
        assert study.id is not None
        tx.add(
            Instance(
                study_id=study.id, instance_uid=f"2.25.1.{digest}", digest=digest,
                source_digest=digest, deidentification={}, brightness=0.0, contrast=0.0,
                sharpness=0.0, noise=0.0, entropy=0.0, saturation=0.0,
            )
        )


def take(store: Store, target: Path, now: datetime) -> Backup:
    return back_up(store, target, KEY, actor="service:backup", now=now)


def bring(archive: Path, home: Path, now: datetime) -> Restored:
    restored, report = restore(archive, home, KEY, system_user="root", now=now)
    assert json.loads(report.read_text())["head"] == restored.head
    assert report.parent == home.parent
    return restored


def events(store: Store) -> list[AuditEvent]:
    with store.reader() as reader:
        return list(reader.exec(select(AuditEvent).order_by(text("sequence"))))


@pytest.mark.requirement("REG-121")
def test_a_backup_taken_while_others_write_is_whole_and_a_prefix_of_the_trail(
    lived: Store, tmp_path: Path, now: datetime
) -> None:
    enough, written = threading.Event(), threading.Event()

    def go_on() -> None:
        number = 0
        while not enough.is_set():
            keep(lived, f"image {number}".encode(), now)
            number += 1
            if number == 5:
                written.set()

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        assert written.wait(120)
        taken = take(lived, tmp_path / "a.backup", now)
    finally:
        enough.set()
        writer.join()
    restored = bring(tmp_path / "a.backup", tmp_path / "again", now)
    trail = events(lived)
    assert trail[restored.sequence - 1].digest == restored.head == taken.head
    assert len(trail) > restored.sequence == restored.events
    assert restored.contents >= 6
    assert restored.sha256 == taken.digest


@pytest.mark.requirement("R-P11-10c", "REG-121")
def test_a_restored_workspace_is_private_verified_and_works_on(
    lived: Store, tmp_path: Path, now: datetime
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("frozen")
    Vault(lived.workspace.vault).freeze(folder, "datasets/one", message="Freeze")
    copy_sqlite(lived.workspace.database, lived.workspace.identity)
    copy_sqlite(lived.workspace.database, lived.workspace.messages)
    take(lived, tmp_path / "a.backup", now)
    restored = bring(tmp_path / "a.backup", tmp_path / "deep" / "again", now + timedelta(days=9))
    place = Workspace(tmp_path / "deep" / "again")
    assert place.exists
    assert not place.being_made
    assert place.identity.is_file()
    assert place.messages.is_file()
    assert (place.incoming / "north" / "a.dcm").read_bytes() == b"arrived"
    assert (place.incoming / "north" / "empty").is_dir()
    assert (place.exports / "report.pdf").read_bytes() == b"exported"
    assert not (place.keys / "session.json").exists()
    assert not list(place.home.rglob("*.part"))
    for path in (place.home, *place.home.rglob("*")):
        if place.dagster not in path.parents and path not in (place.dagster, place.marker):
            assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    again = open_store(place, url="")
    try:
        with again.reader() as reader:
            mark = workspace_mark(reader)
            assert mark is not None
            assert (mark.kind, restored.kind) == ("demonstration", "demonstration")
            assert verify_records(reader).whole
            assert verify_anchors(reader, place.anchors).findings == ()
            assert restored.anchors == 1
        said = events(again)[-1]
        assert (said.actor, said.action) == ("service:restore", "restore")
        assert said.at == events(again)[0].at, "a demonstration's clock stands still"
        folder.mkdir()
        (folder / "b.txt").write_text("frozen later")
        frozen = Vault(place.vault).freeze(folder, "datasets/two", message="Freeze")
        kept = frozen.content_digest
        assert (place.vault / "remote" / "files" / "md5" / kept[:2] / kept[2:]).is_file()
    finally:
        again.close()
    told = events(lived)[-1]
    assert (told.action, told.actor) == ("back up", "service:backup")
    assert json.loads(told.new)["sha256"] == restored.sha256


def test_anchors_of_later_events_stay_out_and_a_trail_that_lacks_some_is_not_backed_up(
    lived: Store, tmp_path: Path, now: datetime
) -> None:
    take(lived, tmp_path / "a.backup", now)
    assert write_anchor(lived, now=now) is not None
    assert len(read_anchors(lived.workspace.anchors)) == 2
    assert bring(tmp_path / "a.backup", tmp_path / "again", now).anchors == 1
    (lived.workspace.anchors / "anchors.jsonl").unlink()
    with pytest.raises(IntegrityBroken, match="RADVIGIL_ANCHORS"):
        take(lived, tmp_path / "b.backup", now)
    assert not list(tmp_path.glob("b.backup*"))


def test_a_live_workspace_is_restored_though_newer_anchors_lie_elsewhere(
    store: Store, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv("RADVIGIL_ANCHORS", str(elsewhere))
    with store.transaction("ada", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=now)
    assert write_anchor(store, now=now) is not None
    take(store, tmp_path / "a.backup", now)
    assert write_anchor(store, now=now) is not None
    later = now + timedelta(days=9)
    assert bring(tmp_path / "a.backup", tmp_path / "again", later).kind == "live"
    place = Workspace(tmp_path / "again")
    again = open_store(place, url="")
    try:
        assert events(again)[-1].at.startswith("2026-01-14")
        with again.reader() as reader:
            assert verify_anchors(reader, place.home / "anchors").findings == ()
            missing = verify_anchors(reader, elsewhere)
        assert "is not the one that was anchored" in missing.findings[0]
        with pytest.raises(IntegrityBroken, match="not the one anchored"):
            write_anchor(again, now=later)
        monkeypatch.setenv("RADVIGIL_ANCHORS", str(tmp_path / "anew"))
        shutil.copytree(place.home / "anchors", tmp_path / "anew")
        assert write_anchor(again, now=later) is not None
    finally:
        again.close()


def refused(kind: type[RadvigilError], tmp_path: Path, archive: Path, now: datetime) -> str:
    """Neither the check nor the restore takes it, and nothing is left behind."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(kind):
        check_backup(archive, KEY)
    with pytest.raises(kind) as said:
        bring(archive, tmp_path / "again", now)
    assert sorted(tmp_path.iterdir()) == before
    return str(said.value)


@pytest.mark.requirement("REG-121")
def test_an_altered_or_cut_off_archive_leaves_nothing_behind(
    lived: Store, tmp_path: Path, now: datetime
) -> None:
    archive = tmp_path / "a.backup"
    taken = take(lived, archive, now)
    assert check_backup(archive, KEY).digest == taken.digest
    whole = archive.read_bytes()
    for position in range(60, len(whole), len(whole) // 9):
        archive.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert "altered" in refused(IntegrityBroken, tmp_path, archive, now)
    for length in (len(whole) - 1, len(whole) // 2, 60):
        archive.write_bytes(whole[:length])
        assert "cut off" in refused(IntegrityBroken, tmp_path, archive, now)
    archive.write_bytes(b"no backup")
    refused(InvalidInput, tmp_path, archive, now)
    archive.unlink()
    refused(NotFound, tmp_path, archive, now)


def test_what_was_broken_before_the_backup_is_not_restored(
    lived: Store, tmp_path: Path, now: datetime
) -> None:
    with lived.engine.begin() as raw:
        raw.execute(text("UPDATE study SET patient = 'P2'"))
    take(lived, tmp_path / "a.backup", now)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(IntegrityBroken, match="Study:1 was altered outside"):
        bring(tmp_path / "a.backup", tmp_path / "again", now)
    assert sorted(tmp_path.iterdir()) == before


def test_places_that_are_taken_or_would_be_lost_together_are_refused(
    lived: Store, tmp_path: Path, now: datetime
) -> None:
    take(lived, tmp_path / "a.backup", now)
    with pytest.raises(InvalidInput, match="there already"):
        take(lived, tmp_path / "a.backup", now)
    with pytest.raises(InvalidInput, match="lost with it"):
        take(lived, lived.workspace.home / "a.backup", now)
    with pytest.raises(InvalidInput, match="no folder"):
        take(lived, tmp_path / "nowhere" / "a.backup", now)
    with pytest.raises(Refused, match="not empty"):
        bring(tmp_path / "a.backup", lived.workspace.home, now)
    with pytest.raises(InvalidInput, match="names a file"):
        bring(tmp_path / "a.backup", tmp_path / "a.backup", now)
    (tmp_path / "empty").mkdir()
    assert bring(tmp_path / "a.backup", tmp_path / "empty", now).events > 0
    (lived.workspace.incoming / "link").symlink_to(tmp_path)
    with pytest.raises(Refused, match="link in 'incoming'"):
        take(lived, tmp_path / "b.backup", now)


def forged(path: Path, fill: Callable[[tarfile.TarFile], None]) -> Path:
    """An archive that somebody with the key has made by hand."""
    with path.open("wb") as file:
        sealed = SealedWriter(file, KEY)
        stream: Any = sealed
        with tarfile.open(fileobj=stream, mode="w|") as tar:
            add(tar, MANIFEST, b"{}")
            fill(tar)
            add(tar, LISTING, b"")
        sealed.finish()
    return path


def add(tar: tarfile.TarFile, name: str, content: bytes = b"", **more: Any) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for field, value in more.items():
        setattr(member, field, value)
    tar.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    "fill",
    [
        lambda tar: add(tar, "../outside", b"x"),
        lambda tar: add(tar, "vault/../../outside", b"x"),
        lambda tar: add(tar, "/outside", b"x"),
        lambda tar: add(tar, "outside", b"x"),
        lambda tar: add(tar, "vault", type=tarfile.SYMTYPE, linkname="/etc"),
        lambda tar: add(tar, "radvigil.db", type=tarfile.LNKTYPE, linkname="/etc/hostname"),
        lambda tar: add(tar, "vault", type=tarfile.FIFOTYPE),
        lambda tar: add(tar, "anchors/before-its-folder", b"x"),
        lambda tar: add(tar, "radvigil.db", b"not in the list"),
    ],
)
def test_a_forged_archive_writes_nothing_outside(
    fill: Callable[[tarfile.TarFile], None], tmp_path: Path, now: datetime
) -> None:
    archive = forged(tmp_path / "a.backup", fill)
    assert "no backup" in refused(IntegrityBroken, tmp_path, archive, now)


def test_memory_does_not_grow_with_the_backup(lived: Store, tmp_path: Path, now: datetime) -> None:
    with (lived.workspace.incoming / "large").open("wb") as file:
        file.truncate(48 * 2**20)
    tracemalloc.start()
    try:
        take(lived, tmp_path / "a.backup", now)
        check_backup(tmp_path / "a.backup", KEY)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20


def test_what_happens_after_the_copy_is_not_in_it(
    lived: Store, tmp_path: Path, now: datetime
) -> None:
    taken = take(lived, tmp_path / "a.backup", now)
    with lived.transaction("ada", now=now) as tx:
        note(tx, "sign in", "Actor:1")
    assert len(events(lived)) == taken.sequence + 2, "the backup's own event, and the next"
    assert bring(tmp_path / "a.backup", tmp_path / "again", now).sequence == taken.sequence
