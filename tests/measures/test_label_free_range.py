"""Three explanations of the same scores, and when none of them is to be believed."""

from __future__ import annotations

import numpy as np
import pytest

from measures.clusters import Resampling
from measures.inputs import Numbers
from measures.label_free_range import (
    LearntCells,
    PerformanceRange,
    explained_performance,
    learn_cells,
    place_scores,
    score_edges,
)

CUT = 0.8


def draw(
    rng: np.random.Generator, n: int, *, prevalence: float = 0.2, apart: float = 1.6
) -> tuple[Numbers, Numbers]:
    truth = (rng.random(n) < prevalence).astype(float)
    return truth, rng.normal(size=n) + apart * truth


def reference() -> tuple[Numbers, LearntCells]:
    truth, score = draw(np.random.default_rng(1), 20_000)
    edges = score_edges(truth, score)
    place = place_scores(edges, score)
    sick, well = (
        np.bincount(place[truth == one], minlength=edges.size + 1)[1:] for one in (1, 0)
    )
    return edges, learn_cells(sick, well, resampling=Resampling(1, 200))


def explained(score: Numbers, taught: tuple[Numbers, LearntCells]) -> PerformanceRange:
    edges, learnt = taught
    seen = np.zeros((edges.size + 2, 2))
    np.add.at(seen, (place_scores(edges, score), (score > CUT).astype(int)), 1)
    return explained_performance(learnt, seen)


@pytest.fixture(scope="module")
def taught() -> tuple[Numbers, LearntCells]:
    return reference()


def test_while_nothing_changes_the_explanations_agree(
    taught: tuple[Numbers, LearntCells],
) -> None:
    _, score = draw(np.random.default_rng(2), 20_000)
    found = explained(score, taught)
    assert found.distrust == ()
    assert found.apart("sensitivity") < 0.04
    assert found.estimate("sensitivity").value == pytest.approx(0.788, abs=0.03)
    assert found.estimate("auc").value == pytest.approx(0.871, abs=0.02)


def test_a_moved_prevalence_keeps_sensitivity_and_moves_ppv_and_the_range_holds_both(
    taught: tuple[Numbers, LearntCells],
) -> None:
    truth, score = draw(np.random.default_rng(3), 20_000, prevalence=0.05)
    found = explained(score, taught)
    assert found.prevalence.value == pytest.approx(0.05, abs=0.01)
    moved = found.explained("sensitivity", "prevalence moved")
    assert moved.value == pytest.approx(0.788, abs=0.03)
    ppv = float(truth[score > CUT].mean())
    told = found.explained("ppv", "prevalence moved")
    assert told.low is not None and told.high is not None
    assert told.low < ppv < told.high < 0.3
    assert found.estimate("ppv").value == found.explained("ppv", "prevalence moved").value
    assert found.apart("sensitivity") > 0.2  # or three quarters of the diseased look healthy


def test_a_disease_that_is_harder_to_see_lies_in_the_range_though_its_scores_fit_a_mix(
    taught: tuple[Numbers, LearntCells],
) -> None:
    truth, score = draw(np.random.default_rng(4), 1000, apart=1.0)
    found = explained(score, taught)
    real = float((score > CUT)[truth == 1].mean())
    one = found.estimate("sensitivity")
    assert one.low is not None and one.high is not None
    assert one.low < real < one.high
    kept = found.explained("sensitivity", "meaning kept")
    assert kept.low is not None and kept.low > real


def test_the_reason_for_distrust_is_said(taught: tuple[Numbers, LearntCells]) -> None:
    rng = np.random.default_rng(5)
    _, score = draw(rng, 2000)
    assert "fit no mix" in explained(score * 1.6 - 0.4, taught).distrust[-1]
    assert "outside those of the reference" in explained(score + 6.0, taught).distrust[0]
    few = explained(score[:150], taught)
    assert "fewer than 200" in few.distrust[0]
    assert few.estimate("auc").value is None
    assert "fewer than 200" in few.estimate("auc").reason


def test_the_same_counts_on_another_scale_give_the_same_range(
    taught: tuple[Numbers, LearntCells],
) -> None:
    truth, score = draw(np.random.default_rng(6), 3000)
    for marks in (score, np.exp(score)):
        edges = score_edges(truth, marks)
        assert np.array_equal(
            place_scores(edges, marks), place_scores(score_edges(truth, score), score)
        )
    assert taught[1].prevalence == pytest.approx(0.2, abs=0.01)


def test_a_table_of_another_shape_is_refused(taught: tuple[Numbers, LearntCells]) -> None:
    with pytest.raises(ValueError, match="shape"):
        explained_performance(taught[1], np.zeros((3, 2)))
