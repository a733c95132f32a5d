"""First stage: the frozen DICOM files of a dataset as small pictures, decoded once."""

import tarfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.pixels import PixelsRefused, parse_file, read_pixels
from models.artefacts import ARRAYS, INDEX, Columns, read_columns, replaced, write_columns
from models.params import DecodeParams
from models.preparation import network_input
from records.errors import IntegrityBroken, InvalidInput

MANIFEST = "manifest.parquet"
_LOCATION = ("shard", "member")
_NEEDED = frozenset(
    {"instance_uid", "study_uid", "patient", "site", "split", "finding", *_LOCATION}
)
_CHUNK = 150  # files decoded by one process at a time


def decode_dataset(dataset: Path, decoded: Path, *, params: DecodeParams) -> int:
    """Every picture of a frozen dataset, ready for the network; returns how many.

    dataset: folder with ``manifest.parquet`` and tar shards. Writes ``arrays.npy``, uint8
    (studies, side, side), and ``index.parquet``, the manifest's facts in the same row order.

    Raises InvalidInput when the manifest lacks a column or is empty, IntegrityBroken when a frozen
    file is missing, damaged or not a readable picture (all passed the acceptance check once).
    """
    manifest = read_columns(dataset / MANIFEST)
    missing = sorted(_NEEDED - set(manifest))
    if missing:
        raise InvalidInput(f"{MANIFEST} lacks the columns {', '.join(missing)}.")
    count = len(manifest["instance_uid"])
    if count == 0:
        raise InvalidInput(f"{MANIFEST} lists no study.")
    arrays = np.empty((count, params.input_size, params.input_size), dtype=np.uint8)
    for rows, pictures in _decoded_chunks(dataset, manifest, params):
        arrays[rows] = pictures
    with replaced(decoded / ARRAYS) as part, part.open("wb") as file:
        np.save(file, arrays)
    facts = {name: column for name, column in manifest.items() if name not in _LOCATION}
    write_columns(decoded / INDEX, facts)
    return count


def load_decoded(decoded: Path) -> tuple[NDArray[np.uint8], Columns]:
    """The pictures of the decode stage and the facts about them, row by row.

    Raises IntegrityBroken when the two do not belong together.
    """
    arrays: NDArray[np.uint8] = np.load(decoded / ARRAYS, allow_pickle=False)
    index = read_columns(decoded / INDEX)
    if len(arrays) != len(index["instance_uid"]):
        raise IntegrityBroken(f"{ARRAYS} and {INDEX} do not hold the same studies.")
    return arrays, index


_Chunk = tuple[NDArray[np.intp], Path, list[str], list[str], int]


def _decoded_chunks(
    dataset: Path, manifest: Columns, params: DecodeParams
) -> Iterable[tuple[NDArray[np.intp], NDArray[np.uint8]]]:
    chunks: list[_Chunk] = []
    for shard in np.unique(manifest["shard"]):
        rows = np.flatnonzero(manifest["shard"] == shard)
        for start in range(0, rows.size, _CHUNK):
            part = rows[start : start + _CHUNK]
            members, names = manifest["member"][part], manifest["instance_uid"][part]
            path = dataset / str(shard)
            chunks.append((part, path, members.tolist(), names.tolist(), params.input_size))
    if params.processes < 2 or len(chunks) < 3:
        yield from map(_decode_chunk, chunks)
        return
    # spawn: a forked child of a process with threads (pyarrow, BLAS) may hang.
    with ProcessPoolExecutor(params.processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_decode_chunk, chunks)


def _decode_chunk(chunk: _Chunk) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    rows, shard, members, names, size = chunk
    if not shard.is_file():
        raise IntegrityBroken(f"The shard {shard.name} of the dataset is missing.")
    pictures = np.empty((len(members), size, size), dtype=np.uint8)
    with tarfile.open(shard, "r:") as tar:
        places = {member.name: member for member in tar}
        for at, (member, name) in enumerate(zip(members, names, strict=True)):
            stored = tar.extractfile(places[member]) if member in places else None
            if stored is None:
                raise IntegrityBroken(f"Instance {name} is missing from {shard.name}.")
            try:
                pixels = read_pixels(parse_file(stored.read()))
            except PixelsRefused as refused:
                raise IntegrityBroken(
                    f"Instance {name} of the frozen dataset cannot be read: {refused.reason}."
                ) from refused
            pictures[at] = network_input(pixels.array, size)
    return rows, pictures
