"""An encoder learns without truth, the same way every time, and a network begins with it or says
why it does not fit."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.arithmetic import repeatable
from models.encoders import ENCODER, encoder_bytes, encoder_state, read_encoder, take_over
from models.networks import build_network
from models.params import DecodeParams, FitParams, Params
from models.pretrain import pretrained, vicreg_loss
from models.training import ENCODERS, kept_encoder
from records.errors import InvalidInput, NotFound, Refused
from tests.models.conftest import picture

PARAMS = Params(seed=3, threads=1, decode=DecodeParams(40), fit=FitParams(width=4))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    rng = np.random.default_rng(7)
    return np.stack([picture(rng, at % 2) // 16 for at in range(96)]).astype(np.uint8)


@pytest.fixture(scope="module")
def learnt(pictures: np.ndarray) -> bytes:
    return pretrained(pictures, PARAMS, epochs=3, facts={"name": "squares"})


def test_the_same_seed_gives_the_same_file_and_says_how_it_was_made(
    pictures: np.ndarray, learnt: bytes
) -> None:
    assert pretrained(pictures, PARAMS, epochs=3, facts={"name": "squares"}) == learnt
    other = pretrained(pictures, replace(PARAMS, seed=4), epochs=3, facts={"name": "squares"})
    assert other != learnt
    facts = read_encoder(learnt).facts
    assert {name: facts[name] for name in ("name", "pictures", "network", "width", "epochs")} == {
        "name": "squares", "pictures": 96, "network": "residual", "width": 4, "epochs": 3,
    }
    first, last = facts["loss_at_first_and_last"]
    assert last["train"] < first["train"], "it learns"
    with pytest.raises(Refused, match="20 pictures are too few"):
        pretrained(pictures[:20], PARAMS, epochs=1, facts={})


@pytest.mark.parametrize("views", [False, True])
def test_a_network_begins_with_the_encoder_and_a_head_of_its_own(
    learnt: bytes, views: bool
) -> None:
    with repeatable(threads=1, seed=1):
        network = build_network(replace(PARAMS.fit, test_time_augmentation=views))
    head = getattr(network, "network", network).head.weight.clone()
    facts = take_over(network, learnt, digest=hashlib.sha256(learnt).hexdigest())
    inner = getattr(network, "network", network)
    assert facts["name"] == "squares"
    own, theirs = encoder_state(inner), read_encoder(learnt).state
    assert all(torch.equal(own[name], values) for name, values in theirs.items())
    assert torch.equal(inner.head.weight, head)


def test_what_does_not_fit_or_is_another_file_is_refused(learnt: bytes) -> None:
    digest = hashlib.sha256(learnt).hexdigest()
    with pytest.raises(InvalidInput, match=r"'blocks\.0\.first\.weight' is \(16, 8, 3, 3\) here"):
        take_over(build_network(FitParams(width=8)), learnt, digest=digest)
    with pytest.raises(InvalidInput, match="has no encoder of its own"):
        take_over(build_network(FitParams(network="unet", width=4)), learnt, digest=digest)
    with pytest.raises(InvalidInput, match=r"and fit\.encoder names"):
        take_over(build_network(PARAMS.fit), learnt + b" ", digest=digest)
    for wrong in (b"", b"no such file", learnt[:-40]):
        with pytest.raises(InvalidInput, match="cannot be read as safetensors"):
            read_encoder(wrong)
    with pytest.raises(InvalidInput, match="encoder is the SHA-256"):
        FitParams(encoder="best.safetensors")


def test_a_training_without_the_file_that_it_names_is_refused(
    tmp_path: Path, learnt: bytes
) -> None:
    digest = hashlib.sha256(learnt).hexdigest()
    with pytest.raises(NotFound, match="No encoder with the SHA-256"):
        kept_encoder(tmp_path, digest)
    folder = tmp_path / ENCODERS / f"squares-{digest[:8]}"
    folder.mkdir(parents=True)
    (folder / ENCODER).write_bytes(learnt)
    assert kept_encoder(tmp_path, digest) == learnt
    (folder / ENCODER).write_bytes(learnt[:-1])
    with pytest.raises(NotFound, match="or it was altered"):
        kept_encoder(tmp_path, digest)


def test_equal_features_of_unlike_pictures_cost_and_a_foreign_file_keeps_its_bytes() -> None:
    rng = torch.Generator().manual_seed(1)
    spread = torch.randn(200, 6, generator=rng) * 2
    assert vicreg_loss(spread, spread) < 2
    assert vicreg_loss(torch.ones(200, 6), torch.ones(200, 6)) == pytest.approx(25 * 0.99, abs=0.1)
    assert vicreg_loss(spread, spread + 1) == pytest.approx(
        float(vicreg_loss(spread, spread)) + 25, abs=1e-3
    )
    state = encoder_state(build_network(PARAMS.fit))
    assert encoder_bytes(state, {"b": 1, "a": 2}) == encoder_bytes(
        dict(reversed(state.items())), {"a": 2, "b": 1}
    )
