"""The order of a reading worklist: up and never down, with an end; equal to queueing theory."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.reading_queue import mean_difference_by_day, reading_order, reading_starts

DAYS = st.lists(
    st.tuples(
        st.floats(0, 30, allow_nan=False), st.booleans(), st.floats(0.5, 20, allow_nan=False)
    ),
    min_size=1, max_size=20,
)  # fmt: skip


def columns(day: list[tuple[float, bool, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    gaps, up, minutes = (np.array(column, dtype=float) for column in zip(*day, strict=True))
    return np.cumsum(gaps), up, minutes


@given(day=DAYS, readers=st.integers(1, 3), longest=st.floats(0, 60))
def test_nothing_overtakes_what_has_waited_the_longest_wait(
    day: list[tuple[float, bool, float]], readers: int, longest: float
) -> None:
    came, up, minutes = columns(day)
    starts = reading_starts(came, up, minutes, readers=readers, longest_wait=longest)
    assert np.all(starts >= came)
    for later in range(came.size):
        overtaken = (np.arange(came.size) < later) & (starts > starts[later])
        assert np.all(starts[later] - came[overtaken] < longest)
        assert not np.any(overtaken & (up == 1)), "none overtakes a flagged study"
        assert up[later] or not overtaken.any(), "only a flagged study overtakes"


@given(day=DAYS, longest=st.floats(0, 60))
def test_with_one_reader_a_study_waits_at_most_the_longest_wait_and_a_reading_more_than_in_turn(
    day: list[tuple[float, bool, float]], longest: float
) -> None:
    came, up, minutes = columns(day)
    moved = reading_starts(came, up, minutes, readers=1, longest_wait=longest)
    in_turn = reading_starts(came, np.zeros(came.size), minutes, readers=1, longest_wait=longest)
    assert np.all(moved - in_turn <= longest + minutes.max() + 1e-6)
    assert np.all(moved[up == 1] - in_turn[up == 1] <= minutes.max() + 1e-6)


@given(day=DAYS, readers=st.integers(1, 3))
def test_the_readers_are_never_idle_while_a_study_waits_and_read_one_at_a_time(
    day: list[tuple[float, bool, float]], readers: int
) -> None:
    came, up, minutes = columns(day)
    starts = reading_starts(came, up, minutes, readers=readers, longest_wait=math.inf)
    ends = starts + minutes
    for at in starts:
        assert np.sum((starts <= at) & (ends > at)) <= readers
    late = starts > came + 1e-9
    for study in np.flatnonzero(late):
        just_before = starts[study] - 1e-9
        assert np.sum((starts <= just_before) & (ends >= starts[study] - 1e-6)) >= readers - 1


@settings(max_examples=40)
@given(day=DAYS, longest=st.floats(0, 60))
def test_the_first_in_the_list_is_the_one_that_a_free_reader_takes(
    day: list[tuple[float, bool, float]], longest: float
) -> None:
    came, up, minutes = columns(day)
    starts = reading_starts(came, up, minutes, readers=1, longest_wait=longest)
    for study in range(came.size):
        waiting = np.flatnonzero((came <= starts[study]) & (starts >= starts[study]))
        order = reading_order(
            came[waiting], up[waiting], now=float(starts[study]), longest_wait=longest
        )
        assert waiting[order[0]] == study


def test_waits_are_those_of_queueing_theory() -> None:
    # Cobham, Operations Research 1954;2:70: two classes, one server, no preemption
    random = np.random.default_rng(5)
    n, load, share = 100_000, 0.7, 0.3
    minutes = random.exponential(1.0, n)
    came = np.cumsum(random.exponential(1 / load, n))
    up = random.random(n) < share
    starts = reading_starts(came, up, minutes, readers=1, longest_wait=math.inf)
    waits = (starts - came)[n // 10 :]
    flagged = up[n // 10 :]
    assert waits[flagged].mean() == pytest.approx(load / (1 - load * share), rel=0.05)
    expected = load / ((1 - load * share) * (1 - load))
    assert waits[~flagged].mean() == pytest.approx(expected, rel=0.08)


def test_without_an_answer_a_study_is_read_in_its_turn() -> None:
    starts = reading_starts(
        [0, 1, 2], [0, 0, 1], [10, 10, 10], readers=1, longest_wait=60, known=[0, 1, 15]
    )
    assert starts.tolist() == [0.0, 10.0, 20.0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"arrived": [5.0, 1.0]}, "rise"),
        ({"minutes": [0.0, 1.0]}, "positive"),
        ({"known": [-1.0, 1.0]}, "before arrived"),
        ({"moved_up": [2, 0]}, "0 or 1"),
        ({"readers": 0}, "readers"),
        ({"longest_wait": -1.0}, "longest_wait"),
        ({"longest_wait": float("nan")}, "longest_wait"),
        ({"minutes": [1.0]}, "has"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changed: dict[str, object], words: str) -> None:
    given_columns: dict[str, object] = {
        "arrived": [0.0, 1.0], "moved_up": [0, 1], "minutes": [1.0, 1.0], "readers": 1,
        "longest_wait": 5.0,
    } | changed  # fmt: skip
    with pytest.raises(ValueError, match=words):
        reading_starts(**given_columns)  # type: ignore[arg-type]


def test_the_interval_over_days_covers_as_often_as_it_says() -> None:
    random = np.random.default_rng(8)
    covered = 0
    for _ in range(400):
        sizes = random.integers(1, 8, 30)
        days = np.repeat(np.arange(30), sizes)
        values = random.normal(3, 1, 30)[days] + random.normal(0, 1, days.size)
        found = mean_difference_by_day("wait", values, np.zeros(days.size), days)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 3 <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def test_one_day_is_not_estimable() -> None:
    found = mean_difference_by_day("wait", [1.0, 2.0], [0.0, 0.0], [4, 4])
    assert not found.estimable
    assert "fewer than two days" in found.reason
