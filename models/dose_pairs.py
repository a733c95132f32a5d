"""Pictures at low dose beside the same ones at full dose, at their own size, from a frozen dataset.

The decode stage makes small squares of 256 levels; what is learned here is the noise of single
pixels, so both pictures are kept as they were taken in, in 16 bits.
"""

import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.sources.clean_pictures import clean_of
from models.artefacts import Columns, read_columns, replaced
from models.decode import MANIFEST
from models.true_masks import (
    MASKS,
    add_member,
    grey_of,
    members,
    read_member,
    stored_picture,
)
from records.errors import IntegrityBroken

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One chest twice, float32 (rows, columns) from 0 to 1, bone bright."""

    low: Grey
    full: Grey


def unpack_pairs(dataset: Path, decoded: Path) -> int:
    """All pairs of a frozen dataset into one file of the decode stage; returns how many.

    Writes ``masks.tar``: of each study the picture that the device reads, a NumPy array named by
    the SHA-256 of its file, and the one at full dose, a PNG named by its own. Same dataset,
    same bytes.

    Raises IntegrityBroken when a file that the manifest names is missing or cannot be read.
    """
    manifest = read_columns(dataset / MANIFEST)
    names = sorted(set(manifest["region"].tolist()))
    shards = dict(zip(manifest["region"], manifest["region_shard"], strict=True))
    with (
        replaced(decoded / MASKS) as part,
        tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as out,
    ):
        for name, content in members(dataset, {f"{one}.png": shards[one] for one in names}):
            add_member(out, name, content)
        places = dict(zip(manifest["member"], manifest["shard"], strict=True))
        for name, content in members(dataset, places):
            add_member(out, f"{name}.npy", stored_picture(content, name))
    return len(places)


def load_pairs(decoded: Path, index: Columns, rows: Sequence[int]) -> list[Pair]:
    """The pairs of these rows of the index, in their order.

    Raises IntegrityBroken where the decode stage did not write one, or its sizes differ.
    """
    with tarfile.open(decoded / MASKS, "r:") as tar:
        places = {member.name: member for member in tar}
        return [
            _pair(tar, places, str(index["digest"][row]), str(index["region"][row]))
            for row in rows
        ]


def _pair(tar: Any, places: Mapping[str, Any], digest: str, region: str) -> Pair:
    low = grey_of(read_member(tar, places, f"{digest}.dcm.npy", MASKS))
    full = clean_of(read_member(tar, places, f"{region}.png", MASKS))
    if low.shape != full.shape:
        raise IntegrityBroken(f"The two pictures of {digest[:12]}… do not have one size.")
    return Pair(low, full)
