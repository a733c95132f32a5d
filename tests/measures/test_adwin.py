"""An adaptive window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.adwin import Adwin
from measures.streams import signals_of


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-100, 100), st.sampled_from([-2.0, -1.0, 0.5, 4.0]))
def test_a_stream_moved_as_a_whole_alarms_at_the_same_places(
    seed: int, origin: float, unit: float
) -> None:
    """Its bound has a term in the values' unit, so a wider unit may only find more."""
    rng = np.random.default_rng(seed)
    stream = rng.normal(np.repeat([0.0, 3.0], 200))
    plain = signals_of(Adwin(), stream).alarms
    assert signals_of(Adwin(), stream + origin).alarms == plain
    assert signals_of(Adwin(), -stream).alarms == plain
    if abs(unit) >= 1.0:
        assert signals_of(Adwin(), unit * stream).alarms[0] <= plain[0]


def test_what_was_before_the_change_leaves_the_window() -> None:
    detector = Adwin(clock=1)
    said = [detector.update(value) for value in [0.0, 1.0] * 200 + [5.0] * 60]
    assert 400 < said.index("alarm") < 410


def test_it_looks_only_when_its_clock_says_so() -> None:
    stream = [0.0] * 100 + [5.0] * 100
    assert all((at + 1) % 32 == 0 for at in signals_of(Adwin(), stream).alarms[:1])


@pytest.mark.parametrize(
    "bad", [{"delta": 0.0}, {"delta": 1.0}, {"clock": 0}, {"buckets": 0}, {"least": 0}]
)
def test_constants_that_make_no_window_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"delta|at least 1"):
        Adwin(**bad)  # type: ignore[arg-type]
