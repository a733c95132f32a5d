"""What the model sees: a new scanner and another body part are found, and named by study."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from measures.sequential import conformal_p_columns, conformal_p_values
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import (
    ChartResult,
    FloatArray,
    NotWatchable,
    Prepared,
    SiteDay,
    State,
)
from monitoring.detectors.embedding_drift import EMBEDDING_COLUMNS
from monitoring.explaining.case_table import CaseTable
from monitoring.explaining.explanation import SiteCases, explain, trace_signal
from tests.monitoring.example_plan import MONDAY, context, defaults

CHART = DETECTORS["embedding_drift"]
DIRECTION = np.where(np.arange(16) % 2, 1.0, -1.0) / 4.0  # no axis has more than a quarter


def rows(rng: np.random.Generator, n: int) -> FloatArray:
    return np.asarray(rng.standard_t(6, size=(n, 16)))


@cache
def prepared() -> Prepared:
    reference = rows(np.random.default_rng(1), 300)
    return CHART.prepare(
        dict(zip(EMBEDDING_COLUMNS, reference.T, strict=True)), context=context("features"),
        parameters=defaults("embedding_drift"),
    )


def day_of(found: FloatArray, day: int) -> SiteDay:
    labels = tuple(f"STU-{day:02d}{number:02d}" for number in range(len(found)))
    values = dict(zip(EMBEDDING_COLUMNS, found.T, strict=True))
    return SiteDay("North", MONDAY + timedelta(days=day), values, labels=labels)


def watched(days: list[FloatArray]) -> list[ChartResult]:
    found: list[ChartResult] = []
    state: State | None = None
    for number, found_rows in enumerate(days):
        found.append(CHART.step(prepared(), state, day_of(found_rows, number)))
        state = found[-1].state
    return found


def test_a_new_scanner_that_moves_all_features_a_little_is_found_along_a_learnt_direction() -> None:
    rng = np.random.default_rng(2)
    days = [rows(rng, 25) + (0.7 * DIRECTION * 1.2 if day >= 14 else 0.0) for day in range(50)]
    found = watched(days)
    first = next(number for number, one in enumerate(found) if one.signal)
    assert 14 <= first < 45
    last = found[-1] if found[-1].signal else found[first]
    assert last.details["column"] == "embedding"
    assert last.details["onset"] is not None


def test_a_part_of_another_body_part_is_found_by_its_distance_and_its_studies_are_listed() -> None:
    rng = np.random.default_rng(3)
    days = [rows(rng, 25) for _ in range(26)]
    for number in range(14, 26):
        days[number][:4] = 3.0 * rows(rng, 4)  # as far out in every direction
    found = watched(days)
    first = next(number for number, one in enumerate(found) if one.signal)
    assert 14 <= first < 24
    assert found[first].details["along"] == "distance"
    listed = found[first].details["furthest"]
    strange = {f"STU-{day:02d}{one:02d}" for day in range(14, 26) for one in range(4)}
    assert sum(one["study"] in strange for one in listed) >= 6
    assert "lie further from the reference" in CHART.sentence(found[first])
    assert listed[0]["study"] in CHART.sentence(found[first])


def test_no_single_column_chart_sees_what_all_features_together_show() -> None:
    rng = np.random.default_rng(5)
    single = DETECTORS["rank_cusum"]
    held = rows(np.random.default_rng(1), 300)
    reference = dict(zip(EMBEDDING_COLUMNS, held.T, strict=True))
    alone = single.prepare(
        reference, context=context("columns"),
        parameters=defaults("rank_cusum") | {"columns": list(EMBEDDING_COLUMNS)},
    )
    days = [rows(rng, 25) + (0.6 * DIRECTION * 1.2 if day >= 14 else 0.0) for day in range(50)]
    state: State | None = None
    for number, one in enumerate(days):
        result = single.step(alone, state, day_of(one, number))
        state = result.state
        assert not result.signal
    assert any(one.signal for one in watched(days))


def test_studies_without_features_and_thin_days_are_no_data() -> None:
    empty = SiteDay("North", MONDAY, {"score": np.ones(20)})
    assert CHART.step(prepared(), None, empty).value is None
    few = day_of(rows(np.random.default_rng(6), 3), 0)
    thin = CHART.step(prepared(), None, few)
    assert "3 studies waiting, 5 needed" in thin.reason
    more = replace(few, day=MONDAY + timedelta(days=1))
    assert CHART.step(prepared(), thin.state, more).value is not None


def test_a_version_that_kept_no_features_is_refused_with_the_way_out() -> None:
    with pytest.raises(NotWatchable, match="0 reference studies with features"):
        CHART.prepare(
            {"score": np.ones(90)}, context=context("f"), parameters=defaults("embedding_drift")
        )


def test_ranks_of_several_measures_at_once_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(7)
    pools, cells = rng.integers(0, 5, (3, 6)), rng.integers(0, 6, (9, 3))
    ties = rng.random((9, 3))
    together, grown = conformal_p_columns(pools, cells, ties)
    for one in range(3):
        alone, pool = conformal_p_values(pools[one], cells[:, one], ties[:, one])
        assert np.allclose(together[:, one], alone)
        assert np.array_equal(grown[one], pool)
    with pytest.raises(ValueError, match="shapes do not fit"):
        conformal_p_columns(pools, cells[:, :2], ties)


def test_an_alert_of_features_is_explained_and_shows_the_studies_furthest_out() -> None:
    rng = np.random.default_rng(8)
    days = [rows(rng, 20) for _ in range(30)]
    for number in range(14, 30):
        days[number][:8] *= 3.0
    found = watched(days)
    signal = next(one for one in found if one.signal)
    cases = SiteCases(_table([rows(np.random.default_rng(1), 300)], -300), _table(days, 0))
    trace = trace_signal(
        "embedding_drift", signal.details, cases, day=signal.day, since=signal.day
    )
    told = explain(trace, "embedding", cases)
    assert told["cause"] == "acquisition change"
    far = {f"STU-{day:02d}{one:02d}" for day in range(14, 30) for one in range(8)}
    assert set(told["examples"]["since"]) <= far
    assert len(told["examples"]["before"]) == 3


def _table(days: list[FloatArray], first: int) -> CaseTable:
    every = np.concatenate(days)
    day = np.repeat(np.arange(len(days)), [len(one) for one in days])
    label = [
        f"STU-{number:02d}{at:02d}" for number, one in enumerate(days) for at in range(len(one))
    ]
    return CaseTable(
        (day + MONDAY.toordinal() + first).astype(np.int64), np.array(label, object),
        dict(zip(EMBEDDING_COLUMNS, every.T, strict=True)),
    )
