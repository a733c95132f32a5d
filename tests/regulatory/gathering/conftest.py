"""Small workspaces that the gathering of facts is tried on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from records.definition import DeviceDefinition
from records.product import Device, ModelVersion
from records.store import Store
from regulatory.gathering.edition import Basis, freeze_now
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering import small_store as small

MakeBasis = Callable[..., Basis]
Counted = Callable[[], int]


def basis_in(reader: Session, *, period: tuple[date, date] | None = None) -> Basis:
    """The basis of a document about the small device, as the compiler makes it."""
    device = reader.exec(select(Device)).one()
    freeze_at, sequence, head = freeze_now(reader, now=small.at(operation.FIRST + 5))
    return Basis(
        device=device, definition=DeviceDefinition.model_validate(device.definition),
        versions=tuple(reader.exec(select(ModelVersion))), freeze_at=freeze_at,
        freeze_sequence=sequence, freeze_head=head, period=period, number="DOC-small", version=1,
        status="draft", marking="DEMONSTRATION: simulated data and signers",
    )


@contextmanager
def statements(store: Store) -> Iterator[Counted]:
    """How many statements the database is asked while this is open."""
    asked: list[str] = []

    def remember(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", remember)
    try:
        yield lambda: len(asked)
    finally:
        event.remove(store.engine, "before_cursor_execute", remember)


@pytest.fixture
def developed(store: Store) -> Store:
    """A store with a device, a dataset and a trained version, not yet evaluated."""
    with store.transaction("demo.engineer", "develop", now=small.at(9)) as tx:
        device = small.add_device(tx)
        small.add_version(tx, device, small.add_development(tx, device))
    return store


@pytest.fixture
def judged(developed: Store) -> Store:
    """The same, evaluated on both tests, and refused."""
    with developed.transaction("demo.engineer", "evaluate", now=small.at(12)) as tx:
        version, device = tx.get_one(ModelVersion, 1), tx.get_one(Device, 1)
        for split in ("internal_test", "external_test"):
            small.add_evaluation(tx, version, split, dataset_version_id=1)
        small.add_verdict(tx, device, version)
    return developed


@pytest.fixture
def operated(judged: Store) -> Store:
    """The same, run as a shadow for three days; nothing measured about the period yet."""
    with judged.transaction("watch", "operate", now=small.at(operation.FIRST + 2, 20)) as tx:
        operation.add_operation(tx, tx.get_one(ModelVersion, 1))
    return judged
