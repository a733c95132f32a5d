"""An encoder learns without truth, the same way every time, and a network begins with it or says
why it does not fit."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.arithmetic import repeatable
from models.encoders import (
    ENCODER,
    encoder_bytes,
    encoder_state,
    read_encoder,
    read_encoder_file,
    take_over,
)
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


PUBLIC = FitParams(network="resnet18", width=8)


def colour_weights() -> dict[str, torch.Tensor]:
    """Weights as others publish them: three channels, many classes, no count of batches."""
    with repeatable(threads=1, seed=2):
        state = dict(build_network(PUBLIC).state_dict())
        for name, values in state.items():  # as if it had learnt: norms are not 0 and 1
            if name.endswith(("running_mean", "bn1.weight", "running_var")):
                state[name] = torch.rand_like(values) + 0.5
        state["conv1.weight"] = torch.randn(8, 3, 7, 7) / 8
        state["fc.weight"], state["fc.bias"] = torch.randn(1000, 64), torch.randn(1000)
    return {name: one for name, one in state.items() if not name.endswith("tracked")}


class InColour(torch.nn.Module):
    """The same network as its publisher has it: three channels in, features out."""

    def __init__(self) -> None:
        super().__init__()
        self.net = build_network(PUBLIC)
        self.net.conv1 = torch.nn.Conv2d(3, 8, 7, stride=2, padding=3, bias=False)
        self.net.fc = torch.nn.Linear(64, 1000)
        self.net.load_state_dict(colour_weights(), strict=False)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.net.features(pictures.repeat(1, 3, 1, 1))


def test_public_weights_of_resnet18_see_in_a_grey_picture_what_they_see_in_its_three_copies() -> (
    None
):
    content = encoder_bytes(colour_weights(), {"name": "public"})
    network = build_network(PUBLIC)
    facts = take_over(network, content, digest=hashlib.sha256(content).hexdigest())
    grey = torch.rand(3, 1, 40, 40)
    with torch.inference_mode():
        ours, theirs = network.eval().features(grey), InColour().eval()(grey)
        logits, _ = network(grey)
    assert facts == {"name": "public"}
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    assert logits.shape == (3,), "the head is the device's own"


def test_an_onnx_file_with_named_weights_is_the_same_encoder_and_one_with_folded_norms_is_refused(
    tmp_path: Path,
) -> None:
    import onnx
    from onnx import helper, numpy_helper

    def written(weights: dict[str, torch.Tensor], name: str) -> Path:
        held = [numpy_helper.from_array(one.numpy(), key) for key, one in weights.items()]
        end = [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])]
        begin = [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])]
        graph = helper.make_graph(
            [helper.make_node("Identity", ["x"], ["y"])], "encoder", begin, end, held
        )
        path = tmp_path / name
        path.write_bytes(helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10
        ).SerializeToString())  # fmt: skip
        return path

    weights = colour_weights()
    found = read_encoder_file(written(weights, "public.onnx"))
    assert found.state.keys() == weights.keys()
    assert all(torch.equal(found.state[name], one) for name, one in weights.items())
    folded = {name: one for name, one in weights.items() if "bn" not in name}
    content = encoder_bytes(read_encoder_file(written(folded, "folded.onnx")).state, {})
    with pytest.raises(InvalidInput, match=r"'bn1.bias' is \(8,\) here and None") as refused:
        take_over(build_network(PUBLIC), content, digest=hashlib.sha256(content).hexdigest())
    assert "optimize=False" in (refused.value.hint or "")
    nameless = {f"onnx::Conv_{at}": one for at, one in enumerate(weights.values())}
    with pytest.raises(InvalidInput, match=r"nameless\.onnx has no weights under their names"):
        read_encoder_file(written(nameless, "nameless.onnx"))
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with pytest.raises(InvalidInput, match=r"broken\.onnx: it is no ONNX model"):
        read_encoder_file(tmp_path / "broken.onnx")
