import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.artefacts import read_columns, write_columns
from models.fit import fit_model
from models.params import Params
from models.weights import weights_hash
from records.errors import InvalidInput


def test_the_same_seed_gives_the_same_weights_and_the_same_files(
    training_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    torch.manual_seed(99)
    before = torch.get_rng_state()
    name = fit_model(training_folder / "decoded", tmp_path, params=tiny_params)
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.are_deterministic_algorithms_enabled()
    for file in ("weights.pt", "training.json", "feature_reference.npz"):
        made = training_folder / "model" / file
        assert (tmp_path / file).read_bytes() == made.read_bytes()
    assert name == weights_hash(torch.load(tmp_path / "weights.pt", weights_only=True))


def test_another_seed_gives_other_weights(
    training_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    short = replace(tiny_params, fit=replace(tiny_params.fit, max_epochs=1))
    names = {
        fit_model(training_folder / "decoded", tmp_path, params=replace(short, seed=seed))
        for seed in (1, 2)
    }
    assert len(names) == 2


def test_training_learns_and_says_so(
    training_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    lines: list[str] = []
    short = replace(tiny_params, fit=replace(tiny_params.fit, max_epochs=2))
    fit_model(training_folder / "decoded", tmp_path, params=short, report=lines.append)
    assert [line.split(":")[0] for line in lines] == ["epoch 1 of 2", "epoch 2 of 2"]
    training = json.loads((training_folder / "model" / "training.json").read_text())
    losses = [epoch["train"] for epoch in training["epochs"]]
    assert len(losses) == tiny_params.fit.epochs(36)
    assert losses[-1] < losses[0]


def test_a_split_with_one_class_only_is_refused(
    training_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    shutil.copy(training_folder / "decoded" / "arrays.npy", tmp_path)
    index = read_columns(training_folder / "decoded" / "index.parquet")
    index["finding"] = np.where(index["split"] == "tuning", 0, index["finding"])
    write_columns(tmp_path / "index.parquet", index)
    with pytest.raises(InvalidInput, match="tuning split has 12 studies"):
        fit_model(tmp_path, tmp_path / "model", params=tiny_params)
