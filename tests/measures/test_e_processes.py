"""Evidence at any time, and of many charts together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.e_processes import charts_to_trust, mean_evidence


@given(st.lists(st.floats(-3, 6), min_size=1, max_size=20), st.floats(0.01, 0.3))
def test_more_evidence_is_never_trusted_less(evidence: list[float], share: float) -> None:
    trusted = charts_to_trust(evidence, false_share=share)
    assert (charts_to_trust(np.array(evidence) + 1.0, false_share=share) >= trusted).all()
    if trusted.any():
        assert np.array(evidence)[trusted].min() >= np.array(evidence)[~trusted].max(initial=-9.0)
    k = int(trusted.sum())
    assert k == 0 or 10 ** np.sort(evidence)[::-1][k - 1] >= len(evidence) / (k * share) * 0.999


def test_one_chart_is_trusted_at_one_over_alpha() -> None:
    assert charts_to_trust([np.log10(20.001)], false_share=0.05).tolist() == [True]
    assert charts_to_trust([np.log10(19.999)], false_share=0.05).tolist() == [False]


def test_the_share_of_false_charts_stays_within_its_bound_even_when_they_move_together() -> None:
    rng, shares = np.random.default_rng(2), []
    for _ in range(400):
        common = rng.random((1, 80)) < 0.5
        rates = np.where(np.arange(20) < 5, 0.35, 0.1)[:, None]
        own = rng.random((20, 80))
        values = np.where(common, rng.random((1, 80)), own) < rates
        trusted = charts_to_trust(mean_evidence(values, claimed=0.1)[:, -1], false_share=0.1)
        shares.append(trusted[5:].sum() / max(trusted.sum(), 1))
    assert np.mean(shares) <= 0.1


@pytest.mark.parametrize("above", [True, False])
def test_evidence_against_a_claim_that_holds_seldom_ever_reaches_one_over_alpha(
    above: bool,
) -> None:
    rng = np.random.default_rng(3)
    for values in (rng.random((2000, 300)) < 0.2, rng.beta(1, 4, (2000, 300))):
        evidence = mean_evidence(values, claimed=0.2, above=above)
        assert (evidence.max(axis=1) >= np.log10(20.0)).mean() <= 0.05


def test_a_broken_claim_is_found_and_only_on_its_side() -> None:
    values = np.random.default_rng(4).random((200, 300)) < 0.3
    assert (mean_evidence(values, claimed=0.15)[:, -1] > 2.0).mean() > 0.95
    assert (mean_evidence(values, claimed=0.15, above=False)[:, -1] <= 0.0).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0.05, 0.95))
def test_evidence_is_finite_mirrored_and_blind_to_the_unit(x: list[float], claimed: float) -> None:
    found = mean_evidence(x, claimed=claimed)
    assert np.isfinite(found).all()
    mirrored = mean_evidence(1.0 - np.array(x), claimed=1.0 - claimed, above=False)
    assert mirrored == pytest.approx(found, abs=1e-9)
    scaled = mean_evidence(10.0 * np.array(x), claimed=10.0 * claimed, high=10.0)
    assert scaled == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize("bad", [[], [float("nan")], [float("inf")], [[1.0]]])
def test_charts_without_evidence_are_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="evidence"):
        charts_to_trust(bad, false_share=0.1)
    with pytest.raises(ValueError, match="alpha"):
        charts_to_trust([1.0], false_share=0.0)


@pytest.mark.parametrize(
    ("values", "claimed"), [([], 0.5), ([float("nan")], 0.5), ([1.5], 0.5), ([1.0], 0.0), ([1], 1)]
)
def test_values_or_claims_outside_their_bounds_are_refused(
    values: list[float], claimed: float
) -> None:
    with pytest.raises(ValueError, match=r"values|claimed"):
        mean_evidence(values, claimed=claimed)
