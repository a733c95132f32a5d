from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0.0, 1.0), max_size=30)


@pytest.mark.parametrize("n", [1, 30])  # few: statsmodels takes seconds for Holm
def test_adjusted_values_are_those_of_statsmodels(n: int) -> None:
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(n).beta(0.4, 1.5, n).round(2).tolist()  # with ties, zeros and ones
    for ours, peer in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        assert ours(p) == pytest.approx(multipletests(p, method=peer)[1], abs=1e-12)


@given(p=P_VALUES)
def test_adjusting_raises_every_value_and_holm_more(p: list[float]) -> None:
    family, rate = holm(p), benjamini_hochberg(p)
    assert np.all(rate >= np.array(p) - 1e-12)
    assert np.all(family >= rate - 1e-12)
    assert np.all(family <= 1.0)


def test_of_no_value_nothing_is_adjusted() -> None:
    assert holm([]).size == benjamini_hochberg([]).size == 0


def test_malformed_values_are_refused() -> None:
    for adjust in (holm, benjamini_hochberg):
        for wrong in ([1.2], [float("nan")], [-0.1], [float("inf")]):
            with pytest.raises(ValueError, match="p_values"):
                adjust(wrong)
