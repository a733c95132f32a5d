"""Accuracy from studies that were drawn for a second reading with known, unequal probabilities.

Each drawn study stands for 1 / probability studies. Where flagged and doubtful studies are drawn
more often than the rest, plain shares are biased; weighted ones are not, whatever the scores are
worth, because the probabilities are known and not modelled (Horvitz and Thompson, J Am Stat Assoc
1952;47:663).

Each study is written as part diseased (a) and part healthy (b); each measure is a ratio of their
sums. *weighted*: a = verified * diseased / probability (the ratio is Hajek's; the AUC that of He,
Lyness and McDermott, Stat Med 2009;28:361). *augmented*: a = r + verified * (diseased - r) /
probability and b = 1 - a, where r is the share of disease expected at the study's score and
decision (Alonzo and Pepe, J R Stat Soc C 2005;54:173). All studies then count; a poor r widens the
interval and moves nothing.

The variance is of the ratio's linear terms, summed by patient: of drawing patients and studies, so
that the interval is about the device at that place and not about these studies alone. Limits are on
the log odds with Student's t at the degrees of freedom that the terms leave, (sum of squares)^2 /
sum of fourth powers. A nominal 95 % covered 95 to 97 % where enough were drawn; of few studies that
count against the device less is known (docs/statistics/label-free.md says what was run).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.clusters import patient_codes
from measures.estimate import Estimate
from measures.inputs import (
    Decisions,
    Numbers,
    binary_column,
    number_column,
    probability_column,
    refuse_unequal,
)
from measures.logistic import log_odds, logistic_fit
from measures.proportions import normal_quantile

__all__ = ["DrawnStudies", "union_probability", "weighted_auc", "weighted_share"]

Share = Literal["accuracy", "npv", "ppv", "prevalence", "sensitivity", "specificity"]
Form = Literal["weighted", "augmented"]

_FEWEST = 2
_FORMS = {"weighted": "inverse-probability weighted", "augmented": "augmented by the score"}
_AGAINST: dict[str, tuple[str, str]] = {
    "sensitivity": ("diseased and flagged", "diseased and not flagged"),
    "specificity": ("healthy and not flagged", "healthy and flagged"),
    "ppv": ("flagged and diseased", "flagged and healthy"),
    "npv": ("not flagged and healthy", "not flagged and diseased"),
    "accuracy": ("rightly answered", "wrongly answered"),
    "prevalence": ("diseased", "healthy"),
}
"""What speaks for a high value, and what against it."""


@dataclass(frozen=True)
class DrawnStudies:
    """All studies that could be drawn, in one order; every column of shape (studies,).

    truth: 0/1 where verified, anything (also NaN) elsewhere; decision, verified: 0/1; score:
    finite; probability: 0 to 1, of being drawn and told, known for each study, verified or not;
    patients: pseudonyms, by default each study of its own; strata: the labels from which they were
    drawn, '' by default, which narrow the interval of the weighted form.
    """

    truth: ArrayLike
    decision: ArrayLike
    score: ArrayLike
    verified: ArrayLike
    probability: ArrayLike
    patients: ArrayLike | None = None
    strata: ArrayLike | None = None


def union_probability(first: ArrayLike, second: ArrayLike) -> Numbers:
    """Of being in one or both of two samples that are drawn apart: 1 - (1 - first)(1 - second).

    first, second: probabilities of the same studies, shape (studies,). Raises ValueError if
    malformed.

    >>> union_probability([0.1, 1.0], [0.5, 0.2]).round(2).tolist()
    [0.55, 1.0]
    """
    one, other = probability_column("first", first), probability_column("second", second)
    refuse_unequal(first=one, second=other)
    either: Numbers = 1.0 - (1.0 - one) * (1.0 - other)
    return either


def weighted_share(
    measure: Share, studies: DrawnStudies, *, form: Form = "weighted", level: float = 0.95
) -> Estimate:
    """A share over all studies that could be drawn, from those that were drawn and verified.

    n is the number of verified studies that the share is of (the diseased for sensitivity); the
    method adds how many were verified of how many, and the effective number, (sum of weights)^2 /
    sum of squared weights. Not estimable where a study had no chance of being drawn, or with fewer
    than two verified studies on either side, such as diseased ones that were not flagged: a weight
    of 50 on a single one tells nothing of the next. Raises ValueError if malformed.

    >>> truth, decision = [1] * 8 + [0] * 2 + [1] * 2 + [0] * 8 + [0] * 80, [1] * 10 + [0] * 90
    >>> verified = [1] * 20 + [0] * 80
    >>> found = weighted_share("sensitivity", DrawnStudies(
    ...     truth, decision, decision, verified, [1.0] * 10 + [10 / 90] * 90))
    >>> round(found.value, 4), found.n  # 8 / (8 + 2 * 9)
    (0.3077, 10)
    """
    if measure not in _AGAINST:
        raise ValueError(f"measure must be one of {sorted(_AGAINST)}, not {measure!r}")
    read = _read(studies)
    sides = _sides(measure, read)
    counts = [int((side & read.verified).sum()) for side in sides]
    reason = read.undrawable or _too_few(_AGAINST[measure], counts)
    if reason:
        return Estimate.not_estimable(measure, reason, n=sum(counts))
    parts, centred = _parts(read, form)
    top, bottom = _top_and_bottom(measure, parts, read.flagged)
    whole = float(bottom.sum())
    value = float(top.sum()) / whole if whole > 0.0 else float("nan")
    of_top, of_bottom = _top_and_bottom(measure, centred, read.flagged)
    terms = (of_top - value * of_bottom) / whole
    return _estimate((measure, sum(counts), level, form), value, terms, read, sides[0] | sides[1])


def weighted_auc(
    studies: DrawnStudies, *, form: Form = "weighted", level: float = 0.95
) -> Estimate:
    """How often a diseased study is scored above a healthy one, over all that could be drawn.

    Each pair counts with the product of both weights, ties for a half. n is the number of verified
    studies. Not estimable as :func:`weighted_share`; two verified diseased studies are needed on
    either side of the decision, and two healthy ones. Raises ValueError if malformed.

    >>> found = weighted_auc(DrawnStudies(
    ...     [1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 1, 0, 0, 0], [9, 8, 4, 2, 7, 3, 2, 1],
    ...     [1] * 8, [1.0] * 8))
    >>> found.value  # 12.5 of 16 pairs, one of them a tie
    0.78125
    """
    read = _read(studies)
    hit, missed = _sides("sensitivity", read)
    well = read.verified & ~read.sick
    found, lost, healthy = (int((one & read.verified).sum()) for one in (hit, missed, well))
    n = int(read.verified.sum())
    reason = read.undrawable or _too_few(_AGAINST["sensitivity"], [found, lost])
    reason = reason or _too_few(("healthy", "healthy"), [healthy, healthy])
    if reason:
        return Estimate.not_estimable("auc", reason, n=n)
    (sick, fine), (of_sick, of_fine) = _parts(read, form)
    _, place = np.unique(read.score, return_inverse=True)
    many_sick, many_fine = float(sick.sum()), float(fine.sum())
    below, above = _mass_below(place, fine), many_sick - _mass_below(place, sick)
    pairs = many_sick * many_fine - float(np.sum(sick * fine))
    value = float(np.sum(sick * below) - 0.5 * np.sum(sick * fine)) / pairs if pairs > 0 else np.nan
    terms = of_sick * (below / many_fine - value) / many_sick
    terms = terms + of_fine * (above / many_sick - value) / many_fine
    return _estimate(("auc", n, level, form), value, terms, read, read.verified)


@dataclass(frozen=True)
class _Read:
    sick: Decisions
    flagged: Decisions
    score: Numbers
    verified: Decisions
    chance: Numbers
    patient: NDArray[np.intp]
    stratum: NDArray[np.intp] | None
    undrawable: str


def _read(studies: DrawnStudies) -> _Read:
    flagged = binary_column("decision", studies.decision)
    known = binary_column("verified", studies.verified)
    score = number_column("score", studies.score)
    chance = probability_column("probability", studies.probability)
    answers = np.asarray(studies.truth)
    if answers.ndim != 1:
        raise ValueError(f"truth: needs one entry per study, got shape {answers.shape}")
    columns = {"truth": answers, "decision": flagged, "score": score, "verified": known,
               "probability": chance}  # fmt: skip
    patient = np.arange(flagged.size)
    if studies.patients is not None:
        patient, _ = patient_codes(studies.patients)
        columns["patients"] = patient
    names, stratum = np.array(["all"]), None
    if studies.strata is not None:
        names, stratum = np.unique(np.asarray(studies.strata, dtype=str), return_inverse=True)
        columns["strata"] = stratum
    refuse_unequal(**columns)
    sick = np.zeros(flagged.size, dtype=bool)
    sick[known] = binary_column("truth", answers[known])
    if bool((chance[known] == 0.0).any()):
        raise ValueError("probability: a verified study cannot have had the probability 0")
    return _Read(
        sick, flagged, score, known, chance, patient, stratum, _never(chance, names, stratum)
    )


def _never(
    chance: Numbers, names: NDArray[np.str_], stratum: NDArray[np.intp] | None
) -> str:
    """Why nothing can be said where a study had no chance; '' where each had one."""
    none = chance == 0.0
    if chance.size == 0:
        return "no study could be drawn"
    if not none.any():
        return ""
    many = f"{int(none.sum())} of {chance.size} studies had no chance of being drawn and told"
    if stratum is None:
        return many
    return f"{many}: {', '.join(names[np.unique(stratum[none])])}"


def _sides(measure: str, read: _Read) -> tuple[Decisions, Decisions]:
    """The studies that speak for a high value, and those against it; of verified ones alone."""
    sick, flagged, right = read.sick, read.flagged, read.sick == read.flagged
    return {
        "sensitivity": (sick & flagged, sick & ~flagged),
        "specificity": (~sick & ~flagged & read.verified, ~sick & flagged & read.verified),
        "ppv": (sick & flagged, ~sick & flagged & read.verified),
        "npv": (~sick & ~flagged & read.verified, sick & ~flagged),
        "accuracy": (right & read.verified, ~right & read.verified),
        "prevalence": (sick, ~sick & read.verified),
    }[measure]


def _too_few(names: tuple[str, str], counts: list[int]) -> str:
    for name, count in zip(names, counts, strict=True):
        if count < _FEWEST:
            return f"{count} verified studies are {name}, at least {_FEWEST} are needed"
    return ""


def _top_and_bottom(
    measure: str, parts: tuple[Numbers, Numbers], flagged: Decisions
) -> tuple[Numbers, Numbers]:
    sick, well = parts
    yes, no = flagged.astype(np.float64), (~flagged).astype(np.float64)
    return {
        "sensitivity": (sick * yes, sick),
        "specificity": (well * no, well),
        "ppv": (sick * yes, (sick + well) * yes),
        "npv": (well * no, (sick + well) * no),
        "accuracy": (sick * yes + well * no, sick + well),
        "prevalence": (sick, sick + well),
    }[measure]


def _parts(read: _Read, form: Form) -> tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]:
    """Diseased and healthy part of each study: as they are summed, and as their variance needs."""
    if form not in _FORMS:
        raise ValueError(f"form must be one of {sorted(_FORMS)}, not {form!r}")
    weight = np.where(read.verified, 1.0 / np.where(read.chance > 0.0, read.chance, 1.0), 0.0)
    sick = read.sick.astype(np.float64)
    if form == "weighted":
        plain = (weight * sick, weight * (1.0 - sick))
        if read.stratum is None:
            return plain, plain
        expected, spread = _by_stratum(read)
        alone = spread == 0.0  # one verified: its spread is not known, so its whole weight counts
        centred = expected + weight * (sick - expected) * spread
        return plain, (
            np.where(alone, plain[0], centred), np.where(alone, plain[1], 1.0 - centred)
        )
    expected = _by_score(read)
    left = int(read.verified.sum()) - 3
    summed = expected + weight * (sick - expected)
    centred = expected + weight * (sick - expected) * (1.0 + 3.0 / max(left, 1)) ** 0.5
    return (summed, 1.0 - summed), (centred, 1.0 - centred)


def _by_stratum(read: _Read) -> tuple[Numbers, Numbers]:
    """Share of disease among the verified of each study's stratum, and what makes its residuals'
    spread unbiased; 0 where fewer than two were verified."""
    assert read.stratum is not None
    size = int(read.stratum.max()) + 1
    known = np.bincount(read.stratum, weights=read.verified, minlength=size)
    sick = np.bincount(read.stratum, weights=read.sick, minlength=size)
    share = sick / np.maximum(known, 1.0)
    spread = np.where(known > 1.0, (known / np.maximum(known - 1.0, 1.0)) ** 0.5, 0.0)
    return share[read.stratum], spread[read.stratum]


def _by_score(read: _Read) -> Numbers:
    """Expected share of disease at each study's score and decision: a logistic curve through the
    verified, with half a study of each kind added to each coefficient so that it always exists."""
    score = read.score
    if bool(((score >= 0.0) & (score <= 1.0)).all()):
        score = log_odds(score)
    spread = float(score.std())
    scaled = (score - score.mean()) / spread if spread > 0.0 else np.zeros(score.size)
    design = np.column_stack([np.ones(score.size), scaled, read.flagged.astype(np.float64)])
    rows = np.vstack([design[read.verified], np.eye(3)])
    target = np.concatenate([read.sick[read.verified].astype(np.float64), np.full(3, 0.5)])
    beta, _ = logistic_fit(rows, target, offset=np.zeros(target.size))
    expected: Numbers = 0.5 * (1.0 + np.tanh(0.5 * (design @ beta)))
    return expected


def _mass_below(place: NDArray[np.intp], mass: Numbers) -> Numbers:
    """Mass at lower scores and half of that at the same one, for each study."""
    at = np.bincount(place, weights=mass)
    found: Numbers = (np.cumsum(at) - 0.5 * at)[place]
    return found


def _estimate(
    told: tuple[str, int, float, Form], value: float, terms: Numbers, read: _Read,
    counted: Decisions,
) -> Estimate:
    measure, n, level, form = told
    normal_quantile(level)  # refuses a level that is none
    if not 0.0 < value < 1.0:
        return Estimate.not_estimable(
            measure, f"the drawn studies give {value:.3g}, which is no share with an interval", n=n
        )
    by_patient = np.bincount(read.patient, weights=terms)
    square, fourth = float(np.sum(by_patient**2)), float(np.sum(by_patient**4))
    if square <= 1e-18:
        return Estimate.not_estimable(measure, "no spread: its variance is zero", n=n)
    from scipy.stats import t

    freedom = max(square**2 / fourth, 1.0)
    half = float(t.ppf(0.5 + level / 2.0, freedom)) * square**0.5 / (value * (1.0 - value))
    middle = float(np.log(value / (1.0 - value)))
    low, high = (0.5 * (1.0 + float(np.tanh(0.5 * (middle + s * half)))) for s in (-1.0, 1.0))
    weight = 1.0 / read.chance[counted & read.verified]
    effective = float(weight.sum() ** 2 / np.sum(weight**2))
    method = (
        f"{_FORMS[form]}, logit t; {int(read.verified.sum())} verified of {read.chance.size}, "
        f"effective n {effective:.1f}"
    )
    return Estimate(measure, n, value, min(low, value), max(high, value), level, method)
