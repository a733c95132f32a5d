"""From a backup to a workspace again, in an empty place and only if everything in it is whole."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from records.archive import Contents, read_archive
from records.audit import head, note
from records.backup import PARTS
from records.base import canonical_json, plain
from records.clock import workspace_mark
from records.damage import explaining
from records.database_copy import DUMP, load_dump, require_database_for
from records.door import Door
from records.errors import IntegrityBroken, Refused, Unavailable
from records.migration import migrate_workspace
from records.private import write_private
from records.sealed_file import BackupKey
from records.services import start_service
from records.settings import Workspace, current_settings, require_folder_path
from records.store import SCHEMA, Store, make_engine, open_store
from records.verify_workspace import verify_workspace

SERVICE = "service:restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored and verified: the report of the drill.

    backup, sha256: the file by name and digest. taken_at: by the clock of the workspace. sequence,
    head: of the audit trail in the backup. files, bytes: unpacked, each with the digest that it
    had. events, records, contents, anchors: verified. kind: live or demonstration. schema_before:
    of the tables in the backup; where it is an older one, they were migrated to ``schema``.
    """

    restored_at: str
    backup: str
    sha256: str
    taken_at: str
    software: str
    kind: str
    sequence: int
    head: str
    files: int
    bytes: int
    events: int
    records: int
    contents: int
    anchors: int
    schema_before: str
    schema: str


def restore(
    archive: Path, home: Path, key: BackupKey, *, system_user: str, now: datetime
) -> tuple[Restored, Path]:
    """Unpack a backup into an empty or new folder, verify everything, and put that on record.

    The workspace takes its name last: until it is verified there is nothing that looks like one.
    Its anchors lie in the folder ``anchors`` inside it. now: by the system's clock; the event in
    a demonstration is of the day at which its own clock stands.

    Returns:
        What was found, and the report beside the workspace that says so (JSON).

    Raises:
        Refused: The place is not empty.
        InvalidInput: The file is no backup, the key another one, or the database of another kind.
        IntegrityBroken: The backup was altered or cut off, or what it holds is not whole.
        Unavailable: The place cannot be written.
    """
    home = home.resolve()
    _require_empty(home)
    keys = _require_room_for_keys()
    with _unpacking_beside(home) as part:
        place = Workspace(part, keys=part / "keys")
        contents = read_archive(archive, key, PARTS, part)
        restored = _verify(place, archive.name, contents, now)
        _record(place, restored, system_user, now)
        place.finish()
        place.create()
        if keys is not None:
            _bring_keys(place.keys, keys)
        _finish(place, home)
    report = home.with_name(f"{home.name}.restored-{now:%Y%m%dT%H%M%SZ}.json")
    write_private(report, (canonical_json(asdict(restored)) + "\n").encode())
    return restored, report


def _require_empty(home: Path) -> None:
    require_folder_path(home, "--home")
    if home.is_dir() and any(home.iterdir()):
        raise Refused(f"{home} is not empty.", hint="A backup is restored into a new folder only.")


def _require_room_for_keys() -> Path | None:
    """The folder outside that RADVIGIL_KEYS names, if it does: it must hold no other's keys."""
    folder = current_settings().keys
    if folder is None:
        return None
    require_folder_path(folder, "RADVIGIL_KEYS")
    if folder.is_dir() and any(folder.iterdir()):
        raise Refused(
            f"{folder} is not empty, and RADVIGIL_KEYS names it for the restored keys.",
            hint="Name a new folder, or unset it to keep them in the workspace.",
        )
    return folder


def _bring_keys(inside: Path, outside: Path) -> None:
    """Copy the keys to where they are kept, whole, and take them out of the workspace."""
    outside.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in sorted(inside.iterdir()):
        write_private(outside / file.name, file.read_bytes())
    for file in sorted(inside.iterdir()):
        file.unlink()
    inside.rmdir()


@contextmanager
def _unpacking_beside(home: Path) -> Iterator[Path]:
    """A private folder beside the place that is meant; gone at the end unless it was renamed."""
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f"{home.name}.", suffix=".part", dir=home.parent))
    except OSError as failed:
        raise Unavailable(f"{home.parent} cannot be written: {failed.strerror}.") from failed
    try:
        yield part
    except OSError as failed:
        raise Unavailable(f"The backup cannot be unpacked: {failed.strerror}.") from failed
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _verify(place: Workspace, name: str, contents: Contents, now: datetime) -> Restored:
    manifest = contents.manifest
    _require_no_newer(manifest["schema"], manifest["software"])
    _bring_back(place, manifest["database"])
    found = _head_as_kept(place)
    store = open_store(place)
    try:
        with store.reader() as reader:
            verdict = verify_workspace(
                store, reader, anchors=place.home / "anchors", exports=False
            )
            mark = workspace_mark(reader)
    finally:
        store.close()
    findings = list(verdict.findings)
    kind = mark.kind if mark else ""
    if (*found, kind) != (manifest["sequence"], manifest["head"], manifest["kind"]):
        findings.append("its records are not those that its manifest names")
    if findings:
        raise IntegrityBroken(
            f"The backup is unaltered, and what it holds is not whole: {findings[0]}"
            f"{f' (and {len(findings) - 1} more)' if findings[1:] else ''}.",
            hint="Use an older backup. Nothing was restored.",
        )
    return Restored(
        restored_at=str(plain(now)), backup=name, sha256=contents.digest,
        taken_at=manifest["at"], software=manifest["software"], kind=kind,
        sequence=found[0], head=found[1], files=contents.files, bytes=contents.size,
        events=verdict.events, records=verdict.records, contents=verdict.contents,
        anchors=verdict.anchors, schema_before=manifest["schema"], schema=SCHEMA,
    )


def _require_no_newer(schema: str, software: str) -> None:
    if schema > SCHEMA:
        raise Refused(
            f"The backup was made by {software}, whose tables ({schema}) are newer than those of "
            f"this version ({SCHEMA}).", hint="Restore it with that version.",
        )


def _head_as_kept(place: Workspace) -> tuple[int, str]:
    """The head of the trail in the backup; a database of an older version is migrated then."""
    store = Store(place, make_engine(place, current_settings().database_url))
    try:
        with explaining(place, store.engine.dialect.name):
            with store.reader() as reader:
                found = head(reader)
            migrate_workspace(store, keep_copy=False)
    finally:
        store.close()
    return found


def _bring_back(place: Workspace, database: str) -> None:
    url = current_settings().database_url
    require_database_for(database, url)
    if database == DUMP:
        store = Store(place, make_engine(place, url))
        try:
            load_dump(store, place.home / DUMP)
        finally:
            store.close()
        (place.home / DUMP).unlink()


def _record(place: Workspace, restored: Restored, system_user: str, now: datetime) -> None:
    store = open_store(place).through(Door("command"))
    try:
        with store.reader() as reader:
            mark = workspace_mark(reader)
        moment = mark.clock_at if mark and mark.clock_at else now
        with store.transaction(SERVICE, "restore a backup", now=moment) as tx:
            start_service(tx, SERVICE, task="restore", system_user=system_user, now=moment)
            note(tx, "restore", "Workspace:all", new=asdict(restored))
    finally:
        store.close()


def _finish(place: Workspace, home: Path) -> None:
    """The folder, on the disk whole, takes the name of the workspace."""
    os.sync()
    place.home.replace(home)
