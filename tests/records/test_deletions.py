"""Bytes go when they are due, nothing holds them and two people say so; rows and events stay."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, func, select

from records.audit import AuditEvent, count_events, note
from records.cases import Instance, Quarantine, Study
from records.deletions import (
    DELETED,
    Deletion,
    carry_out,
    confirm_deletion,
    propose_deletion,
    unfinished_deletions,
    withdraw_deletion,
)  # fmt: skip
from records.erasable import Selection, erasable
from records.errors import (
    IntegrityBroken,
    InvalidInput,
    NotAllowed,
    Refused,
    TransitionRefused,
)  # fmt: skip
from records.export_check import EXPORT
from records.legal_holds import lift_hold, place_hold
from records.lookup import find_events
from records.overview import open_work
from records.people import Role, find_actor, register_person
from records.product import DatasetVersion, Device, Site
from records.retention import read_periods
from records.retention_facts import record_fact
from records.retention_overview import due_bytes, kept_tables, retention_of_record
from records.settings import REPOSITORY, Workspace
from records.signatures import is_valid, signatures_on
from records.store import Store, open_store
from records.vault import Vault
from records.verify_workspace import verify_workspace
from tests.conftest import NOW
from tests.people import qualify_everybody

WORD = "correct horse battery"
LATER = datetime(2029, 3, 1, 9, tzinfo=UTC)
PEOPLE = (
    ("quinn", [Role.QUALITY]), ("quirin", [Role.QUALITY]), ("regina", [Role.REGULATORY]),
    ("emil", [Role.ENGINEER]), ("ada", [Role.ADMINISTRATOR]),
)  # fmt: skip


def image(tx: Session, vault: Vault, number: int, site: Site, patient: str, now: datetime) -> None:
    study = Study(
        study_uid=f"2.25.{number}", patient=patient, site_id=site.id or 0, purpose="clinical",
        arrived_on=now.date(), received_at=now, rows=1, columns=1,
    )
    tx.add(study)
    tx.flush()
    tx.add(
        Instance(
            study_id=study.id or 0, instance_uid=f"2.25.9{number}",
            digest=vault.put(f"pixels {number}".encode()), source_digest=f"{number:064}",
            deidentification={}, brightness=0, contrast=0, sharpness=0, noise=0, entropy=0,
            saturation=0,
        )
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites, three patients, four images, a refused file and an exported one."""
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    fill(store, NOW)
    store.close()
    return store.workspace.home


@pytest.fixture
def kept(template: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of it for one test."""
    shutil.copytree(template, tmp_path / "workspace")
    store = open_store(Workspace(tmp_path / "workspace"), url="")
    yield store
    store.close()


def fill(store: Store, now: datetime) -> None:
    vault = Vault(store.workspace.vault)
    refused = b"a file with a name in it"
    digest = hashlib.sha256(refused).hexdigest()
    (store.workspace.quarantine / digest).write_bytes(refused)
    paper = store.workspace.exports / "DOC-26-0001-v1.pdf"
    paper.write_bytes(b"%PDF")
    with store.transaction("radvigil", now=now) as tx:
        for name, roles in PEOPLE:
            register_person(
                tx, name, full_name=name.title(), roles=roles, password=WORD, now=now
            )
        qualify_everybody(tx, now)
        sites = [Site(name=name, registered_at=now) for name in ("north", "south")]
        tx.add_all(sites)
        tx.flush()
        for number, (site, patient) in enumerate([(0, "P1"), (0, "P1"), (0, "P2"), (1, "P3")]):
            image(tx, vault, number, sites[site], patient, now)
        tx.add(Quarantine(source_digest=digest, site_id=sites[0].id or 0, reason="no image",
                          size_bytes=len(refused), arrived_on=now.date(), received_at=now))
        note(tx, EXPORT, "Document:1", new={paper.name: hashlib.sha256(b"%PDF").hexdigest()})


def ends(store: Store, about: str, day: str, by: str = "quinn") -> None:
    with store.transaction(by, "the contract says so", now=LATER) as tx:
        record_fact(tx, "legal_basis_ends", about, day, evidence="contract 7",
                    by=find_actor(tx, by), now=LATER)  # fmt: skip


def propose(store: Store, kind: str = "image", by: str = "quinn", **of: str) -> Deletion:
    return propose_deletion(store, Selection(kind, **of), by=by, reason="it ended", now=LATER)


def confirm(store: Store, deletion: Deletion, by: str = "regina", word: str = WORD) -> Deletion:
    return confirm_deletion(store, deletion, by=by, password=word, reason="checked", now=LATER)


def here(store: Store, kind: str = "image") -> list[str]:
    with store.reader() as reader:
        found = erasable(store, reader, Selection(kind), read_periods())
        return [one.name for one in found]


def findings(store: Store) -> tuple[str, ...]:
    with store.reader() as reader:
        return verify_workspace(store, reader).findings


def counts(store: Store) -> dict[str, Any]:
    with store.reader() as reader:
        tables = (Study, Instance, Quarantine, AuditEvent)
        return {
            one.__name__: reader.exec(select(func.count()).select_from(one)).one()
            for one in tables
        }


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


@pytest.mark.requirement("REG-120")
@pytest.mark.parametrize(
    "scope", [{}, {"site": "north"}, {"patient": "P2"}, {"kinds": ["image"]}, {"device": "chest"}]
)
def test_a_legal_hold_blocks_what_it_covers_until_it_is_lifted(
    kept: Store, scope: dict[str, Any]
) -> None:
    with kept.transaction("radvigil", "define", now=LATER) as tx:
        tx.add(Device(name="chest", revision=1, trade_name="C", definition={},
                      definition_digest="d", defined_at=LATER))
    ends(kept, "north", "2029-02-28")
    with kept.transaction("regina", "a claim", now=LATER) as tx:
        hold = place_hold(tx, by=find_actor(tx, "regina"), reason="a claim", now=LATER, **scope)
    if "patient" in scope:
        assert [one["name"] for one in propose(kept).items] == ["INS-0001", "INS-0002"]
        return
    with pytest.raises(Refused, match="held by HLD-0001"):
        propose(kept)
    with kept.transaction("quinn", "it was settled", now=LATER) as tx:
        held = tx.get_one(type(hold), hold.id)
        lift_hold(tx, held, by=find_actor(tx, "quinn"), reason="it was settled", now=LATER)
        with pytest.raises(TransitionRefused):
            lift_hold(tx, held, by=find_actor(tx, "quinn"), reason="again", now=LATER)
    assert len(propose(kept).items) == 3


@pytest.mark.requirement("REG-120")
def test_a_hold_of_another_site_or_kind_blocks_nothing_else(kept: Store) -> None:
    ends(kept, "north", "2029-02-28")
    with kept.transaction("regina", "a claim", now=LATER) as tx:
        for scope in ({"site": "south"}, {"kinds": ["export"]}, {"patient": "P3"}):
            place_hold(tx, by=find_actor(tx, "regina"), reason="x", now=LATER, **scope)  # type: ignore[arg-type]
    assert len(propose(kept).items) == 3
    with pytest.raises(Refused, match="held by HLD-0003"):
        propose(kept, "quarantine")  # whose file it is, nobody knows


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


@pytest.mark.requirement("REG-120")
def test_a_hold_placed_in_between_and_a_withdrawal_stop_it(kept: Store) -> None:
    ends(kept, "north", "2029-02-28")
    proposed = propose(kept)
    with kept.transaction("regina", "a claim", now=LATER) as tx:
        place_hold(tx, by=find_actor(tx, "regina"), reason="x", now=LATER, patient="P2")
    with pytest.raises(Refused, match="names INS-0003, which is held by HLD-0001"):
        confirm(kept, proposed)
    with kept.transaction("quinn", "wait", now=LATER) as tx:
        withdraw_deletion(tx, tx.get_one(Deletion, 1), by=find_actor(tx, "quinn"), now=LATER)
    with pytest.raises(TransitionRefused):
        confirm(kept, proposed)
    assert len(here(kept)) == 4


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


@pytest.mark.requirement("REG-120", "R-P11-10c")
def test_every_record_tells_its_rule_and_day_or_what_is_not_known(kept: Store) -> None:
    with kept.transaction("radvigil", now=LATER) as tx:
        tx.add(Device(name="chest", revision=1, trade_name="C", definition={},
                      definition_digest="d", defined_at=LATER))
    with kept.reader() as reader:
        rows = {one.records: one for one in kept_tables(reader)}
        assert rows["Study"].reasons == ("last_unit_placed is not known",)
        assert rows["Signature"].reasons[0].startswith("SIGNATURE is kept as long as")
        device = reader.get_one(Device, 1)
        assert retention_of_record(reader, device).retain_until is None
    with kept.transaction("regina", "the end of the product", now=LATER) as tx:
        record_fact(tx, "last_unit_placed", "chest", "2029-01-31", evidence="letter 4",
                    by=find_actor(tx, "regina"), now=LATER)  # fmt: skip
    with kept.reader() as reader:
        found = retention_of_record(reader, device)
        assert (found.retain_until, found.citations) == (
            date(2039, 1, 31), ("MDR Art. 10(8); Annex IX ch. III s. 7; AI Act Art. 18",)
        )
        (images, refused, exports) = due_bytes(kept, reader, LATER.date())
    assert (images.here, images.due, images.not_known) == (4, 0, 4)
    assert (refused.due, exports.due) == (1, 1)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (("half_life", "north", "3", "contract"), "no fact of retention"),
        (("legal_basis_ends", "north", "soon", "contract"), "no value of legal_basis_ends"),
        (("expected_life_years", "north", "5", "contract"), "no device 'north'"),
        (("legal_basis_ends", "nowhere", "2029-01-01", "contract"), "no site 'nowhere'"),
        (("legal_basis_ends", "north", "2029-01-01", " "), "the evidence"),
    ],
)
def test_a_fact_that_is_none_is_refused(
    kept: Store, fact: tuple[str, str, str, str], words: str
) -> None:
    name, about, value, evidence = fact
    with kept.transaction("quinn", "try", now=LATER) as tx:
        with pytest.raises(InvalidInput, match=words):
            record_fact(tx, name, about, value, evidence=evidence, by=find_actor(tx, "quinn"),
                        now=LATER)  # fmt: skip
