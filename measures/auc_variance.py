"""How much an AUC will vary in a study that has not been made yet."""

from __future__ import annotations

import math
from typing import Literal

__all__ = ["AreaVariance", "planned_area_variance"]

AreaVariance = Literal["obuchowski", "hanley-mcneil"]


def planned_area_variance(
    area: float, diseased: int, healthy: int, *, form: AreaVariance = "hanley-mcneil"
) -> float:
    """Variance that an AUC is expected to have with so many diseased and healthy studies.

    "hanley-mcneil" (Radiology 1982;143:29), for scores on a fine scale: (A (1 - A) + (diseased - 1)
    (Q1 - A^2) + (healthy - 1) (Q2 - A^2)) / (diseased healthy), Q1 = A / (2 - A), Q2 = 2 A^2 /
    (1 + A); within a tenth of the truth for binormal scores. "obuchowski" (Invest Radiol 1994;29:
    238), for readers' ratings on a few steps: 0.0099 exp(-a^2 / 2) ((5 a^2 + 8) / diseased +
    (a^2 + 8) / healthy), a = 1.414 times the normal quantile of the AUC; for fine scales it asks
    for about a quarter more studies than are needed.

    Raises ValueError unless 0.5 <= area < 1 and both counts are at least 1.

    >>> round(planned_area_variance(0.8, 50, 50), 5)
    0.00198
    >>> round(planned_area_variance(0.8, 50, 50, form="obuchowski"), 5)
    0.0024
    """
    if not 0.5 <= area < 1.0:
        raise ValueError(f"area: an AUC from 0.5 to below 1, not {area!r}")
    if diseased < 1 or healthy < 1:
        raise ValueError(f"at least one study of each class: {diseased!r} and {healthy!r}")
    if form == "hanley-mcneil":
        square = area * area
        first, second = area / (2.0 - area) - square, 2.0 * square / (1.0 + area) - square
        spread = area * (1.0 - area) + (diseased - 1) * first + (healthy - 1) * second
        return spread / (diseased * healthy)
    if form != "obuchowski":
        raise ValueError(f"variance: 'obuchowski' or 'hanley-mcneil', not {form!r}")
    from scipy.special import ndtri

    a = math.sqrt(2.0) * float(ndtri(area))
    scale = math.exp(-a * a / 2.0) / (32.0 * math.pi)
    return scale * ((5.0 * a * a + 8.0) / diseased + (a * a + 8.0) / healthy)
