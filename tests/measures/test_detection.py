from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.detection import ImageMarks, MatchRule, match

POINTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=6)


@st.composite
def point_images(draw: st.DrawFn) -> list[ImageMarks]:
    found = []
    for _ in range(draw(st.integers(1, 4))):
        candidates, lesions = draw(POINTS), draw(POINTS)
        scores = draw(
            st.lists(st.integers(0, 10), min_size=len(candidates), max_size=len(candidates))
        )
        found.append(ImageMarks(candidates, scores, lesions))
    return found


@given(images=point_images())
def test_each_lesion_is_found_once_and_every_candidate_is_counted(images: list[ImageMarks]) -> None:
    found = match(images, MatchRule("distance", 2.0))
    on = found.lesion[found.lesion >= 0]
    assert np.unique(on).size == on.size
    assert found.score.size == sum(len(one.candidates) for one in images)  # type: ignore[arg-type]
    assert np.isfinite(found.found_at).sum() == on.size
    assert (found.found_at[on] == found.score[found.lesion >= 0]).all()
    assert found.lesion_image.size == found.found_at.size
    assert (found.lesion_image[on] == found.image[found.lesion >= 0]).all()


@given(images=point_images(), cut=st.integers(0, 10))
def test_pairs_above_a_threshold_are_those_of_the_candidates_above_it(
    images: list[ImageMarks], cut: int
) -> None:
    rule = MatchRule("distance", 2.0)
    everything, above = match(images, rule), []
    for one in images:
        kept = np.asarray(one.scores, dtype=float) >= cut
        rows = np.asarray(one.candidates, dtype=float).reshape(-1, 2)[kept]
        above.append(ImageMarks(rows, np.asarray(one.scores, dtype=float)[kept], one.lesions))
    fewer = match(above, rule)
    whole = np.where(everything.found_at >= cut, everything.found_at, -np.inf)
    assert fewer.found_at.tolist() == whole.tolist()


@given(images=point_images())
def test_a_wider_rule_finds_no_fewer_lesions(images: list[ImageMarks]) -> None:
    narrow, wide = (match(images, MatchRule("distance", bound)) for bound in (0.0, 100.0))
    assert np.isfinite(wide.found_at).sum() >= np.isfinite(narrow.found_at).sum()
    per_image = [min(len(one.candidates), len(one.lesions)) for one in images]  # type: ignore[arg-type]
    assert np.isfinite(wide.found_at).sum() == sum(per_image)


def test_boxes_meet_by_their_shared_area() -> None:
    lesion = [[0, 0, 4, 4]]
    third = ImageMarks([[0, 2, 4, 6]], [0.9], lesion)  # 8 of 24
    assert match([third], MatchRule("box overlap", 1 / 3)).lesion.tolist() == [0]
    assert match([third], MatchRule("box overlap", 0.34)).lesion.tolist() == [-1]
    cubes = ImageMarks([[0, 0, 0, 2, 2, 2]], [0.9], [[0, 0, 0, 2, 2, 4]])
    assert match([cubes], MatchRule("box overlap", 0.5)).lesion.tolist() == [0]


def test_masks_give_what_their_boxes_give() -> None:
    grid = np.zeros((2, 8, 8), dtype=int)
    grid[0, 0:4, 2:6] = grid[1, 0:4, 0:4] = 1
    image = ImageMarks(grid[:1], [0.9], grid[1:])
    assert match([image], MatchRule("mask overlap", 0.33)).lesion.tolist() == [0]
    assert match([image], MatchRule("mask overlap", 0.34)).lesion.tolist() == [-1]


def test_a_centre_counts_inside_its_box_and_on_its_edge() -> None:
    image = ImageMarks([[2, 2], [4, 9], [5, 5]], [0.3, 0.9, 0.8], [[0, 0, 4, 4], [3, 8, 5, 9]])
    assert match([image], MatchRule("centre inside")).lesion.tolist() == [0, 1, -1]


def test_the_nearer_lesion_is_taken_and_the_better_score_goes_first() -> None:
    image = ImageMarks([[0, 0], [0, 1]], [0.5, 0.9], [[0, 2], [0, 1]])
    assert match([image], MatchRule("distance", 5)).lesion.tolist() == [0, 1]


def test_a_second_mark_on_a_found_lesion_counts_as_declared() -> None:
    image = ImageMarks([[0, 0], [0, 1], [9, 9]], [0.5, 0.9, 0.4], [[0, 1]])
    strict = match([image], MatchRule("distance", 5))
    lenient = match([image], MatchRule("distance", 5, repeats="not counted"))
    assert strict.lesion.tolist() == [-1, 0, -1]
    assert lenient.lesion.tolist() == [0, -1]
    assert lenient.score.tolist() == [0.9, 0.4]


def test_images_with_nothing_still_count() -> None:
    found = match([ImageMarks([], [], []), ImageMarks([], [], [[1, 1]])], MatchRule("distance", 1))
    assert (found.images, found.lesion_image.tolist(), found.score.size) == (2, [1], 0)
    assert match([], MatchRule("distance", 1)).images == 0


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (("nearest", 1.0), "unknown rule 'nearest'"),
        (("distance", None), "needs a finite bound"),
        (("distance", -1.0), "needs a finite bound"),
        (("distance", np.nan), "needs a finite bound"),
        (("box overlap", 0.0), "above 0"),
        (("mask overlap", 1.5), "at most 1"),
        (("centre inside", 1.0), "has no bound"),
        (("distance", 1.0, "dropped"), "repeats"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rule: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        MatchRule(*rule)


@pytest.mark.parametrize(
    ("marks", "rule", "problem"),
    [
        (([[0, 0]], [0.1, 0.2], []), ("distance", 1.0), "1 candidates and 2 scores"),
        (([[0, 0]], [np.nan], []), ("distance", 1.0), "scores: 1 of 1"),
        (([[0, np.nan]], [0.1], [[1, 1]]), ("distance", 1.0), "finite numbers"),
        (([[0, 0]], [0.1], [[1, 1, 1]]), ("distance", 1.0), "points need 2 or 3"),
        (([[0, 0]], [0.1], [[1, 1]]), ("centre inside",), "twice as many"),
        (([[0, 0, 1]], [0.1], [[0, 0, 1, 1]]), ("box overlap", 0.5), "4 or 6 numbers"),
        (([[0, 0, 1, 1]], [0.1], [[0, 0, 0, 1]]), ("box overlap", 0.5), "upper corner"),
        (([[0, 0, 1, 1]], [0.1], [[0] * 3 + [1] * 3]), ("box overlap", 0.5), "both be flat"),
        (([[[0, 0]]], [0.1], [[[1, 1]]]), ("mask overlap", 0.5), "mask is empty"),
        (([[[0, 2]]], [0.1], [[[1, 1]]]), ("mask overlap", 0.5), "0/1 mask per mark"),
        (([[[1, 0]]], [0.1], [[[1, 0, 0]]]), ("mask overlap", 0.5), "masks of one shape"),
        (([["a", "b"]], [0.1], [[1, 1]]), ("distance", 1.0), "row of numbers"),
    ],
)
def test_malformed_marks_are_refused_by_image(marks: Any, rule: Any, problem: str) -> None:
    good = ImageMarks([], [], [])
    with pytest.raises(ValueError, match=f"image 1: .*{problem}"):
        match([good, ImageMarks(*marks)], MatchRule(*rule))
