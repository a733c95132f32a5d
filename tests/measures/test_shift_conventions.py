"""NannyML's and Evidently's numbers: Evidently itself in the same run, NannyML by its oracle."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from measures.reference_summary import summarise_categories, summarise_numbers
from measures.shift_evidently import EVIDENTLY_THRESHOLDS, evidently_default, evidently_drift
from measures.shift_nannyml import nannyml_chunks
from records.quiet import switch_off_usage_statistics

ONLY_NUMBERS = ("ks", "mannw", "cramer_von_mises", "t_test", "wasserstein", "ed")


def numbers(kind: str, n: int, rng: np.random.Generator, moved: float) -> np.ndarray:
    if kind == "binary":
        return (rng.random(n) < 0.3 + 0.2 * moved).astype(int)
    if kind == "five values":
        return np.minimum(rng.integers(0, 5, n) + (rng.random(n) < moved), 4)
    if kind == "twenty values":
        return rng.integers(0, 20, n)
    if kind == "whole":
        return rng.integers(0, 900, n) + int(200 * moved)
    return np.exp(rng.normal(moved, 1.0, n))


def levels(kind: str, n: int, rng: np.random.Generator, moved: float) -> np.ndarray:
    if kind == "two levels":
        return rng.choice(["no", "yes"], n, p=[0.6 - 0.3 * moved, 0.4 + 0.3 * moved])
    return rng.choice(list("abcd") if moved else list("abc"), n)


@pytest.mark.parametrize("rows", [40, 1001])
def test_evidently_says_the_same(rows: int) -> None:
    switch_off_usage_statistics()
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently.legacy.calculations import stattests
        from evidently.legacy.calculations.stattests import registry
        from evidently.legacy.core import ColumnType
    rng = np.random.default_rng(rows)
    of_levels = {"chisquare": stattests.chi_stat_test, "z": stattests.z_stat_test}
    for kind in ("binary", "five values", "twenty values", "whole", "skewed", "two levels", "new"):
        make = numbers if kind not in ("two levels", "new") else levels
        is_number = make is numbers
        sort = ColumnType.Numerical if is_number else ColumnType.Categorical
        summarise: Any = summarise_numbers if is_number else summarise_categories
        for moved in (0.0, 0.7):
            before, now = make(kind, rows, rng, 0.0), make(kind, 90, rng, moved)
            one, other = summarise(before), summarise(now)
            series = pd.Series(before), pd.Series(now)
            chosen = registry._get_default_stattest(*series, sort).name
            assert evidently_default(one, other) == chosen
            for method in EVIDENTLY_THRESHOLDS:
                if (method in ONLY_NUMBERS and not is_number) or (
                    method == "z" and len({*before, *now}) > 2
                ):
                    continue
                test = of_levels.get(method) or registry.get_registered_stattest(method, sort)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # division by an empty cell
                    wanted = test(series[0].copy(), series[1].copy(), sort, None)
                found = evidently_drift(one, other, method=method)  # type: ignore[arg-type]
                assert found.value == pytest.approx(wanted.drift_score, rel=1e-6, abs=1e-6)
                assert found.threshold == wanted.actual_threshold
                assert found.drifted == bool(wanted.drifted), (kind, method)


def test_evidently_flips_where_ours_does_not() -> None:
    """The same quiet day of 50 against 1,000 and 1,001 reference rows."""
    flipped = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        before, now = rng.normal(size=1001), summarise_numbers(rng.normal(size=50))
        said = []
        for rows in (1000, 1001):
            reference = summarise_numbers(before[:rows])
            method = evidently_default(reference, now)
            said.append(evidently_drift(reference, now, method=method).drifted)
        flipped += said == [False, True]
    assert flipped >= 15


def test_evidently_refuses_what_its_methods_do_not_take() -> None:
    some, kinds = summarise_numbers([1.0, 2.0]), summarise_categories("ab")
    with pytest.raises(ValueError, match="unknown 'anderson'; known: ks"):
        evidently_drift(some, some, method="anderson")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs numbers, not levels"):
        evidently_drift(kinds, kinds, method="ks")
    with pytest.raises(ValueError, match="both hold numbers or both hold levels"):
        evidently_drift(some, kinds, method="psi")
    with pytest.raises(ValueError, match="current: no entry with a value"):
        evidently_drift(some, summarise_numbers([float("nan")]), method="ks")
    with pytest.raises(ValueError, match="reference: no entry with a value"):
        evidently_default(summarise_numbers([]), some)


def test_chunks_keep_their_remainder_and_an_empty_one_never_alerts() -> None:
    rng = np.random.default_rng(1)
    before, now = rng.normal(size=500), rng.normal(size=230)
    now[100:200] = np.nan
    found = nannyml_chunks(before, now, method="jensen_shannon", chunk_size=100)
    assert found.values.shape == (3,)
    assert np.isnan(found.values[1])
    assert found.alerts[1] is False
    none = nannyml_chunks(
        np.array(["a", "b"] * 50, dtype=object), np.array(["a", None] * 30, dtype=object),
        method="chi2", chunk_size=20, levels=True,
    )  # fmt: skip
    assert none.upper_threshold is None
    assert all(none.alerts)


def test_the_grid_is_near_the_exact_value_unless_a_sentinel_spoils_it() -> None:
    rng = np.random.default_rng(2)
    before, now = rng.uniform(size=12_000), rng.uniform(0.1, 1.0, 2000)
    for method in ("kolmogorov_smirnov", "wasserstein"):
        asked: dict[str, Any] = {"method": method, "chunk_size": 2000}
        exact = nannyml_chunks(before, now, **asked)
        grid = nannyml_chunks(before, now, grid=True, **asked)
        assert grid.values == pytest.approx(exact.values, rel=0.02)
    spoiled = np.concatenate([before, [999_999.0]])
    asked = {"method": "kolmogorov_smirnov", "chunk_size": 2000}
    assert nannyml_chunks(spoiled, now, grid=True, **asked).values[0] < 0.001
    assert nannyml_chunks(spoiled, now, **asked).values[0] > 0.09


def test_nannyml_refuses_what_it_cannot_cut_or_compare() -> None:
    some = np.arange(20.0)
    with pytest.raises(ValueError, match="'chi2' is none for numbers; known: kolmogorov"):
        nannyml_chunks(some, some, method="chi2", chunk_size=5)
    with pytest.raises(ValueError, match="'wasserstein' is none for levels"):
        nannyml_chunks(some, some, method="wasserstein", chunk_size=5, levels=True)
    with pytest.raises(ValueError, match="chunk_size must be 1 or more"):
        nannyml_chunks(some, some, method="hellinger", chunk_size=0)
    with pytest.raises(ValueError, match="each need an entry"):
        nannyml_chunks(some, some * np.nan, method="hellinger", chunk_size=5)
    with pytest.raises(ValueError, match="infinite"):
        nannyml_chunks(some, [np.inf], method="hellinger", chunk_size=5)
