"""Train a model on somebody's images: a folder with a CSV or an archive, from files to candidate.

The images go the way of every study: de-identified, measured, checked, frozen. What the table
says of splits is kept; what it does not say is dealt by patient.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import select

from journeys.define import draft_device, load_device
from journeys.freeze_dataset import freeze_dataset
from journeys.predict_series import refuse_volumes
from journeys.retrain import retrain
from journeys.take_in_table import TableOrder, capture_table, declared_splits, take_in_table
from records.counting import counted
from records.definition import find_definition
from records.errors import NotFound, Unavailable
from records.held_definition import definition_of
from records.product import Device, ModelVersion
from records.queries import find_device
from records.store import Store


@dataclass(frozen=True)
class TrainedOnTable:
    """The candidate, and what was noticed on the way from the table to the frozen dataset."""

    version: ModelVersion
    dataset: str
    splits: dict[str, Any]
    notes: tuple[str, ...]


def train_on_table(
    store: Store,
    device_name: str,
    order: TableOrder,
    *,
    actor: str,
    now: datetime,
    report: Callable[[str], None],
) -> TrainedOnTable:
    """Take the images in, freeze them with their declared split, train, and record the candidate.

    A device that comes with Radvigil and is not defined here is recorded as a draft: a model of a
    draft can be evaluated, not released. Doing it again finds the candidate that is there.

    Raises:
        SourceRefused: Naming file, row and column of what cannot be read, and what to do.
        Refused: Too few studies for a split, or the dataset fails its acceptance check.
        Unavailable: Another program takes in images of a table, or trains this device.
    """
    device = ensure_device(store, device_name, actor=actor, now=now)
    definition = definition_of(device)
    refuse_volumes(definition)
    with _alone(store):
        captured = capture_table(store, definition, order, report=report)
        taken = take_in_table(
            store, definition, captured, workers=order.workers, actor=actor, now=now,
            report=report,
        )
        dataset = freeze_dataset(
            store, device_name, seed=order.seed, origin=order.origin, actor=actor, now=now,
            declared=declared_splits(store, captured.studies),
        )
    report(f"froze {dataset.label}: {counted(dataset.studies, 'study', 'studies')}")
    version = retrain(
        store, device_name, seed=order.seed, actor=actor, now=now, report=report, dataset=dataset
    )
    notes = (*captured.notes, *taken.notes)
    return TrainedOnTable(version, dataset.label, dataset.splits, notes)


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Nobody else writes files of a table into ``incoming`` meanwhile: two that write the same one
    would spoil it for each other."""
    from filelock import FileLock, Timeout

    folder = store.workspace.incoming / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=1):
            yield
    except Timeout:
        raise Unavailable(
            "Another 'model train --data' is taking images in here.",
            hint="Wait until it is done, then run it again: what is known is found, not taken in "
            "twice.",
        ) from None


def ensure_device(store: Store, name: str, *, actor: str, now: datetime) -> Device:
    """The device of that name; one that comes with Radvigil is recorded as a draft if need be.

    Raises:
        NotFound: It is neither defined here nor does it come with Radvigil.
    """
    with store.reader() as reader:
        try:
            return find_device(reader, name)
        except NotFound:
            definition = load_device(find_definition(name))
    with store.transaction(actor, "the definition that comes with Radvigil", now=now) as tx:
        known = tx.exec(select(Device).where(Device.name == definition.name)).first()
        if known is not None:
            return known
        return draft_device(tx, definition, revision=1, now=now)
