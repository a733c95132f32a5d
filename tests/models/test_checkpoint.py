"""A checkpoint is used for the very same training, and for no other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.checkpoint import Checkpoints, draw_on, drawn_so_far, training_identity
from models.fit import fit_model
from models.params import Params
from records.errors import InvalidInput


def test_what_was_kept_is_read_again_and_cleared_at_the_end(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path / "checkpoints", "one", every=3)
    assert [kept.due(epoch, 7) for epoch in range(1, 8)] == [False, False, True] * 2 + [True]
    assert kept.load(0) == (None, "")
    kept.save(0, {"weights": torch.arange(3), "curve": "[]"})
    state, why = kept.load(0)
    assert why == ""
    assert state is not None
    assert state["weights"].tolist() == [0, 1, 2]
    assert kept.load(1) == (None, "")
    kept.clear()
    assert not (tmp_path / "checkpoints").exists()


def test_one_of_another_training_or_a_torn_one_is_not_used(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path, "one")
    kept.save(0, {"weights": torch.arange(3)})
    state, why = Checkpoints(tmp_path, "another").load(0)
    assert (state, why) == (None, "it is of other data, parameters, code, libraries or seed")
    path = tmp_path / "member-1.pt"
    whole = path.read_bytes()
    for damaged in (whole[:-7], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(damaged)
        assert kept.load(0) == (None, "it was not written whole")


@pytest.mark.parametrize("change", ["seed", "threads", "fit", "task", "input", "data"])
def test_whatever_decides_the_weights_is_in_the_identity(
    change: str, training_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    decoded = training_folder / "decoded"
    other = {
        "seed": replace(tiny_params, seed=4), "threads": replace(tiny_params, threads=2),
        "fit": replace(tiny_params, fit=replace(tiny_params.fit, gamma=0.1)),
        "task": replace(tiny_params, task=replace(tiny_params.task, classes=("a", "b", "c"))),
        "input": replace(tiny_params, decode=replace(tiny_params.decode, input_size=48)),
        "data": tiny_params,
    }[change]  # fmt: skip
    own = training_identity(decoded, tiny_params, "cpu")
    assert training_identity(decoded, tiny_params, "cpu") == own
    if change == "data":
        for file in decoded.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        arrays = np.load(decoded / "arrays.npy")
        arrays[0, 0, 0] ^= 1
        np.save(tmp_path / "arrays.npy", arrays)
        decoded = tmp_path
    assert training_identity(decoded, other, "cpu") != own


def test_what_does_not_decide_the_weights_is_not_in_the_identity(
    training_folder: Path, tiny_params: Params
) -> None:
    decoded = training_folder / "decoded"
    rule = replace(tiny_params.operating_point, target=0.8)
    more = replace(tiny_params.decode, processes=7)
    other = replace(tiny_params, operating_point=rule, decode=more)
    own = training_identity(decoded, tiny_params, "cpu")
    assert training_identity(decoded, other, "cpu") == own


def test_generators_go_on_where_they_stood() -> None:
    rng, before = np.random.default_rng(1), torch.get_rng_state()
    rng.random(5)
    state = drawn_so_far(rng)
    drawn = rng.random(3).tolist(), torch.rand(3).tolist()
    other = np.random.default_rng(9)
    torch.rand(7)
    draw_on(other, state)
    assert (other.random(3).tolist(), torch.rand(3).tolist()) == drawn
    torch.set_rng_state(before)


def test_a_stopped_fit_goes_on_and_a_checkpoint_of_another_seed_is_told_and_left_alone(
    training_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    decoded, checkpoints = training_folder / "decoded", tmp_path / "checkpoints"
    short = replace(tiny_params, fit=replace(tiny_params.fit, min_epochs=3, max_epochs=3))

    def stop(line: str) -> None:
        if line.startswith("epoch 2 of 3"):
            raise InvalidInput(line)

    def fit(where: str, params: Params, report: object = None) -> str:
        return fit_model(
            decoded, tmp_path / where, params=params, report=report,  # type: ignore[arg-type]
            checkpoints=checkpoints,
        )

    lines: list[str] = []
    with pytest.raises(InvalidInput):
        fit("stopped", short, stop)
    fit("other", replace(short, seed=8), lines.append)
    assert lines[0].startswith("a checkpoint lies here and is not used: it is of other data")
    with pytest.raises(InvalidInput):
        fit("stopped", short, stop)
    lines.clear()
    resumed = fit("stopped", short, lines.append)
    assert [line.split(":")[0] for line in lines] == ["goes on after epoch 2", "epoch 3 of 3"]
    assert resumed == fit("whole", short)
    for name in ("training.json", "curve.csv", "feature_reference.npz"):
        one, other = (tmp_path / run / name for run in ("stopped", "whole"))
        assert one.read_bytes() == other.read_bytes()
