"""Several networks answer as one: the mean probability, the spread, one graph, one hash."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.arithmetic import network_outputs, repeatable
from models.artefacts import read_columns, read_json, write_json
from models.decode import load_decoded
from models.engine import OnnxEngine, own_output
from models.explain import last_block
from models.export import export_model
from models.networks import UNCERTAINTY, build_network
from models.networks.ensemble import joined
from models.params import FitParams, Params, TaskParams, params_text
from models.predict import Predictor
from models.preprocessing import own_preprocessing
from models.train import STAGES, run_stage
from models.training_run import TrainingRun
from models.weights import load_weights, save_weights
from records.errors import InvalidInput

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
RNG = np.random.default_rng(4)


def chances(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def test_of_one_finding_the_probability_is_the_mean_and_the_spread_its_deviation() -> None:
    logits = RNG.normal(0, 4, (5, 30))
    together, spread = joined(torch.from_numpy(logits))
    assert chances(together.numpy()) == pytest.approx(chances(logits).mean(axis=0))
    assert spread.numpy() == pytest.approx(chances(logits).std(axis=0))


def test_of_classes_the_widest_spread_counts() -> None:
    logits = RNG.normal(0, 3, (4, 20, 3))
    each = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    together, spread = joined(torch.from_numpy(logits))
    assert np.exp(together.numpy()) == pytest.approx(each.mean(axis=0))
    assert spread.numpy() == pytest.approx(each.std(axis=0).max(axis=1))


def test_of_outlines_the_spread_is_a_share_of_the_area() -> None:
    logits = RNG.normal(-2, 3, (3, 6, 8, 8))
    each = chances(logits)
    together, spread = joined(torch.from_numpy(logits))
    assert chances(together.numpy()) == pytest.approx(each.mean(axis=0))
    area = each.mean(axis=0).sum(axis=(1, 2))
    assert spread.numpy() == pytest.approx(each.std(axis=0).sum(axis=(1, 2)) / (area + 1))


def test_sure_members_overflow_nothing() -> None:
    together, spread = joined(torch.tensor([[90.0, -90.0, 90.0], [95.0, -99.0, -90.0]]))
    assert torch.isfinite(together).all()
    assert together.tolist() == pytest.approx([90.69, -90.69, 0.0], abs=0.01)
    assert spread.tolist() == pytest.approx([0.0, 0.0, 0.5], abs=1e-6)


def test_an_ensemble_is_another_architecture_and_no_task_is_joined_unasked() -> None:
    assert FitParams(ensemble=3).architecture == "ensemble of 3 residual"
    assert Params.from_mapping(Params().to_mapping()).fit.ensemble == 1
    with pytest.raises(InvalidInput, match="ensemble are at least 1"):
        FitParams(ensemble=0)
    other = Params(fit=FitParams(ensemble=2))
    object.__setattr__(other.task, "kind", "of later days")
    with pytest.raises(InvalidInput, match="not defined for the task 'of later days'"):
        TrainingRun(Path(), Path(), other)
    with pytest.raises(InvalidInput, match="this is an ensemble"):
        last_block(build_network(FitParams(ensemble=2, width=4)))


@pytest.mark.proof
@pytest.mark.parametrize(
    ("task", "network"),
    [
        (TaskParams("multiclass", ("normal", "benign", "malignant")), "residual"),
        pytest.param(
            TaskParams("segmentation"), "unet",
            marks=pytest.mark.skipif(not FULL, reason="a minute to export: make proof"),
        ),
    ],
)  # fmt: skip
def test_the_one_graph_answers_as_the_members(
    task: TaskParams, network: str, tmp_path: Path
) -> None:
    params = Params(fit=FitParams(network=network, width=4, ensemble=2), task=task)
    with repeatable(threads=1, seed=2):
        together = build_network(params.fit, task.outputs)
    write_json(
        tmp_path / "training.json", {"weights_hash": save_weights(tmp_path, together.state_dict())}
    )
    engine = OnnxEngine.load(
        tmp_path / "model.onnx", digest=export_model(tmp_path, params=params),
        preprocessing=own_preprocessing(64), output=own_output(task.kind),
    )
    pictures = RNG.integers(0, 256, (40, 64, 64), dtype=np.uint8)
    logit, features, spread = engine.with_uncertainty(pictures)
    expected, seen = network_outputs(together, pictures)
    assert features is not None
    assert spread is not None
    assert logit == pytest.approx(expected, abs=1e-4)
    assert features == pytest.approx(seen, abs=1e-4)
    each = np.stack([network_outputs(one, pictures)[0] for one in together.members])
    assert spread == pytest.approx(joined(torch.from_numpy(each))[1].numpy(), abs=1e-4)
    assert engine.outputs(pictures[:0])[0].size == 0


@pytest.mark.proof
def test_an_ensemble_goes_through_every_stage_and_says_its_uncertainty(
    training_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    params = replace(tiny_params, fit=replace(tiny_params.fit, ensemble=2))
    (tmp_path / "decoded").symlink_to(training_folder / "decoded")
    (tmp_path / "params.yaml").write_text(params_text(params))
    for stage in list(STAGES)[1:]:
        run_stage(stage, tmp_path)
    model = tmp_path / "model"
    said = read_json(model / "model.json")
    assert said["architecture"] == "ensemble of 2 residual"
    assert read_json(model / "equivalence.json")["equal"]
    rows = read_json(model / "training.json")["epochs"]
    assert sorted({row["member"] for row in rows}) == [1, 2]
    # the first member is the network that would have been trained alone
    alone = read_json(training_folder / "model" / "training.json")
    whole = load_weights(model, said["weights_hash"])
    first = load_weights(training_folder / "model", alone["weights_hash"])
    assert all(torch.equal(whole[f"members.0.{name}"], one) for name, one in first.items())
    assert not torch.equal(whole["members.0.stem.weight"], whole["members.1.stem.weight"])
    table = read_columns(model / "predictions.parquet")
    assert ((table[UNCERTAINTY] >= 0) & (table[UNCERTAINTY] <= 0.5)).all()
    predictor = Predictor.load(model, weights_hash=said["weights_hash"])
    pictures, _ = load_decoded(tmp_path / "decoded")
    facts = predictor.predict([pictures[0] / 255.0])[0]
    assert list(facts.outputs) == [UNCERTAINTY]
    assert 0 <= facts.outputs[UNCERTAINTY] <= 0.5


def several_views(shift: float = 0.2) -> Any:
    with repeatable(threads=1, seed=2):
        fit = FitParams(width=4, test_time_augmentation=True, shift=shift)
        return build_network(fit).eval()


def test_several_views_are_the_picture_and_four_moved_ones_joined() -> None:
    network, pictures = several_views(), torch.rand(3, 1, 20, 20)
    views = network.views(pictures)
    assert torch.equal(views[0], pictures)
    assert torch.equal(views[1][..., :, 2:], pictures[..., :, :-2])  # by half of 0.2 of 20 pixels
    assert torch.equal(views[1][..., :, 0], pictures[..., :, 0])  # the border is repeated
    assert torch.equal(views[4][..., :-2, :], pictures[..., 2:, :])
    with torch.no_grad():
        logit, features, spread = network(pictures)
        each = [network.network(view) for view in views]
    expected, disagreement = joined(torch.stack([one[0] for one in each]))
    assert torch.allclose(logit, expected, atol=1e-6)
    assert torch.allclose(spread, disagreement, atol=1e-6)
    assert torch.allclose(features, torch.stack([one[1] for one in each]).mean(0), atol=1e-6)


def test_several_views_change_the_answer_and_not_the_training() -> None:
    network, pictures = several_views().train(), torch.rand(4, 1, 20, 20)
    assert len(network(pictures)) == 2
    assert FitParams(test_time_augmentation=True).architecture == (
        "residual with test-time augmentation"
    )
    with pytest.raises(InvalidInput, match="moves pictures by half of shift, and shift is 0"):
        FitParams(test_time_augmentation=True, shift=0.0)
    with pytest.raises(InvalidInput, match="not defined for the task 'segmentation'"):
        TrainingRun(Path(), Path(), Params(
            fit=FitParams(network="unet", test_time_augmentation=True),
            task=TaskParams("segmentation"),
        ))  # fmt: skip
    with pytest.raises(InvalidInput, match="this joins several views"):
        last_block(several_views())


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="every stage once more: make proof")
def test_several_views_go_through_every_stage_with_the_weights_of_one(
    training_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    params = replace(tiny_params, fit=replace(tiny_params.fit, test_time_augmentation=True))
    (tmp_path / "decoded").symlink_to(training_folder / "decoded")
    (tmp_path / "params.yaml").write_text(params_text(params))
    for stage in list(STAGES)[1:]:
        run_stage(stage, tmp_path)
    model = tmp_path / "model"
    said = read_json(model / "model.json")
    assert said["architecture"] == "residual with test-time augmentation"
    assert read_json(model / "equivalence.json")["equal"]
    alone = read_json(training_folder / "model" / "training.json")
    first = load_weights(training_folder / "model", alone["weights_hash"])
    own = load_weights(model, said["weights_hash"])
    assert all(torch.equal(own[f"network.{name}"], one) for name, one in first.items())
    table = read_columns(model / "predictions.parquet")
    assert ((table[UNCERTAINTY] >= 0) & (table[UNCERTAINTY] <= 0.5)).all()
    before = read_columns(training_folder / "model" / "predictions.parquet")
    assert not np.array_equal(table["score"], before["score"])
