"""Not worse than, or as good as, by a margin fixed beforehand: the decision that an interval gives.

The p-value of 'no difference' answers another question: a small study without a significant
difference shows nothing. Only the interval beside the margin does (ICH E9, 3.3.2; FDA,
Non-Inferiority Clinical Trials, 2016).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from measures.estimate import Estimate

__all__ = ["MarginAim", "MarginClaim", "claim_within_margin"]

MarginAim = Literal["non-inferiority", "equivalence"]


@dataclass(frozen=True, slots=True)
class MarginClaim:
    """A claim against a margin, with all that a reviewer asks for beside the answer.

    difference: new minus old with its interval at confidence 1 - 2 alpha. margin, alpha (of each
    one-sided test), reason: why this margin, as declared beforehand. shown: whether the claim is
    shown; None when the difference is not estimable. statement: the decision in a sentence.
    """

    aim: MarginAim
    difference: Estimate
    margin: float
    alpha: float
    reason: str
    shown: bool | None
    statement: str


def claim_within_margin(
    difference: Estimate,
    *,
    aim: MarginAim,
    margin: float,
    alpha: float,
    reason: str,
    higher_is_better: bool = True,
) -> MarginClaim:
    """Decide from the interval whether the new one is not worse than the margin, or equivalent.

    Non-inferiority: the interval's worse end stays inside the margin (low > -margin, or, where
    lower is better, high < margin). Equivalence: both ends do (the two one-sided tests of
    Schuirmann 1987). The interval must be two-sided at 1 - 2 alpha: 95 % for alpha 0.025, 90 % for
    alpha 0.05.

    difference: new minus old, from :mod:`measures.comparison` or :mod:`measures.reader_variance`.
    margin: above 0, in the difference's unit. reason: why this margin, never empty.
    Raises ValueError when margin, alpha or reason is missing or the interval has another level.

    >>> from measures.comparison import newcombe_difference
    >>> from measures.proportions import wilson
    >>> new, old = wilson("sensitivity", 180, 200), wilson("sensitivity", 178, 200)
    >>> found = newcombe_difference(new, old)
    >>> claim = claim_within_margin(found, aim="non-inferiority", margin=0.10, alpha=0.025,
    ...                             reason="half of the gain over unaided reading")
    >>> print(claim.statement)
    non-inferiority is shown: the 95 % interval from -0.051 to 0.071 stays above -0.1
    """
    if aim not in ("non-inferiority", "equivalence"):
        raise ValueError(f"aim: 'non-inferiority' or 'equivalence', not {aim!r}")
    if not (math.isfinite(margin) and margin > 0.0):
        raise ValueError(f"margin: must be above 0 and finite, not {margin!r}")
    if not 0.0 < alpha < 0.5:
        raise ValueError(f"alpha: must lie between 0 and 0.5, not {alpha!r}")
    if not reason.strip():
        raise ValueError("reason: say why this margin was chosen")
    low, high = difference.low, difference.high
    if low is None or high is None:
        said = f"{aim} cannot be decided: {difference.reason}"
        return MarginClaim(aim, difference, margin, alpha, reason, None, said)
    if abs(difference.level - (1.0 - 2.0 * alpha)) > 1e-9:
        raise ValueError(
            f"difference: alpha {alpha:g} needs the {100 * (1 - 2 * alpha):g} % interval, "
            f"not one of {100 * difference.level:g} %"
        )
    above, below = low > -margin, high < margin
    shown = (above and below) if aim == "equivalence" else (above if higher_is_better else below)
    bound = (
        f"between -{margin:g} and {margin:g}" if aim == "equivalence"
        else f"above -{margin:g}" if higher_is_better else f"below {margin:g}"
    )  # fmt: skip
    said = (
        f"{aim} is {'shown' if shown else 'not shown'}: the {100 * difference.level:g} % interval "
        f"from {low:.3f} to {high:.3f} {'stays' if shown else 'does not stay'} {bound}"
    )
    return MarginClaim(aim, difference, margin, alpha, reason, bool(shown), said)
