"""The model reads studies that were taken in: the one way to a Prediction of a study in operation.

A day's surveillance and the prediction service both come here, so they give the same numbers. One
picture is in memory at a time, however many studies wait.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlmodel import Session, col, select

from imaging.sources.masks import mask_png
from journeys.choose_images import Waiting, choose_images, note_first_images
from journeys.read_volumes import READING_FAILED, One, kept_outputs, said_of_studies
from records.batches import add_batch
from records.cases import Prediction, Study
from records.product import Device
from records.series_choices import Chosen, record_choices
from records.store import Store
from records.suspensions import Suspension, standing_suspensions
from records.vault import Vault

if TYPE_CHECKING:
    from journeys.watch_day import Watch
    from models.predict import Predictor
    from models.prediction_facts import PredictionFacts
    from models.preprocessing import Prepared
    from models.tasks.segmentation import Spacing

RECORDED_TOGETHER = 1000
"""Studies a transaction: a reading that breaks off loses at most this much work."""
NO_NUMBER: Final = "the network gives no number for its picture"

Ready = tuple["Prepared", "Spacing"]
"""A picture as the version reads it, and the spacing of its image in mm."""
Answered = tuple[One, "PredictionFacts", "Spacing"]
"""What is said of a study, and the spacing of its image in mm."""
Unread = dict[int, str]
"""By study why it could not be read."""


def read_studies(
    store: Store,
    watch: "Watch",
    waiting: Waiting,
    *,
    load: Callable[[], "Predictor"],
    actor: str,
    reason: str,
    now: datetime,
    ready: Mapping[str, Ready] | None = None,
    for_care: bool = True,
) -> int:
    """Let the watched version read these studies, and record what it says; how many are new.

    Where the definition has rules, of each the image that they choose; a study of which they choose
    none is not read, and the reason is on record. Else of each the first image. What another
    process read meanwhile stays as it is. ``load`` gives the version's verified predictor, and is
    called when there is something to read. ``ready``: by digest, images that were prepared for this
    version when they were taken in; they are not decoded again.

    A study that cannot be read is left out, with the reason on record; the others are read.
    Where use of the device is suspended at a site, its studies are not read, and the suspension is
    on record as the reason. for_care: false where they are read for a revalidation all the same;
    what is said then is never returned to care.

    Raises:
        IntegrityBroken: An image is missing or altered; nothing of those that would be recorded
            with it is recorded.
        ValueError: The network answers none of several studies: that is no fault of a picture.
    """
    new = 0
    for start in range(0, len(waiting), RECORDED_TOGETHER):
        some = waiting[start : start + RECORDED_TOGETHER]
        if for_care:
            some = _not_suspended(store, watch, some, actor=actor, now=now)
        chosen = _chosen(store, watch, some, actor=actor, now=now)
        if not chosen:
            continue
        assert watch.version.id is not None
        unread: Unread = {}
        answers = list(_answers(store, watch, chosen, load(), ready or {}, unread))
        rows = [_row(watch, one, said, kept, now) for one, said, kept in answers]
        with store.transaction(actor, reason, now=now) as tx:
            fresh = _not_yet_read(tx, watch.version.id, rows)
            new += len(add_batch(tx, Prediction, _heard(tx, watch, fresh, for_care)))
            _note_unread(tx, watch, unread, now)
    return new


def _note_unread(tx: Session, watch: "Watch", unread: Unread, now: datetime) -> None:
    """Put on record why these studies could not be read."""
    assert watch.version.id is not None
    record_choices(
        tx, [Chosen(study, None, why, []) for study, why in unread.items()],
        version_id=watch.version.id, now=now,
        definition_digest=tx.get_one(Device, watch.plan.device_id).definition_digest,
    )


def _suspended(reader: Session, watch: "Watch") -> dict[int, Suspension]:
    """By number of the site, what stops the live deployments of the device there."""
    standing = standing_suspensions(reader, watch.definition.name)
    if not standing:
        return {}
    live = {one.site_id for one in watch.deployments if one.mode == "live"}
    return {
        number: standing[name] for number, name in watch.sites.items()
        if name in standing and number in live
    }


def _not_suspended(
    store: Store, watch: "Watch", waiting: Waiting, *, actor: str, now: datetime
) -> Waiting:
    """Those of sites where use is not suspended; of the others it is put on record why not."""
    with store.reader() as reader:
        stopped = _suspended(reader, watch)
        if not any(site in stopped for _, site, _ in waiting):
            return waiting
        digest = reader.get_one(Device, watch.plan.device_id).definition_digest
    held = [
        Chosen(study, None, stopped[site].why_not_read, [])
        for study, site, _ in waiting if site in stopped
    ]
    assert watch.version.id is not None
    with store.transaction(actor, "use of the device is suspended", now=now) as tx:
        record_choices(
            tx, held, version_id=watch.version.id, definition_digest=digest, now=now
        )
    return [one for one in waiting if one[1] not in stopped]


def _heard(
    tx: Session, watch: "Watch", rows: Sequence[dict[str, Any]], for_care: bool
) -> list[dict[str, Any]]:
    """The rows; nothing is returned of what is read for a revalidation, or where use was suspended
    while it was read."""
    if not for_care:
        return [row | {"returned_to_care": False} for row in rows]
    stopped = _suspended(tx, watch)
    silent = {one.id for one in watch.deployments if one.site_id in stopped}
    return [
        row | {"returned_to_care": False} if row["deployment_id"] in silent else row
        for row in rows
    ]


def _chosen(
    store: Store, watch: "Watch", waiting: Waiting, *, actor: str, now: datetime
) -> Waiting:
    selection, device_id = watch.definition.series_selection, watch.plan.device_id
    if selection is not None:
        return choose_images(
            store, selection, watch.version, waiting, device_id=device_id, actor=actor, now=now
        )
    note_first_images(store, watch.version, waiting, device_id=device_id, actor=actor, now=now)
    return waiting


def _answers(
    store: Store, watch: "Watch", chosen: Waiting, predictor: "Predictor",
    ready: Mapping[str, Ready], unread: Unread,
) -> Iterator[tuple[One, "PredictionFacts", dict[str, Any]]]:
    """What is said of each study that can be read, and what is kept beside it; of a device that
    reads volumes all slices are read. The others are put into unread."""
    vault = Vault(store.workspace.vault)
    if watch.definition.volume:
        found = said_of_studies(store, chosen, predictor, watch.definition.volume, unread)
        for one, said, spacing in found:
            yield one, said, kept_outputs(vault, said, spacing)
        return
    pictures = _pictures(vault, chosen, predictor, ready, unread)
    for one, said, size in _outputs(predictor, pictures, unread):
        yield one, said, _kept(vault, said, size)


def _row(
    watch: "Watch", one: One, said: "PredictionFacts", kept: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """The columns of a Prediction."""
    here = next(each for each in watch.deployments if each.site_id == one[1])
    return {
        "study_id": one[0], "model_version_id": watch.version.id, "deployment_id": here.id,
        "score": float(said.score), "decision": bool(said.decision),
        "out_of_distribution": float(said.out_of_distribution),
        "latency_ms": round(float(said.latency_ms), 3),
        "returned_to_care": here.mode == "live", "predicted_at": now, "outputs": kept,
        "embedding": list(said.embedding) or None,
    }


def _kept(vault: Vault, output: "PredictionFacts", spacing: "Spacing") -> dict[str, Any]:
    """What the task gives beside score and decision; an outline lies in the vault under ``mask``,
    to be compared with the true one when that is known."""
    if output.mask is None:
        return dict(output.outputs)
    kept = vault.put(mask_png(output.mask))
    return dict(output.outputs) | {"mask": kept, "spacing": list(spacing) if spacing else None}


def _outputs(
    predictor: "Predictor", pictures: Iterator[tuple[One, Ready]], unread: Unread
) -> Iterator[Answered]:
    """What the model says of each, beside its spacing, in batches; while it answers one, the next
    is decoded."""
    from models.engine import BATCH

    def answer(batch: list[tuple[One, Ready]]) -> "list[Answered]":
        spacings = [spacing for _, (_, spacing) in batch]
        said = predictor.predict_prepared([one for _, (one, _) in batch], spacings)
        which = [one for one, _ in batch]
        return list(zip(which, said, spacings, strict=True))

    def answered(batch: list[tuple[One, Ready]]) -> "list[Answered]":
        """The batch at once; where that fails each alone, so that one spoils no other."""
        try:
            return answer(batch)
        except ValueError:
            found: list[Answered] = []
            for one in batch:
                try:
                    found += answer([one])
                except ValueError:
                    unread[one[0][0]] = f"{READING_FAILED}: {NO_NUMBER}"
            if not found and len(batch) > 1:
                raise
            return found

    with ThreadPoolExecutor(1, "reading") as beside:
        asked: Future[list[Answered]] | None = None
        while batch := list(islice(pictures, BATCH)):
            answers = asked.result() if asked else []
            asked = beside.submit(answered, batch)
            yield from answers
        yield from asked.result() if asked else []


def _pictures(
    vault: Vault, chosen: Waiting, predictor: "Predictor", ready: Mapping[str, Ready],
    unread: Unread,
) -> Iterator[tuple[One, Ready]]:
    """Each image as the version reads it: as it was handed on, else decoded from its bytes."""
    from imaging.isolation import keep_freed_memory
    from imaging.pixels import PixelsRefused, parse_file, read_pixels

    keep_freed_memory()
    for one in chosen:
        study_id, _, digest = one
        if digest in ready:
            yield one, ready[digest]
            continue
        content = vault.fetch(digest, of=f"the image of {Study.label_of(study_id)}")
        try:
            pixels = read_pixels(parse_file(content))
            prepared = predictor.preprocessing.prepared(pixels.array)
        except PixelsRefused as refused:
            unread[study_id] = f"{READING_FAILED}: {refused.reason}"
        except ValueError:  # what it says may hold a value of the file
            unread[study_id] = f"{READING_FAILED}: its picture cannot be prepared"
        else:
            yield one, (prepared, pixels.spacing_mm)


def _not_yet_read(
    tx: Session, version_id: int, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Asked again where nobody else writes: a day's surveillance may run beside the service."""
    read = set(tx.exec(
        select(Prediction.study_id).where(
            Prediction.model_version_id == version_id,
            col(Prediction.study_id).in_([row["study_id"] for row in rows]),
        )
    ))  # fmt: skip
    return [row for row in rows if row["study_id"] not in read]
