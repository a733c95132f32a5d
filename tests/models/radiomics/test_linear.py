"""What serves answers as scikit-learn, in the same bytes each time, and holds no object of it."""

from pathlib import Path

import numpy as np
import pytest

from models.engine import ONNX, FeatureEngine
from models.measuring import NO_PICTURES
from models.radiomics.classifier import fitted_recipe
from models.radiomics.linear import LinearModel, write_onnx
from models.weights import WeightsAltered, load_weights, save_weights, weights_hash

KEYS = tuple(f"feature {at}" for at in range(8))


@pytest.fixture(scope="module")
def regions() -> np.ndarray:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(80, 8)) * 10.0 ** np.arange(-3, 5)
    values[rng.random((80, 8)) < 0.1] = np.nan
    return values


@pytest.fixture(scope="module")
def pipeline(regions: np.ndarray) -> object:
    rng = np.random.default_rng(2)
    truth = (np.nan_to_num(regions[:, 4]) + 20 * rng.normal(size=80) > 0).astype(np.int64)
    return fitted_recipe(regions, truth, np.arange(80).astype(str), seed=1)


def test_onnx_runtime_answers_as_the_pipeline_that_was_fitted(
    regions: np.ndarray, pipeline: object, tmp_path: Path
) -> None:
    model = LinearModel.of(pipeline, KEYS)
    places = [KEYS.index(key) for key in model.keys]
    name = save_weights(tmp_path, model.state)
    digest = write_onnx(model, tmp_path, weights_hash=name)
    engine = FeatureEngine.load(tmp_path / ONNX, digest=digest)
    served, features = engine.outputs(NO_PICTURES, regions[:, places])
    expected = pipeline.decision_function(regions)  # type: ignore[attr-defined]
    assert served == pytest.approx(expected, abs=1e-9)
    assert features == pytest.approx(model.standardised(regions[:, places]), abs=1e-9)
    assert np.isfinite(served).all()
    assert engine.made_from == name
    kept = LinearModel.of_state(load_weights(tmp_path, name), model.keys)
    assert kept.outputs(regions[:, places]) == pytest.approx(expected, abs=1e-9)
    assert weights_hash(kept.state) == name


def test_the_same_model_gives_the_same_bytes_and_another_byte_is_refused(
    pipeline: object, tmp_path: Path
) -> None:
    model = LinearModel.of(pipeline, KEYS)
    one, other = (write_onnx(model, tmp_path, weights_hash="a" * 64) for _ in range(2))
    assert one == other
    content = (tmp_path / ONNX).read_bytes()
    (tmp_path / ONNX).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(WeightsAltered):
        FeatureEngine.load(tmp_path / ONNX, digest=one)
