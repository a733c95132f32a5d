"""First stage for volumes: the frozen series of a dataset as small slices, decoded once."""

import tarfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.pixels import PixelsRefused, parse_file
from imaging.volumes import VolumeRefused, assemble_volume
from models.artefacts import ARRAYS, INDEX, Columns, read_columns, replaced, write_columns
from models.decode import MANIFEST, load_decoded
from models.lesion_volumes import PreparedVolume, prepared_volume
from models.params import DecodeParams
from models.preprocessing import Preprocessing, volume_preprocessing
from models.true_masks import true_masks
from records.errors import IntegrityBroken, InvalidInput

SLICES, SLICE_SHARDS = "slices", "slice_shards"
_LOCATION = ("shard", "member", SLICES, SLICE_SHARDS)
_SPACING, _SIZE = ("between_slices", "between_rows", "between_columns"), ("rows", "columns")
_CHUNK = 16  # studies decoded by one process at a time
_Place = tuple[str, str, str]
"""Of a study the shards, the digests of its slices, and its name, as the manifest has them."""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedVolume:
    """One study of the decode stage: its facts, its prepared slices, and its row among all."""

    facts: dict[str, Any]
    prepared: PreparedVolume
    first: int


def decode_volumes(dataset: Path, decoded: Path, *, params: DecodeParams, context: int) -> int:
    """Every series of a frozen dataset, ready for the network; returns how many studies.

    dataset: folder with ``manifest.parquet`` and tar shards. Writes ``arrays.npy``, uint8 (slices
    of all studies, side, side), and ``index.parquet``, a row a slice in the same order: the
    manifest's facts of its study, the size of its image and the distances of voxels in mm.

    Raises InvalidInput when the manifest names no slices, IntegrityBroken when a frozen file is
    missing or damaged, or the files make no volume (all did when they were frozen).
    """
    manifest = read_columns(dataset / MANIFEST)
    if SLICES not in manifest or not len(manifest["study_uid"]):
        raise InvalidInput(f"{MANIFEST} lists no study with the slices of a volume.")
    preprocessing = volume_preprocessing(params.input_size, context)
    counts = [len(str(one).split()) for one in manifest[SLICES]]
    places = [
        (str(shards), str(slices), str(study)) for shards, slices, study in zip(
            *(manifest[name] for name in (SLICE_SHARDS, SLICES, "study_uid")), strict=True
        )
    ]  # fmt: skip
    side = params.input_size
    arrays = np.empty((sum(counts), side, side), dtype=np.uint8)
    more: dict[str, list[float]] = {name: [] for name in (*_SPACING, *_SIZE)}
    first = 0
    volumes = _volumes(dataset, places, preprocessing, params.processes)
    for one, count in zip(volumes, counts, strict=True):
        arrays[first : first + count] = one.pictures
        for name, value in zip(more, (*one.spacing, *one.shape[1:]), strict=True):
            more[name] += [value] * count
        first += count
    with replaced(decoded / ARRAYS) as part, part.open("wb") as file:
        np.save(file, arrays)
    facts = {
        name: np.repeat(column, counts) for name, column in manifest.items()
        if name not in _LOCATION
    }
    write_columns(decoded / INDEX, facts | {name: np.array(one) for name, one in more.items()})
    return len(places)


def decoded_volumes(decoded: Path, splits: Sequence[str]) -> list[DecodedVolume]:
    """The studies of these splits, in the manifest's order; their slices lie in one array."""
    arrays, index = load_decoded(decoded)
    study = index["study_uid"]
    starts = np.flatnonzero(np.r_[True, study[1:] != study[:-1]])
    ends = np.r_[starts[1:], len(study)]
    found = []
    for first, end in zip(starts.tolist(), ends.tolist(), strict=True):
        facts = _facts(index, first)
        if facts["split"] not in splits:
            continue
        between, down, across = (float(facts[name]) for name in _SPACING)
        shape = (end - first, int(facts["rows"]), int(facts["columns"]))
        prepared = PreparedVolume(arrays[first:end], shape, (between, down, across), 0.0)
        found.append(DecodedVolume(facts, prepared, first))
    return found


def true_volumes(
    decoded: Path, studies: Sequence[DecodedVolume]
) -> Iterator[NDArray[np.bool_]]:
    """Where the lesions of each study truly lie, bool (slices, rows, columns) of its images.

    Raises IntegrityBroken for a mask that does not fit its series.
    """
    masks = true_masks(decoded, [str(one.facts["region"]) for one in studies])
    for one, mask in zip(studies, masks, strict=True):
        slices, rows, columns = one.prepared.shape
        if mask.shape != (slices * rows, columns):
            raise IntegrityBroken(f"The outlines of {one.facts['record']} do not fit its series.")
        yield mask.reshape(slices, rows, columns)


def _facts(index: Columns, at: int) -> dict[str, Any]:
    return {name: column[at] for name, column in index.items()}


def _volumes(
    dataset: Path, places: Sequence[_Place], preprocessing: Preprocessing, processes: int
) -> Iterator[PreparedVolume]:
    chunks = [
        (dataset, places[at : at + _CHUNK], preprocessing) for at in range(0, len(places), _CHUNK)
    ]
    if processes < 2 or len(chunks) < 3:
        for chunk in chunks:
            yield from _of_chunk(chunk)
        return
    # spawn: a forked child of a process with threads (pyarrow, BLAS) may hang.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for found in pool.map(_of_chunk, chunks):
            yield from found


def _of_chunk(chunk: tuple[Path, Sequence[_Place], Preprocessing]) -> list[PreparedVolume]:
    """Some studies; a shard is opened and its list of members read once for all of them."""
    dataset, places, preprocessing = chunk
    wanted = {place.partition(":")[0] for shards, _, _ in places for place in shards.split()}
    with ExitStack() as opened:
        members: dict[str, tuple[tarfile.TarFile, tarfile.TarInfo]] = {}
        for shard in sorted(wanted):
            if not (dataset / shard).is_file():
                raise IntegrityBroken(f"The shard {shard} of the dataset is missing.")
            tar = opened.enter_context(tarfile.open(dataset / shard, "r:"))
            members |= {member.name: (tar, member) for member in tar}
        return [
            _volume(members, slices.split(), study, preprocessing) for _, slices, study in places
        ]


def _volume(
    members: Mapping[str, tuple[tarfile.TarFile, tarfile.TarInfo]], slices: Sequence[str],
    study: str, preprocessing: Preprocessing,
) -> PreparedVolume:
    names = [f"{digest}.dcm" for digest in slices]
    missing = [name for name in names if name not in members]
    if missing:
        raise IntegrityBroken(f"{len(missing)} slices of study {study} are missing.")
    try:
        volume = assemble_volume([partial(_parsed, *members[name]) for name in names])
    except (PixelsRefused, VolumeRefused) as refused:
        raise IntegrityBroken(
            f"The series of study {study} cannot be read: {refused.reason}."
        ) from refused
    if len(volume.array) != len(names):
        raise IntegrityBroken(f"The series of study {study} holds a slice twice.")
    return prepared_volume(preprocessing, volume.array, volume.spacing_mm)


def _parsed(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    content = tar.extractfile(member)
    assert content is not None
    return parse_file(content.read())
