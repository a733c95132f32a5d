"""A key is exchanged: everything opens before, after, and wherever it was broken off."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlmodel import select

from imaging.identity import Identity, IdentityStore, identity_store
from journeys.rotate_key import FINISHED, rotate_key
from records.anchor_keys import publish_successor, published_key, published_keys
from records.anchors import FILE, write_anchor
from records.audit import AuditEvent
from records.backup import back_up
from records.clock import mark_workspace
from records.errors import IntegrityBroken, InvalidInput, NotAllowed, NotFound, Refused
from records.identity_mapping import faults_of_mapping, note_mapping
from records.installation_check import State, check_installation
from records.keys import add_version, fingerprint, key_file, lost_keys, workspace_key
from records.people import Role, register_person
from records.product import WorkspaceKey, WorkspaceKind
from records.restore import restore
from records.sealed_file import BackupKey
from records.settings import REPOSITORY, Workspace
from records.store import Store, open_store
from records.verify_workspace import verify_workspace

PEOPLE = [
    Identity(f"P{number:05}", "patient", (("PatientID", str(number)),)) for number in range(3000)
]


@pytest.fixture
def kept(store: Store, now: datetime) -> Store:
    """A workspace with a mapping of 3,000 people, an anchor, and an administrator."""
    with store.transaction("radvigil", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=now, seed=1)
        for name, role in (("demo.ada", Role.ADMINISTRATOR), ("demo.quinn", Role.QUALITY)):
            register_person(tx, name, full_name=f"Demo {name}", roles=[role],
                            password="correct horse", now=now)  # fmt: skip
    identity_store(store).remember(PEOPLE)
    note_mapping(store)
    write_anchor(store, now=now)
    return store


def exchange(store: Store, name: str, now: datetime, by: str = "demo.ada") -> int:
    return rotate_key(store, name, by=by, reason="it may have leaked", now=now).version


def require_whole(store: Store) -> None:
    with store.reader() as reader:
        assert verify_workspace(store, reader).findings == ()


@pytest.mark.requirement("REG-111", "R-P11-30")
def test_the_mappings_key_is_exchanged_and_the_old_one_opens_nothing_any_more(
    kept: Store, now: datetime
) -> None:
    old = workspace_key(kept, "identity")
    assert exchange(kept, "identity", now) == 2
    new = workspace_key(kept, "identity")
    assert new != old
    assert not key_file(kept, "identity", 1).exists()
    assert identity_store(kept).reveal("P02999") == {"PatientID": "2999"}
    with pytest.raises(IntegrityBroken, match="another key"):
        IdentityStore(kept.workspace.identity, old).reveal("P00000")
    with pytest.raises(IntegrityBroken, match="another key"):  # a writer that read the key before
        IdentityStore(kept.workspace.identity, old).remember([Identity("P9", "patient", ())])
    with kept.reader() as reader:
        rows = reader.exec(select(WorkspaceKey).where(WorkspaceKey.name == "identity")).all()
        assert [(one.version, one.fingerprint) for one in rows] == [
            (1, fingerprint(old)), (2, fingerprint(new))
        ]
        told = reader.exec(select(AuditEvent).where(AuditEvent.action == FINISHED)).one()
        assert json.loads(told.new) == {"entries": 3000, "version": 2}
    require_whole(kept)


@pytest.mark.requirement("REG-111")
def test_entries_of_the_first_form_are_read_and_sealed_anew(kept: Store, now: datetime) -> None:
    import base64
    import hashlib
    import hmac
    import sqlite3

    key = workspace_key(kept, "identity")
    derived = hmac.digest(key, b"radvigil identity store", hashlib.sha256)
    first = Fernet(base64.urlsafe_b64encode(derived)).encrypt(b'{"PatientID": "7"}')
    raw = sqlite3.connect(kept.workspace.identity)
    raw.execute("DELETE FROM sealed_with")
    raw.execute("DELETE FROM identity")
    raw.execute("INSERT INTO identity VALUES ('P7', 'patient', ?)", (first,))
    raw.commit()
    assert identity_store(kept).reveal("P7") == {"PatientID": "7"}
    identity_store(kept).remember([Identity("P8", "patient", ())])
    (sealed,) = raw.execute("SELECT sealed FROM identity WHERE pseudonym = 'P7'").fetchone()
    assert sealed[:1] == b"\1"
    assert identity_store(kept).reveal("P7") == {"PatientID": "7"}
    raw.execute("UPDATE identity SET sealed = ? WHERE pseudonym = 'P8'", (sealed,))
    raw.commit()
    with pytest.raises(IntegrityBroken):  # an entry put in another's place
        identity_store(kept).reveal("P8")
    raw.close()


@pytest.mark.requirement("R-P11-30", "R-P11-10a")
def test_the_signing_key_is_exchanged_and_old_anchors_stay_verifiable(
    kept: Store, now: datetime
) -> None:
    with kept.reader() as reader:
        first = published_key(reader)
    assert exchange(kept, "anchor", now) == 2
    assert not key_file(kept, "anchor", 1).exists()
    assert write_anchor(kept, now=now) is not None
    with kept.reader() as reader:
        keys = published_keys(reader)
    assert keys.keys[0].public == first
    assert len(keys.keys) == 2
    require_whole(kept)
    assert exchange(kept, "anchor", now) == 3
    write_anchor(kept, now=now)
    require_whole(kept)


@pytest.mark.requirement("R-P11-10a")
def test_a_replaced_key_signs_no_later_anchor_and_a_key_nobody_vouches_for_is_found(
    kept: Store, now: datetime
) -> None:
    old = workspace_key(kept, "anchor")
    exchange(kept, "anchor", now)
    write_anchor(kept, now=now)
    file = kept.workspace.anchors / FILE
    lines = file.read_text().splitlines()
    newest = json.loads(lines[-1])

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from records.anchors import Anchor

    leaked = Ed25519PrivateKey.from_private_bytes(old)
    forged = Anchor(newest["sequence"], newest["digest"], newest["at"],
                    leaked.public_key().public_bytes_raw().hex())  # fmt: skip
    content = newest | {"public_key": forged.public_key,
                        "signature": leaked.sign(forged.signed_text()).hex()}  # fmt: skip
    file.write_text("\n".join([*lines[:-1], json.dumps(content)]) + "\n")
    with kept.reader() as reader:
        findings = verify_workspace(kept, reader).findings
    assert any("made with another key" in one for one in findings)
    file.write_text("\n".join(lines) + "\n")
    stranger = os.urandom(32)
    with kept.transaction("radvigil", now=now) as tx:
        publish_successor(tx, stranger, os.urandom(32))
    with kept.reader() as reader:
        assert any("nothing vouches" in one for one in verify_workspace(kept, reader).findings)


def test_what_is_not_exchanged_says_why(kept: Store, now: datetime) -> None:
    for name, words in (("pseudonym", "another person"), ("backup", "reseal")):
        with pytest.raises(Refused, match=words):
            exchange(kept, name, now)
    with pytest.raises(InvalidInput, match="no key 'none'"):
        exchange(kept, "none", now)
    with pytest.raises(NotAllowed):
        exchange(kept, "identity", now, by="demo.quinn")
    with kept.reader() as reader:
        told = reader.exec(select(AuditEvent).where(AuditEvent.action == "key rotation refused"))
        assert [one.actor for one in told] == ["demo.quinn"]
    require_whole(kept)


def test_a_key_that_was_never_made_is_not_exchanged(store: Store, now: datetime) -> None:
    with store.transaction("radvigil", now=now) as tx:
        register_person(tx, "demo.ada", full_name="Demo Ada", roles=[Role.ADMINISTRATOR],
                        password="correct horse", now=now)  # fmt: skip
    with pytest.raises(NotFound, match="no key 'identity' yet"):
        exchange(store, "identity", now)


def broken_after_the_file(store: Store, now: datetime) -> None:
    key_file(store, "identity", 2).write_bytes(os.urandom(32))


def broken_after_the_record(store: Store, now: datetime) -> None:
    with store.transaction("demo.ada", now=now) as tx:
        add_version(tx, store, "identity", now=now)


def broken_after_the_mapping(store: Store, now: datetime) -> None:
    broken_after_the_record(store, now)
    identity_store(store).seal_anew()


@pytest.mark.requirement("REG-111")
@pytest.mark.parametrize(
    "broken", [broken_after_the_file, broken_after_the_record, broken_after_the_mapping]
)
def test_a_rotation_that_broke_off_loses_nothing_and_is_finished(
    kept: Store, now: datetime, broken: Callable[[Store, datetime], None]
) -> None:
    broken(kept, now)
    require_whole(kept)
    assert identity_store(kept).reveal("P00005") == {"PatientID": "5"}
    identity_store(kept).remember([Identity("P90000", "patient", (("PatientID", "x"),))])
    with kept.reader() as reader:
        states = {one.name: one.state for one in check_installation(kept, reader).points}
    assert (states["replaced keys"] is State.FAULT) is (broken is not broken_after_the_file)
    done = rotate_key(kept, "identity", by="demo.ada", reason="go on", now=now)
    assert done.version == 2
    assert done.finished_earlier is (broken is not broken_after_the_file)
    assert done.entries == 3001
    assert not key_file(kept, "identity", 1).exists()
    require_whole(kept)


def test_a_mapping_whose_key_is_lost_is_found(kept: Store, now: datetime) -> None:
    broken_after_the_record(kept, now)
    key_file(kept, "identity", 1).unlink()
    with kept.reader() as reader:
        assert faults_of_mapping(kept, reader) == [
            "the identity mapping is sealed with a key that was replaced, and is lost"
        ]
        assert lost_keys(kept, reader) == []


ROTATE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from journeys.rotate_key import rotate_key
from records.settings import Workspace
from records.store import open_store
store = open_store(Workspace(Path(sys.argv[1])), url="")
print("ready", flush=True)
now = datetime(2026, 2, 1, tzinfo=UTC)
while True:
    rotate_key(store, "identity", by="demo.ada", reason="again", now=now)
"""


@pytest.mark.requirement("REG-111")
def test_a_kill_at_any_moment_leaves_a_mapping_that_opens(kept: Store) -> None:
    draw = random.Random(8)
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", ROTATE, str(kept.workspace.home)], cwd=REPOSITORY,
            stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        ) as rotating:
            assert rotating.stdout is not None
            assert rotating.stdout.readline() == b"ready\n"
            time.sleep(draw.uniform(0.05, 0.6))
            rotating.send_signal(signal.SIGKILL)
        mapping = identity_store(kept)
        assert mapping.reveal("P00000") == {"PatientID": "0"}
        assert mapping.reveal("P02999") == {"PatientID": "2999"}
        require_whole(kept)


@pytest.mark.requirement("REG-121")
def test_keys_kept_outside_are_backed_up_and_brought_back_outside(
    workspace: Workspace, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_KEYS", str(tmp_path / "keys"))
    workspace.keys.mkdir(mode=0o700)
    store = open_store(workspace, url="")
    key = workspace_key(store, "anchor")
    assert (tmp_path / "keys" / "anchor.key").read_bytes() == key
    assert not (workspace.home / "keys" / "anchor.key").exists()
    backup_key = BackupKey(b"F", bytes(range(32)))
    back_up(store, tmp_path / "b", backup_key, actor="radvigil", now=now)
    store.close()
    monkeypatch.setenv("RADVIGIL_KEYS", str(tmp_path / "again"))
    restore(tmp_path / "b", tmp_path / "restored", backup_key, system_user="op", now=now)
    assert sorted(one.name for one in (tmp_path / "again").iterdir()) == ["anchor.key"]
    assert not (tmp_path / "restored" / "keys").exists()
    opened = open_store(Workspace(tmp_path / "restored"), url="")
    assert workspace_key(opened, "anchor") == key
    opened.close()
    with pytest.raises(Refused, match="RADVIGIL_KEYS"):
        restore(tmp_path / "b", tmp_path / "third", backup_key, system_user="op", now=now)
