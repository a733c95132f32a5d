"""MedMNIST archives: {train,val,test}_{images,labels} in one .npz file."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.sources.base import SourceRefused
from imaging.sources.rows import TableRow, TableSource


def read_archive(path: Path, *, finding: str) -> TableSource:
    """One row an image; an archive knows no patients, so each image counts as its own."""
    try:
        archive = np.load(path, allow_pickle=False)
        splits = [name for name in ("train", "val", "test") if f"{name}_images" in archive.files]
        labels = {name: np.asarray(archive[f"{name}_labels"]) for name in splits}
        counts = {name: int(archive[f"{name}_images"].shape[0]) for name in splits}
    except (OSError, ValueError, KeyError) as error:
        raise SourceRefused(
            f"cannot be read as an array archive ({type(error).__name__})",
            where=str(path),
            hint="It needs train_images, train_labels and so on, without pickled objects",
        ) from None
    if not splits:
        raise SourceRefused(
            f"no images; it holds {', '.join(archive.files)}",
            where=str(path),
            hint="Name the arrays train_images, train_labels, val_..., test_...",
        )
    rows: list[TableRow] = []
    for split in splits:
        for index, label in enumerate(_binary(labels[split], counts[split], split, path)):
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
    return TableSource(path=path, finding=finding, rows=tuple(rows), columns={})


def _binary(labels: NDArray[Any], images: int, split: str, path: Path) -> list[int]:
    flat = labels.reshape(-1)
    if flat.size != images or not np.isin(flat, (0, 1)).all():
        raise SourceRefused(
            f"{split}_labels of shape {labels.shape} is not one 0 or 1 for each of {images} images",
            where=str(path),
            hint="Only archives with one finding, present or absent, can be read",
        )
    return [int(value) for value in flat]
