"""Frozen folders of data and models: handed out only as they were frozen, file by file."""

from collections.abc import Callable, Iterator
from pathlib import Path

from records.errors import IntegrityBroken
from records.product import DatasetVersion, ModelVersion
from records.vault import Vault, file_digest

Version = DatasetVersion | ModelVersion


def frozen_folder(vault: Vault, record: Version, *names: str) -> Path:
    """The folder that a version names, once these files of it were read and are what was frozen.

    names: the files that are about to be used; without any, every file is read.

    Raises:
        IntegrityBroken: A file is missing, altered or added; it and the version are named.
    """
    fault = next(faults_of_frozen(vault, record, *names), None)
    if fault is not None:
        raise IntegrityBroken(
            f"{fault}.", hint="Restore it from a backup and keep the altered file as evidence."
        )
    return vault.folder / record.vault_path


def faults_of_frozen(
    vault: Vault, record: Version, *names: str, digest_of: Callable[[Path], str] = file_digest
) -> Iterator[str]:
    """A sentence for each file of a version that is missing, altered or added.

    digest_of: SHA-256 of a file; whoever asks for many versions may remember it.
    """
    folder = vault.folder / record.vault_path
    found = _files(folder)
    for name in names or sorted({*record.files, *found}):
        place = f"{record.label}: the frozen file {Path(record.vault_path, name).as_posix()}"
        if name not in found:
            yield f"{place} is missing"
        elif name not in record.files:
            yield f"{place} was added"
        elif digest_of(folder / name) != record.files[name]:
            yield f"{place} was altered"


def each_file_once() -> Callable[[Path], str]:
    """SHA-256 of files, where a shard that many versions share is one file and read once."""
    known: dict[tuple[int, int], str] = {}

    def digest_of(path: Path) -> str:
        stat = path.stat()
        place = (stat.st_dev, stat.st_ino)
        if place not in known:
            known[place] = file_digest(path)
        return known[place]

    return digest_of


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }
