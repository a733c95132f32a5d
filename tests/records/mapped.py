"""A workspace of tests that remembers who is behind a pseudonym."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from imaging.identity import Identity, identity_store
from records.identity_mapping import note_mapping
from records.keys import fingerprint, key_file, key_versions
from records.private import write_private
from records.product import WorkspaceKey
from records.store import Store
from tests.records.kept_bytes import LATER

NAME = "Zwetschkenbaum^Ottilie"
_KEY = bytes(range(32))


def mapped(store: Store, pseudonym: str = "P2", *, now: datetime = LATER) -> Path:
    """Remember a name behind this pseudonym, with a key that is made where there is none."""
    with store.reader() as reader:
        known = key_versions(reader, "identity")
    if not known:
        write_private(key_file(store, "identity", 1), _KEY)
        with store.transaction("radvigil", "make the identity key", now=now) as tx:
            tx.add(WorkspaceKey(name="identity", version=1, fingerprint=fingerprint(_KEY),
                                made_at=now))  # fmt: skip
    identity_store(store).remember([Identity(pseudonym, "patient", (("PatientName", NAME),))])
    note_mapping(store)
    return store.workspace.identity


@contextmanager
def as_taken_before() -> Iterator[None]:
    """As an earlier version took what people typed: trails hold names that were written then."""
    with patch("records.typed_text.require_names_nobody"):
        yield
