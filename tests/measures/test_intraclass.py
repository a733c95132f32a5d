"""The intraclass correlation in its six forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.intraclass import IccForm, icc

FORMS: list[IccForm] = ["1,1", "A,1", "C,1", "1,k", "A,k", "C,k"]
# Shrout and Fleiss 1979, Table 2; values and limits as R's psych prints them.
TABLE = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
PUBLISHED: dict[IccForm, tuple[float, float, float]] = {
    "1,1": (0.17, -0.13, 0.72), "A,1": (0.29, 0.02, 0.76), "C,1": (0.71, 0.34, 0.95),
    "1,k": (0.44, -0.88, 0.91), "A,k": (0.62, 0.07, 0.93), "C,k": (0.91, 0.68, 0.99),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_published_forms_and_limits_are_met(form: IccForm) -> None:
    found = icc(TABLE, form=form)
    assert (found.value, found.low, found.high) == pytest.approx(PUBLISHED[form], abs=6e-3)


@pytest.mark.parametrize("form", FORMS)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 20), k=st.integers(2, 6))
def test_order_unit_and_origin_do_not_count(form: IccForm, seed: int, n: int, k: int) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, 1)) + 0.7 * random.normal(size=(n, k))
    mixed = random.permutation(random.permutation(values, axis=0), axis=1)
    one, two = icc(values, form=form), icc(3.0 * mixed - 11.0, form=form)
    assert one.value is not None
    assert two.value == pytest.approx(one.value, abs=1e-8)
    assert (two.low, two.high) == pytest.approx((one.low, one.high), rel=1e-6, abs=1e-8)
    assert one.low is not None
    assert one.high is not None
    assert one.low <= one.value <= one.high <= 1.0


def test_a_readers_offset_counts_for_agreement_only() -> None:
    values = np.array(TABLE, dtype=float)
    moved = values + np.array([5, 0, 0, 0])
    assert icc(moved, form="C,1").value == pytest.approx(icc(values, form="C,1").value)
    assert (icc(moved, form="A,1").value or 0) < (icc(values, form="A,1").value or 0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, 2.0], "shape"),
        ([[1.0, math.nan], [1.0, 2.0]], "1 of 4 entries"),
        ([[1.0, math.inf], [1.0, 2.0]], "1 of 4 entries"),
    ],
)
def test_malformed_values_are_refused(values: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        icc(values, form="A,1")


def test_what_cannot_be_estimated_says_why() -> None:
    with pytest.raises(ValueError, match="form"):
        icc(TABLE, form="2,1")  # type: ignore[arg-type]
    assert "1 readers" in icc([[1.0], [2.0]], form="A,1").reason
    assert "1 studies" in icc([[1.0, 2.0]], form="A,1").reason
    assert "all values are equal" in icc([[3.0, 3.0], [3.0, 3.0]], form="A,1").reason
    assert "agree exactly" in icc([[1.0, 1.0], [2.0, 2.0]], form="1,1").reason
