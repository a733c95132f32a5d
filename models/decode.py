"""First stage: the frozen DICOM files of a dataset as small pictures, decoded once."""

import tarfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.pixels import PixelsRefused, parse_file, read_pixels
from models.artefacts import ARRAYS, INDEX, Columns, read_columns, replaced, write_columns
from models.params import DecodeParams
from models.preprocessing import Pictures, Preprocessing, own_preprocessing
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
    return decode_with(
        own_preprocessing(params.input_size), dataset, decoded, processes=params.processes
    )


def decode_with(
    preprocessing: Preprocessing, dataset: Path, decoded: Path, *, processes: int
) -> int:
    """The same by any declared preparation; pictures that it does not round are float32."""
    manifest = read_columns(dataset / MANIFEST)
    missing = sorted(_NEEDED - set(manifest))
    if missing:
        raise InvalidInput(f"{MANIFEST} lacks the columns {', '.join(missing)}.")
    count = len(manifest["instance_uid"])
    if count == 0:
        raise InvalidInput(f"{MANIFEST} lists no study.")
    arrays = _empty(preprocessing, count)
    for rows, pictures in _decoded_chunks(dataset, manifest, preprocessing, processes):
        arrays[rows] = pictures
    with replaced(decoded / ARRAYS) as part, part.open("wb") as file:
        np.save(file, arrays)
    facts = {name: column for name, column in manifest.items() if name not in _LOCATION}
    write_columns(decoded / INDEX, facts)
    return count


def load_decoded(decoded: Path) -> tuple[Any, Columns]:
    """The pictures of the decode stage and the facts about them, row by row.

    Raises IntegrityBroken when the two do not belong together.
    """
    arrays: Pictures = np.load(decoded / ARRAYS, allow_pickle=False)
    index = read_columns(decoded / INDEX)
    if len(arrays) != len(index["instance_uid"]):
        raise IntegrityBroken(f"{ARRAYS} and {INDEX} do not hold the same studies.")
    return arrays, index


_Chunk = tuple[NDArray[np.intp], Path, list[str], list[str], Preprocessing]


def _empty(preprocessing: Preprocessing, count: int) -> Pictures:
    kind: Any = np.uint8 if preprocessing.levels else np.float32
    arrays: Pictures = np.empty((count, preprocessing.rows, preprocessing.columns), dtype=kind)
    return arrays


def _decoded_chunks(
    dataset: Path, manifest: Columns, preprocessing: Preprocessing, processes: int
) -> Iterable[tuple[NDArray[np.intp], Pictures]]:
    chunks: list[_Chunk] = []
    for shard in np.unique(manifest["shard"]):
        rows = np.flatnonzero(manifest["shard"] == shard)
        for start in range(0, rows.size, _CHUNK):
            part = rows[start : start + _CHUNK]
            members, names = manifest["member"][part], manifest["instance_uid"][part]
            path = dataset / str(shard)
            chunks.append((part, path, members.tolist(), names.tolist(), preprocessing))
    if processes < 2 or len(chunks) < 3:
        yield from map(_decode_chunk, chunks)
        return
    # spawn: a forked child of a process with threads (pyarrow, BLAS) may hang.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_decode_chunk, chunks)


def _decode_chunk(chunk: _Chunk) -> tuple[NDArray[np.intp], Pictures]:
    rows, shard, members, names, preprocessing = chunk
    if not shard.is_file():
        raise IntegrityBroken(f"The shard {shard.name} of the dataset is missing.")
    pictures = _empty(preprocessing, len(members))
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
            pictures[at] = preprocessing.picture(pixels.array)
    return rows, pictures
