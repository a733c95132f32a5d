"""Shares of small groups, steadied by what the other groups show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.proportions import normal_quantile

__all__ = ["shrunken_shares"]

_MEANS, _STEPS = 61, 60  # grid of the groups' common mean and of the shrinkage


def shrunken_shares(
    estimates: Mapping[str, Estimate], *, level: float = 0.95
) -> dict[str, Estimate]:
    """Each group's share pulled towards the others', the more the fewer studies it has: for a
    ranking or a map of many small groups that must not be ruled by chance.

    Beta-binomial empirical Bayes: the groups' true shares are taken as drawn from one beta
    distribution. Its mean and spread are not plugged in but integrated over a grid (Bayes
    empirical Bayes, Deely and Lindley, JASA 1981;76:833; uniform prior of the mean and of the
    shrinkage, Christiansen and Morris, JASA 1997;92:618), since plugged-in intervals are too short
    with few groups. The interval is that of the beta with the same mean and variance. It covers 91
    to 96 % on average over the groups, not each one: a group that really differs is pulled too
    far. Never judge a declared subgroup by it; quote the plain estimate beside it.

    estimates: the same share by group, with counts, else ValueError. Groups that are not estimable
    stay so; with fewer than three others nothing can be borrowed and none is estimable.

    >>> from measures.proportions import wilson
    >>> counts = {"a": (80, 100), "b": (75, 100), "c": (85, 100), "d": (1, 4)}
    >>> found = shrunken_shares({name: wilson("sensitivity", *of) for name, of in counts.items()})
    >>> round(found["a"].value, 2), round(found["d"].value, 2)
    (0.79, 0.74)
    """
    normal_quantile(level)
    usable = {name: single for name, single in estimates.items() if single.estimable}
    for single in usable.values():
        if single.numerator is None or single.denominator is None:
            raise ValueError(f"shrunken_shares: {single.measure} is not a share with counts")
    if len({single.measure for single in usable.values()}) > 1:
        raise ValueError("shrunken_shares: needs one measure")
    if len(usable) < 3:
        reason = f"{len(usable)} groups are estimable, borrowing needs three"
        return {
            name: Estimate.not_estimable(single.measure, reason, n=single.n, subgroup=name)
            for name, single in estimates.items()
        }
    hits = np.array([single.numerator for single in usable.values()], dtype=np.float64)
    sizes = np.array([single.denominator for single in usable.values()], dtype=np.float64)
    mean, low, high = _posterior(hits, sizes, level)
    method = f"beta-binomial empirical Bayes over {len(usable)} groups"
    found = dict(estimates)
    for at, (name, single) in enumerate(usable.items()):
        found[name] = Estimate(
            single.measure, single.n, float(mean[at]), float(low[at]), float(high[at]),
            level, method, subgroup=name,
        )  # fmt: skip
    return found


def _posterior(hits: Numbers, sizes: Numbers, level: float) -> tuple[Numbers, Numbers, Numbers]:
    from scipy.special import betaincinv, betaln

    pooled = (hits.sum() + 0.5) / (sizes.sum() + 1.0)
    odds = np.log((hits + 0.5) / (sizes - hits + 0.5))
    reach = odds.std() / np.sqrt(hits.size) + 1.0 / np.sqrt(sizes.sum() * pooled * (1.0 - pooled))
    steps = np.log(pooled / (1.0 - pooled)) + np.linspace(-6.0, 6.0, _MEANS) * reach
    centre = 1.0 / (1.0 + np.exp(-steps))
    shrinkage = (np.arange(_STEPS) + 0.5) / _STEPS
    total = np.median(sizes) * shrinkage / (1.0 - shrinkage)
    a = (centre[:, None] * total)[..., None]
    b = ((1.0 - centre)[:, None] * total)[..., None]
    fit = (betaln(a + hits, b + sizes - hits) - betaln(a, b)).sum(axis=-1)
    fit += np.log(centre * (1.0 - centre))[:, None]  # the grid is even in log odds
    weight = np.exp(fit - fit.max())
    weight = (weight / weight.sum())[..., None]
    means = (a + hits) / (a + b + sizes)
    variances = means * (1.0 - means) / (a + b + sizes + 1.0)
    mean = (weight * means).sum(axis=(0, 1))
    variance = (weight * (variances + (means - mean) ** 2)).sum(axis=(0, 1))
    size = mean * (1.0 - mean) / variance - 1.0
    tail = (1.0 - level) / 2.0
    low = betaincinv(mean * size, (1.0 - mean) * size, tail)
    high = betaincinv(mean * size, (1.0 - mean) * size, 1.0 - tail)
    return mean, low, high
