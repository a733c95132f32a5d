"""The true outlines of a frozen dataset, on the pictures' own grids, beside what was decoded."""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.headers import study_header
from imaging.pixels import PixelsRefused, parse_file, read_pixels
from imaging.sources.masks import mask_of
from models.artefacts import Columns, read_columns, replaced
from models.mask_grid import Mask
from records.errors import IntegrityBroken

MASKS = "masks.tar"
_SPACINGS = "spacings.json"

Spacing = tuple[float, float] | None
"""Millimetres between rows and between columns; None where the image does not state them."""


def unpack_masks(dataset: Path, decoded: Path, *, pictures: bool = False) -> int:
    """All masks of a frozen dataset into one file of the decode stage; returns how many.

    Writes ``masks.tar``: a PNG a mask, named by its SHA-256, and the spacings of the images by
    instance UID. It is empty for a dataset without outlines. pictures: also the images themselves
    at their own size, in 16 bits (:func:`stored_picture`). Same dataset, same bytes.

    Raises IntegrityBroken when a shard or a mask that the manifest names is missing.
    """
    manifest = read_columns(dataset / "manifest.parquet")
    names = sorted(set(manifest["region"].tolist())) if "region" in manifest else []
    with (
        replaced(decoded / MASKS) as part,
        tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as out,
    ):
        if names:
            shards = dict(zip(manifest["region"], manifest["region_shard"], strict=True))
            add_member(out, _SPACINGS, json.dumps(_spacings(dataset, manifest)).encode())
            for name, content in members(dataset, {f"{one}.png": shards[one] for one in names}):
                add_member(out, name, content)
        if pictures:
            places = dict(zip(manifest["member"], manifest["shard"], strict=True))
            for name, content in members(dataset, places):
                add_member(out, f"{name}.npy", stored_picture(content, name))
    return len(names)


def true_masks(decoded: Path, regions: Sequence[str]) -> Iterator[Mask]:
    """The mask of each region (a SHA-256), in the order given, bool (rows, columns).

    Raises IntegrityBroken for one that the decode stage did not write.
    """
    with tarfile.open(decoded / MASKS, "r:") as tar:
        places = {member.name: member for member in tar}
        for region in regions:
            yield mask_of(read_member(tar, places, f"{region}.png", MASKS))


def pictures_of(decoded: Path, digests: Sequence[str]) -> Iterator[NDArray[np.float32]]:
    """The picture of each image (the SHA-256 of its file), in the order given, from 0 to 1.

    Raises IntegrityBroken for one that the decode stage did not write.
    """
    with tarfile.open(decoded / MASKS, "r:") as tar:
        places = {member.name: member for member in tar}
        for digest in digests:
            yield grey_of(read_member(tar, places, f"{digest}.dcm.npy", MASKS))


def spacings(decoded: Path, instances: Sequence[str]) -> list[Spacing]:
    """The spacing of each image in mm (rows, columns), None where it states none."""
    with tarfile.open(decoded / MASKS, "r:") as tar:
        places = {member.name: member for member in tar}
        found = json.loads(read_member(tar, places, _SPACINGS, MASKS))
    return [tuple(found[one]) if found[one] else None for one in instances]


def stored_picture(content: bytes, name: str) -> bytes:
    """The picture of a DICOM file as a NumPy file: uint16 (rows, columns), 65535 the brightest.

    Raises IntegrityBroken, by the file's name, where it cannot be read.
    """
    try:
        grey = read_pixels(parse_file(content)).array
    except PixelsRefused as refused:
        raise IntegrityBroken(
            f"{name} of the frozen dataset cannot be read: {refused.reason}."
        ) from refused
    stream = io.BytesIO()
    np.save(stream, in_16_bits(grey), allow_pickle=False)
    return stream.getvalue()


def in_16_bits(grey: NDArray[np.float32]) -> NDArray[np.uint16]:
    """A picture from 0 to 1 as it is kept in a decoded dataset."""
    levels: NDArray[np.uint16] = np.rint(grey * np.float32(65535)).astype("<u2")
    return levels


def grey_of(content: bytes) -> NDArray[np.float32]:
    """The picture that :func:`stored_picture` wrote, float32 (rows, columns) from 0 to 1."""
    stored: NDArray[np.uint16] = np.load(io.BytesIO(content), allow_pickle=False)
    return stored.astype(np.float32) / np.float32(65535)


def _spacings(dataset: Path, manifest: Columns) -> dict[str, list[float] | None]:
    """Read from the images: what a record keeps of it is one number, and pixels need not be
    square."""
    uids = dict(zip(manifest["member"], manifest["instance_uid"], strict=True))
    shards = dict(zip(manifest["member"], manifest["shard"], strict=True))
    found = {
        str(uids[name]): study_header(parse_file(content)).spacing_mm
        for name, content in members(dataset, shards)
    }
    return {uid: list(spacing) if spacing else None for uid, spacing in sorted(found.items())}


def members(dataset: Path, places: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each member of a dataset, shard by shard.

    Raises IntegrityBroken for one that is missing.
    """
    for shard in sorted({str(one) for one in places.values()}):
        if not (dataset / shard).is_file():
            raise IntegrityBroken(f"The shard {shard} of the dataset is missing.")
        with tarfile.open(dataset / shard, "r:") as tar:
            inside = {member.name: member for member in tar}
            for name in sorted(name for name, where in places.items() if where == shard):
                yield str(name), read_member(tar, inside, str(name), shard)


def read_member(
    tar: tarfile.TarFile, places: Mapping[str, tarfile.TarInfo], name: str, shard: str
) -> bytes:
    """One member's bytes. Raises IntegrityBroken, naming the shard, where it is not there."""
    stored = tar.extractfile(places[name]) if name in places else None
    if stored is None:
        raise IntegrityBroken(f"{name} is missing from {shard}.")
    return stored.read()


def add_member(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Append one member without time or owner: the same content, the same bytes."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
