"""What a backup holds: the files of a workspace as an encrypted tar, with a list of what is in it.

The first member, ``manifest.json``, says what was backed up; the last, ``files.jsonl``, names each
file with its size and SHA-256. Both ways are streams: memory does not grow with the archive.
"""

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Self

from records.errors import IntegrityBroken, NotFound, Unavailable
from records.sealed_file import CHUNK, OPENING, BackupKey, SealedReader, SealedWriter

MANIFEST, LISTING = "manifest.json", "files.jsonl"


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive holds: its manifest, how many files and bytes, and its own SHA-256."""

    manifest: dict[str, Any]
    files: int
    size: int
    digest: str


class ArchiveWriter:
    """Writes an archive member by member; one that was left without :meth:`finish` is none."""

    def __init__(
        self, file: BinaryIO, key: BackupKey, manifest: dict[str, Any], *, opening: bytes = OPENING
    ) -> None:
        self._sealed = SealedWriter(file, key, opening=opening)
        stream: Any = self._sealed  # tarfile only ever calls write()
        self._tar = tarfile.open(  # noqa: SIM115
            fileobj=stream, mode="w|", bufsize=CHUNK, format=tarfile.PAX_FORMAT
        )
        self._listing = tempfile.TemporaryFile()  # noqa: SIM115
        self._manifest, self._files, self._size = manifest, 0, 0
        self.add_content(MANIFEST, json.dumps(manifest, sort_keys=True).encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of everything; the last part of an unfinished archive stays unwritten."""
        try:
            self._tar.close()
        finally:
            self._listing.close()

    def add_folder(self, name: str) -> None:
        """A folder; its files come after it."""
        member = tarfile.TarInfo(name)
        member.type = tarfile.DIRTYPE
        self._tar.addfile(member)
        self._forget()

    def add_content(self, name: str, content: bytes) -> None:
        """A file of these bytes."""
        self._add(name, BytesIO(content), len(content))

    def add_file(self, name: str, path: Path) -> str:
        """A file as it is now, up to the length that it has now; SHA-256 (hex) of what was read.

        Raises:
            Unavailable: It became shorter while it was read.
            FileNotFoundError: It is gone.
        """
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            return self._add(name, file, size)

    def finish(self) -> Contents:
        """Write the list of the files, and the end."""
        files, size = self._files, self._size
        length = self._listing.tell()
        self._listing.seek(0)
        self._add(LISTING, self._listing, length)
        self._tar.close()
        return Contents(self._manifest, files, size, self._sealed.finish())

    def _add(self, name: str, file: Any, size: int) -> str:
        member = tarfile.TarInfo(name)
        member.size = size
        content = _Digesting(file)
        try:
            self._tar.addfile(member, content)  # type: ignore[arg-type]
        except OSError as failed:
            if content.size == size:
                raise
            part = PurePosixPath(name).parts[0]
            raise Unavailable(
                f"A file in '{part}' became shorter while it was read.", hint="Try again."
            ) from failed
        self._forget()
        digest = content.digest.hexdigest()
        if name != LISTING:
            self._listing.write(_line(name, size, digest))
            self._files, self._size = self._files + 1, self._size + size
        return digest

    def _forget(self) -> None:
        self._tar.members = []  # type: ignore[attr-defined]  # tarfile would remember every member


class _Digesting:
    """A file whose bytes are digested while they are read."""

    def __init__(self, file: Any) -> None:
        self._file, self.digest, self.size = file, hashlib.sha256(), 0

    def read(self, size: int) -> bytes:
        content: bytes = self._file.read(size)
        self.digest.update(content)
        self.size += len(content)
        return content


def read_archive(
    path: Path, key: BackupKey, parts: Iterable[str] | None, out: Path | None, *,
    opening: bytes = OPENING,
) -> Contents:
    """Read an archive to its end and check every file; unpack into ``out`` where one is given.

    parts: the names that may stand at its top; None: files of any name, and no folders. Only
    folders and plain files inside ``out`` are made, for the owner alone. A caller believes nothing
    of it until this returns.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is no backup, or the key is another one.
        IntegrityBroken: It was altered or cut off, or holds what no backup holds.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    with path.open("rb") as file:
        sealed = SealedReader(file, key, opening=opening)
        try:
            stream: Any = sealed  # tarfile only ever calls read()
            with tarfile.open(fileobj=stream, mode="r|", bufsize=CHUNK) as tar:
                manifest, files, size = _Members(
                    tar, None if parts is None else frozenset(parts), out
                ).read()
        except tarfile.TarError as wrong:
            raise _foreign(str(wrong)) from wrong
        return Contents(manifest, files, size, sealed.finish())


class _Members:
    """The members of an archive that is being read, in order."""

    def __init__(
        self, tar: tarfile.TarFile, parts: frozenset[str] | None, out: Path | None
    ) -> None:
        self.tar, self.parts, self.out = tar, parts, out
        self.listed = hashlib.sha256()
        self.files, self.size = 0, 0

    def read(self) -> tuple[dict[str, Any], int, int]:
        manifest = self._manifest()
        while member := self.tar.next():
            self.tar.members = []  # type: ignore[attr-defined]
            if member.name == LISTING:
                self._require_listing(member)
                return manifest, self.files, self.size
            self._take(member)
        raise _foreign("it has no list of its files")

    def _manifest(self) -> dict[str, Any]:
        member = self.tar.next()
        if member is None or member.name != MANIFEST:
            raise _foreign("it has no manifest")
        content = self._content(member).read()
        self._count(member.name, len(content), hashlib.sha256(content).hexdigest())
        manifest: dict[str, Any] = json.loads(content)
        return manifest

    def _take(self, member: tarfile.TarInfo) -> None:
        where = _safe(member, self.parts)
        target = self.out / where if self.out is not None else None
        if member.isdir():
            if target is not None:
                target.mkdir(mode=0o700, exist_ok=True)
            return
        digest = hashlib.sha256()
        content = self._content(member)
        with nullcontext() if target is None else _new_file(target) as file:
            while block := content.read(CHUNK):
                digest.update(block)
                if file is not None:
                    file.write(block)
        self._count(member.name, member.size, digest.hexdigest())

    def _count(self, name: str, size: int, digest: str) -> None:
        self.listed.update(_line(name, size, digest))
        self.files, self.size = self.files + 1, self.size + size

    def _require_listing(self, member: tarfile.TarInfo) -> None:
        found = hashlib.file_digest(self._content(member), "sha256")
        if found.digest() != self.listed.digest() or self.tar.next() is not None:
            raise _foreign("its files are not those of its list")

    def _content(self, member: tarfile.TarInfo) -> Any:
        content = self.tar.extractfile(member) if member.isfile() else None
        if content is None:
            raise _foreign("it holds what is no plain file")
        return content


def _new_file(target: Path) -> BinaryIO:
    try:
        target.touch(mode=0o600, exist_ok=False)
    except (FileExistsError, FileNotFoundError, NotADirectoryError) as wrong:
        raise _foreign("a file stands in it twice, or before its folder") from wrong
    return target.open("wb")


def _safe(member: tarfile.TarInfo, parts: frozenset[str] | None) -> PurePosixPath:
    """The place of a member below the folder, if it is a file or folder that a backup holds."""
    where = PurePosixPath(member.name)
    inside = not where.is_absolute() and ".." not in where.parts and where.parts[:1]
    if not inside or not (member.isfile() or member.isdir()):
        raise _foreign("it holds a file that belongs in no workspace")
    known = len(where.parts) == 1 and member.isfile() if parts is None else where.parts[0] in parts
    if not known:
        raise _foreign("it holds a file that belongs in no workspace")
    return where


def _line(name: str, size: int, digest: str) -> bytes:
    return json.dumps({"name": name, "sha256": digest, "size": size}).encode() + b"\n"


def _foreign(what: str) -> IntegrityBroken:
    return IntegrityBroken(f"This is no backup that Radvigil made: {what}.")
