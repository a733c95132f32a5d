"""Time-uniform bounds for sums that are not normal: how far one may stray at any time.

v is the accumulated variance of the sum; each bound holds at all times together with error alpha.
Formulas of Howard et al. 2021 (Annals of Statistics 49), in the tuning of confseq; one-sided ones
are tuned at twice alpha. :func:`measures.confidence_sequences.normal_mixture_bound` is the one
for normal sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from measures.confidence_sequences import mixture_rho, refuse_alpha
from measures.run_lengths import positive_number

__all__ = [
    "beta_binomial_bound", "gamma_exponential_bound", "gamma_poisson_bound", "poly_stitching_bound",
]  # fmt: skip


def gamma_exponential_bound(v: float, *, alpha: float, v_opt: float, scale: float) -> float:
    """The bound for sums with exponential-like upper tails of the given scale (sub-gamma).

    >>> round(gamma_exponential_bound(100.0, alpha=0.05, v_opt=100.0, scale=2.0), 4)
    33.0202
    """
    from scipy.special import gammainc, gammaln

    c = positive_number("scale", scale)
    rho, total = _tuned(v, alpha, v_opt, c)
    lead = rho * math.log(rho) - gammaln(rho) - math.log(gammainc(rho, rho))

    def evidence(s: float) -> float:
        at = (c * s + v) / c**2
        inner = gammainc(total, at + rho)
        return float(lead + gammaln(total) + math.log(inner) - total * math.log(at + rho) + at)

    return _reached(evidence, alpha, math.sqrt(v))


def gamma_poisson_bound(v: float, *, alpha: float, v_opt: float, scale: float) -> float:
    """The bound for sums with Poisson-like upper tails, jumps of the given scale (sub-Poisson).

    >>> round(gamma_poisson_bound(100.0, alpha=0.05, v_opt=100.0, scale=2.0), 4)
    30.1949
    """
    from scipy.special import gammaincc, gammaln

    c = positive_number("scale", scale)
    rho, total = _tuned(v, alpha, v_opt, c)
    lead = rho * math.log(rho) - gammaln(rho) - math.log(gammaincc(rho, rho))

    def evidence(s: float) -> float:
        at = s / c + total
        tail = math.log(gammaincc(at, total))
        return float(lead + gammaln(at) + tail - at * math.log(total) + v / c**2)

    return _reached(evidence, alpha, math.sqrt(v))


def beta_binomial_bound(
    v: float, *, alpha: float, v_opt: float, below: float, above: float
) -> float:
    """The two-sided bound for sums of steps that lie between -below and +above (sub-Bernoulli).

    Infinite where the sum cannot reach so far.

    >>> round(beta_binomial_bound(100.0, alpha=0.05, v_opt=100.0, below=0.2, above=0.8), 4)
    31.4308
    """
    from scipy.special import betaln

    g, h = positive_number("below", below), positive_number("above", above)
    positive_number("v", v)
    gh, width = g * h, g + h
    r = max(mixture_rho(positive_number("v_opt", v_opt), alpha=alpha) - gh, 1e-3 * gh)
    a, b = r / (g * width), r / (h * width)
    most = v / g

    def evidence(s: float) -> float:
        down, up = (v / g - s) / width, (v / h + s) / width
        change = betaln(a + down, b + up) - betaln(a, b)
        pull = v / gh * math.log(width) - (v / h + s) / width * math.log(g)
        return float(change + pull - (v / g - s) / width * math.log(h))

    if evidence(most) < -math.log(alpha):
        return math.inf
    from scipy.optimize import brentq

    return float(brentq(lambda s: evidence(s) + math.log(alpha), 0.0, most, xtol=1e-12))


def poly_stitching_bound(
    v: float, *, alpha: float, v_min: float, scale: float, s: float = 1.4, eta: float = 2.0
) -> float:
    """The closed-form stitched bound, of the width of the law of the iterated logarithm.

    v_min: variance from which on it is meant to be tight; scale: of a sub-gamma sum (0: normal).

    >>> round(poly_stitching_bound(100.0, alpha=0.05, v_min=10.0, scale=3.0), 4)
    64.4875
    """
    from scipy.special import zeta

    if s <= 1.0 or eta <= 1.0:
        raise ValueError(f"s and eta: both above 1, got {s!r} and {eta!r}")
    used = max(positive_number("v", v), positive_number("v_min", v_min))
    scale = positive_number("scale", scale, or_zero=True)
    epochs = s * math.log(math.log(eta * used / v_min))
    level = epochs + math.log(zeta(s) / (refuse_alpha(alpha) * math.log(eta) ** s))
    k1, k2 = (eta**0.25 + eta**-0.25) / math.sqrt(2.0), (math.sqrt(eta) + 1.0) / 2.0
    heavy = k2 * scale * level
    return math.sqrt(k1**2 * used * level + heavy**2) + heavy


def _tuned(v: float, alpha: float, v_opt: float, scale: float) -> tuple[float, float]:
    """rho and v + rho in units of the scale squared; one-sided tuning."""
    refuse_alpha(2.0 * alpha)
    rho = mixture_rho(positive_number("v_opt", v_opt), alpha=2.0 * alpha) / scale**2
    return rho, positive_number("v", v) / scale**2 + rho


def _reached(evidence: Callable[[float], float], alpha: float, start: float) -> float:
    from scipy.optimize import brentq

    high = start
    while evidence(high) < -math.log(alpha):
        high *= 2.0
    return float(brentq(lambda s: evidence(s) + math.log(alpha), 0.0, high, xtol=1e-12))
