"""Bytes go when they are due, nothing holds them and two people say so; rows and events stay."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from records.audit import AuditEvent, count_events
from records.cases import Study
from records.collection import orphans_of
from records.deletions import (
    DELETED,
    Deletion,
    carry_out,
    unfinished_deletions,
)  # fmt: skip
from records.erasable import Selection, erasable
from records.errors import (
    IntegrityBroken,
    InvalidInput,
    NotAllowed,
    Refused,
    TransitionRefused,
)  # fmt: skip
from records.lookup import find_events
from records.overview import open_work
from records.product import DatasetVersion, Device
from records.retention import read_periods
from records.settings import REPOSITORY
from records.signatures import is_valid, signatures_on
from records.store import Store
from records.vault import Vault
from records.verify_workspace import verify_workspace
from tests.records.kept_bytes import (
    LATER,
    WORD,
    confirm,
    counts,
    ends,
    findings,
    here,
    kept,
    outline,
    propose,
    template,
)

__all__ = ["kept", "template"]


@pytest.mark.requirement("REG-120", "REG-113", "R-P11-10c")
def test_images_whose_legal_basis_ended_go_by_two_people_and_their_rows_stay(kept: Store) -> None:
    ends(kept, "north", "2029-02-28")
    before = counts(kept)
    proposed = propose(kept)
    assert [item["name"] for item in proposed.items] == ["INS-0001", "INS-0002", "INS-0003"]
    assert here(kept) == ["INS-0001", "INS-0002", "INS-0003", "INS-0004"]
    done = confirm(kept, proposed)
    assert (done.status, done.proposed_by, done.decided_by) == ("done", "quinn", "regina")
    assert done.rule == "GDPR Art. 5(1)(e), 17; 45 CFR 164.514; own decision"
    assert done.items[0]["retain_until"] == "2029-02-28"
    assert here(kept) == ["INS-0004"]
    assert counts(kept) | {"AuditEvent": 0} == before | {"AuditEvent": 0}
    with kept.reader() as reader:
        (signature,) = signatures_on(reader, done)
        assert is_valid(signature, reader.get_one(Deletion, done.id))
        assert reader.exec(select(AuditEvent).where(AuditEvent.action == DELETED)).one()
        assert open_work(reader) == []
        verdict = verify_workspace(kept, reader)
    assert verdict.whole
    assert not [one for one in verdict.notices if "DEL-" in one]


@pytest.mark.requirement("REG-113")
def test_one_patients_images_go_where_the_consent_ended_and_nobody_elses(kept: Store) -> None:
    ends(kept, "north", "2040-01-01")
    ends(kept, "P1", "2029-01-31")
    confirm(kept, propose(kept, patient="P1"))
    assert here(kept) == ["INS-0003", "INS-0004"]
    assert findings(kept) == ()


@pytest.mark.requirement("REG-113")
def test_the_outline_in_an_image_goes_with_it_unless_another_patients_image_needs_it(
    kept: Store,
) -> None:
    outline(kept, 1, b"a lung")
    outline(kept, 2, b"the same of two patients")
    outline(kept, 3, b"the same of two patients")
    ends(kept, "P1", "2029-01-31")
    proposed = propose(kept, patient="P1")
    assert [item["name"] for item in proposed.items] == ["INS-0001", "INS-0002", "REF-0001"]
    assert confirm(kept, proposed).status == "done"
    assert here(kept) == ["INS-0003", "INS-0004", "REF-0003"]
    assert findings(kept) == ()
    ends(kept, "P2", "2029-02-28")
    assert [item["name"] for item in confirm(kept, propose(kept)).items] == ["INS-0003", "REF-0003"]
    assert here(kept) == ["INS-0004"]
    assert findings(kept) == ()


@pytest.mark.requirement("REG-120", "R-P11-10c")
def test_before_its_day_and_without_a_known_day_nothing_is_proposed_and_the_trail_says_so(
    kept: Store,
) -> None:
    with pytest.raises(Refused, match="legal_basis_ends is not known"):
        propose(kept)
    ends(kept, "north", "2029-03-01")
    with pytest.raises(Refused, match="INS-0001 is not to be deleted: kept until 2029-03-01"):
        propose(kept, site="north")
    with kept.reader() as reader:
        events = find_events(reader, action="deletion refused")
    assert [(one.actor, json.loads(one.new)["site"]) for one in events] == [
        ("quinn", ""), ("quinn", "north")
    ]
    assert len(here(kept)) == 4


@pytest.mark.requirement("REG-017")
@pytest.mark.parametrize("kind", ["AuditEvent", "audit", "row", "Document", ""])
def test_nothing_but_bytes_can_be_selected(kind: str) -> None:
    with pytest.raises(InvalidInput, match="Rows and events are kept for ever"):
        Selection(kind)


@pytest.mark.requirement("REG-017", "REG-120")
def test_no_selection_ever_holds_a_row_of_the_trail(kept: Store) -> None:
    with kept.reader() as reader:
        subjects = [
            one.subject.partition(":")[0] for kind in ("image", "quarantine", "export")
            for one in erasable(kept, reader, Selection(kind), read_periods())
        ]
        events = count_events(reader)
    assert set(subjects) == {"Instance", "Quarantine", "Export"}
    ends(kept, "north", "2029-02-28")
    confirm(kept, propose(kept))
    with kept.reader() as reader:
        assert count_events(reader) > events
    for table in ("audit_event", "deletion", "instance"):
        with pytest.raises(Exception, match="append-only"), kept.engine.begin() as raw:
            raw.execute(text(f"DELETE FROM {table}"))  # noqa: S608


@pytest.mark.requirement("REG-120", "REG-007")
@pytest.mark.parametrize(
    ("by", "word", "why"),
    [
        ("quinn", WORD, "made DEL-0001"), ("quirin", WORD, "confirmed in another one"),
        ("emil", WORD, "may not confirm"), ("ada", WORD, "may not confirm"),
        ("regina", "wrong word here", "not right"),
    ],
)
def test_the_same_person_the_same_role_and_a_wrong_password_delete_nothing(
    kept: Store, by: str, word: str, why: str
) -> None:
    ends(kept, "north", "2029-02-28")
    proposed = propose(kept)
    with pytest.raises(NotAllowed, match=why):
        confirm(kept, proposed, by=by, word=word)
    assert len(here(kept)) == 4
    with kept.reader() as reader:
        assert reader.get_one(Deletion, 1).status == "proposed"
        assert signatures_on(reader, proposed) == []
        assert find_events(reader, action="deletion refused")[-1].actor == by
    assert findings(kept) == ()


@pytest.mark.requirement("REG-120", "R-P11-10c")
def test_what_is_gone_without_a_tombstone_is_found(kept: Store) -> None:
    ends(kept, "north", "2029-02-28")
    proposed = propose(kept)
    vault = Vault(kept.workspace.vault)
    vault.path_of(proposed.items[0]["digest"]).unlink()  # proposed is not confirmed
    assert findings(kept) == ("INS-0001 (digest): its bytes are missing or altered",)


def test_refused_files_and_exported_copies_go_as_well(kept: Store) -> None:
    for kind in ("quarantine", "export"):
        assert here(kept, kind)
        confirm(kept, propose(kept, kind))
        assert here(kept, kind) == []
    with kept.reader() as reader:
        verdict = verify_workspace(kept, reader)
    assert verdict.whole
    assert not [one for one in verdict.notices if "exported files" in one]


def test_a_changed_export_is_left_as_evidence(kept: Store) -> None:
    proposed = propose(kept, "export")
    (kept.workspace.exports / "DOC-26-0001-v1.pdf").write_bytes(b"forged")
    with pytest.raises(IntegrityBroken, match="is not the file that DEL-0001 names"):
        confirm(kept, proposed)
    assert (kept.workspace.exports / "DOC-26-0001-v1.pdf").exists()


def test_images_of_a_frozen_dataset_are_kept_with_it(kept: Store) -> None:
    ends(kept, "north", "2029-02-28")
    with kept.transaction("radvigil", "collected to train", now=LATER) as tx:
        tx.get_one(Study, 1).purpose = "development"
        tx.add(Device(name="chest", revision=1, trade_name="C", definition={},
                      definition_digest="d", defined_at=LATER))
        tx.flush()
        tx.add(DatasetVersion(device_id=1, name="d", manifest_digest="a", content_digest="b",
                              vault_path="datasets/d", commit="c", studies=1, patients=1,
                              splits={}, datasheet={}, frozen_at=LATER))
    assert [one["name"] for one in propose(kept).items] == ["INS-0002", "INS-0003"]


def test_bytes_that_came_back_are_told(kept: Store) -> None:
    ends(kept, "north", "2029-02-28")
    confirm(kept, propose(kept))
    Vault(kept.workspace.vault).put(b"pixels 0")
    with kept.reader() as reader:
        verdict = verify_workspace(kept, reader)
    assert verdict.whole
    assert "1 of 3 files that DEL-0001 deleted are there again" in verdict.notices


@pytest.mark.requirement("REG-120")
def test_collection_spares_what_is_to_go_and_takes_what_came_back_after_it_went(
    kept: Store,
) -> None:
    ends(kept, "north", "2029-02-28")
    proposed = propose(kept)
    digest = proposed.items[0]["digest"]
    path = Vault(kept.workspace.vault).path_of(digest)
    content, soon = path.read_bytes(), datetime.now(UTC) + timedelta(hours=1)
    assert not orphans_of(kept, before=soon)
    confirm(kept, proposed)
    assert not path.exists()
    Vault(kept.workspace.vault).put(content)
    assert [one.path for one in orphans_of(kept, before=soon)] == [path]
    assert not findings(kept)


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
import records.deletions as deletions
from records.deletions import Deletion, confirm_deletion
from records.settings import Workspace
from records.store import open_store
left = int(sys.argv[2])
def unlink(path, missing_ok=False, real=Path.unlink):
    global left
    if "objects" in str(path):
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
    real(path, missing_ok=missing_ok)
Path.unlink = unlink
store = open_store(Workspace(Path(sys.argv[1])), url="")
with store.reader() as reader:
    known = reader.get_one(Deletion, 1)
confirm_deletion(store, known, by="regina", password=sys.argv[3], reason="checked",
                 now=datetime(2029, 3, 1, 9, tzinfo=UTC))
"""


@pytest.mark.requirement("REG-120")
@pytest.mark.parametrize("after", [0, 2])
def test_a_kill_in_the_middle_is_gone_on_with(kept: Store, after: int) -> None:
    ends(kept, "north", "2029-02-28")
    propose(kept)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(kept.workspace.home), str(after), WORD],
        cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert len(here(kept)) == 4 - after
    with kept.reader() as reader:
        verdict = verify_workspace(kept, reader)
        (waiting,) = unfinished_deletions(reader)
    assert verdict.whole
    assert any("'radvigil retention resume' goes on" in one for one in verdict.notices)
    assert carry_out(kept, waiting, actor="regina", now=LATER).status == "done"
    assert here(kept) == ["INS-0004"]
    assert findings(kept) == ()
    with pytest.raises(TransitionRefused):
        carry_out(kept, waiting, actor="regina", now=LATER)
