"""Columns that a clinic could send, ties and lopsided classes too; a measure by drawn patients."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from measures.bootstrap import bootstrap
from measures.clusters import Measure, Resampling
from measures.estimate import Estimate

Column = NDArray[np.float64]


def cluster_bootstrap(
    measure: Measure, truth: ArrayLike, prediction: ArrayLike, *, patients: ArrayLike,
    resampling: Resampling,
) -> Estimate:  # fmt: skip
    """One measure with whole patients drawn again and again."""
    (found,) = bootstrap([(measure, prediction)], truth, patients=patients, resampling=resampling)
    return found


@st.composite
def truth_and_score(
    draw: st.DrawFn, *, smallest: int = 0, both_classes: bool = False
) -> tuple[Column, Column]:
    """Truth and a score in twentieths, so ties are common."""
    n = draw(st.integers(max(smallest, 4 if both_classes else 0), 40))
    truth = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    if both_classes:
        truth[:4] = [0, 0, 1, 1]
    score = draw(st.lists(st.integers(0, 20), min_size=n, max_size=n))
    return np.array(truth, dtype=np.float64), np.array(score, dtype=np.float64) / 20.0


@st.composite
def truth_and_decision(draw: st.DrawFn) -> tuple[Column, Column]:
    """Truth and decision of up to 60 studies, any table possible, the empty one too."""
    n = draw(st.integers(0, 60))
    pairs = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=n, max_size=n))
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
