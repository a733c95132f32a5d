"""Does the device serve some groups worse: gaps and ratios between groups, and the worst group.

Gaps, ratios and the worst group are picked after looking, which makes them look worse than they
are. Their intervals hold for all groups at once (Bonferroni), so they cover at least nominally
whichever group was picked. A gap in rates that depend on prevalence (demographic and predictive
parity) may be a difference in disease, not in the device: see `docs/statistics/fairness.md`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from itertools import permutations

from numpy.typing import ArrayLike

from measures.comparison import newcombe_difference
from measures.estimate import Estimate
from measures.proportions import wilson_limits
from measures.subgroups import GROUP_RATES, by_group

__all__ = [
    "equalised_odds",
    "gap",
    "parities",
    "ratio",
    "share_ratio",
    "worst_group",
]


def share_ratio(first: Estimate, second: Estimate) -> Estimate:
    """A share in one group over the same share in another, such as sensitivity at two sites.

    Limits from the two Wilson intervals (MOVER-R: Donner and Zou, Stat Methods Med Res
    2012;21:347). Both estimates need their counts and the same measure and level, else ValueError;
    not estimable when either is not, or when the second share is zero.

    >>> from measures.proportions import wilson
    >>> print(share_ratio(wilson("sensitivity", 18, 30), wilson("sensitivity", 40, 50)))
    sensitivity_ratio 0.750 (95 % interval 0.522 to 1.003, n = 80)
    """
    if first.measure != second.measure or first.level != second.level:
        raise ValueError("share_ratio: needs the same measure at the same level twice")
    name, n = f"{first.measure}_ratio", first.n + second.n
    for single in (first, second):
        if not single.estimable:
            return Estimate.not_estimable(name, f"{single.subgroup}: {single.reason}", n=n)
    (p1, low1, high1), (p2, low2, high2) = _share(first), _share(second)
    if p2 == 0.0:
        return Estimate.not_estimable(name, "the second share is zero", n=n)
    product = p1 * p2
    under = product**2 - low1 * high2 * (2.0 * p1 - low1) * (2.0 * p2 - high2)
    over = product**2 - high1 * low2 * (2.0 * p1 - high1) * (2.0 * p2 - low2)
    # The published lower limit, multiplied out: its own denominator can vanish.
    sum_of_both = product + math.sqrt(max(0.0, under))
    low = low1 * (2.0 * p1 - low1) / sum_of_both if sum_of_both > 0.0 else 0.0
    high = (product + math.sqrt(max(0.0, over))) / (low2 * (2.0 * p2 - low2))
    return Estimate(name, n, p1 / p2, max(0.0, low), high, first.level, "MOVER-R on Wilson limits")


def gap(estimates: Mapping[str, Estimate], *, level: float = 0.95) -> Estimate:
    """The largest difference between any two groups: 0 when all are alike.

    Newcombe's intervals for all pairs at once (Bonferroni): the largest lower and the largest
    upper limit. The gap found is too large by chance, more so with many small groups; the interval
    allows for that. Groups that are not estimable are left out, and the method says how many.

    estimates: the same share by group, with counts, else ValueError. n is the number of studies in
    the groups compared. Not estimable with fewer than two estimable groups.

    >>> from measures.proportions import wilson
    >>> groups = {"a": wilson("sensitivity", 40, 50), "b": wilson("sensitivity", 18, 30)}
    >>> print(gap(groups))
    sensitivity_gap 0.200 (95 % interval 0.000 to 0.397, n = 80)
    """
    usable, name, reason = _usable(estimates, "gap")
    n = sum(single.n for single in usable)
    if reason:
        return Estimate.not_estimable(name, reason, n=n)
    apart = _raised(level, len(usable) * (len(usable) - 1) // 2)
    pairs = [newcombe_difference(one, other) for one, other in permutations(_at(usable, apart), 2)]
    low = max(0.0, max(_number(pair.low) for pair in pairs))
    high = max(_number(pair.high) for pair in pairs)
    value = max(_number(pair.value) for pair in pairs)
    method = f"Newcombe, all pairs at once, {_counted(usable, estimates)}"
    return Estimate(name, n, value, low, high, level, method)


def ratio(estimates: Mapping[str, Estimate], *, level: float = 0.95) -> Estimate:
    """The smallest group's share over the largest's: 1 when all are alike.

    As :func:`gap`, with :func:`share_ratio` for all pairs at once. Not estimable when every share
    is zero.

    >>> from measures.proportions import wilson
    >>> groups = {"a": wilson("sensitivity", 40, 50), "b": wilson("sensitivity", 18, 30)}
    >>> print(ratio(groups))
    sensitivity_ratio 0.750 (95 % interval 0.522 to 1.000, n = 80)
    """
    usable, name, reason = _usable(estimates, "ratio")
    n = sum(single.n for single in usable)
    if not reason and not any(single.value for single in usable):
        reason = "the share is zero in every group"
    if reason:
        return Estimate.not_estimable(name, reason, n=n)
    apart = _raised(level, len(usable) * (len(usable) - 1) // 2)
    tried = [share_ratio(one, other) for one, other in permutations(_at(usable, apart), 2)]
    pairs = [pair for pair in tried if pair.estimable]
    low = min(_number(pair.low) for pair in pairs)
    high = min(1.0, min(_number(pair.high) for pair in pairs))
    value = min(_number(pair.value) for pair in pairs)
    method = f"MOVER-R, all pairs at once, {_counted(usable, estimates)}"
    return Estimate(name, n, value, low, high, level, method)


def worst_group(
    estimates: Mapping[str, Estimate], *, level: float = 0.95, worse: str = "low"
) -> Estimate:
    """How badly the worst served group fares, named in `subgroup`.

    The worst of several is worse than it is, by chance alone: the interval is the smallest lower
    to the smallest upper Wilson limit of all groups at once (Bonferroni), so it covers the worst
    true share at least nominally. worse: 'low' or 'high', which end is bad (high for false alarms).

    estimates: the same share by group, with counts, else ValueError. n is that of the worst group.
    Not estimable without an estimable group.

    >>> from measures.proportions import wilson
    >>> groups = {"a": wilson("sensitivity", 40, 50), "b": wilson("sensitivity", 18, 30)}
    >>> worst_group(groups).subgroup, worst_group(groups).value
    ('b', 0.6)
    """
    if worse not in ("low", "high"):
        raise ValueError(f"worse must be 'low' or 'high', not {worse!r}")
    usable, name, reason = _usable(estimates, "worst", fewest=1)
    if reason:
        n = sum(single.n for single in estimates.values())
        return Estimate.not_estimable(name, reason, n=n)
    shares = [_share(single) for single in _at(usable, _raised(level, len(usable)))]
    pick = min if worse == "low" else max
    value, low, high = (pick(share[at] for share in shares) for at in range(3))
    worst = next(single for single in usable if single.value == value)
    method = f"Wilson, all groups at once, {_counted(usable, estimates)}"
    return Estimate(name, worst.n, value, low, high, level, method, subgroup=worst.subgroup)


def equalised_odds(
    sensitivities: Mapping[str, Estimate],
    false_alarms: Mapping[str, Estimate],
    *,
    level: float = 0.95,
) -> tuple[Estimate, Estimate]:
    """The larger of the gaps in sensitivity and in the false positive rate, and the smaller of
    their ratios (Hardt, NeurIPS 2016): 0 and 1 when the groups are alike in both.

    As :func:`gap` and :func:`ratio`, for both rates at once. Not estimable when either is not.

    >>> from measures.proportions import wilson
    >>> sick = {"a": wilson("sensitivity", 40, 50), "b": wilson("sensitivity", 18, 30)}
    >>> well = {name: wilson("false_positive_rate", *told)
    ...         for name, told in {"a": (15, 100), "b": (9, 70)}.items()}
    >>> round(equalised_odds(sick, well)[0].value, 3)
    0.2
    """
    half = _raised(level, 2)
    found = []
    for name, of, pick in (("difference", gap, max), ("ratio", ratio, min)):
        both = [of(rates, level=half) for rates in (sensitivities, false_alarms)]
        missing = next((single for single in both if not single.estimable), None)
        n = sum(single.n for single in both)
        full = f"equalised_odds_{name}"
        if missing is not None:
            reason = f"{missing.measure}: {missing.reason}"
            found.append(Estimate.not_estimable(full, reason, n=n))
            continue
        value, low, high = (
            pick(_number(getattr(single, part)) for single in both)
            for part in ("value", "low", "high")
        )
        found.append(Estimate(full, n, value, low, high, level, f"{both[0].method}, both rates"))
    return found[0], found[1]


def parities(
    truth: ArrayLike, decision: ArrayLike, groups: ArrayLike, *, minimum: int, level: float = 0.95
) -> dict[str, Estimate]:
    """Every declared fairness difference and ratio between groups, by name.

    demographic_parity: selection rate. equal_opportunity: sensitivity. predictive_parity: PPV.
    equalised_odds: the worse of sensitivity and false positive rate. They cannot all hold at once
    where prevalence differs (Chouldechova, Big Data 2017;5:153): a plan must say which it wants.

    As :func:`by_group`, :func:`gap` and :func:`ratio`.

    >>> found = parities([1, 1, 0, 0] * 2, [1, 1, 0, 1, 1, 0, 0, 0], list("aaaabbbb"), minimum=1)
    >>> found["equal_opportunity_difference"].value, found["demographic_parity_ratio"].value
    (0.5, 0.3333333333333333)
    """
    rates = {
        name: by_group(rate, truth, decision, groups, minimum=minimum)
        for name, rate in GROUP_RATES.items()
    }
    found = {}
    for parity, rate in (
        ("demographic_parity", "selection_rate"),
        ("equal_opportunity", "sensitivity"),
        ("predictive_parity", "ppv"),
    ):
        found[f"{parity}_difference"] = gap(rates[rate], level=level)
        found[f"{parity}_ratio"] = ratio(rates[rate], level=level)
    odds = equalised_odds(rates["sensitivity"], rates["false_positive_rate"], level=level)
    found["equalised_odds_difference"], found["equalised_odds_ratio"] = odds
    return {name: dataclasses.replace(one, measure=name) for name, one in found.items()}


def _usable(
    estimates: Mapping[str, Estimate], what: str, fewest: int = 2
) -> tuple[list[Estimate], str, str]:
    if not estimates:
        raise ValueError(f"{what}: no group")
    names = {single.measure for single in estimates.values()}
    if len(names) > 1:
        raise ValueError(f"{what}: needs one measure, got {sorted(names)}")
    usable = [single.for_subgroup(name) for name, single in estimates.items() if single.estimable]
    for single in usable:
        _share(single)
    reason = "" if len(usable) >= fewest else f"{len(usable)} of {len(estimates)} groups estimable"
    return usable, f"{names.pop()}_{what}", reason


def _share(single: Estimate) -> tuple[float, float, float]:
    if single.numerator is None or not single.denominator:
        raise ValueError(f"{single.measure} [{single.subgroup}] is not a share with counts")
    low, high = wilson_limits(single.numerator, single.denominator, level=single.level)
    return single.numerator / single.denominator, float(low), float(high)


def _at(estimates: list[Estimate], level: float) -> list[Estimate]:
    return [dataclasses.replace(single, level=level) for single in estimates]


def _raised(level: float, questions: int) -> float:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, not {level!r}")
    return 1.0 - (1.0 - level) / questions


def _counted(usable: list[Estimate], estimates: Mapping[str, Estimate]) -> str:
    return f"{len(usable)} of {len(estimates)} groups"


def _number(value: float | None) -> float:
    assert value is not None
    return value
