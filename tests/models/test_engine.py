"""What serves: ONNX Runtime without torch, equal to the trained network, refused when altered."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.arithmetic import to_tensor
from models.artefacts import read_json, write_json
from models.decode import load_decoded
from models.engine import OWN_OUTPUT, OnnxEngine, OutputDeclared
from models.equivalence import EQUIVALENCE, LARGEST, compared, require_equivalence
from models.export import export_model
from models.params import Params
from models.predict import Predictor, trained_engine
from models.preprocessing import own_preprocessing
from models.tasks import Calibration, ClassificationTask
from models.weights import WeightsAltered
from records.errors import Refused


def load(folder: Path) -> Predictor:
    return Predictor.load(folder, weights_hash=read_json(folder / "model.json")["weights_hash"])


@pytest.mark.requirement("REG-045")
def test_what_serves_answers_as_what_was_trained(training_folder: Path) -> None:
    arrays, index = load_decoded(training_folder / "decoded")
    model = training_folder / "model"
    predictor = load(model)
    logit, features = trained_engine(model, predictor).outputs(arrays)
    served, seen = predictor.engine.outputs(arrays)
    assert np.abs(logit - served).max() <= LARGEST
    assert features is not None
    assert seen == pytest.approx(features, abs=1e-4)
    found = read_json(model / EQUIVALENCE)
    assert found["equal"] is True
    for split, one in found["splits"].items():
        assert one["studies"] == int((index["split"] == split).sum()) > 0
        assert one["logit"] <= LARGEST
        assert one["decisions_changed"] == 0
    assert require_equivalence(model, read_json(model / "model.json")["onnx_digest"]) == found


def test_a_difference_or_a_changed_decision_is_not_registered(
    model_folder: Path, tmp_path: Path
) -> None:
    logit, task = np.array([-1.0, 0.0, 2.0]), ClassificationTask()
    near = compared(logit, logit + 2e-5, task, Calibration(1, 0, 0.9))
    flipped = compared(logit, logit - 1e-7, task, Calibration(1, 0, 0.5))
    assert (near.equal, near.decisions_changed) == (False, 0)
    assert (flipped.equal, flipped.decisions_changed) == (False, 1)
    assert compared(logit, logit + 1e-6, task, Calibration(1, 0, 0.9)).equal
    found = read_json(model_folder / EQUIVALENCE)
    write_json(tmp_path / EQUIVALENCE, found | {"equal": False})
    with pytest.raises(Refused, match="does not answer as the trained one"):
        require_equivalence(tmp_path, found["onnx_digest"])
    with pytest.raises(Refused, match="Another ONNX file"):
        require_equivalence(tmp_path, 64 * "0")


def test_one_study_and_a_batch_get_the_same_score(training_folder: Path) -> None:
    arrays, _ = load_decoded(training_folder / "decoded")
    predictor = load(training_folder / "model")
    whole = predictor.outputs(arrays).score
    for size in (1, 7, 32):
        parts = [predictor.outputs(arrays[at : at + size]).score
                 for at in range(0, len(arrays), size)]  # fmt: skip
        assert np.concatenate(parts) == pytest.approx(whole, abs=1e-6)


def test_the_same_weights_are_exported_as_the_same_bytes(
    model_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    for name in ("weights.pt", "training.json"):
        shutil.copy(model_folder / name, tmp_path)
    digest = export_model(tmp_path, params=tiny_params)
    assert digest == read_json(model_folder / "model.json")["onnx_digest"]
    content = (tmp_path / "model.onnx").read_bytes()
    assert content == (model_folder / "model.onnx").read_bytes()
    assert str(Path.home()).encode() not in content
    assert b"models/" not in content


def test_a_file_exported_from_other_weights_is_refused(
    model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder)
    description = read_json(folder / "model.json") | {"weights_hash": 64 * "0"}
    write_json(folder / "model.json", description)
    with pytest.raises(WeightsAltered, match="not made from the weights"):
        Predictor.load(folder, weights_hash=64 * "0")


def test_an_output_declared_with_our_own_names_is_still_read_as_a_column() -> None:
    class Session:
        """A file of another maker, whose output has a column although it is one number."""

        def get_inputs(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(name="image", shape=["n", 1, 16, 16])]

        def run(self, wanted: list[str], given: dict[str, np.ndarray]) -> list[np.ndarray]:
            n = len(given["image"])
            return [np.arange(n, dtype=np.float32)[:, None], np.ones((n, 2), np.float32)][
                : len(wanted)
            ]

    declared = OutputDeclared("logit", "logit", 0, "features")
    assert declared == OWN_OUTPUT
    engine = OnnxEngine(Session(), own_preprocessing(16), declared)
    logit, features = engine.outputs(np.zeros((3, 16, 16), dtype=np.uint8))
    assert logit.tolist() == [0.0, 1.0, 2.0]
    assert features is not None
    assert features.shape == (3, 2)


def test_training_and_serving_prepare_the_same_bits() -> None:
    pictures = np.random.default_rng(4).integers(0, 256, (9, 48, 48), dtype=np.uint8)
    served = own_preprocessing(48).values(pictures)
    assert np.array_equal(to_tensor(pictures).numpy().view(np.uint32), served.view(np.uint32))
    # as it was before the preparation was declared: what older versions were trained with
    before = ((pictures.astype(np.float32) / np.float32(255) - np.float32(0.5)) * np.float32(4))
    assert np.array_equal(before[:, None].view(np.uint32), served.view(np.uint32))


def test_a_version_made_before_the_export_still_answers(
    model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder)
    (folder / "model.onnx").unlink()
    description = read_json(folder / "model.json")
    del description["onnx_digest"]
    write_json(folder / "model.json", description | {"preprocessing": {"levels": 256}})
    picture = np.random.default_rng(5).random((50, 40))
    old, new = (load(one).predict([picture])[0] for one in (folder, model_folder))
    assert old.score == pytest.approx(new.score, abs=1e-6)


def test_serving_does_not_import_torch(model_folder: Path) -> None:
    program = """
import json, sys
import numpy as np
from pathlib import Path
from models.predict import Predictor
folder = Path(sys.argv[1])
name = json.loads((folder / "model.json").read_text())["weights_hash"]
said = Predictor.load(folder, weights_hash=name).predict([np.eye(40)])
print(json.dumps([said[0].score, "torch" in sys.modules, "onnx" in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(model_folder)],
        capture_output=True, text=True, check=True,
    )
    score, torch, onnx = json.loads(done.stdout)
    assert 0 < score < 1
    assert (torch, onnx) == (False, False)
