"""What a validation adds to the locked tests is paired, complete, and never a number too many."""

from typing import Any

import numpy as np
import pytest

from imaging.boxes import Box, BoxedPicture
from imaging.degradations import DEGRADATIONS, degraded, degraded_boxes, degraded_mask
from models.tasks import Outcomes, task_named
from monitoring.stress import (
    WORST,
    compared,
    gaps,
    side_by_side,
    stressed,
    thresholds,
    worst_failures,
)

TASK = task_named("classification")
RNG = np.random.default_rng(4)


def rows(n: int = 120, *, first: int = 0, shift: float = 2.0) -> list[dict[str, object]]:
    truth = np.arange(n) % 2
    score = 1 / (1 + np.exp(-(RNG.normal(size=n) + shift * (truth - 0.5))))
    return [
        {
            "study": f"s{first + at}", "patient": f"p{first + at}", "truth": int(truth[at]),
            "score": float(score[at]), "decision": bool(score[at] >= 0.5), "record": f"INS-{at}",
            "site": "a",
        }
        for at in range(n)
    ]  # fmt: skip


def outcomes(cases: list[dict[str, Any]], score: np.ndarray | None = None) -> Outcomes:
    """What was said of these studies; or, with other scores, would have been."""
    said = np.array([row["score"] for row in cases]) if score is None else score
    return Outcomes(
        np.array([row["truth"] for row in cases], dtype=int), said, (said >= 0.5).astype(int),
        np.array([row["patient"] for row in cases], dtype=object),
    )


def test_images_left_as_they_were_change_nothing() -> None:
    same = outcomes(rows())
    found = {
        one.measure: one for one in stressed(TASK, same, same, name="noise=0", minimum_n=20)
    }
    assert set(found) == {"auc", "sensitivity", "specificity", "auc_difference"}
    assert found["auc_difference"].value == 0
    assert all(one.subgroup == "noise=0" and one.n <= 120 for one in found.values())


def test_a_score_that_says_nothing_any_more_falls_to_one_half() -> None:
    cases = rows()
    before, after = outcomes(cases), outcomes(cases, RNG.random(len(cases)))
    found = {
        one.measure: one for one in stressed(TASK, before, after, name="noise=9", minimum_n=20)
    }
    assert abs(found["auc"].value - 0.5) < 0.15
    assert found["auc_difference"].high < 0


def test_too_few_images_are_not_estimable() -> None:
    few = outcomes(rows(10))
    found = stressed(TASK, few, few, name="blur=1", minimum_n=20)
    assert found
    assert all(not one.estimable for one in found)


def test_two_versions_are_compared_on_what_both_read() -> None:
    both = outcomes(rows(60))
    found = {one.measure: one for one in compared(TASK, both, both, name="against MDV-0001")}
    assert found["auc_difference"].n == 60
    assert found["auc_difference"].value == 0
    assert found["sensitivity_difference"].n == 30
    assert found["specificity_difference"].value == 0
    nobody = outcomes([])
    (none,) = compared(TASK, nobody, nobody, name="against MDV-0001")
    assert not none.estimable


def test_a_part_on_which_the_version_is_worse_shows_as_a_gap() -> None:
    parts = {"tuning": outcomes(rows(400, shift=5.0)), "external test": outcomes([]),
             "internal test": outcomes(rows(400, shift=1.0))}  # fmt: skip
    (gap,) = gaps(TASK, parts)
    assert gap.subgroup == "internal test minus tuning"
    assert gap.high < 0
    found, told = side_by_side(TASK, parts, {"external test": "no other site"}, minimum_n=20)
    assert [(one["part"], one["flagged"], one["reason"]) for one in told] == [
        ("tuning", False, ""), ("external test", False, "no other site"),
        ("internal test", True, ""),
    ]  # fmt: skip
    shown = {(one.measure, one.subgroup): one for one in found}
    assert shown["auc_difference", told[2]["gap"]] == gap
    assert shown["auc", "part=tuning"].value > shown["auc", "part=internal test"].value


def test_parts_that_are_alike_are_not_flagged() -> None:
    """The same studies as two parts differ by nothing."""
    same = outcomes(rows(400))
    _, told = side_by_side(TASK, {"tuning": same, "internal test": same}, {}, minimum_n=20)
    assert not any(one["flagged"] for one in told)


def test_the_table_of_thresholds_holds_the_operating_point_once() -> None:
    cases = outcomes(rows())
    table = thresholds(cases.truth, cases.score, 0.5, probability=True)
    assert [one["threshold"] for one in table if one["operating_point"]] == [0.5]
    assert [one["threshold"] for one in table] == sorted({one["threshold"] for one in table})
    flagged = [one["flagged"] for one in table]
    assert flagged == sorted(flagged, reverse=True)
    for one in table:
        value, low, high = one["sensitivity"]
        assert low <= value <= high
    rank = thresholds(cases.truth, cases.score, 0.5, probability=False)
    assert not any("net_benefit" in one for one in rank)
    assert [one["sensitivity"] for one in rank] == [one["sensitivity"] for one in table]


def test_the_worst_failures_are_failures_and_the_worst() -> None:
    cases = rows(300, shift=0.5)
    found = worst_failures(TASK, outcomes(cases), cases)
    assert len(found["false_negative"]) == len(found["false_positive"]) == WORST
    missed = sorted(row["score"] for row in cases if row["truth"] and not row["decision"])
    assert [one["score"] for one in found["false_negative"]] == missed[:WORST]


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_a_degradation_moves_the_picture_the_farther_the_higher_its_level(kind: str) -> None:
    axis = np.linspace(0, 6, 160)
    picture = (0.5 + 0.3 * np.sin(axis)[:, None] * np.cos(2 * axis)[None, :]).astype(np.float32)
    apart = [
        float(np.abs(degraded(picture, kind, level, seed=3) - picture).mean())
        for level in DEGRADATIONS[kind].levels
    ]
    assert apart == sorted(apart)
    assert apart[0] > 0
    first = degraded(picture, kind, DEGRADATIONS[kind].levels[0], seed=3)
    assert np.array_equal(first, degraded(picture, kind, DEGRADATIONS[kind].levels[0], seed=3))
    assert first.min() >= 0
    assert first.max() <= 1


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_box_is_where_the_turned_picture_shows_its_lesion(seed: int) -> None:
    picture, box = np.zeros((90, 120), dtype=np.float32), Box(75, 20, 16, 10)
    down, right = np.indices(picture.shape) + 0.5
    picture[((right - 83) / 8) ** 2 + ((down - 25) / 5) ** 2 <= 1] = 1
    seen = degraded(picture, "rotation", 20.0, seed=seed)
    known = BoxedPicture(90, 120, (box,))
    (turned,) = degraded_boxes(known, "rotation", 20.0, seed=seed).boxes
    rows, columns = np.nonzero(seen > 0.5)
    assert turned.x + turned.width / 2 == pytest.approx(columns.mean() + 0.5, abs=0.5)
    assert turned.y + turned.height / 2 == pytest.approx(rows.mean() + 0.5, abs=0.5)
    assert turned.width == pytest.approx(np.ptp(columns) + 1, abs=1.5)
    assert turned.height == pytest.approx(np.ptp(rows) + 1, abs=1.5)
    assert degraded_boxes(known, "noise", 0.1, seed=seed) == known


@pytest.mark.parametrize("seed", [1, 2])
def test_an_outline_is_turned_with_its_picture_and_else_stays(seed: int) -> None:
    down, right = np.indices((90, 120)) + 0.5
    mask = ((right - 83) / 16) ** 2 + ((down - 25) / 9) ** 2 <= 1
    seen = degraded(mask.astype(np.float32), "rotation", 20.0, seed=seed) >= 0.5
    turned = degraded_mask(mask, "rotation", 20.0, seed=seed)
    assert turned.sum() == pytest.approx(mask.sum(), rel=0.03)
    assert (turned & mask).sum() < 0.9 * mask.sum()
    assert np.array_equal(turned, seen)
    assert degraded_mask(mask, "blur", 4.0, seed=seed) is mask
