"""MedMNIST archives: {train,val,test}_{images,labels} in one .npz file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.sources.base import SourceRefused
from imaging.sources.rows import TableRow, TableSource


def read_archive(path: Path, *, finding: str, classes: Sequence[str] = ()) -> TableSource:
    """One row an image; an archive knows no patients, so each image counts as its own.

    classes: where the device tells several apart; the archive's labels are their numbers, in this
    order. An archive holds no names, so whoever reads it must know that it counts in that order.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            held = archive.files
            splits = [name for name in ("train", "val", "test") if f"{name}_images" in held]
            labels = {name: np.asarray(archive[f"{name}_labels"]) for name in splits}
            counts = {name: int(archive[f"{name}_images"].shape[0]) for name in splits}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceRefused(
            f"cannot be read as an array archive ({type(error).__name__})",
            where=str(path),
            hint="It needs train_images, train_labels and so on, without pickled objects",
        ) from None
    if not splits:
        raise SourceRefused(
            f"no images; it holds {', '.join(held)}",
            where=str(path),
            hint="Name the arrays train_images, train_labels, val_..., test_...",
        )
    rows: list[TableRow] = []
    for split in splits:
        numbers = _flat_labels(labels[split], counts[split], split, path, classes)
        for index, label in enumerate(numbers):
            name = f"{split}/{index:05d}"
            rows.append(
                TableRow(
                    file=name,
                    number=index,
                    patient=name,
                    label=label,
                    split=split,
                    index=index,
                    assigned=frozenset({"patient"}),
                )
            )
    return TableSource(
        path=path, finding=finding, rows=tuple(rows), columns={}, classes=tuple(classes)
    )


def _flat_labels(
    labels: NDArray[Any], images: int, split: str, path: Path, classes: Sequence[str]
) -> list[int]:
    flat = labels.reshape(-1)
    most = max(1, len(classes) - 1)
    if flat.size != images or not np.isin(flat, range(most + 1)).all():
        kinds = f"a number from 0 to {most}" if classes else "0 or 1"
        meaning = ", ".join(f"{at} {name}" for at, name in enumerate(classes))
        raise SourceRefused(
            f"{split}_labels of shape {labels.shape} is not one {kinds} for each of {images} "
            "images",
            where=str(path),
            hint=f"The device's classes are {meaning}" if classes
            else "Only archives with one finding, present or absent, can be read",
        )
    return [int(value) for value in flat]
