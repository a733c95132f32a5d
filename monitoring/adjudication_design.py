"""Which studies are drawn for a second reading, from which strata, with which probabilities: pure.

Studies are drawn at random without replacement within strata of site, decision and band of the
score. Studies that a clinician already answered otherwise than the device are a stratum of their
own, of which all are drawn. Within a stratum each study is ranked by SHA-256 of 'seed:label', and
the lowest are drawn: with labels and seed anybody draws the same ones, with any program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from records.cases import Study
from records.errors import InvalidInput
from records.sampling import ranked

__all__ = [
    "AdjudicationRule", "DrawnStudy", "FrameStudy", "Stratum", "draw", "order_of", "read_rule",
    "stratum_of",
]  # fmt: skip

_FIELDS = ("rate", "per_week", "bands", "minimum_per_stratum")


@dataclass(frozen=True, slots=True)
class AdjudicationRule:
    """The device's plan for its audit sample: ``rate`` of all studies or so many ``per_week``,
    ``bands`` of the score by their edges between 0 and 1, and at least so many a stratum."""

    rate: float | None = None
    per_week: int | None = None
    bands: tuple[float, ...] = ()
    minimum_per_stratum: int = 5


@dataclass(frozen=True, slots=True)
class FrameStudy:
    """A study that could be drawn, by what its stratum depends on. contested: a clinician answered
    otherwise than the device before the draw. score: None where the product states none."""

    study_id: int
    site: str
    score: float | None
    decision: bool
    contested: bool


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum of a draw: how many studies lie in it and how many of them were drawn."""

    name: str
    studies: int
    drawn: int

    @property
    def probability(self) -> float:
        """Of each of its studies to be drawn."""
        return self.drawn / self.studies

    def as_recorded(self, queued: int) -> dict[str, Any]:
        """As the sample's design keeps it; queued: how many came on the queue by this draw."""
        return {
            "stratum": self.name, "studies": self.studies, "drawn": self.drawn, "queued": queued,
            "probability": self.probability,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class DrawnStudy:
    """A study that was drawn, and from which stratum."""

    study_id: int
    stratum: str


def read_rule(
    content: Mapping[str, Any] | None, *, operating_point: float | None
) -> AdjudicationRule:
    """The rule as a monitoring plan declares it under `adjudication`; without one a twentieth of
    the studies, at least 5 a stratum.

    Without bands there are two on either side of the operating point, parted in the middle; of a
    product that states no score (operating_point None) there are none, and strata are of site and
    decision alone.

    Raises:
        InvalidInput: Naming the field, what was found, and what is needed.

    >>> read_rule({"per_week": 20}, operating_point=0.4).bands
    (0.2, 0.4, 0.7)
    """
    where = "monitoring_plan.adjudication"
    if content is not None and not isinstance(content, Mapping):
        raise InvalidInput(f"{where}: fields are needed here: {', '.join(_FIELDS)}.")
    given = dict(content or {"rate": 0.05})
    if unknown := sorted(set(given) - set(_FIELDS)):
        raise InvalidInput(
            f"{where}: unknown field {', '.join(unknown)}.", hint=f"Known: {', '.join(_FIELDS)}."
        )
    rate, weekly = given.get("rate"), given.get("per_week")
    if (rate is None) == (weekly is None):
        raise InvalidInput(f"{where}: give either rate or per_week.")
    if rate is not None and not (_is_number(rate) and 0.0 < rate <= 1.0):
        raise InvalidInput(f"{where}.rate: a number above 0, up to 1, is needed, not {rate!r}.")
    least = given.get("minimum_per_stratum", 5)
    for name, value, low in (("per_week", weekly, 1), ("minimum_per_stratum", least, 2)):
        if value is not None and (type(value) is not int or not low <= value <= 10_000):
            raise InvalidInput(
                f"{where}.{name}: a whole number from {low} to 10000 is needed, not {value!r}."
            )
    if operating_point is None and given.get("bands"):
        raise InvalidInput(
            f"{where}.bands: the product states no score that could lie in bands.",
            hint="Leave them out: its studies are drawn by site and decision.",
        )
    point = operating_point or 0.0
    default = (point / 2.0, point, (1.0 + point) / 2.0) if 0.0 < point < 1.0 else ()
    bands = given.get("bands", default)
    if (
        isinstance(bands, str) or not isinstance(bands, Sequence)
        or not all(_is_number(one) and 0.0 < one < 1.0 for one in bands)
        or any(low >= high for low, high in zip(bands, list(bands)[1:], strict=False))
    ):  # fmt: skip
        raise InvalidInput(
            f"{where}.bands: rising numbers between 0 and 1 are needed, not {bands!r}."
        )
    edges = tuple(round(float(one), 6) for one in bands)
    return AdjudicationRule(None if rate is None else float(rate), weekly, edges, least)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def stratum_of(study: FrameStudy, bands: Sequence[float]) -> str:
    """The stratum of a study by name.

    >>> stratum_of(FrameStudy(1, "north", 0.62, True, False), (0.2, 0.4, 0.7))
    'north, flagged, score 0.4 to 0.7'
    >>> stratum_of(FrameStudy(1, "north", 0.62, True, True), (0.2, 0.4, 0.7))
    'north, readers disagree'
    """
    if study.contested:
        return f"{study.site}, readers disagree"
    side = "flagged" if study.decision else "not flagged"
    if study.score is None:
        return f"{study.site}, {side}, no score"
    score, edges = study.score, [0.0, *bands, 1.0]
    at = sum(score >= edge for edge in bands)
    return f"{study.site}, {side}, score {edges[at]:g} to {edges[at + 1]:g}"


def draw(
    frame: Sequence[FrameStudy], rule: AdjudicationRule, *, days: int, seed: int
) -> tuple[list[Stratum], list[DrawnStudy]]:
    """The strata of these studies and which are drawn from each.

    days: the length of the period that the studies arrived in, for ``per_week``. Of each stratum
    its share is drawn, rounded up, and at least the minimum; all of it where it is smaller, and all
    of the studies that readers answered otherwise.
    """
    members: dict[str, list[FrameStudy]] = {}
    for one in frame:
        members.setdefault(stratum_of(one, rule.bands), []).append(one)
    rate = rule.rate
    if rate is None:
        rate = min(1.0, (rule.per_week or 0) * days / 7.0 / max(len(frame), 1))
    strata: list[Stratum] = []
    drawn: list[DrawnStudy] = []
    for name, studies in sorted(members.items()):
        wanted = max(rule.minimum_per_stratum, math.ceil(rate * len(studies) - 1e-9))
        many = len(studies) if studies[0].contested else min(wanted, len(studies))
        by_label = {Study.label_of(one.study_id): one for one in studies}
        chosen = ranked(sorted(by_label), seed)[:many]
        strata.append(Stratum(name, len(studies), many))
        drawn += [DrawnStudy(by_label[label].study_id, name) for label in chosen]
    return strata, drawn


def order_of(studies: Sequence[int], seed: int) -> dict[int, int]:
    """The place of each study in the queue, from 1: at random, so that whoever reads cannot tell
    from it what the device said, and that those read first are a random part of all.

    >>> order_of([1, 2, 3], 7)
    {3: 1, 2: 2, 1: 3}
    """
    labels = {f"queue:{Study.label_of(one)}": one for one in studies}
    return {labels[label]: at for at, label in enumerate(ranked(sorted(labels), seed), start=1)}
