"""A live workspace for tests in which a model was trained, judged, signed for and released."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from imaging.origin import simulated_origin
from journeys.define import accept_revision, define_device
from journeys.freeze_dataset import freeze_dataset
from journeys.make_studies import make_simulated
from journeys.release import evaluate_version, propose_version, release_change
from journeys.retrain import retrain
from journeys.simulated_subjects import Scale, subject_of
from journeys.take_in import take_in_development
from records.accounts import sign_record
from records.base import Record
from records.clock import mark_workspace
from records.definition import find_definition, load_definition
from records.identity_checks import verify_identity
from records.lookup import list_records
from records.people import Meaning, Role, find_actor, register_person
from records.product import ModelVersion, Site, WorkspaceKind
from records.qualifications import qualify
from records.services import ensure_service
from records.signature_policy import acknowledge_policy
from records.store import Store

DEVICE = "chest-radiograph-pneumonia"
BEGIN = datetime(2026, 5, 11, 8, tzinfo=UTC)
WORD = "correct horse battery"
SMALL = Scale(days=1, change_day=1, development_per_site=130, daily_per_site=1)
ALWAYS_MET = 0.02
"""The bound of every criterion: so few studies make no good model, and none is claimed. The keys
of a live workspace are drawn, and with them which patients it is trained on."""
PEOPLE = {
    "emil": (Role.ENGINEER, (Meaning.AUTHOR,)),
    "ada": (Role.QUALITY, (Meaning.APPROVAL, Meaning.RELEASE)),
    "root": (Role.ADMINISTRATOR, ()),
}


def release_trained(store: Store, folder: Path, *, seed: int = 11) -> ModelVersion:
    """Train on simulated studies and put the version into use at every site, step by step.

    The workspace is live; the caller has set RADVIGIL_TEST_WORKSPACE.
    """
    staff(store)
    device = define_device(store, _definition(folder), actor="emil", reason="first", now=BEGIN)
    sign_record_as(store, device, "emil", Meaning.AUTHOR)
    sign_record_as(store, device, "ada", Meaning.APPROVAL)
    accept_revision(store, device.id or 0, accepted_by="ada", reason="signed", now=BEGIN)
    arrivals = make_simulated(
        store.workspace, subject_of(DEVICE), load_definition(find_definition(DEVICE)).task,
        seed=seed, drift=False, scale=SMALL, workers=1, progress=_silent
    )
    take_in_development(
        store, DEVICE, arrivals, actor="service:intake", now=BEGIN, workers=1, progress=_silent
    )
    origin = simulated_origin(arrivals.description, real_images=False)
    freeze_dataset(store, DEVICE, seed=seed, origin=origin, actor="service:training", now=BEGIN)
    version = retrain(store, DEVICE, seed=seed, actor="service:training", now=BEGIN)
    evaluate_version(store, version, actor="service:training", now=BEGIN)
    with store.transaction("ada", "the sites are ours", now=BEGIN) as tx:
        for site in list_records(tx, Site):
            site.status = "confirmed"
            tx.add(site)
        sites = [site.name for site in list_records(tx, Site)]
    change = propose_version(store, version, reason="first release", actor="emil", now=BEGIN)
    sign_record_as(store, change, "emil", Meaning.AUTHOR)
    sign_record_as(store, change, "ada", Meaning.APPROVAL)
    release_change(
        store, change.id or 0, sites=sites, decided_by="ada", password=WORD, reason="met", now=BEGIN
    )
    with store.reader() as reader:
        return reader.get_one(ModelVersion, version.id)


def staff(store: Store) -> None:
    """A live workspace with its people, verified and qualified, and its services."""
    with store.transaction("radvigil", "begin", now=BEGIN) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=BEGIN)
        for name, (role, _) in PEOPLE.items():
            register_person(
                tx, name, full_name=f"{name.title()} Someone", roles=[role], password=WORD,
                now=BEGIN,
            )
        for name in ("intake", "training", "surveillance", "results", "node"):
            ensure_service(tx, f"service:{name}", now=BEGIN)
        for name, (_, meanings) in PEOPLE.items():
            by = find_actor(tx, "root" if name == "ada" else "ada")
            person = find_actor(tx, name)
            verify_identity(
                tx, person, way="document-seen", evidence="form 1", verified_on=BEGIN.date(),
                by=by, now=BEGIN,
            )
            if meanings:
                qualify(
                    tx, person, list(meanings), until=(BEGIN + timedelta(days=900)).date(),
                    now=BEGIN, evidence="course 1", recorded_by=by,
                )
    for name in PEOPLE:
        with store.transaction(name, "before the first signature", now=BEGIN) as tx:
            acknowledge_policy(tx, find_actor(tx, name), password=WORD, now=BEGIN)


def _definition(folder: Path) -> Path:
    """The device that comes with Radvigil, with bounds that a small model meets."""
    content = yaml.safe_load(find_definition(DEVICE).read_text())
    for one in content["acceptance_criteria"]:
        one["at_least"] = ALWAYS_MET
    for one in content["claims"]:
        one["value"] = 0.2  # with its margin of 0.1: a chart needs a bound above nothing
    path = folder / f"{DEVICE}.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def sign_record_as(store: Store, record: Record, name: str, meaning: Meaning) -> None:
    """One of the people signs."""
    with store.reader() as reader:
        person = find_actor(reader, name)
        read = reader.get_one(type(record), getattr(record, "id", None))
    sign_record(
        store, read, signer=person, password=WORD, meaning=meaning, reason="read", now=BEGIN
    )


def _silent(_done: int, _of: int) -> None:
    """Nobody watches."""
