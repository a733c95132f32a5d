"""Single points against a limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from measures.shewhart import shewhart, shewhart_limit, shewhart_run_length


@given(st.floats(1.5, 1e6))
def test_the_limit_for_a_run_length_has_that_run_length(wanted: float) -> None:
    found = shewhart_run_length(shewhart_limit(run_length=wanted))
    assert abs(found / wanted - 1.0) < 1e-9


@given(st.floats(0.1, 6.0), st.floats(0.0, 4.0))
def test_a_shift_shortens_the_run_and_its_sign_does_not_matter(limit: float, shift: float) -> None:
    moved = shewhart_run_length(limit, shift=shift)
    assert moved <= shewhart_run_length(limit) * (1.0 + 1e-12)
    assert abs(moved / shewhart_run_length(limit, shift=-shift) - 1.0) < 1e-9


def test_a_point_on_the_limit_does_not_signal() -> None:
    assert shewhart([3.0, -3.0, 3.001], limit=3.0).tolist() == [False, False, True]
