"""A workspace with a device and people who may record facts, and one who may not."""

from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session

from records.people import Actor, Role, find_actor, register_person
from records.product import Device
from records.queries import find_device
from records.settings import Workspace
from records.store import Store, open_store

TODAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
DEVICE = "chest"


def opened_for_facts(folder: Path) -> Store:
    """The store; 'ada' may record facts, 'cleo' is a clinician."""
    store = open_store(Workspace(folder / "workspace").create(), url="")
    with store.transaction("setup", now=TODAY) as tx:
        for name, role in (("ada", Role.REGULATORY), ("cleo", Role.CLINICIAN)):
            register_person(tx, name, full_name=name, roles=[role], password="a good long word",
                            now=TODAY)  # fmt: skip
        tx.add(Device(name=DEVICE, revision=1, trade_name="Chest", definition={},
                      definition_digest="0" * 64, defined_at=TODAY))  # fmt: skip
    return store


def device_and(tx: Session, name: str = "ada") -> tuple[Device, Actor]:
    """The device, and who acts."""
    return find_device(tx, DEVICE), find_actor(tx, name)
