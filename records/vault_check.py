"""Are the bytes that records name still in the vault, and still what was put in?"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from sqlmodel import Session, select

from records.base import Record
from records.cases import Instance
from records.product import DatasetVersion, ModelVersion
from records.quality import Document
from records.surveillance import DriftReport
from records.vault import Vault

NAMED_BYTES: dict[type[Record], tuple[str, ...]] = {
    Instance: ("digest",),
    Document: ("draft_json_digest", "json_digest", "pdf_digest"),
    DriftReport: ("html_digest", "json_digest"),
}
"""Which columns of which records name bytes in the vault; an empty one names none."""

Frozen = DatasetVersion | ModelVersion
"""Records that name a frozen folder of the vault by ``vault_path``."""


def verify_bytes(reader: Session, vault: Vault) -> tuple[int, list[str]]:
    """Read every byte that a record names, frozen folders too, and compare the digests.

    Returns:
        How many contents were read, and a sentence for each that is missing or altered.
    """
    named = dict(_named(reader))
    findings = [f"{named[bad]}: its bytes are missing or altered" for bad in vault.altered(named)]
    folders: list[Frozen] = [*reader.exec(select(DatasetVersion))]
    folders += reader.exec(select(ModelVersion))
    for record in folders:
        folder = vault.folder / record.vault_path
        if frozen_digest(folder) != _expected(record, folder):
            findings.append(f"{record.label}: the frozen folder {record.vault_path} was altered")
    return len(named) + len(folders), findings


def _named(reader: Session) -> Iterator[tuple[str, str]]:
    for table, columns in NAMED_BYTES.items():
        for record in reader.exec(select(table)):
            for column in columns:
                digest = str(getattr(record, column))
                if digest:
                    yield digest, f"{record.label} ({column})"


def _expected(record: Frozen, folder: Path) -> str:
    """The digest that the record names, or for a model the one that its DVC file does."""
    if isinstance(record, DatasetVersion):
        return record.content_digest
    note = folder.with_name(f"{folder.name}.dvc")
    lines = note.read_text(encoding="utf-8").splitlines() if note.is_file() else []
    found = [line.partition("md5: ")[2].strip() for line in lines if "- md5: " in line]
    return found[0] if found else "no DVC file"


def frozen_digest(folder: Path) -> str:
    """DVC's digest of a folder: MD5 over the sorted list of its files' MD5 and names.

    Not a defence by itself (MD5); the manifest's SHA-256 stands in the audit trail.
    """
    files = [
        {"md5": _md5(path), "relpath": path.relative_to(folder).as_posix()}
        for path in folder.rglob("*")
        if path.is_file()
    ]
    content = json.dumps(sorted(files, key=lambda one: one["relpath"]), sort_keys=True)
    return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest() + ".dir"


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
