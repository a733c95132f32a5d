"""Findings that may be present together, from pictures to what serves, some states not known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.artefacts import ARRAYS, INDEX, read_json, write_columns
from models.params import DecodeParams, FitParams, OperatingRule, Params, TaskParams
from records.errors import InvalidInput
from records.finding_states import states_text

CLASSES = ("none of these", "bright spot", "dark spot")
PARAMS = Params(
    threads=1, decode=DecodeParams(input_size=32, processes=1),
    fit=replace(FitParams(), width=4, min_epochs=8, max_epochs=8, batch_size=16,
                learning_rate=0.02, balanced=True, shift=0.0),
    operating_point=OperatingRule("fixed_sensitivity", 0.9),
    task=TaskParams("multilabel", CLASSES),
)  # fmt: skip
SPLITS = ["train"] * 110 + ["tuning"] * 50 + ["internal_test"] * 40


def decoded(folder: Path) -> Path:
    """A bright spot on the left, a dark one on the right; of some nobody knows one of them."""
    rng, n = np.random.default_rng(2), len(SPLITS)
    there = rng.random((n, 2)) < (0.45, 0.35)
    pictures = rng.normal(120, 12, (n, 32, 32))
    pictures[:, 8:20, 3:13] += 60 * there[:, 0, None, None]
    pictures[:, 8:20, 18:28] -= 60 * there[:, 1, None, None]
    states = there.astype(int)
    gone = rng.random(n) < 0.2
    states[gone, rng.integers(0, 2, gone.sum())] = -1
    words = [states_text(one, CLASSES[1:], CLASSES[0]) for one in states.tolist()]
    folder.mkdir()
    np.save(folder / ARRAYS, np.clip(pictures, 0, 255).astype(np.uint8))
    names = np.array([f"I{at}" for at in range(n)])
    write_columns(folder / INDEX, {
        "instance_uid": names, "study_uid": names, "patient": names, "site": np.full(n, "a"),
        "split": np.array(SPLITS), "finding": (states == 1).any(axis=1).astype(int),
        "findings": np.array(words, dtype=object),
    })  # fmt: skip
    return folder


@pytest.mark.proof
def test_findings_are_learned_calibrated_served_and_scored_each_on_its_own(tmp_path: Path) -> None:
    from models.calibrate import calibrate_model
    from models.export import export_model
    from models.fit import fit_model
    from models.predict import Predictor
    from models.scoring import score_model

    at, model = decoded(tmp_path / "decoded"), tmp_path / "model"
    name = fit_model(at, model, params=PARAMS)
    export_model(model, params=PARAMS)
    found = calibrate_model(at, model, params=PARAMS)
    assert len(found.each) == 2
    measured = score_model(at, model)
    tested = measured["internal_test"]
    assert tested["macro_auc"]["value"] > 0.9
    known = [tested[f"finding_auc class={finding}"]["n"] for finding in CLASSES[1:]]
    assert all(20 < one < 40 for one in known)
    assert read_json(model / "equivalence.json")["equal"]

    predictor = Predictor.load(model, weights_hash=name)
    assert predictor.calibration == found
    plain, both = np.full((32, 32), 120, np.uint8), np.full((32, 32), 120, np.uint8)
    both[8:20, 3:13], both[8:20, 18:28] = 180, 60
    nothing, two = predictor.predict([plain / 255.0, both / 255.0])
    assert {one["finding"] for one in two.outputs["findings"] if one["present"]} == set(CLASSES[1:])
    assert not any(one["present"] for one in nothing.outputs["findings"])
    assert (nothing.decision, two.decision) == (False, True)
    assert nothing.score < 0.5 <= two.score


@pytest.mark.parametrize(
    "change", [{"ensemble": 2}, {"test_time_augmentation": True, "shift": 0.1}]
)
def test_answers_whose_mean_is_no_probability_are_not_joined(
    change: dict[str, float], tmp_path: Path
) -> None:
    from models.training_run import TrainingRun

    with pytest.raises(InvalidInput, match="not defined for the task 'multilabel'"):
        TrainingRun(tmp_path, tmp_path, replace(PARAMS, fit=replace(PARAMS.fit, **change)))
