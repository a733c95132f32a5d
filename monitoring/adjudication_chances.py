"""With which probability each study came on the queue, all samples of a version together.

A study that two samples could draw is read once; its probability is that of being in either. It is
worked out anew from the designs on record, so that what a weight rests on can be checked: where the
studies that a design counted are not those that are here now, nothing is weighted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from measures.weighted_accuracy import union_probability
from monitoring.adjudication_design import FrameStudy, stratum_of
from records.adjudicated import AGAIN, ReadStudy
from records.adjudication import AdjudicationSample
from records.zones import in_utc

__all__ = ["Chances", "chances_of", "framed", "header"]


@dataclass(frozen=True, slots=True)
class Chances:
    """By study the probability of being drawn and the strata of all samples that could draw it;
    ``changed`` says which samples no longer fit the studies that are here."""

    probability: dict[int, float]
    cell: dict[int, str]
    changed: tuple[str, ...] = ()


def header(rule: Mapping[str, Any], site: str = "") -> dict[str, Any]:
    """The first entry of a design: the rule, and the site where it is not of all."""
    return {"rule": dict(rule), "site": site}


def framed(
    studies: Iterable[ReadStudy], against: Mapping[int, datetime], sample: AdjudicationSample
) -> list[FrameStudy]:
    """The studies that a sample could draw, as they stood when it was drawn."""
    site, at = str(sample.design[0]["site"]), in_utc(sample.drawn_at)
    return [
        FrameStudy(
            one.study_id, one.site, one.score, one.decision,
            contested=one.study_id in against and against[one.study_id] <= at,
        )
        for one in studies
        if sample.since <= one.arrived_on <= sample.until and (not site or one.site == site)
        and in_utc(one.predicted_at) <= at
    ]


def chances_of(
    studies: Sequence[ReadStudy],
    against: Mapping[int, datetime],
    samples: Iterable[AdjudicationSample],
) -> Chances:
    """The probability of each study, over every sample that could draw it; of no sample, no entry.

    against: when a clinician first answered otherwise than the device, by study.
    """
    found: dict[int, float] = {}
    cells: dict[int, list[str]] = {}
    changed: list[str] = []
    for sample in samples:
        if sample.kind == AGAIN:
            continue
        bands = tuple(float(one) for one in sample.design[0]["rule"]["bands"])
        strata = {str(one["stratum"]): one for one in sample.design[1:]}
        names: dict[int, str] = {}
        counted = dict.fromkeys(strata, 0)
        for one in framed(studies, against, sample):
            names[one.study_id] = name = stratum_of(one, bands)
            counted[name] = counted.get(name, 0) + 1
        if counted != {name: int(one["studies"]) for name, one in strata.items()}:
            changed.append(sample.label)
            continue
        numbers = list(names)
        before = np.array([found.get(one, 0.0) for one in numbers])
        here = np.array([float(strata[names[one]]["probability"]) for one in numbers])
        for number, either in zip(numbers, union_probability(before, here), strict=True):
            found[number] = float(either)
            cells.setdefault(number, []).append(f"{sample.label} {names[number]}")
    return Chances(
        found, {number: "; ".join(parts) for number, parts in cells.items()}, tuple(changed)
    )
