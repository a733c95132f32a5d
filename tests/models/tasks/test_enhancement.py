"""What an enhancement is judged by: the same studies, whole patients, and no number of nothing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.sources.base import SourceRefused
from imaging.sources.clean_pictures import read_clean
from measures.estimate import Estimate
from models.prediction_facts import PredictionFacts
from models.tasks import EnhancementTask, Outcomes
from models.tasks.base import Known
from records.definition import TaskDefinition
from records.operating_rules import why_not_of_task

TASK = EnhancementTask()
N = 40


def judged(truth: np.ndarray, patient: np.ndarray, **columns: list[object]) -> dict[str, Estimate]:
    more = {name: np.array(columns.get(name, [0.0, 1.0] * (N // 2)), dtype=object)
            for name in TASK.columns}  # fmt: skip
    outcomes = Outcomes(truth, np.zeros(N), np.zeros(N), patient, more=more)
    return {one.measure: one for one in TASK.estimates(outcomes)}


PRESENT = np.arange(N) < N // 2
ALONE = np.arange(N)


def test_a_change_is_of_the_same_studies_and_enhanced_less_full_dose() -> None:
    full = [1] * 16 + [0] * 24
    enhanced = [1] * 12 + [0] * 28
    found = judged(PRESENT, ALONE, read_full_dose=full, read_enhanced=enhanced)
    change = found["sensitivity_change"]
    assert (change.value, change.n) == (pytest.approx(-0.2), 20)
    assert change.low is not None and change.high is not None and change.high < 0.05
    assert found["specificity_change"].value == 0.0
    shared = judged(PRESENT, ALONE // 2, read_full_dose=full, read_enhanced=enhanced)
    assert shared["sensitivity_change"].value == pytest.approx(-0.2)
    assert "bootstrap" in shared["sensitivity_change"].method


def test_studies_without_a_lesion_have_no_contrast_and_are_counted_as_such() -> None:
    cnr: list[object] = [1.0, 2.0] * (N // 4) + [None] * (N // 2)
    found = judged(PRESENT, ALONE, cnr_input=cnr, cnr_enhanced=cnr)
    assert found["cnr_input"].n == N // 2
    nothing = judged(np.zeros(N, dtype=bool), ALONE, cnr_input=[None] * N)
    for name in ("sensitivity_change", "sensitivity_enhanced", "cnr_input"):
        assert not nothing[name].estimable and nothing[name].n == 0


def test_gain_is_enhanced_less_input() -> None:
    found = judged(PRESENT, ALONE, psnr_input=[20.0, 22.0] * 20, psnr_enhanced=[25.0, 28.0] * 20)
    assert found["psnr_gain"].value == pytest.approx(5.5)


def test_a_lesion_that_a_reader_loses_or_is_given_is_a_failure_the_clearest_first() -> None:
    full, read = np.ones(N), np.ones(N)
    read[[3, 5]] = 0  # lesions that are there and at full dose found
    full[30], full[31] = 0, 0  # of the studies without a lesion, made up in the enhanced picture
    more = {name: np.zeros(N) for name in TASK.columns} | {
        "read_full_dose": full, "read_enhanced": read, "psnr_input": np.full(N, 20.0),
        "psnr_enhanced": np.where(np.arange(N) == 7, 19.5, 25.0),
        "erased_small_enhanced": np.where(np.arange(N) == 5, 2, 1),
    }
    outcomes = Outcomes(PRESENT, np.zeros(N), np.zeros(N), ALONE, more=more)
    found = TASK.failures(outcomes, 5)
    assert [(one.at, one.value) for one in found["lesion_lost"]] == [(5, 2.0), (3, 1.0)]
    assert [one.at for one in found["lesion_made_up"]] == [30, 31]
    assert [(one.at, one.value) for one in found["made_worse"]] == [(7, 0.5)]
    assert all(one.words for kind in found.values() for one in kind)


def test_a_picture_asked_about_again_is_held_against_the_same_full_dose() -> None:
    rng = np.random.default_rng(2)
    full = np.full((64, 64), 0.4, dtype=np.float32)
    came = (full + 0.1 * rng.standard_normal(full.shape)).astype(np.float32)
    said = PredictionFacts(0.1, True, 0.0, 1.0, picture=full + np.float32(0.01))
    found = TASK.answered(said, Known(came=came, full_dose=full, reader_threshold=0.05))
    assert set(TASK.columns) == set(found)
    assert found["psnr_enhanced"] == pytest.approx(40, abs=0.01)
    assert found["psnr_input"] == pytest.approx(20, abs=0.5)


def test_its_rule_belongs_to_it_alone() -> None:
    tasks = {
        kind: TaskDefinition(kind=kind, finding="nodule", definition="round shadow")
        for kind in ("enhancement", "classification")
    }
    assert "declared_range" in why_not_of_task(tasks["enhancement"], "youden", None)
    assert "declared_range" in why_not_of_task(tasks["classification"], "declared_range", None)
    assert why_not_of_task(tasks["enhancement"], "declared_range", None) == ""


def test_a_full_dose_picture_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    Image.fromarray(grey).save(tmp_path / "full.png")
    Image.fromarray(grey).save(tmp_path / "full.jpg")
    Image.fromarray(0 * grey).save(tmp_path / "flat.png")
    assert np.array_equal(read_clean(tmp_path / "full.png", (8, 8), where=""), grey * 257.0)
    for name, shape, why in (
        ("full.jpg", (8, 8), "neither PNG nor DICOM"), ("flat.png", (8, 8), "has one grey"),
        ("full.png", (8, 9), "8 x 8 pixels, the one at low dose 8 x 9"),
    ):
        with pytest.raises(SourceRefused, match=why):
            read_clean(tmp_path / name, shape, where="row 2")
