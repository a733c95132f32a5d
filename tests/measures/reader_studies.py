"""Reader studies for the tests: crossed, split or with readings missing, ties included."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from measures.readers import Readings

ARMS = ("aided", "alone")


def simulated(
    seed: int, readers: int = 4, diseased: int = 8, healthy: int = 9, *, keep: float = 1.0
) -> Readings:
    """Ratings on six steps, the first arm a little better; each kept with a chance."""
    random = np.random.default_rng(seed)
    n = diseased + healthy
    sick = np.arange(n) < diseased
    marks = random.normal(size=(1, 1, n)) + 0.5 * random.normal(size=(1, readers, 1))
    marks = marks + random.normal(size=(2, readers, n))
    marks[:, :, sick] += np.array([1.4, 1.0])[:, None, None]
    marks = np.clip(np.round(marks), -2, 3)
    marks = np.where(random.random(marks.shape) < keep, marks, np.nan)
    names = tuple(f"r{i}" for i in range(readers)), tuple(f"s{i:02d}" for i in range(n))
    return Readings(ARMS, names[0], names[1], sick, marks)


@st.composite
def reader_studies(draw: st.DrawFn, *, crossed: bool = False) -> Readings:
    keep = 1.0 if crossed else draw(st.sampled_from([1.0, 0.7]))
    return simulated(
        draw(st.integers(0, 10_000)), draw(st.integers(2, 5)), draw(st.integers(3, 9)),
        draw(st.integers(3, 9)), keep=keep,
    )  # fmt: skip


def rows(of: Readings) -> dict[str, list[object]]:
    """The readings of a block, one a row, as gather_readings takes them."""
    where = np.argwhere(~np.isnan(of.ratings))
    return {
        "reader": [of.readers[r] for _, r, _ in where],
        "study": [of.studies[s] for _, _, s in where],
        "truth": [int(of.diseased[s]) for _, _, s in where],
        "rating": [float(of.ratings[a, r, s]) for a, r, s in where],
        "arm": [of.arms[a] for a, _, _ in where],
    }
