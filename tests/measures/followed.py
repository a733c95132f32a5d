"""Hypothesis strategy: patients followed for different lengths of time, ties in time and risk."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Followed = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@st.composite
def followed_patients(draw: st.DrawFn, *, smallest: int = 1) -> Followed:
    """time, event and risk of up to 30 patients."""
    rows = draw(
        st.lists(
            st.tuples(st.integers(1, 12), st.integers(0, 1), st.integers(0, 6)),
            min_size=smallest,
            max_size=30,
        )
    )
    table = np.array(rows, dtype=np.float64)
    return table[:, 0], table[:, 1], table[:, 2]
