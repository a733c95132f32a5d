"""The studies of the locked tests in which a version failed most, to be looked at one by one.

They come from the answers that were frozen with the version: no model is asked.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlmodel import Session, col, select

from imaging.pixels import PixelsRefused
from imaging.small_view import AS_PROPOSED, ShownRange, shown_range
from journeys.release import scored_rows
from journeys.study_pictures import picture_of, why_withheld
from models.tasks import TASKS
from monitoring.evaluate import outcomes_of
from records.cases import Instance
from records.deletions import deleted_digests
from records.held_definition import definition_of
from records.lookup import find_record
from records.performance_claims import LOCKED_SPLITS
from records.product import DatasetVersion, Device, ModelVersion
from records.queries import studies_by_uid
from records.store import Store
from records.study_corrections import rejected_images
from records.vault import Vault

MOST = 8
"""Of each kind of failure."""
KEPT: int = 64
"""Pictures of about a megabyte each."""


@dataclass(frozen=True, slots=True)
class FailedStudy:
    """A study in which a version failed: how, and by which number it is among the worst."""

    kind: str
    """Such as 'false negative'."""
    study: str
    image: str
    site: str
    split: str
    measure: str
    value: float
    truth: str
    words: str


@dataclass(frozen=True, slots=True)
class ShownImage:
    """An image as PNG with the values that it holds, or why it is not shown."""

    png: bytes
    withheld: str = ""
    values: ShownRange | None = None


def failures_of_version(
    store: Store, reader: Session, version: ModelVersion, *, most: int = MOST
) -> list[FailedStudy]:
    """By kind, the studies of the locked tests in which the version failed most, the worst first.

    most: of each kind and test.

    Raises:
        Refused: The version is seen from outside only.
        IntegrityBroken: A frozen file is missing or altered.
    """
    definition = definition_of(reader.get_one(Device, version.device_id))
    dataset = reader.get_one(DatasetVersion, version.own_dataset)
    task = TASKS[definition.task.kind]
    rows = scored_rows(Vault(store.workspace.vault), version, dataset)
    found = []
    for split in LOCKED_SPLITS:
        own = [row for row in rows if row["split"] == split]
        if not own:
            continue
        for kind, worst in task.failures(outcomes_of(definition, own), most).items():
            found += [(kind, split, own[one.at], one) for one in worst]
    known = studies_by_uid(reader, [row["study_uid"] for _, _, row, _ in found])
    names = definition.task.truth_names
    return [
        FailedStudy(
            kind.replace("_", " "), known[row["study_uid"]].label, str(row["record"]),
            str(row["site"]), split.replace("_", " "), one.measure, one.value,
            str(row.get("findings") or "") or names[int(row["truth"])], one.words,
        )
        for kind, split, row, one in found if row["study_uid"] in known
    ]  # fmt: skip


def failure_image(
    store: Store, reader: Session, label: str, *, window: tuple[float, float] | None = None
) -> ShownImage:
    """An image of the workspace as PNG, in a window (centre, width) or in that of its file.

    Whether it may be shown is looked up each time; its picture is made once.

    Raises:
        InvalidInput: There is no such image.
        IntegrityBroken: Its bytes are missing or altered, and nobody deleted them.
    """
    one = find_record(reader, Instance, label)
    if why := why_withheld(one, deleted_digests(reader, "image")):
        return ShownImage(b"", why)
    rejected = select(Instance.id).where(
        Instance.id == one.id, col(Instance.id).in_(rejected_images())
    )
    if reader.exec(rejected).first() is not None:
        return ShownImage(b"", "it was rejected after it came")
    try:
        return _shown(store.workspace.vault, one.digest, label, window)
    except PixelsRefused as refused:
        return ShownImage(b"", f"it cannot be shown: {refused.reason}")


@lru_cache(maxsize=KEPT)
def _shown(vault: Path, digest: str, label: str, window: tuple[float, float] | None) -> ShownImage:
    content = Vault(vault).fetch(digest, of=label)
    values = shown_range(content)
    view = values.view(*window) if window and values else AS_PROPOSED
    return ShownImage(picture_of(content, view), "", values)
