"""A workspace with bytes that may go one day, and who proposes and confirms it."""

import hashlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, func, select

from records.audit import AuditEvent, note
from records.cases import Instance, Quarantine, ReferenceStandard, Study
from records.deletions import (
    Deletion,
    confirm_deletion,
    propose_deletion,
)  # fmt: skip
from records.erasable import Selection, erasable
from records.export_check import EXPORT
from records.people import Role, find_actor, register_person
from records.product import Site
from records.retention import read_periods
from records.retention_facts import record_fact
from records.settings import Workspace
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


def outline(store: Store, study: int, mask: bytes) -> None:
    """The true outline of something in the image of a study."""
    digest = Vault(store.workspace.vault).put(mask)
    with store.transaction("intake", "outlines", now=NOW) as tx:
        tx.add(ReferenceStandard(
            study_id=study, finding="lungs", present=True, source="outline of lungs",
            known_on=NOW.date(), received_at=NOW, region=digest,
        ))  # fmt: skip


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
