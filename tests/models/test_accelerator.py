"""Where training runs; on a GPU itself it was run by hand (docs/benchmarks.md)."""

import json
from pathlib import Path

import pytest
import torch

from models.accelerator import described, training_device
from records.errors import InvalidInput, Unavailable


@pytest.fixture(params=[True, False], ids=["a GPU", "no GPU"])
def gpu(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Torch as it answers on either kind of machine."""
    there: bool = request.param
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    return there


def test_a_gpu_is_used_when_one_is_found(gpu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RADVIGIL_TRAINING_DEVICE", raising=False)
    assert training_device() == ("cuda" if gpu else "cpu")


@pytest.mark.usefixtures("gpu")
def test_the_processor_is_used_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADVIGIL_TRAINING_DEVICE", "cpu")
    assert training_device() == "cpu"


def test_a_gpu_that_is_demanded_must_be_there(gpu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADVIGIL_TRAINING_DEVICE", "cuda")
    if gpu:
        assert training_device() == "cuda"
    else:
        with pytest.raises(Unavailable, match="torch finds none"):
            training_device()


def test_an_unknown_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADVIGIL_TRAINING_DEVICE", "tpu")
    with pytest.raises(InvalidInput, match="RADVIGIL_TRAINING_DEVICE"):
        training_device()


def test_a_run_says_what_it_was_trained_on(training_folder: Path) -> None:
    model = json.loads((training_folder / "model" / "model.json").read_text())
    assert model["trained_on"] == described(training_device())
