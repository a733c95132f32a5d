"""The workspace, the people and the device of a demonstration; everything says what it is."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from journeys.define import accept_device, define_device
from journeys.demonstration_order import ORDERED
from records.accounts import sign_record
from records.base import Record
from records.clock import REAL_IMAGES, SIMULATED, mark_workspace
from records.identity_checks import SIMULATED as SIMULATED_PERSON
from records.identity_checks import checks_of, verify_identity
from records.keys import workspace_key
from records.people import Actor, Meaning, Role, find_actor, register_person
from records.permissions import SIGNING, may
from records.product import Device, JourneyStep, WorkspaceKind
from records.qualifications import qualifications_of, qualify
from records.queries import finished_steps
from records.services import ensure_service
from records.signature_policy import acknowledge_policy, has_acknowledged
from records.signatures import signatures_on
from records.store import Store

DEMO_PASSWORD = "demonstration"  # noqa: S105  (of simulated people; live workspaces have none)
"""The password of every Demo person; printed, because nothing real is behind it."""

PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("demo.engineer", "Demo Engineer", Role.ENGINEER),
    ("demo.quality", "Demo Quality Manager", Role.QUALITY),
    ("demo.regulatory", "Demo Regulatory Officer", Role.REGULATORY),
    ("demo.radiologist", "Demo Radiologist", Role.CLINICIAN),
    ("demo.administrator", "Demo Administrator", Role.ADMINISTRATOR),
)
QUALIFIED_FOR = timedelta(days=5 * 365)

SIGNERS = (("demo.engineer", Meaning.AUTHOR), ("demo.regulatory", Meaning.APPROVAL))
"""Who signs a definition or a document, and with which meaning."""

SERVICES = ("service:intake", "service:training", "service:surveillance", "service:documents")


def prepare_workspace(store: Store, order: dict[str, Any], *, now: datetime) -> None:
    """Mark the workspace as a demonstration, record its order, register its people, make its keys.

    The keys of simulated studies come from the seed, so that the same seed gives the same bytes.
    With real images they are drawn: a pseudonym that anybody can compute hides nobody.

    Args:
        order: The identity of the order, with ``seed`` and ``data``.

    Raises:
        Refused: The workspace is a live one.
    """
    seed = int(order["seed"])
    with store.transaction("radvigil", "begin a demonstration", now=now) as tx:
        mark_workspace(
            tx, WorkspaceKind.DEMONSTRATION, now=now, seed=seed,
            unreal=REAL_IMAGES if order["data"] else SIMULATED,
        )
        if "order" not in finished_steps(tx, ORDERED):
            tx.add(
                JourneyStep(
                    journey=ORDERED, step="order", finished_at=now, seconds=0.0, summary=order
                )
            )
        known = set(tx.exec(select(Actor.name)).all())
        for name, full_name, role in PEOPLE:
            if name not in known:
                register_person(
                    tx, name, full_name=full_name, roles=[role], password=DEMO_PASSWORD, now=now
                )
        for name in SERVICES:
            ensure_service(tx, name, now=now)
        qualify_people(tx, now=now)
    for name, _, _ in PEOPLE:
        with store.transaction(name, "before the first signature", now=now) as tx:
            person = find_actor(tx, name)
            if not has_acknowledged(tx, person):
                acknowledge_policy(tx, person, password=DEMO_PASSWORD, now=now)
    # The keys after the mark: what has keys made from a seed can never become a live workspace.
    for name in ("pseudonym", "identity"):
        workspace_key(store, name, seed=None if order["data"] else seed)


def qualify_people(tx: Session, *, now: datetime) -> None:
    """Every Demo person is verified and qualified for what the role may sign; all simulated."""
    quality, administrator = (
        find_actor(tx, name) for name in ("demo.quality", "demo.administrator")
    )
    for name, _, _ in PEOPLE:
        person = find_actor(tx, name)
        recorder = administrator if person is quality else quality
        if not checks_of(tx, person):
            verify_identity(
                tx, person, way=SIMULATED_PERSON, evidence="a simulated person of a demonstration",
                verified_on=now.date(), by=recorder, now=now,
            )
        meanings = [meaning for meaning, action in SIGNING.items() if may(person, action)]
        if meanings and not qualifications_of(tx, person):
            qualify(
                tx, person, meanings, until=(now + QUALIFIED_FOR).date(), now=now,
                evidence="simulated training of a demonstration",
                recorded_by=recorder,
            )


def define_and_accept(store: Store, path: Path, *, now: datetime) -> Device:
    """Define the device, have two Demo people sign the definition, and put it into force."""
    device = define_device(
        store, path, actor="demo.engineer", reason="first definition of the device", now=now
    )
    for name, meaning in SIGNERS:
        sign_as(store, device, name, meaning, reason="accept the definition", now=now)
    with store.transaction("demo.regulatory", "put the definition into force", now=now) as tx:
        row = tx.get_one(Device, device.id)
        if row.status == "draft":
            accept_device(tx, row, by=find_actor(tx, "demo.regulatory"), now=now)
        return row


def sign_as(
    store: Store, record: Record, name: str, meaning: Meaning, *, reason: str, now: datetime
) -> None:
    """A simulated person signs, once: in a resumed demonstration a signature may be there."""
    with store.reader() as reader:
        signer = find_actor(reader, name)
        if any(
            one.signer_id == signer.id and one.meaning == meaning.value
            for one in signatures_on(reader, record)
        ):
            return
        read = reader.get_one(type(record), getattr(record, "id", None))
    sign_record(
        store, read, signer=signer, password=DEMO_PASSWORD, meaning=meaning, reason=reason,
        now=now,
    )
