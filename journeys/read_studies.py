"""The model reads studies that were taken in: the one way to a Prediction of a study in operation.

A day's surveillance and the prediction service both come here, so they give the same numbers.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from journeys.choose_images import Waiting, choose_images, note_first_images
from records.batches import add_batch
from records.cases import Prediction, Study
from records.store import Store
from records.vault import Vault

if TYPE_CHECKING:
    from journeys.watch_day import Watch
    from models.predict import Predictor


def read_studies(
    store: Store,
    watch: "Watch",
    waiting: Waiting,
    *,
    load: Callable[[], "Predictor"],
    actor: str,
    reason: str,
    now: datetime,
) -> int:
    """Let the watched version read these studies, and record what it says; how many are new.

    Where the definition has rules, of each the image that they choose; a study of which they choose
    none is not read, and the reason is on record. Else of each the first image. What another
    process read meanwhile stays as it is. ``load`` gives the version's verified predictor, and is
    called when there is something to read.

    Raises:
        IntegrityBroken: An image is missing or altered.
        ValueError: A picture cannot be read; nothing of these studies is recorded then.
    """
    from imaging.pixels import parse_file, read_pixels

    selection = watch.definition.series_selection
    if waiting and selection is not None:
        waiting = choose_images(
            store, selection, watch.version, waiting, device_id=watch.plan.device_id,
            actor=actor, now=now,
        )
    elif waiting:
        note_first_images(
            store, watch.version, waiting, device_id=watch.plan.device_id, actor=actor, now=now
        )
    if not waiting:
        return 0
    predictor, vault = load(), Vault(store.workspace.vault)
    arrays = [
        read_pixels(parse_file(vault.fetch(digest, of=_image_of(study_id)))).array
        for study_id, _, digest in waiting
    ]
    outputs = predictor.predict(arrays)
    at_site = {one.site_id: one for one in watch.deployments}
    assert watch.version.id is not None
    rows = [
        {
            "study_id": study_id, "model_version_id": watch.version.id,
            "deployment_id": at_site[site_id].id, "score": float(output.score),
            "decision": bool(output.decision),
            "out_of_distribution": float(output.out_of_distribution),
            "latency_ms": round(float(output.latency_ms), 3),
            "returned_to_care": at_site[site_id].mode == "live", "predicted_at": now,
            "outputs": dict(output.outputs),
        }
        for (study_id, site_id, _), output in zip(waiting, outputs, strict=True)
    ]
    with store.transaction(actor, reason, now=now) as tx:
        return len(add_batch(tx, Prediction, _not_yet_read(tx, watch.version.id, rows)))


def _image_of(study_id: int) -> str:
    return f"the image of {Study.label_of(study_id)}"


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
