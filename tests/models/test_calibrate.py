import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.artefacts import write_json
from models.calibrate import calibrate_model, choose_calibration, choose_for_classes
from models.params import OperatingRule, Params
from models.tasks import ClassificationTask, MulticlassTask
from records.errors import IntegrityBroken, NotFound

RNG = np.random.default_rng(6)
TRUTH = (RNG.random(400) < 0.3).astype(int)
LOGIT = 3 * (RNG.normal(size=400) + 1.5 * TRUTH)


@pytest.mark.parametrize("target", [0.8, 0.9, 0.95])
def test_the_declared_sensitivity_is_reached_on_the_tuning_studies(target: float) -> None:
    found = choose_calibration(LOGIT, TRUTH, rule=OperatingRule("fixed_sensitivity", target))
    decision = ClassificationTask().decode(LOGIT, found).decision
    reached = decision[TRUTH == 1].mean()
    assert target <= reached < target + 0.02


def test_youden_maximises_the_sum_of_sensitivity_and_specificity() -> None:
    found = choose_calibration(LOGIT, TRUTH, rule=OperatingRule("youden", None))
    score = ClassificationTask().decode(LOGIT, found).score

    def youden(cut: float) -> float:
        return float((score >= cut)[TRUTH == 1].mean() - (score >= cut)[TRUTH == 0].mean())

    assert youden(found.operating_point) == pytest.approx(max(youden(cut) for cut in score))


def test_calibrated_scores_agree_with_the_share_diseased() -> None:
    found = choose_calibration(LOGIT, TRUTH, rule=OperatingRule())
    assert ClassificationTask().decode(LOGIT, found).score.mean() == pytest.approx(
        TRUTH.mean(), abs=0.01
    )


def test_the_description_says_how_the_model_was_made(
    model_folder: Path, tiny_params: Params
) -> None:
    model = json.loads((model_folder / "model.json").read_text())
    assert model["params"] == tiny_params.to_mapping()
    assert model["operating_rule"] == {"rule": "fixed_sensitivity", "target": 0.9}
    assert 0 < model["operating_point"] < 1
    assert set(model) >= {
        "architecture", "input_size", "preprocessing", "calibration", "weights_hash", "seed",
        "threads", "software", "cpu_capability",
    }  # fmt: skip


def test_a_model_exported_from_another_fit_is_not_calibrated(
    training_folder: Path, tiny_params: Params, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(training_folder / "model", model)
    training = json.loads((model / "training.json").read_text())
    write_json(model / "training.json", training | {"weights_hash": 64 * "0"})
    with pytest.raises(IntegrityBroken, match="exported from other weights"):
        calibrate_model(training_folder / "decoded", model, params=tiny_params)
    (model / "model.onnx").unlink()
    with pytest.raises(NotFound, match="export stage"):
        calibrate_model(training_folder / "decoded", model, params=tiny_params)


CLASS = RNG.integers(0, 3, 400)
OUTPUTS = 2 * np.eye(3)[CLASS] + RNG.normal(size=(400, 3))


@pytest.mark.parametrize("target", [0.8, 0.95])
def test_of_several_classes_the_declared_share_of_findings_is_named(target: float) -> None:
    rule = OperatingRule("fixed_sensitivity", target)
    found = choose_for_classes(OUTPUTS, CLASS, rule=rule)
    reached = MulticlassTask().decode(OUTPUTS, found).decision[CLASS > 0].mean()
    assert target <= reached < target + 0.02


def test_by_the_rule_likeliest_the_likeliest_class_is_named() -> None:
    found = choose_for_classes(OUTPUTS, CLASS, rule=OperatingRule("likeliest", None))
    decided = MulticlassTask().decode(OUTPUTS, found)
    assert found.operating_point == 0.5
    assert (decided.decision == (OUTPUTS.argmax(axis=1) > 0)).all()
    chance = decided.more["probabilities"]
    assert chance[np.arange(400), CLASS].mean() == pytest.approx(
        (chance**2).sum(axis=1).mean(), abs=0.03
    )


def test_a_rule_about_one_finding_is_no_rule_for_classes() -> None:
    with pytest.raises(ValueError, match="about one finding"):
        choose_for_classes(OUTPUTS, CLASS, rule=OperatingRule("prevalence", None))
