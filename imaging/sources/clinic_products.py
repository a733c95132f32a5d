"""What an AI product says of a simulated study without looking at its pixels: by declared accuracy.

Stands for a product of another maker, of which only its results are known, and for the own device
where thousands of studies are drawn without images. A binormal model (Dorfman and Alf, J Math
Psychol 1969;6:487): the evidence is normal, shifted by the finding, less where it is subtle.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from imaging.sources.base import SourceRefused, StudyPlan
from imaging.sources.cases import Case, stream

SUBTLETY_SHAPE: Final = (1.2, 1.7)
"""The beta distribution of subtlety (:func:`imaging.sources.cases.draw_case`)."""


@dataclass(frozen=True, slots=True)
class SimulatedProduct:
    """A product with its declared accuracy at its operating point, which is a score of 0.5.

    sensitivity: over the subtleties that come; specificity; ``slope``: standard deviations of
    evidence between the most obvious and the subtlest finding; ``spread``: how wide scores are.

    Raises SourceRefused for a sensitivity or specificity that is not between 0 and 1.
    """

    maker: str
    name: str
    version: str
    sensitivity: float
    specificity: float
    slope: float = 2.0
    spread: float = 1.2

    def __post_init__(self) -> None:
        for word in ("sensitivity", "specificity"):
            if not 0 < getattr(self, word) < 1:
                raise SourceRefused(
                    f"its {word} is {getattr(self, word)}", where=f"product {self.name!r}",
                    hint="Declare a share above 0 and below 1",
                )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Output:
    """What a product said of a study: score from 0 to 1 and decision, 0 or 1."""

    score: float
    decision: int
    version: str = ""


@dataclass(frozen=True, slots=True)
class VersionChange:
    """From this day of operation on (counted from 0) a site runs another version."""

    site: str
    day_index: int
    product: SimulatedProduct


OTHER_MAKER: Final = SimulatedProduct(
    "Example Imaging AI", "ExampleCAD Chest", "2.1.0", sensitivity=0.82, specificity=0.88
)
OTHER_MAKER_CHANGE: Final = VersionChange(
    "eastbrook", 30, replace(OTHER_MAKER, version="2.2.0", sensitivity=0.90, specificity=0.72)
)
OWN_DEVICE: Final = SimulatedProduct(
    "Radvigil", "own device", "1", sensitivity=0.85, specificity=0.90
)
"""Stands for the own device where studies are drawn without images."""


def product_at(
    plan: StudyPlan, first: SimulatedProduct = OTHER_MAKER,
    change: VersionChange | None = OTHER_MAKER_CHANGE,
) -> SimulatedProduct:
    """The product that a site runs on the day of the study."""
    changed = change is not None and plan.site == change.site and plan.day_index >= change.day_index
    return change.product if changed and change is not None else first


def output_of(case: Case, product: SimulatedProduct) -> Output:
    """What the product says of a case; the same for the same plan, maker and name.

    Versions share the evidence of a case, so a version change alone changes what is said.
    """
    limit, shift = _limits(product)
    evidence = float(
        stream(case.plan, f"product {product.maker} {product.name}").standard_normal()
    )
    if case.finding:
        evidence += shift - product.slope * case.subtlety
    above = evidence - limit
    score = round(1.0 / (1.0 + float(np.exp(-product.spread * above))), 4)
    return Output(score, int(score >= 0.5), product.version)


@cache
def _limits(product: SimulatedProduct) -> tuple[float, float]:
    """The limit of the evidence, and the shift by which an obvious finding passes it."""
    from scipy import optimize, stats

    limit = float(stats.norm.ppf(product.specificity))
    middles = (np.arange(2000) + 0.5) / 2000
    subtlety = stats.beta(*SUBTLETY_SHAPE).ppf(middles)

    def missing(shift: float) -> float:
        seen = stats.norm.cdf(shift - product.slope * subtlety - limit)
        return float(seen.mean()) - product.sensitivity

    return limit, float(optimize.brentq(missing, -30.0, 30.0))


