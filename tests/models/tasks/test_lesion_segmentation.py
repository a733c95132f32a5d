"""Lesions of a volume: found or missed one by one, measured, and honest where there is none."""

import numpy as np
import pytest

from measures.lesion_sizes import numbered_lesions
from models.tasks import LesionSegmentationTask, Outcomes
from models.tasks.lesion_segmentation import Judged, TrueLesion

TASK = LesionSegmentationTask()
SPACING = (4.0, 2.0, 2.0)


def said(mask: np.ndarray) -> tuple[np.ndarray, list[dict]]:
    numbered = numbered_lesions(mask)
    scores = [0.9] * int(numbered.max())
    return numbered, TASK.measured(numbered, scores, SPACING)["each"]


def judged(truth: np.ndarray, mask: np.ndarray) -> Judged:
    numbered, each = said(mask)
    found = TASK.compared(truth, numbered, each, SPACING)
    assert Judged.of(found.text) == found
    return found


@pytest.fixture
def truth() -> np.ndarray:
    mask = np.zeros((12, 40, 40), dtype=bool)
    mask[2:5, 5:10, 5:10] = mask[7:9, 25:29, 25:29] = True
    return mask


def test_each_lesion_is_found_or_missed_by_itself(truth: np.ndarray) -> None:
    mask = np.zeros_like(truth)
    mask[2:5, 5:10, 5:9] = True  # on the first, a column short
    mask[10, 35:39, 35:39] = True  # on none
    found = judged(truth, mask)
    first, second = found.true
    assert first.dice == pytest.approx(2 * 4 / (5 + 4))
    assert (first.volume_ml, first.said_ml) == (pytest.approx(1.2), pytest.approx(0.96))
    assert first.score == 0.9
    assert first.said_mm is not None and first.longest_mm > first.said_mm
    assert (second.score, second.dice, second.said_ml) == (None, 0.0, None)
    assert found.false == (pytest.approx(16 * 16 / 1000),)


def test_equal_scores_do_not_mix_up_the_outlines(truth: np.ndarray) -> None:
    found = judged(truth, truth)
    assert [one.dice for one in found.true] == [1.0, 1.0]
    assert [one.said_ml for one in found.true] == [one.volume_ml for one in found.true]
    assert (found.dice, found.false) == (1.0, ())


def test_a_second_outline_on_a_found_lesion_counts_neither_way(truth: np.ndarray) -> None:
    mask = truth.copy()
    mask[3] = False  # the first lesion in two pieces
    mask[7:9] = False
    found = judged(truth, mask)
    assert found.true[0].score is not None
    assert found.false == ()


def test_without_a_lesion_there_is_no_dice(truth: np.ndarray) -> None:
    nothing = np.zeros_like(truth)
    assert judged(nothing, nothing) == Judged(None, (), ())
    assert judged(nothing, truth).dice is None
    assert len(judged(nothing, truth).false) == 2
    missed = judged(truth, nothing)
    assert missed.dice == 0.0 and all(one.score is None for one in missed.true)


def outcomes(studies: list[Judged]) -> Outcomes:
    n = len(studies)
    return Outcomes(
        np.array([int(bool(one.true)) for one in studies]), np.linspace(0.1, 0.9, n),
        np.array([int(bool(one.false or any(x.score for x in one.true))) for one in studies]),
        np.array([f"P{at // 2}" for at in range(n)]),
        more={"judged": np.array([one.text for one in studies])},
    )  # fmt: skip


def lesion(said_ml: float | None, true_ml: float = 1.0) -> TrueLesion:
    if said_ml is None:
        return TrueLesion(true_ml, 12.0, 0.0, None, None, None)
    return TrueLesion(true_ml, 12.0, 0.8, 0.9, said_ml, 11.0)


def test_studies_without_a_lesion_speak_through_specificity_and_false_outlines() -> None:
    studies = [
        Judged(dice, (lesion(1.1), lesion(None)), ()) for dice in np.linspace(0.7, 0.9, 20)
    ] + [Judged(None, (), (0.3,))] * 10
    found = {one.measure: one for one in TASK.estimates(outcomes(studies))}
    assert tuple(found) == TASK.measures
    assert (found["dice"].n, found["dice"].value) == (20, pytest.approx(0.8))
    assert (found["lesion_sensitivity"].n, found["lesion_sensitivity"].value) == (40, 0.5)
    assert found["false_positives_per_study"].value == pytest.approx(1 / 3)
    assert found["specificity"].value == 0.0


def test_the_error_of_a_volume_is_a_ratio() -> None:
    studies = [Judged(0.8, (lesion(at, 1.0), lesion(10 * at, 10.0)), ())
               for at in (0.75, 0.8, 1.25, 1 / 0.75) * 10]  # fmt: skip
    found = {one.measure: one for one in TASK.estimates(outcomes(studies))}
    bias = found["volume_bias_percent"]
    assert bias.value == pytest.approx(0.0, abs=1e-9)
    assert bias.low < 0 < bias.high
    assert found["volume_error_percent"].value == pytest.approx(100 * (5 / 3) ** 0.5 - 100)
    lower, upper = TASK.further(outcomes(studies))
    assert lower.measure == "volume_lower_limit_of_agreement_percent"
    assert (1 + lower.value / 100) * (1 + upper.value / 100) == pytest.approx(1.0)


def test_nothing_is_estimated_where_nothing_can_be() -> None:
    healthy = outcomes([Judged(None, (), ())] * 25)
    found = {one.measure: one for one in TASK.estimates(healthy)}
    for measure in ("dice", "lesion_dice", "lesion_sensitivity", "volume_bias_percent",
                    "longest_error_mm", "auc", "sensitivity"):  # fmt: skip
        assert found[measure].value is None and found[measure].reason
    assert found["specificity"].value == 1.0
    assert all(one.value is None for one in TASK.further(healthy))
    few = TASK.estimates(outcomes([Judged(None, (), ())] * 5))
    assert all("fewer than 20" in one.reason for one in few)


def test_the_largest_missed_lesion_and_false_outline_come_first() -> None:
    studies = [Judged(0.0, (lesion(None, 0.5),), ()), Judged(0.0, (lesion(None, 2.0),), (0.2,)),
               Judged(None, (), (0.9, 0.1))]  # fmt: skip
    found = TASK.failures(outcomes(studies), 5)
    assert [one.at for one in found["missed_lesion"]] == [1, 0]
    assert [(one.at, one.value) for one in found["false_outline"]] == [(2, 0.9), (1, 0.2)]
