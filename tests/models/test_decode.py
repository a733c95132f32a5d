import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.pixels import parse_file, read_pixels
from models.artefacts import read_columns, write_columns
from models.decode import decode_dataset, load_decoded
from models.params import Params
from models.preparation import network_input
from records.errors import IntegrityBroken, InvalidInput


def test_every_row_holds_the_picture_of_its_own_file(
    tiny_dataset: Path, training_folder: Path
) -> None:
    arrays, index = load_decoded(training_folder / "decoded")
    manifest = read_columns(tiny_dataset / "manifest.parquet")
    assert index["instance_uid"].tolist() == manifest["instance_uid"].tolist()
    with tarfile.open(tiny_dataset / "shard-0000.tar") as tar:
        for row in (0, 17, 71):
            stored = tar.extractfile(str(manifest["member"][row]))
            assert stored is not None
            pixels = read_pixels(parse_file(stored.read()))
            assert np.array_equal(arrays[row], network_input(pixels.array, 32))


def test_two_processes_give_what_one_gives(
    tiny_dataset: Path, tiny_params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.decode._CHUNK", 20)
    one, two = tiny_params.decode, replace(tiny_params.decode, processes=2)
    decode_dataset(tiny_dataset, tmp_path / "one", params=one)
    decode_dataset(tiny_dataset, tmp_path / "two", params=two)
    for name in ("arrays.npy", "index.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_missing_or_damaged_frozen_file_stops_the_stage(
    tiny_dataset: Path, tiny_params: Params, tmp_path: Path
) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(tiny_dataset, folder)
    shard = folder / "shard-0000.tar"
    content = shard.read_bytes()
    shard.write_bytes(content.replace(b"DICM", b"XXXX", 1))
    with pytest.raises(IntegrityBroken, match=r"2\.25\.1000 .* cannot be read: not_dicom"):
        decode_dataset(folder, tmp_path / "out", params=tiny_params.decode)
    shard.unlink()
    with pytest.raises(IntegrityBroken, match="missing"):
        decode_dataset(folder, tmp_path / "out", params=tiny_params.decode)
    assert not (tmp_path / "out" / "index.parquet").exists()


def test_a_manifest_without_the_needed_columns_is_refused(
    tiny_params: Params, tmp_path: Path
) -> None:
    write_columns(tmp_path / "manifest.parquet", {"instance_uid": np.array(["1"])})
    with pytest.raises(InvalidInput, match="lacks the columns finding"):
        decode_dataset(tmp_path, tmp_path / "out", params=tiny_params.decode)
