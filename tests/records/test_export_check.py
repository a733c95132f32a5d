"""Exported files are read again: a changed one is named with its event, one moved away is told."""

from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from records.audit import note
from records.store import Store
from records.verify_workspace import verify_workspace


def exported(store: Store, now: datetime, files: dict[str, bytes]) -> None:
    """As a journey does it: the event, then the files."""
    with store.transaction("service:export", now=now) as tx:
        note(
            tx, "export", "Document:1",
            new={name: sha256(content).hexdigest() for name, content in files.items()},
        )
    for name, content in files.items():
        (store.workspace.exports / name).write_bytes(content)


def verdict(store: Store) -> tuple[int, tuple[str, ...], list[str]]:
    with store.reader() as reader:
        found = verify_workspace(store, reader)
    return found.contents, found.findings, [one for one in found.notices if "export" in one]


@pytest.mark.requirement("R-P11-10a", "REG-018")
def test_a_changed_export_is_named_with_its_event(store: Store, now: datetime) -> None:
    exported(store, now, {"DOC-1-v1.pdf": b"one", "DOC-1-v1.json": b"{}"})
    assert verdict(store) == (2, (), [])
    (store.workspace.exports / "DOC-1-v1.pdf").write_bytes(b"two")
    assert verdict(store) == (
        2, ("the exported file DOC-1-v1.pdf is not the one of audit event 1: it was changed",), []
    )


def test_an_export_that_was_moved_away_is_told_and_is_no_damage(
    store: Store, now: datetime
) -> None:
    exported(store, now, {"a.pdf": b"one", "b.pdf": b"two"})
    (store.workspace.exports / "a.pdf").rename(store.workspace.home / "elsewhere.pdf")
    contents, findings, (notice,) = verdict(store)
    assert (contents, findings) == (1, ())
    assert notice.startswith("1 of 2 exported files are not in the exports folder, such as a.pdf")


def test_a_name_that_was_exported_twice_may_hold_either(store: Store, now: datetime) -> None:
    exported(store, now, {"a.pdf": b"a draft"})
    exported(store, now + timedelta(hours=1), {"a.pdf": b"approved"})
    assert verdict(store) == (1, (), [])
    (store.workspace.exports / "a.pdf").write_bytes(b"a draft")
    assert verdict(store) == (1, (), [])
    (store.workspace.exports / "a.pdf").write_bytes(b"neither")
    assert "audit event 2" in verdict(store)[1][0]


def test_events_that_name_no_files_of_the_folder_lead_nowhere(store: Store, now: datetime) -> None:
    with store.transaction("service:export", now=now) as tx:
        note(tx, "export", "AuditTrail:all", new={"events": 3, "head": "0" * 64})
        note(tx, "export", "Document:1", new={"../radvigil.db": "0" * 64})
        note(tx, "export", "Document:1")
    assert verdict(store) == (0, (), [])
