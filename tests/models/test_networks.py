from dataclasses import replace

import pytest
import torch

from models.networks import build_network
from models.params import FitParams


def test_the_usual_network_is_small() -> None:
    network = build_network(FitParams())
    assert 100_000 < sum(weights.numel() for weights in network.parameters()) < 200_000


@pytest.mark.parametrize("side", [28, 64, 96, 101])
def test_pictures_of_any_side_give_one_output_each(side: int) -> None:
    network = build_network(replace(FitParams(), width=4))
    logits, features = network(torch.zeros(3, 1, side, side))
    assert logits.shape == (3,)
    assert features.shape == (3, 16)


def test_an_unknown_network_is_refused_with_the_known_ones() -> None:
    known = "unknown network 'huge'; known: centre, denoiser, joint, res"
    with pytest.raises(ValueError, match=known):
        build_network(replace(FitParams(), network="huge"))


def test_the_unet_gives_a_map_of_the_picture_s_size_and_the_features_it_promises() -> None:
    network = build_network(replace(FitParams(), network="unet", width=4))
    logits, features = network(torch.zeros(3, 1, 64, 64))
    assert logits.shape == (3, 64, 64)
    assert features.shape == (3, network.features_given)


def test_the_centre_network_gives_five_maps_of_a_quarter_of_the_side() -> None:
    network = build_network(replace(FitParams(), network="centre", width=4))
    maps, features = network(torch.zeros(3, 1, 96, 96))
    assert maps.shape == (3, 5, 24, 24)
    assert features.shape == (3, network.features_given)
    assert maps[:, 0].sigmoid().max() < 0.05  # centres are rare before anything was learned
