"""From counts at a few cuts comes exactly what the scores themselves would give at these cuts."""

import json

import numpy as np
import pytest

from measures.net_benefit import decision_curve
from measures.proportions import wilson
from measures.score_counts import (
    ScoreCounts,
    decision_curve_of,
    flagged_of,
    score_counts,
    thresholds_of,
)
from measures.threshold_table import threshold_table


def columns(n: int = 400, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, 2, n)
    score = np.clip(chance.normal(0.4 + 0.2 * truth, 0.2), 0.0, 1.0).round(3)
    return truth, score


def test_counts_tell_what_scores_tell_at_every_kept_cut() -> None:
    truth, score = columns()
    counts = score_counts(truth, score, probability=True, also=[0.1234])
    assert 0.1234 in counts.cut and counts.n == 400
    assert counts.cut.size <= 100 + 99 + 1
    found, wanted = thresholds_of(counts), threshold_table(truth, score, counts.cut)
    for name, of in wanted.measures.items():
        for part in ("value", "low", "high"):
            np.testing.assert_allclose(
                getattr(found.measures[name], part), getattr(of, part), rtol=1e-12
            )
    curve = decision_curve_of(counts)
    again = decision_curve(truth, score, curve.threshold)
    np.testing.assert_allclose(curve.value, again.value)
    np.testing.assert_allclose(curve.treat_all_low, again.treat_all_low)
    at = counts.nearest(0.5)
    flagged = wilson("flagged", int((score >= counts.cut[at]).sum()), 400)
    assert (flagged_of(counts).low[at], flagged_of(counts).high[at]) == pytest.approx(
        (flagged.low, flagged.high)
    )


def test_counts_are_stored_and_read_back_as_they_were() -> None:
    counts = score_counts(*columns(50))
    again = ScoreCounts.from_dict(json.loads(json.dumps(counts.to_dict())))
    assert again.to_dict() == counts.to_dict()
    assert again.cut.dtype == counts.cut.dtype


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(ValueError, match="no study"):
        score_counts([], [])
    with pytest.raises(ValueError, match="no probability"):
        decision_curve_of(score_counts([0, 1], [3.0, 4.0]))
    with pytest.raises(ValueError, match="both diseased and healthy"):
        decision_curve_of(score_counts([1, 1], [0.3, 0.4], probability=True))
    alone = thresholds_of(score_counts([1, 1], [0.3, 0.4]))
    assert np.isnan(alone.measures["specificity"].value).all()
