"""DDM and EDDM, and what every stream detector has in common."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from measures.adwin import Adwin
from measures.hoeffding_streams import HddmA, HddmW
from measures.page_hinkley import PageHinkley
from measures.streams import ALARM, Ddm, Detector, Eddm, signals_of

KINDS: dict[str, Callable[[], Detector]] = {
    "DDM": Ddm, "EDDM": Eddm, "HDDM_A": HddmA, "HDDM_W": HddmW, "ADWIN": Adwin,
    "Page-Hinkley": lambda: PageHinkley(threshold=10.0),
}  # fmt: skip


def errors(before: float, after: float, *, seed: int = 0, n: int = 1000) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.random(2 * n) < np.repeat([before, after], n)).astype(float)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rise_of_the_error_rate_is_found_after_it_happened(kind: str) -> None:
    found = signals_of(KINDS[kind](), errors(0.1, 0.6))
    assert any(1000 <= at < 1400 for at in found.alarms)


@pytest.mark.parametrize("kind", KINDS)
def test_after_an_alarm_it_is_as_good_as_new(kind: str) -> None:
    stream = errors(0.1, 0.6, seed=1)
    first = signals_of(KINDS[kind](), stream).alarms[0]
    whole, rest = signals_of(KINDS[kind](), stream), signals_of(KINDS[kind](), stream[first + 1 :])
    assert [at - first - 1 for at in whole.alarms[1:]] == list(rest.alarms)


@pytest.mark.parametrize("kind", KINDS)
def test_value_by_value_says_the_same_as_the_whole_stream(kind: str) -> None:
    stream, detector = errors(0.2, 0.5, seed=2), KINDS[kind]()
    said = [detector.update(value) for value in stream]
    assert [at for at, verdict in enumerate(said) if verdict == ALARM] == list(
        signals_of(KINDS[kind](), stream).alarms
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [[], [0.0, float("nan")], [1.0, float("inf")], [[1.0]]])
def test_a_stream_that_is_empty_or_incomplete_is_refused(kind: str, bad: list[float]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        signals_of(KINDS[kind](), bad)


@pytest.mark.parametrize("kind", ["DDM", "EDDM", "HDDM_A", "HDDM_W"])
def test_detectors_of_errors_refuse_other_numbers(kind: str) -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        signals_of(KINDS[kind](), [0.0, 0.5])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_stream_that_never_varies_never_alarms(kind: str, value: float) -> None:
    assert signals_of(KINDS[kind](), [value] * 500).alarms == ()


def test_ddm_alarms_at_the_first_error_after_a_spotless_start() -> None:
    assert signals_of(Ddm(), [0.0] * 50 + [1.0]).alarms == (50,)


def test_a_warning_zone_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha"):
        Eddm(alpha=0.8, beta=0.9)
    with pytest.raises(ValueError, match="alarm"):
        HddmA(alarm=0.01, warning=0.001)
    with pytest.raises(ValueError, match="weight"):
        HddmW(weight=1.0)
