"""What is read of studies that were taken in, by a device's rules or without, on record before."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlmodel import Session, col, select

from imaging.pixels import parse_file
from imaging.series import image_facts, series_of
from imaging.series_choice import Choice, choose_series
from records.cases import Instance
from records.product import Device, ModelVersion
from records.series_choices import Chosen, record_choices
from records.series_selection import SeriesSelection
from records.store import Store
from records.study_corrections import rejected_images
from records.vault import Vault

Waiting = list[tuple[int, int, str]]
"""Study, site, and digest of the image to read."""


def choose_images(
    store: Store, selection: SeriesSelection, version: ModelVersion, waiting: Waiting, *,
    device_id: int, actor: str, now: datetime,
) -> Waiting:
    """Those of the studies of which the rules choose an image, each with it; all are recorded.

    device_id: the revision of the definition that the rules stand in.

    Raises:
        IntegrityBroken: An image is missing or altered.
    """
    vault = Vault(store.workspace.vault)
    found, chosen = [], []
    with store.reader() as reader:
        digest = reader.get_one(Device, device_id).definition_digest
        images_by_study = images_of(reader, [study_id for study_id, _, _ in waiting])
        for study_id, site_id, _ in waiting:
            images = images_by_study[study_id]
            choice = chosen_of(vault, images, selection)
            image = None if choice.source is None else images[choice.source]
            findings = [one.to_dict() for one in choice.findings]
            found.append(Chosen(study_id, image.id if image else None, choice.reason, findings))
            if image is not None:
                chosen.append((study_id, site_id, image.digest))
    assert version.id is not None
    with store.transaction(actor, "choose what is read", now=now) as tx:
        record_choices(tx, found, version_id=version.id, definition_digest=digest, now=now)
    return chosen


def note_first_images(
    store: Store, version: ModelVersion, waiting: Waiting, *, device_id: int, actor: str,
    now: datetime,
) -> None:
    """Without rules the first image is read: of studies with several, put on record which it is."""
    with store.reader() as reader:
        digest = reader.get_one(Device, device_id).definition_digest
        query = select(Instance).where(
            col(Instance.study_id).in_([study_id for study_id, _, _ in waiting])
        )
        images: dict[int, list[Instance]] = {study_id: [] for study_id, _, _ in waiting}
        for image in reader.exec(query.order_by(col(Instance.id))):  # rejected ones count too
            images[image.study_id].append(image)
    found = [
        Chosen(
            study_id, next(one.id for one in images[study_id] if one.digest == read),
            f"holds the first of {len(images[study_id])} images: the device declares no rules", [],
        )
        for study_id, _, read in waiting
        if len(images[study_id]) > 1
    ]
    if not found:
        return
    assert version.id is not None
    with store.transaction(actor, "choose what is read", now=now) as tx:
        record_choices(tx, found, version_id=version.id, definition_digest=digest, now=now)


def images_of(reader: Session, study_ids: Sequence[int]) -> dict[int, list[Instance]]:
    """The images of each study that their sender did not reject, as they arrived."""
    query = select(Instance).where(
        col(Instance.study_id).in_(study_ids), col(Instance.id).not_in(rejected_images())
    )
    found: dict[int, list[Instance]] = {study_id: [] for study_id in study_ids}
    for image in reader.exec(query.order_by(col(Instance.id))):
        found[image.study_id].append(image)
    return found


def chosen_of(vault: Vault, images: Sequence[Instance], selection: SeriesSelection) -> Choice:
    """What the rules choose of the images of one study.

    Raises:
        IntegrityBroken: An image is missing or altered.
    """
    openers = [
        partial(lambda one: parse_file(vault.fetch(one.digest, of=one.label)), one)
        for one in images
    ]
    facts = [image_facts(source, opener()) for source, opener in enumerate(openers)]
    return choose_series(series_of(facts, openers), selection)
