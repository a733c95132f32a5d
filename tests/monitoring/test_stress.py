"""What a validation adds to the locked tests is paired, complete, and never a number too many."""

from typing import Any

import numpy as np
import pytest

from imaging.boxes import Box, BoxedPicture
from imaging.degradations import DEGRADATIONS, degraded, degraded_boxes
from models.tasks import task_named
from monitoring.stress import WORST, compared, gaps, stressed, thresholds, worst_failures

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


def said(score: np.ndarray) -> list[dict[str, Any]]:
    return [{"score": one, "decision": one >= 0.5} for one in score]


def test_images_left_as_they_were_change_nothing() -> None:
    task, cases = task_named("classification"), rows()
    score = np.array([row["score"] for row in cases])
    found = {
        one.measure: one
        for one in stressed(task, cases, said(score), name="noise=0", minimum_n=20)
    }
    assert set(found) == {"auc", "sensitivity", "specificity", "auc_difference"}
    assert found["auc_difference"].value == 0
    assert all(one.subgroup == "noise=0" and one.n <= 120 for one in found.values())


def test_a_score_that_says_nothing_any_more_falls_to_one_half() -> None:
    task, cases = task_named("classification"), rows()
    noise = RNG.random(len(cases))
    found = {
        one.measure: one
        for one in stressed(task, cases, said(noise), name="noise=9", minimum_n=20)
    }
    assert abs(found["auc"].value - 0.5) < 0.15
    assert found["auc_difference"].high < 0


def test_too_few_images_are_not_estimable() -> None:
    cases = rows(10)
    score = np.array([row["score"] for row in cases])
    found = stressed(
        task_named("classification"), cases, said(score), name="blur=1", minimum_n=20
    )
    assert found
    assert all(not one.estimable for one in found)


def test_two_versions_are_compared_on_what_both_read() -> None:
    cases = rows()
    earlier = {str(row["study"]): row for row in cases[:60]}
    found = {one.measure: one for one in compared(cases, earlier, name="against MDV-0001")}
    assert found["auc_difference"].n == 60
    assert found["auc_difference"].value == 0
    assert found["sensitivity_difference"].n == 30
    assert found["specificity_difference"].value == 0
    (none,) = compared(cases, {}, name="against MDV-0001")
    assert not none.estimable


def test_a_part_on_which_the_version_is_worse_shows_as_a_gap() -> None:
    parts = {"tuning": rows(400, shift=5.0), "internal test": rows(400, shift=1.0), "in use": []}
    (gap,) = gaps(parts)
    assert gap.subgroup == "internal test minus tuning"
    assert gap.high < 0


def test_the_table_of_thresholds_holds_the_operating_point_once() -> None:
    table = thresholds(rows(), 0.5)
    assert [one["threshold"] for one in table if one["operating_point"]] == [0.5]
    assert [one["threshold"] for one in table] == sorted({one["threshold"] for one in table})
    flagged = [one["flagged"] for one in table]
    assert flagged == sorted(flagged, reverse=True)
    for one in table:
        value, low, high = one["sensitivity"]
        assert low <= value <= high


def test_the_worst_failures_are_failures_and_the_worst() -> None:
    cases = rows(300, shift=0.5)
    found = worst_failures(cases)
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
