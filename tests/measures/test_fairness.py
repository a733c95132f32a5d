from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.binary import auc, ppv, sensitivity
from measures.clusters import Resampling
from measures.comparison import newcombe_difference
from measures.estimate import Estimate
from measures.fairness import equalised_odds, gap, parities, ratio, share_ratio, worst_group
from measures.group_tests import auc_homogeneity, share_homogeneity
from measures.proportions import wilson
from measures.shrinkage import shrunken_shares
from measures.subgroups import GROUP_RATES, by_group, group_labels, intersections

FEW = Resampling(seed=3, replicates=500)
COUNTS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
GROUPS = st.lists(COUNTS, min_size=2, max_size=6)


def named(counts: list[tuple[int, int]]) -> dict[str, Estimate]:
    return {f"g{at}": wilson("sensitivity", *of) for at, of in enumerate(counts)}


def limits(found: Estimate) -> tuple[float, float, float]:
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    return found.low, found.value, found.high


@given(counts=GROUPS)
def test_gap_is_the_largest_difference_inside_its_interval(counts: list[tuple[int, int]]) -> None:
    shares = [hits / n for hits, n in counts]
    low, value, high = limits(gap(named(counts)))
    assert value == pytest.approx(max(shares) - min(shares), abs=1e-12)
    assert 0.0 <= low <= value + 1e-12
    assert value - 1e-12 <= high <= 1.0
    assert high > low


@given(counts=GROUPS)
def test_ratio_is_smallest_over_largest_inside_its_interval(counts: list[tuple[int, int]]) -> None:
    shares = [hits / n for hits, n in counts]
    found = ratio(named(counts))
    if max(shares) == 0.0:
        assert "zero in every group" in found.reason
        return
    low, value, high = limits(found)
    assert value == pytest.approx(min(shares) / max(shares), abs=1e-12)
    assert 0.0 <= low <= value + 1e-12
    assert value - 1e-12 <= high <= 1.0


@given(counts=GROUPS, worse=st.sampled_from(["low", "high"]))
def test_worst_group_is_named_and_its_interval_is_wider_than_its_own(
    counts: list[tuple[int, int]], worse: str
) -> None:
    groups = named(counts)
    found = worst_group(groups, worse=worse)
    low, value, high = limits(found)
    own = groups[found.subgroup]
    pick = min if worse == "low" else max
    assert value == own.value == pick(hits / n for hits, n in counts)
    assert low <= value + 1e-12
    assert high >= value - 1e-12


@given(counts=GROUPS)
def test_names_and_order_of_groups_change_no_number(counts: list[tuple[int, int]]) -> None:
    there, back = named(counts), named(counts[::-1])
    for measure in (gap, ratio, worst_group):
        one, other = measure(there), measure(back)
        assert (one.value, one.low, one.high) == (other.value, other.low, other.high)


def test_two_groups_have_the_interval_of_newcombe() -> None:
    groups = named([(40, 50), (18, 30)])
    low, value, high = limits(gap(groups))
    pair = newcombe_difference(groups["g0"], groups["g1"])
    assert (max(0.0, pair.low or 0.0), pair.value, pair.high) == (low, value, high)


@given(first=COUNTS, second=COUNTS)
def test_ratio_of_shares_turns_round(first: tuple[int, int], second: tuple[int, int]) -> None:
    one, other = wilson("ppv", *first), wilson("ppv", *second)
    found, back = share_ratio(one, other), share_ratio(other, one)
    if not found.estimable or not back.estimable or 0 in (first[0], second[0]):
        assert second[0] == 0 or first[0] == 0
        return
    low, value, high = limits(found)
    turned = limits(back)
    assert low <= value <= high
    assert value == pytest.approx(1 / turned[1])
    assert low == pytest.approx(1 / turned[2], rel=1e-6)
    assert high == pytest.approx(1 / turned[0], rel=1e-6)


def test_ratio_of_shares_agrees_with_the_published_method() -> None:
    # Donner and Zou's closed form written out, from the same Wilson limits.
    one, other = wilson("ppv", 18, 30), wilson("ppv", 40, 50)
    (l1, p1, u1), (l2, p2, u2) = limits(one), limits(other)
    product = p1 * p2
    lower = (product - np.sqrt(product**2 - l1 * u2 * (2 * p1 - l1) * (2 * p2 - u2))) / (
        u2 * (2 * p2 - u2)
    )
    upper = (product + np.sqrt(product**2 - u1 * l2 * (2 * p1 - u1) * (2 * p2 - l2))) / (
        l2 * (2 * p2 - l2)
    )
    found = share_ratio(one, other)
    assert (found.low, found.high) == pytest.approx((lower, upper), abs=1e-12)


def test_parities_are_gaps_of_the_declared_rates() -> None:
    rng = np.random.default_rng(1)
    truth, decision = rng.random(300) < 0.4, rng.random(300) < 0.5
    labels = np.array(["a", "b", "c"])[rng.integers(0, 3, 300)]
    found = parities(truth, decision, labels, minimum=1)
    rates = {
        name: by_group(rate, truth, decision, labels, minimum=1)
        for name, rate in GROUP_RATES.items()
    }
    assert found["equal_opportunity_difference"].value == gap(rates["sensitivity"]).value
    assert found["demographic_parity_ratio"].value == ratio(rates["selection_rate"]).value
    assert found["predictive_parity_difference"].value == gap(rates["ppv"]).value
    worst = max(
        gap(rates["sensitivity"]).value or 0.0, gap(rates["false_positive_rate"]).value or 0.0
    )
    assert found["equalised_odds_difference"].value == worst
    assert all(one.measure == name for name, one in found.items())


def test_rates_mirror_each_other() -> None:
    rng = np.random.default_rng(2)
    truth, decision = rng.random(100) < 0.4, rng.random(100) < 0.5
    rate = {name: of(truth, decision).value or 0.0 for name, of in GROUP_RATES.items()}
    assert rate["false_positive_rate"] == pytest.approx(1 - rate["specificity"])
    assert rate["false_negative_rate"] == pytest.approx(1 - rate["sensitivity"])
    assert rate["selection_rate"] == pytest.approx(decision.mean())


def test_small_groups_are_not_estimable_and_are_counted_out() -> None:
    truth = np.ones(25)
    labels = ["a"] * 10 + ["b"] * 10 + ["c"] * 5
    found = by_group(sensitivity, truth, truth, labels, minimum=8)
    assert found["c"].reason == "n = 5 is below the minimum of 8"
    assert "2 of 3 groups" in gap(found).method
    few = by_group(sensitivity, truth, truth, labels, minimum=11)
    assert gap(few).reason == "0 of 3 groups estimable"
    assert ratio(few).reason == "0 of 3 groups estimable"
    assert worst_group(few).reason == "0 of 3 groups estimable"
    assert not equalised_odds(few, few)[0].estimable


def test_intersections_name_every_attribute() -> None:
    labels = intersections({"sex": ["F", "M", "F"], "age": [60, 60, 40]})
    assert labels.tolist() == ["sex=F, age=60", "sex=M, age=60", "sex=F, age=40"]
    with pytest.raises(ValueError, match="sex has 1, age has 2"):
        intersections({"sex": ["F"], "age": [1, 2]})
    with pytest.raises(ValueError, match="at least one attribute"):
        intersections({})
    for missing in ("", None, float("nan")):
        with pytest.raises(ValueError, match="a study without a group"):
            group_labels(np.array(["a", missing], dtype=object))


def test_malformed_input_is_refused() -> None:
    groups = named([(3, 4), (1, 2)])
    with pytest.raises(ValueError, match="no group"):
        gap({})
    with pytest.raises(ValueError, match="one measure"):
        gap(groups | {"x": wilson("ppv", 1, 2)})
    with pytest.raises(ValueError, match="not a share with counts"):
        gap({"a": auc([1, 1, 0, 0], [4, 2, 3, 1]), "b": auc([1, 1, 0, 0], [4, 2, 3, 1])})
    with pytest.raises(ValueError, match="worse must be"):
        worst_group(groups, worse="bad")
    with pytest.raises(ValueError, match="level"):
        gap(groups, level=95.0)
    with pytest.raises(ValueError, match="minimum must be"):
        by_group(ppv, [1], [1], ["a"], minimum=0)
    with pytest.raises(ValueError, match="truth has 2, prediction has 2, groups has 1"):
        by_group(ppv, [1, 0], [1, 0], ["a"], minimum=1)
    with pytest.raises(ValueError, match="same measure"):
        share_ratio(groups["g0"], dataclasses.replace(groups["g1"], level=0.9))


def test_homogeneity_agrees_with_scipy() -> None:
    from scipy.stats import chi2_contingency

    counts = [(40, 50), (18, 30), (33, 45)]
    table = np.array([[hits, n - hits] for hits, n in counts])
    peer = chi2_contingency(table, correction=False)
    found = share_homogeneity(named(counts), resampling=FEW)
    assert found.statistic == pytest.approx(peer.statistic)
    assert found.p_value == pytest.approx(peer.pvalue)
    assert found.freedom == peer.dof


def test_few_studies_are_judged_by_permutation_close_to_fisher() -> None:
    from scipy.stats import fisher_exact

    found = share_homogeneity(
        named([(1, 8), (6, 9)]), resampling=Resampling(seed=1, replicates=20000)
    )
    assert "permutation" in found.test
    assert found.p_value == pytest.approx(fisher_exact(np.array([[1, 7], [6, 3]])).pvalue, abs=0.01)


def test_homogeneity_without_variation_or_groups_says_why() -> None:
    assert "estimable: 1" in share_homogeneity(named([(1, 2)]), resampling=FEW).reason
    assert "no variation" in share_homogeneity(named([(2, 2), (3, 3)]), resampling=FEW).reason


def test_auc_homogeneity_finds_a_group_in_which_the_score_is_useless() -> None:
    rng = np.random.default_rng(4)
    truth = np.tile([0, 1], 200)
    labels = np.repeat(["a", "b"], 200)
    score = rng.normal(size=400) + 2.0 * truth * (labels == "a")
    found = auc_homogeneity(truth, score, labels)
    assert found.p_value is not None
    assert found.p_value < 1e-4
    assert "variance: 0" in auc_homogeneity([1, 0], [0.5, 0.1], ["a", "b"]).reason
    rejected = 0
    for _ in range(300):
        score = rng.normal(size=400) + truth
        rejected += (auc_homogeneity(truth, score, labels).p_value or 0.0) < 0.05
    assert 0.02 <= rejected / 300 <= 0.09


@given(counts=st.lists(COUNTS, min_size=3, max_size=8))
def test_shrunken_shares_lie_between_their_own_and_the_others(
    counts: list[tuple[int, int]],
) -> None:
    shares = [hits / n for hits, n in counts]
    for found in shrunken_shares(named(counts)).values():
        low, value, high = limits(found)
        assert 0.0 <= low <= value <= high <= 1.0
        assert min(shares) - 0.2 <= value <= max(shares) + 0.2


def test_small_groups_are_pulled_more_than_large_ones() -> None:
    found = shrunken_shares(named([(80, 100), (78, 100), (84, 100), (2, 4), (400, 800)]))
    pulled = {name: abs((one.value or 0.0) - 0.5) for name, one in found.items()}
    assert pulled["g3"] > 3 * pulled["g4"]


def test_borrowing_needs_three_groups_with_counts() -> None:
    assert "borrowing needs three" in shrunken_shares(named([(1, 2), (2, 3)]))["g0"].reason
    with pytest.raises(ValueError, match="not a share with counts"):
        shrunken_shares({"a": auc([1, 1, 0, 0], [4, 2, 3, 1])})
