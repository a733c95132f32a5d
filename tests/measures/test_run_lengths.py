"""The tools that run lengths are solved with."""

from __future__ import annotations

import numpy as np
import pytest

from measures.run_lengths import chart_points, gauss_legendre, mean_times, solved


def test_a_chain_that_leaves_with_a_known_chance_lasts_its_reciprocal() -> None:
    kernels = np.array([[[0.5]], [[0.9]]])
    assert mean_times(kernels)[:, 0] == pytest.approx([2.0, 10.0])


def test_places_and_weights_are_shared_and_cannot_be_written_to() -> None:
    places, _ = gauss_legendre(16)
    with pytest.raises(ValueError, match="read-only"):
        places[0] = 0.0


@pytest.mark.parametrize("wanted", [0.5, 1.0, 2e9, float("nan")])
def test_a_run_length_that_no_chart_has_is_refused(wanted: float) -> None:
    with pytest.raises(ValueError, match="run length"):
        solved(lambda x: 1.0 + x, wanted, 0.0, 1.0)


def test_an_empty_series_is_named() -> None:
    with pytest.raises(ValueError, match="empty"):
        chart_points([])
