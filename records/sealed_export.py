"""Exports that leave as one sealed file, and sealed files that get another key.

The format is that of backups (docs/keeping.md): AES-256-GCM, nothing altered or cut off passes.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from records.archive import ArchiveWriter, Contents, read_archive
from records.errors import InvalidInput, NotFound, Unavailable
from records.private import private_file
from records.sealed_file import CHUNK, EXPORT, BackupKey, SealedReader, SealedWriter


@dataclass(frozen=True, slots=True)
class Seal:
    """With which key, for whom, into which file."""

    key: BackupKey
    recipient: str
    target: Path


def make_seal(key: BackupKey, *, recipient: str, target: Path) -> Seal:
    """What an export is sealed by.

    Raises:
        InvalidInput: Nobody is named, or the file is there already.
    """
    if len(recipient.strip()) < 2 or not recipient.isprintable():
        raise InvalidInput("Nobody was named who receives it.", hint="Name a person or a body.")
    _require_new(target)
    return Seal(key, recipient.strip(), target)


def seal_folder(folder: Path, seal: Seal) -> Contents:
    """Write every file of a folder into one sealed file, on the disk whole before it has its name.

    Raises:
        Unavailable: It cannot be written.
    """
    files = sorted(folder.iterdir())
    manifest = {"for": seal.recipient, "files": [one.name for one in files]}
    try:
        with (
            private_file(seal.target) as file,
            ArchiveWriter(file, seal.key, manifest, opening=EXPORT) as writer,
        ):
            for path in files:
                writer.add_file(path.name, path)
            return writer.finish()
    except OSError as failed:
        raise Unavailable(f"{seal.target} cannot be written: {failed.strerror}.") from failed


def open_sealed(sealed: Path, key: BackupKey, out: Path) -> tuple[Contents, list[str]]:
    """Unpack a sealed export into a new folder, every file checked, or leave nothing.

    Returns:
        What it holds, and the names of its files.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is no sealed export, the key another one, or the folder there already.
        IntegrityBroken: It was altered or cut off.
        Unavailable: The folder cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InvalidInput(f"{out} is not empty.", hint="Name a new folder.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as failed:
        raise Unavailable(f"{out} cannot be written: {failed.strerror}.") from failed
    try:
        contents = read_archive(sealed, key, None, room, opening=EXPORT)
        room.replace(out)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    return contents, sorted(one.name for one in out.iterdir())


def reseal(sealed: Path, key: BackupKey, target: Path, new_key: BackupKey) -> str:
    """The same content in a new file, sealed with another key; its SHA-256. The old file stays.

    Raises:
        NotFound, InvalidInput: There is no such file, it is no sealed one, or the key another.
        IntegrityBroken: It was altered or cut off; nothing is left then.
        Unavailable: The new file cannot be written.
    """
    if not sealed.is_file():
        raise NotFound(f"There is no file {sealed}.")
    _require_new(target)
    try:
        with sealed.open("rb") as source, private_file(target) as file:
            reader = SealedReader(source, key, opening=None)
            writer = SealedWriter(file, new_key, opening=reader.opening)
            while block := reader.read(CHUNK):
                writer.write(block)
            reader.finish()
            return writer.finish()
    except OSError as failed:
        raise Unavailable(f"{target} cannot be written: {failed.strerror}.") from failed


def _require_new(target: Path) -> None:
    if target.exists():
        raise InvalidInput(f"{target} is there already.", hint="Name a new file or folder.")
