"""Hypothesis strategy: two small masks of one shape, flat or in space, empty ones too."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from measures.masks import Mask

SPACINGS = st.sampled_from([0.5, 0.7, 1.0, 2.0, 3.3])


@st.composite
def mask_pairs(draw: st.DrawFn, *, filled: bool = False) -> tuple[Mask, Mask, tuple[float, ...]]:
    """Reference, prediction and spacing; `filled` wants a voxel in each mask."""
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=2, max_size=3)))
    share = draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    one, other = rng.random(shape) < share, rng.random(shape) < draw(st.floats(0.0, 1.0))
    if filled:
        one.flat[0] = other.flat[-1] = True
    return one, other, tuple(draw(st.lists(SPACINGS, min_size=len(shape), max_size=len(shape))))
