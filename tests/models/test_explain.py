"""Maps: their sum, their grid, their output, and that they hang on what was learned."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from measures.estimate import Estimate
from models.artefacts import MODEL, read_json
from models.explain import METHODS, explain, last_block, on_grid
from models.explain_checks import (
    NOT_ESTIMABLE,
    Randomised,
    SanityCheck,
    check_sanity,
    layers_of,
    randomised,
)
from models.predict import Predictor, trained_engine
from tests.models.conftest import picture


@pytest.fixture(scope="module")
def trained(model_folder: Path) -> tuple[Any, int]:
    name = read_json(model_folder / MODEL)["weights_hash"]
    model = Predictor.load(model_folder, weights_hash=name)
    assert model.params is not None
    return trained_engine(model_folder, model).network, model.params.decode.input_size


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(8)
    return [picture(rng, 1) / 4095.0 for _ in range(6)]


def test_integrated_gradients_are_complete(trained: Any, pictures: Any) -> None:
    network, size = trained
    few, many = (
        explain(network, pictures, size=size, method="integrated_gradients", steps=steps)
        for steps in (2, 256)
    )
    worst = [max(abs(one.gap or 0.0) for one in found) for found in (few, many)]
    assert worst[1] < 0.02
    assert worst[1] < worst[0]
    assert all(one.gap is not None for one in many)


@pytest.mark.parametrize("method", METHODS)
def test_a_map_lies_on_the_grid_of_its_picture(trained: Any, method: str) -> None:
    network, size = trained
    wide = picture(np.random.default_rng(1), 1)[:30] / 4095.0
    (wide_map,) = explain(network, [wide], size=size, method=method)
    (tall_map,) = explain(network, [wide.T], size=size, method=method)
    assert wide_map.values.shape == wide.shape
    assert tall_map.values.shape == wide.T.shape


def test_margins_are_cut_away_before_the_map_grows() -> None:
    square = np.zeros((8, 8))
    square[2:6] = 1.0
    assert on_grid(square, (10, 20)) == pytest.approx(np.ones((10, 20)))
    assert on_grid(square.T, (20, 10)) == pytest.approx(np.ones((20, 10)))


@pytest.mark.parametrize("method", METHODS)
def test_new_weights_change_the_map(trained: Any, pictures: Any, method: str) -> None:
    network, size = trained
    learned = {name: value.clone() for name, value in network.state_dict().items()}
    check = check_sanity(network, pictures, patients=range(6), size=size, method=method, seed=4)
    assert check.steps[-1].layers == tuple(layers_of(network))
    other = randomised(network, layers_of(network), seed=4)
    for one, new in zip(
        explain(network, pictures, size=size, method=method),
        explain(other, pictures, size=size, method=method),
        strict=True,
    ):
        assert not np.allclose(one.values, new.values)
    assert all(torch.equal(value, learned[name]) for name, value in network.state_dict().items())


def test_every_learned_weight_is_drawn_anew_at_the_end(trained: Any) -> None:
    network, _ = trained
    other = randomised(network, layers_of(network), seed=1)
    for name, value in network.named_parameters():
        assert not torch.equal(value, other.get_parameter(name)), name


class Constant(nn.Module):
    """The same two outputs for every picture."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, 2, 3, padding=1)
        nn.init.zeros_(self.layer.weight)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.layer(pictures).mean(dim=(2, 3)) * 0.0 + 1.0


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_network_says_nothing(pictures: Any, method: str) -> None:
    found = explain(Constant(), pictures[:3], size=16, method=method, target=1)
    assert all(one.reason for one in found)
    check = check_sanity(
        Constant(), pictures[:3], patients=range(3), size=16, method=method, seed=1
    )
    assert check.verdict == NOT_ESTIMABLE
    with pytest.raises(ValueError, match="outputs 0 to 1"):
        explain(Constant(), pictures[:1], size=16, method=method, target=2)


@pytest.mark.parametrize(
    ("high", "n", "verdict"),
    [
        (0.49, 20, "trustworthy"), (0.5, 20, "not trustworthy"), (0.49, 19, NOT_ESTIMABLE),
        (0.9, 19, NOT_ESTIMABLE),
    ],
)  # fmt: skip
def test_the_verdict_follows_the_upper_limit_of_enough_pictures(
    high: float, n: int, verdict: str
) -> None:
    rank = Estimate("rank correlation", n, 0.3, 0.1, high, 0.95, "made")
    assert SanityCheck("grad_cam", (Randomised(("all",), rank, rank),)).verdict == verdict


def test_unknown_methods_and_networks_without_convolution_are_refused(pictures: Any) -> None:
    with pytest.raises(ValueError, match="known: integrated_gradients, grad_cam"):
        explain(Constant(), pictures, size=16, method="guess")
    with pytest.raises(ValueError, match="no convolution"):
        last_block(nn.Linear(2, 2))
