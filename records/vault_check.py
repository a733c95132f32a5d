"""Are the bytes that records name still there, and still what they were when they were named?"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from sqlmodel import Session

from records.deletions import deleted_digests
from records.frozen_files import each_file_once, faults_of_frozen
from records.identity_mapping import faults_of_mapping
from records.keys import lost_keys
from records.named_bytes import frozen_versions, named_bytes, quarantined
from records.store import Store
from records.vault import Vault, file_digest


def verify_bytes(reader: Session, store: Store) -> tuple[int, list[str]]:
    """Read every byte that a record names and compare the digests: the vault, frozen models and
    datasets, files in quarantine; the keys with their fingerprints; and the identity mapping.
    What two people had deleted is known by its tombstone; what is gone without one is a finding.

    Returns:
        How many contents were read, and a sentence for each that is missing or altered.
    """
    vault = Vault(store.workspace.vault)
    going = deleted_digests(reader, "image", "quarantine")  # a kill may have left some of them
    count, findings = 0, []
    for digest, labels in groupby(named_bytes(reader, vault), key=lambda one: one[0]):
        if digest in going and not vault.path_of(digest).exists():
            continue
        count += 1
        if not vault.holds(digest):
            findings += [f"{label}: its bytes are missing or altered" for _, label in labels]
    once = each_file_once()
    for record in frozen_versions(reader):
        count += 1
        findings += faults_of_frozen(vault, record, digest_of=once)
    for digest, labels in groupby(quarantined(reader), key=lambda one: one[0]):
        path = store.workspace.quarantine / digest
        if digest in going and not path.exists():
            continue
        count += 1
        findings += _faults_in_quarantine(path, [label for _, label in labels])
    return count, findings + lost_keys(store, reader) + faults_of_mapping(store, reader)


def _faults_in_quarantine(path: Path, labels: list[str]) -> Iterator[str]:
    if not path.is_file():
        yield from (f"{label}: its file in quarantine is missing" for label in labels)
    elif file_digest(path) != path.name:
        yield from (f"{label}: its file in quarantine was altered" for label in labels)
