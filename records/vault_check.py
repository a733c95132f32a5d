"""Are the bytes that records name still there, and still what they were when they were named?"""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlmodel import Session, select

from records.base import Record
from records.cases import Instance, Quarantine
from records.identity_mapping import faults_of_mapping
from records.keys import lost_keys
from records.product import DatasetVersion, ModelVersion
from records.quality import Document
from records.store import Store
from records.surveillance import DriftReport
from records.vault import Vault, file_digest, file_digests

NAMED_BYTES: dict[type[Record], tuple[str, ...]] = {
    Instance: ("digest",),
    Document: (
        "draft_json_digest", "json_digest", "pdf_digest", "approved_json_digest",
        "approved_pdf_digest",
    ),
    DriftReport: ("html_digest", "json_digest"),
}
"""Which columns of which records name bytes in the vault; an empty one names none."""

SHA256 = re.compile(r"[0-9a-f]{64}")
"""What names a file in quarantine; one that could not be read has another name, and no file."""


def verify_bytes(reader: Session, store: Store) -> tuple[int, list[str]]:
    """Read every byte that a record names and compare the digests: the vault, frozen models and
    datasets, files in quarantine; the keys with their fingerprints; and the identity mapping.

    Returns:
        How many contents were read, and a sentence for each that is missing or altered.
    """
    vault = Vault(store.workspace.vault)
    named = dict(_named(reader))
    findings = [f"{named[bad]}: its bytes are missing or altered" for bad in vault.altered(named)]
    frozen, refused = _frozen(reader), _quarantined(reader)
    for record in frozen:
        findings += _altered_files(record, vault)
    for digest, label in refused.items():
        path = store.workspace.quarantine / digest
        if not path.is_file():
            findings.append(f"{label}: its file in quarantine is missing")
        elif file_digest(path) != digest:
            findings.append(f"{label}: its file in quarantine was altered")
    findings += lost_keys(store, reader) + faults_of_mapping(store, reader)
    return len(named) + len(frozen) + len(refused), findings


def _named(reader: Session) -> Iterator[tuple[str, str]]:
    for table, columns in NAMED_BYTES.items():
        for record in reader.exec(select(table)):
            for column in columns:
                digest = str(getattr(record, column))
                if digest:
                    yield digest, f"{record.label} ({column})"


def _frozen(reader: Session) -> list[DatasetVersion | ModelVersion]:
    return [*reader.exec(select(DatasetVersion)), *reader.exec(select(ModelVersion))]


def _quarantined(reader: Session) -> dict[str, str]:
    return {
        one.source_digest: one.label
        for one in reader.exec(select(Quarantine))
        if SHA256.fullmatch(one.source_digest)
    }


def _altered_files(record: DatasetVersion | ModelVersion, vault: Vault) -> Iterator[str]:
    """A sentence for each file of a frozen folder that is missing, altered or added."""
    found = file_digests(vault.folder / record.vault_path)
    for name in sorted({*record.files, *found}):
        place = f"{record.label}: the frozen file {Path(record.vault_path, name).as_posix()}"
        if name not in found:
            yield f"{place} is missing"
        elif name not in record.files:
            yield f"{place} was added"
        elif found[name] != record.files[name]:
            yield f"{place} was altered"
