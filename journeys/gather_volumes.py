"""The images of a study as the one volume that a device reads, by the rules of its definition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from imaging.deidentify import Deidentifier
from imaging.sources.base import SourceRefused
from journeys.choose_images import chosen_of, images_of
from records.cases import Instance
from records.series_selection import SeriesSelection
from records.vault import Vault


def slices_of(
    vault: Vault, images: Sequence[Instance], selection: SeriesSelection
) -> tuple[list[Instance], str]:
    """The slices of the chosen series, from one end to the other; or none, and why.

    Raises:
        IntegrityBroken: An image is missing or altered.
    """
    choice = chosen_of(vault, images, selection)
    return [images[source] for source in choice.slices], choice.reason


def as_volumes(
    reader: Session, vault: Vault, rows: Sequence[dict[str, Any]], selection: SeriesSelection
) -> list[dict[str, Any]]:
    """One row a study, in place of one an image: that of its middle slice, which stands for it.

    ``slices`` then holds the digests of all slices, in their order; ``left_out``, of a study that
    gives no volume, the reason, and its truth is not used. rows: of
    :func:`records.queries.case_rows`.

    Raises:
        IntegrityBroken: An image is missing or altered.
    """
    by_study: dict[int, dict[str, dict[str, Any]]] = {}
    for row in rows:
        by_study.setdefault(row["study_id"], {})[row["digest"]] = row
    images = images_of(reader, list(by_study))
    found = []
    for study_id, held in by_study.items():
        left = [one for one in images[study_id] if one.digest in held]
        slices, reason = slices_of(vault, left, selection) if left else ([], "no image is left")
        if slices:
            middle = held[slices[len(slices) // 2].digest]
            found.append(middle | {"slices": " ".join(one.digest for one in slices)})
        else:
            first = next(iter(held.values()))
            found.append(first | {"truth": None, "slices": "", "left_out": reason})
    return sorted(found, key=lambda row: str(row["instance_uid"]))


def lay_on_slices(
    outlines: Mapping[str, NDArray[np.bool_]], slices: Sequence[Instance],
    deidentifier: Deidentifier, shape: tuple[int, int], *, where: str,
) -> NDArray[np.bool_]:
    """Outlines by original SOPInstanceUID as one mask, (slices * rows, columns): the slices one
    below the other, in the order of the volume, as a PNG can hold them.

    Raises:
        SourceRefused: An outline is of an image that is none of these slices, or of another size.
    """
    at = {one.instance_uid: number for number, one in enumerate(slices)}
    whole = np.zeros((len(slices), *shape), dtype=bool)
    for original, inside in outlines.items():
        number = at.get(deidentifier.study_pseudonym(original))
        if number is None:
            raise SourceRefused(
                "an outline lies on an image that is no slice of the series that is read",
                where=where, hint="Outline the series that 'radvigil study select' names",
            )
        if inside.shape != shape:
            raise SourceRefused(
                f"an outline has {inside.shape[0]} x {inside.shape[1]} pixels, its slice "
                f"{shape[0]} x {shape[1]}", where=where, hint="Save it in the slice's size",
            )
        whole[number] = inside
    return whole.reshape(len(slices) * shape[0], shape[1])
