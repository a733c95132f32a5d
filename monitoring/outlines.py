"""What the device outlined in use, beside the true outlines as they become known."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlmodel import Session

from imaging.sources.masks import mask_of
from measures.lesion_sizes import numbered_lesions
from models.tasks import LesionSegmentationTask, SegmentationTask
from models.tasks.lesion_segmentation import Judged
from models.tasks.segmentation import FITS, Spacing
from records.errors import IntegrityBroken
from records.held_definition import definition_of
from records.outlines import known_outlines
from records.product import Device, ModelVersion
from records.vault import Vault

_TASK, _LESIONS = SegmentationTask(), LesionSegmentationTask()
Rows = Sequence[Mapping[str, Any]]


def judged_rows(
    reader: Session, vault: Vault, version: ModelVersion, rows: Rows, *, until: date,
    on: date | None = None,
) -> list[dict[str, Any]]:
    """The predictions as they are judged: of a version that outlines, beside the true outlines.

    rows: of :func:`records.queries.prediction_rows`, of other tasks given as they are. Of a study
    whose true outline is known by ``until`` they gain what :attr:`SegmentationTask.columns` names,
    and ``fits``, whether its Dice reaches :data:`FITS`; of any other the truth is not known. Of a
    version that outlines lesions in volumes they gain ``judged``.
    on: only the studies whose truth became known that very day.

    Raises:
        IntegrityBroken: A mask is missing or altered.
    """
    task = version.model.get("task")
    if task not in (_TASK.name, _LESIONS.name):
        return [dict(row) for row in rows if on is None or row["known_on"] == on]
    structure = definition_of(reader.get_one(Device, version.device_id)).task.finding
    known = known_outlines(reader, structure, until=until, on=on)
    judged = []
    for row in rows:
        region, known_on = known.get(row["study_id"], ("", None))
        if on is not None and known_on != on:
            continue
        if known_on is None or "mask" not in row["outputs"]:
            judged.append(dict(row) | {"truth": None, "known_on": None})
        elif task == _LESIONS.name:
            found = _lesions_beside(vault, region, row["outputs"])
            judged.append(dict(row) | {"known_on": known_on} | found)
        else:
            judged.append(
                dict(row) | {"truth": True, "known_on": known_on}
                | _beside(vault, region, row["outputs"])
            )
    return judged


def _lesions_beside(vault: Vault, region: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Whether there is a lesion, and the recorded outlines beside the true ones."""
    masks = _Masks(vault, region, str(said["mask"]))
    text = _judged(masks, tuple(said["spacing"]), int(said["slices"]), json.dumps(said["each"]))
    return {"truth": bool(Judged.of(text).true), "judged": text}


@lru_cache(maxsize=20_000)
def _judged(
    masks: "_Masks", spacing: tuple[float, float, float], slices: int, each: str
) -> str:
    """The masks hold the slices one below the other."""
    true, drawn = (
        mask_of(masks.vault.fetch(name, of="an outline")) for name in masks.names
    )
    if true.shape != drawn.shape:
        raise IntegrityBroken("The outlines of a study lie on other slices than the true ones.")
    shape = (slices, true.shape[0] // slices, true.shape[1])
    numbered = numbered_lesions(drawn.reshape(shape))
    return _LESIONS.compared(true.reshape(shape), numbered, json.loads(each), spacing).text


def _beside(vault: Vault, region: str, said: Mapping[str, Any]) -> dict[str, Any]:
    spacing = tuple(said["spacing"]) if said["spacing"] else None
    found = _compared(_Masks(vault, region, str(said["mask"])), spacing)
    return found | {"fits": found["dice"] >= FITS}


class _Masks:
    """A true and a drawn mask by their SHA-256: the same two are compared once."""

    def __init__(self, vault: Vault, true: str, drawn: str) -> None:
        self.vault, self.names = vault, (true, drawn)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Masks) and self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)


@lru_cache(maxsize=20_000)
def _compared(masks: _Masks, spacing: Spacing) -> dict[str, Any]:
    true, drawn = (
        mask_of(masks.vault.fetch(name, of="an outline")) for name in masks.names
    )
    return _TASK.compared(true, drawn, spacing)
