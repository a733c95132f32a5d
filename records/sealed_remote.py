"""A folder elsewhere in which packs lie sealed: nothing of them is there in clear, not even a name.

A pack is one file of a frozen version: a shard of images, a manifest, weights. It is sealed as a
backup is (`records.sealed_file`) with the workspace's key 'remote', and named by an HMAC of its
SHA-256 with that key, so that nobody without the key can ask whether a known file is there.
Packs that an earlier version of the key sealed are found and opened too.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from records.archive import ArchiveWriter, read_archive
from records.errors import IntegrityBroken, InvalidInput, NotFound, Refused
from records.keys import fingerprint, key_file, key_versions, workspace_key
from records.private import private_file, write_private
from records.sealed_export import reseal
from records.sealed_file import REMOTE, BackupKey
from records.settings import MARKER as OF_WORKSPACE
from records.store import Store
from records.vault import file_digest

KEY = "remote"
"""The name of the key in `records.keys`."""

MARKER = "radvigil.remote"
"""A file of this name marks a folder as the sealed remote of one workspace."""

_OPENED = "pack"
_PURPOSE = b"radvigil name of a pack 1\n"


@dataclass(frozen=True, slots=True)
class Pack:
    """A file of a frozen version: the record that names it, where in the vault, its SHA-256."""

    record: str
    file: str
    digest: str

    @property
    def words(self) -> str:
        """What it is, for whoever must look into it."""
        return f"{self.record}: the pack of {self.file}"


class SealedRemote:
    """The packs of one workspace in a folder elsewhere."""

    def __init__(self, folder: Path, keys: list[bytes]) -> None:
        """keys: of 32 bytes each, the one that counts first."""
        self.folder = folder
        self._keys = keys

    def holds(self, pack: Pack) -> bool:
        """Whether the pack lies there, sealed with the key that counts; its bytes are not read."""
        return self._place(self._keys[0], pack.digest).is_file()

    def seal(self, pack: Pack, source: Path) -> None:
        """Seal a file of the vault into its place, on the disk whole before it has its name.

        Raises:
            IntegrityBroken: The file is not what the record names; nothing is left there.
            OSError: The folder refuses.
        """
        target = self._place(self._keys[0], pack.digest)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        manifest = {"record": pack.record, "file": pack.file, "sha256": pack.digest}
        key = _sealing(self._keys[0])
        with (
            private_file(target) as file,
            ArchiveWriter(file, key, manifest, opening=REMOTE) as writer,
        ):
            if writer.add_file(_OPENED, source) != pack.digest:
                raise IntegrityBroken(
                    f"{pack.record}: the frozen file {pack.file} was altered, and is not pushed.",
                    hint="Keep it as evidence elsewhere, then 'radvigil install fetch'.",
                )
            writer.finish()

    def seal_anew(self, pack: Pack) -> bool:
        """Seal with the key that counts what an earlier one sealed; whether there was such a pack.

        Raises:
            IntegrityBroken: It was altered or cut off; it stays as it is.
            OSError: The folder refuses.
        """
        found = self._find(pack)
        if found is None or found[1] == self._keys[0]:
            return False
        place, key = found
        target = self._place(self._keys[0], pack.digest)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with _naming(pack, place):
            reseal(place, _sealing(key), target, _sealing(self._keys[0]))
        self._take_former(pack)
        return True

    def open(self, pack: Pack, room: Path) -> Path:
        """Unpack it into an empty folder; the file there, once it is what the record names.

        Raises:
            NotFound: It is not there.
            IntegrityBroken: It was altered or cut off, or is another pack under this name.
        """
        found = self._find(pack)
        if found is None:
            raise NotFound(f"{pack.words} is not in {self.folder}.")
        place, key = found
        with _naming(pack, place):
            read_archive(place, _sealing(key), None, room, opening=REMOTE)
        opened = room / _OPENED
        if not opened.is_file() or file_digest(opened) != pack.digest:
            raise _altered(pack, place, "It holds another file than the record names.")
        return opened

    def clear_unfinished(self, packs: list[Pack]) -> None:
        """Take away what a push that was killed left; nobody else may be pushing.

        That is a pack half written, and one sealed anew whose former self is still there.
        """
        for part in self.folder.glob("[0-9a-f][0-9a-f]/*.part"):
            part.unlink(missing_ok=True)
        for pack in packs:
            if self.holds(pack):
                self._take_former(pack)

    def _take_former(self, pack: Pack) -> None:
        """Of two former selves as well: a kill may have left one before a second rotation."""
        for key in self._keys[1:]:
            self._place(key, pack.digest).unlink(missing_ok=True)

    def _find(self, pack: Pack) -> tuple[Path, bytes] | None:
        for key in self._keys:
            place = self._place(key, pack.digest)
            if place.is_file():
                return place, key
        return None

    def _place(self, key: bytes, digest: str) -> Path:
        name = hmac.new(key, _PURPOSE + bytes.fromhex(digest), hashlib.sha256).hexdigest()
        return self.folder / name[:2] / f"{name[2:]}.sealed"


def open_remote(store: Store, folder: Path, *, begin: bool = False) -> SealedRemote:
    """The sealed remote of this workspace in a folder; with ``begin`` an empty one becomes it.

    Raises:
        NotFound: There is no such folder, or nothing was ever pushed there.
        Refused: It lies in a workspace, holds something else, or is another workspace's.
        OSError: It cannot be read or written.
        IntegrityBroken: The key is lost or another one.
    """
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.", hint="Mount it, or make it first.")
    place = folder.resolve()
    if any((one / OF_WORKSPACE).is_file() for one in (place, *place.parents)):
        raise Refused(f"{folder} lies in a workspace.", hint="Name a folder on other storage.")
    keys = _keys(store, begin=begin)
    mark = f"radvigil remote 1\n{fingerprint(keys[-1])}\n".encode()
    marker = folder / MARKER
    if not marker.is_file():
        if not begin:
            raise NotFound(f"Nothing was pushed to {folder} yet.", hint="radvigil install push")
        if any(folder.iterdir()):
            raise Refused(f"{folder} holds something else.", hint="Name an empty folder.")
        write_private(marker, mark)
    elif marker.read_bytes() != mark:
        raise Refused(
            f"{folder} holds the packs of another workspace.", hint="Name a folder of its own."
        )
    return SealedRemote(folder, keys)


def _keys(store: Store, *, begin: bool) -> list[bytes]:
    """Every version of the key, the newest first; the first of all tells whose remote it is."""
    with store.reader() as reader:
        versions = key_versions(reader, KEY)
    if not versions and not begin:
        raise NotFound("Nothing was ever pushed from here.", hint="radvigil install push")
    newest = workspace_key(store, KEY)
    earlier = [key_file(store, KEY, one.version) for one in versions[1:]]
    for path in earlier:
        if not path.is_file():
            raise IntegrityBroken(
                f"The key file {path} is missing.",
                hint="Restore it from a backup: packs elsewhere may be sealed with it.",
            )
    return [newest, *(path.read_bytes() for path in earlier)]


def _sealing(key: bytes) -> BackupKey:
    return BackupKey(b"F", key)


@contextmanager
def _naming(pack: Pack, place: Path) -> Iterator[None]:
    """Say of which record a pack is that does not open as it was sealed."""
    try:
        yield
    except (IntegrityBroken, InvalidInput) as why:
        raise _altered(pack, place, why.message) from why


def _altered(pack: Pack, place: Path, why: str) -> IntegrityBroken:
    return IntegrityBroken(
        f"{pack.words} in {place} is not what was sealed. {why}",
        hint="Keep it as evidence elsewhere, then 'radvigil install push' seals it anew.",
    )
