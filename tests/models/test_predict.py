import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from imaging.pixels import parse_file, read_pixels
from models.artefacts import read_columns
from models.predict import Predictor
from models.weights import WeightsAltered
from tests.models.conftest import picture


def load(folder: Path) -> Predictor:
    name = json.loads((folder / "model.json").read_text())["weights_hash"]
    return Predictor.load(folder, weights_hash=name)


def arrays_of(dataset: Path, uids: list[str]) -> list[np.ndarray]:
    manifest = read_columns(dataset / "manifest.parquet")
    members = dict(zip(manifest["instance_uid"], manifest["member"], strict=True))
    with tarfile.open(dataset / "shard-0000.tar") as tar:
        files = [tar.extractfile(str(members[uid])) for uid in uids]
        return [read_pixels(parse_file(file.read())).array for file in files if file]


def test_daily_predictions_equal_those_of_the_scoring_stage(
    tiny_dataset: Path, model_folder: Path
) -> None:
    scored = read_columns(model_folder / "predictions.parquet")
    arrays = arrays_of(tiny_dataset, scored["instance_uid"].tolist())
    predictor = load(model_folder)
    batch = predictor.predict(arrays)
    alone = [predictor.predict([array])[0] for array in arrays]
    for found in (batch, alone):
        assert [one.score for one in found] == pytest.approx(scored["score"], abs=1e-6)
        assert [one.decision for one in found] == scored["decision"].tolist()
        strange = scored["out_of_distribution"]
        assert [one.out_of_distribution for one in found] == pytest.approx(strange, abs=0.1)


def test_pictures_of_any_size_are_predicted_in_the_order_given(model_folder: Path) -> None:
    rng = np.random.default_rng(12)
    arrays = [rng.random(shape, dtype=np.float32) for shape in ((28, 28), (200, 150), (40, 40))]
    predictor = load(model_folder)
    found = predictor.predict(arrays)
    backwards = predictor.predict(arrays[::-1])[::-1]
    assert [one.score for one in found] == pytest.approx([one.score for one in backwards], abs=1e-6)
    assert all(one.latency_ms > 0 and 0 <= one.out_of_distribution < 1 for one in found)
    assert predictor.predict([]) == []


def test_the_finding_is_scored_above_its_absence(model_folder: Path) -> None:
    rng = np.random.default_rng(13)
    predictor = load(model_folder)
    means = [
        np.mean([
            one.score
            for one in predictor.predict([picture(rng, finding) / 4095 for _ in range(20)])
        ])
        for finding in (0, 1)
    ]  # fmt: skip
    assert means[0] < means[1]


def test_a_picture_that_cannot_be_read_is_named_and_nothing_is_predicted(
    model_folder: Path,
) -> None:
    with pytest.raises(ValueError, match=r"picture 1 of the batch: .*not finite"):
        load(model_folder).predict([np.zeros((30, 30)), np.full((30, 30), np.nan)])


@pytest.mark.requirement("REG-045")
@pytest.mark.parametrize("file", ["model.onnx", "model.json", "feature_reference.npz"])
def test_a_model_that_is_not_the_one_released_is_refused(
    model_folder: Path, tmp_path: Path, file: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder)
    name = json.loads((folder / "model.json").read_text())["weights_hash"]
    if file == "model.json":
        name = 64 * "0"
    else:
        content = bytearray((folder / file).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / file).write_bytes(content)
    with pytest.raises(WeightsAltered):
        Predictor.load(folder, weights_hash=name)
