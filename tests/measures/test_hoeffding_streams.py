"""HDDM: bounds of Hoeffding and McDiarmid."""

from __future__ import annotations

import numpy as np
import pytest

from measures.hoeffding_streams import HddmA, HddmW
from measures.streams import signals_of


@pytest.mark.parametrize("kind", [HddmA, HddmW])
def test_a_fall_is_seen_by_the_two_sided_test_only(kind: type[HddmA] | type[HddmW]) -> None:
    rng = np.random.default_rng(3)
    stream = (rng.random(1600) < np.repeat([0.8, 0.2], 800)).astype(float)
    assert any(at >= 800 for at in signals_of(kind(two_sided=True), stream).alarms)
    assert all(at < 800 for at in signals_of(kind(), stream).alarms)


def test_two_sides_treat_errors_and_right_answers_alike() -> None:
    rng = np.random.default_rng(4)
    stream = (rng.random(2000) < np.repeat([0.3, 0.6], 1000)).astype(float)
    for kind in (HddmA, HddmW):
        mirrored = signals_of(kind(two_sided=True), 1.0 - stream)
        assert signals_of(kind(two_sided=True), stream).alarms == mirrored.alarms


def test_false_alarms_are_rare_at_a_small_confidence() -> None:
    rng = np.random.default_rng(5)
    alarms = sum(len(signals_of(HddmA(), rng.random(400) < 0.2).alarms) for _ in range(60))
    assert alarms <= 6
