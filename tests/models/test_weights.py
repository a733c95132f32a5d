import shutil
from pathlib import Path

import pytest
import torch

from models.weights import WeightsAltered, load_weights, save_weights, weights_hash
from records.errors import IntegrityBroken, NotFound

STATE = {"b": torch.arange(6.0).reshape(2, 3), "a": torch.tensor(4)}


def test_the_name_depends_on_content_not_on_order() -> None:
    assert weights_hash(STATE) == weights_hash(dict(reversed(STATE.items())))
    assert weights_hash(STATE) != weights_hash({**STATE, "b": STATE["b"] + 1e-6})
    assert weights_hash(STATE) != weights_hash({**STATE, "b": STATE["b"].reshape(3, 2)})
    assert weights_hash(STATE) != weights_hash({**STATE, "b": STATE["b"].double()})


def test_saved_weights_are_loaded_under_their_name_only(tmp_path: Path) -> None:
    name = save_weights(tmp_path, STATE)
    assert weights_hash(load_weights(tmp_path, name)) == name
    with pytest.raises(WeightsAltered, match="expected 000000000000"):
        load_weights(tmp_path, 64 * "0")
    assert issubclass(WeightsAltered, IntegrityBroken)


def test_every_flipped_byte_of_a_tensor_is_noticed(model_folder: Path, tmp_path: Path) -> None:
    shutil.copy(model_folder / "weights.pt", tmp_path)
    path = tmp_path / "weights.pt"
    name = weights_hash(torch.load(path, weights_only=True))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsAltered):
        load_weights(tmp_path, name)


def test_a_file_that_is_no_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_weights(tmp_path, 64 * "0")
    (tmp_path / "weights.pt").write_bytes(b"not weights")
    with pytest.raises(WeightsAltered, match="cannot be read"):
        load_weights(tmp_path, 64 * "0")
