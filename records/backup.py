"""A backup: one encrypted file with all that a workspace owns, taken while others go on writing.

The database is copied first and the bytes after it: bytes are kept before the record that names
them and never change, so that whatever the copied records name is there to be copied
(21 CFR 11.10(c), ISO 13485 4.2.5).
"""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from records.archive import ArchiveWriter, Contents, read_archive
from records.audit import SOFTWARE, note
from records.base import plain
from records.database_copy import DUMP, Moment, copy_database, copy_sqlite
from records.errors import InvalidInput, Refused, Unavailable
from records.keys import LOCK, keys_held_still
from records.private import private_file
from records.sealed_file import BackupKey
from records.settings import Workspace
from records.store import SCHEMA, Store
from records.vault import Vault

FOLDERS = ("quarantine", "incoming", "exports", "devices", "documents")
"""What is copied as it lies. Dagster's history, logs and who is signed in are left out."""

PARTS = (*FOLDERS, "keys", "vault", "anchors", "radvigil.db", "identity.sqlite",
         "hl7.sqlite", DUMP)  # fmt: skip
"""What may stand at the top of an archive beside its manifest and its list."""

BY_CONTENT = ("vault/objects", "vault/remote", "vault/.dvc/cache", "vault/training")
"""What only grows, or is work in progress: copied without holding the vault's writers back."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was taken: the head of the trail in it, and what the file is known by."""

    file: Path
    sequence: int
    head: str
    files: int
    size: int
    digest: str


def back_up(store: Store, target: Path, key: BackupKey, *, actor: str, now: datetime) -> Backup:
    """Write the whole workspace to one new encrypted file, and put that on record.

    The copy is of one moment; the event that tells of it comes after that moment, in the source.

    Raises:
        InvalidInput: The target is there already, or inside the workspace, or has no folder.
        Refused: The workspace holds a link.
        IntegrityBroken: The anchors do not fit the trail.
        Unavailable: There is no room, or PostgreSQL's own program is missing.
    """
    workspace = store.workspace
    _require_place(workspace, target)
    try:
        with (
            keys_held_still(store),
            tempfile.TemporaryDirectory(prefix=".backup-", dir=workspace.home) as room,
        ):
            moment = copy_database(store, Path(room))
            contents = _write(target, key, workspace, moment, now)
    except OSError as failed:
        raise Unavailable(f"The backup could not be taken: {failed.strerror}.") from failed
    backup = Backup(
        target, moment.sequence, moment.digest, contents.files, contents.size, contents.digest
    )
    with store.transaction(actor, "back up the workspace", now=now) as tx:
        note(tx, "back up", "Workspace:all", new=_said(backup))
    return backup


def check_backup(archive: Path, key: BackupKey) -> Contents:
    """Read a backup from beginning to end, and unpack nothing: is it what was written?

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is no backup, or the key is another one.
        IntegrityBroken: It was altered or cut off.
    """
    return read_archive(archive, key, PARTS, None)


def _require_place(workspace: Workspace, target: Path) -> None:
    hint = "Name a new file on other storage."
    if target.exists():
        raise InvalidInput(f"{target} is there already.", hint=hint)
    if not target.parent.is_dir():
        raise InvalidInput(f"There is no folder {target.parent}.", hint=hint)
    if target.resolve().is_relative_to(workspace.home):
        raise InvalidInput("A backup inside its workspace would be lost with it.", hint=hint)


def _said(backup: Backup) -> dict[str, object]:
    return {
        "file": backup.file.name, "sequence": backup.sequence, "head": backup.head,
        "files": backup.files, "bytes": backup.size, "sha256": backup.digest,
    }


def _write(
    target: Path, key: BackupKey, workspace: Workspace, moment: Moment, now: datetime
) -> Contents:
    manifest = {
        "software": SOFTWARE, "schema": SCHEMA, "at": plain(now), "kind": moment.kind,
        "database": moment.database.name, "sequence": moment.sequence, "head": moment.digest,
    }
    with private_file(target) as file, ArchiveWriter(file, key, manifest) as writer:
        writer.add_file(moment.database.name, moment.database)
        _add_mappings(writer, workspace, moment.database.parent)
        _add_tree(writer, moment.anchors, "anchors")
        with Vault(workspace.vault).lock():
            _add_tree(writer, workspace.vault, "vault", leave=BY_CONTENT)
        _add_tree(writer, workspace.keys, "keys")
        for name in (*BY_CONTENT, *FOLDERS):
            _add_tree(writer, workspace.home / name, name)
        return writer.finish()


def _add_mappings(writer: ArchiveWriter, workspace: Workspace, room: Path) -> None:
    """The identity mapping (encrypted by its own key; unless destroyed), and HL7 messages."""
    for file in (workspace.identity, workspace.messages):
        if file.is_file():
            copy = room / file.name
            copy_sqlite(file, copy)
            writer.add_file(copy.name, copy)


def _add_tree(
    writer: ArchiveWriter, folder: Path, name: str, *, leave: tuple[str, ...] = ()
) -> None:
    """A folder with all that is in it; what is taken away meanwhile is left out."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    writer.add_folder(name)
    for entry in entries:
        inner = f"{name}/{entry.name}"
        if inner in leave or _passing(inner):
            continue
        if entry.is_symlink():
            raise Refused(
                f"There is a link in '{name.split('/')[0]}', and a backup holds files only.",
                hint="Put in its place what it leads to, or take it away.",
            )
        if entry.is_dir():
            _add_tree(writer, Path(entry.path), inner, leave=leave)
        elif entry.is_file():
            with suppress(FileNotFoundError):
                writer.add_file(inner, Path(entry.path))


def _passing(name: str) -> bool:
    """Whether this is a session, a lock or an unfinished file, which mean nothing elsewhere."""
    if name.startswith("vault/"):
        return name.endswith((".part", "/.writer.lock", "/.dvc/tmp", "/objects/.lock"))
    return name in ("keys/session.json", f"keys/{LOCK}")
