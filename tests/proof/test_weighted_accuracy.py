"""Intervals of weighted accuracy, measured: flagged and doubtful studies are drawn more often."""

from __future__ import annotations

import os
from statistics import NormalDist

import numpy as np
import pytest

from measures.binary import specificity
from measures.estimate import Estimate
from measures.weighted_accuracy import DrawnStudies, weighted_auc, weighted_share

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
REPEATS = 2000
SENSITIVITY, SPECIFICITY = 0.85, 0.9
_NORMAL = NormalDist()
CUT = _NORMAL.inv_cdf(SPECIFICITY)
APART = CUT + _NORMAL.inv_cdf(SENSITIVITY)
ERROR = 2.0 * (0.05 * 0.95 / REPEATS) ** 0.5
"""Two standard errors of a coverage that is right."""

in_full = pytest.mark.skipif(not FULL, reason="thousands of repeats: make proof")


def draw(
    rng: np.random.Generator, n: int, prevalence: float, rate: float, least: int
) -> DrawnStudies:
    """Four strata of decision and band of the score; ``rate`` of each, at least ``least``."""
    sick = rng.random(n) < prevalence
    score = rng.normal(size=n) + sick * APART
    stratum = np.digitize(score, [CUT - 1.0, CUT, CUT + 1.0])
    verified, chance = np.zeros(n, dtype=bool), np.zeros(n)
    for one in range(4):
        there = np.flatnonzero(stratum == one)
        many = min(there.size, max(least, int(np.ceil(rate * there.size))))
        verified[rng.permutation(there)[:many]] = True
        chance[there] = many / max(there.size, 1)
    truth = np.where(verified, sick, np.nan)
    return DrawnStudies(truth, score >= CUT, score, verified, chance, strata=stratum.astype(str))


def right(prevalence: float) -> dict[str, float]:
    flagged = prevalence * SENSITIVITY + (1 - prevalence) * (1 - SPECIFICITY)
    return {
        "sensitivity": SENSITIVITY, "specificity": SPECIFICITY,
        "ppv": prevalence * SENSITIVITY / flagged,
        "npv": (1 - prevalence) * SPECIFICITY / (1 - flagged),
        "auc": _NORMAL.cdf(APART / 2**0.5),
    }  # fmt: skip


def estimates(studies: DrawnStudies, form: str) -> list[Estimate]:
    shares = ("sensitivity", "specificity", "ppv", "npv")
    found = [weighted_share(one, studies, form=form) for one in shares]  # type: ignore[arg-type]
    return [*found, weighted_auc(studies, form=form)]  # type: ignore[arg-type]


@pytest.mark.proof
@in_full
@pytest.mark.parametrize(
    ("n", "prevalence", "rate", "least"),
    [(10_000, 0.3, 0.05, 100), (5_000, 0.3, 0.2, 100), (10_000, 0.1, 0.2, 200),
     (20_000, 0.05, 0.2, 300), (40_000, 0.02, 0.2, 500)],
)  # fmt: skip
@pytest.mark.parametrize("form", ["weighted", "augmented"])
def test_with_enough_drawn_a_nominal_95_percent_covers_so_often(
    form: str, n: int, prevalence: float, rate: float, least: int
) -> None:
    """About ten or more verified studies are diseased and not flagged in each."""
    rng, truth = np.random.default_rng(20), right(prevalence)
    hits = {name: np.zeros(2) for name in truth}
    for _ in range(REPEATS):
        for one in estimates(draw(rng, n, prevalence, rate, least), form):
            if one.low is not None and one.high is not None:
                hits[one.measure] += (one.low <= truth[one.measure] <= one.high, 1)
    found = {name: (round(hit / of, 4), int(of)) for name, (hit, of) in hits.items()}
    print(form, n, prevalence, rate, least, found)
    for name, (share, of) in found.items():
        assert of >= 0.99 * REPEATS, name
        assert 0.935 - ERROR <= share <= 0.965 + ERROR, (name, share)


@pytest.mark.proof
@in_full
def test_with_few_drawn_what_is_given_is_seldom_wrong_and_the_plain_share_always() -> None:
    """Two or three verified studies are diseased and not flagged: many draws give no sensitivity,
    and of those that do one in twelve is wrong at most."""
    rng, hit, naive = np.random.default_rng(21), np.zeros(2), []
    for _ in range(REPEATS):
        studies = draw(rng, 3_000, 0.05, 0.1, 50)
        one = weighted_share("sensitivity", studies, form="augmented")
        if one.low is not None and one.high is not None:
            hit += (one.low <= SENSITIVITY <= one.high, 1)
        seen = np.asarray(studies.verified)
        plain = specificity(np.asarray(studies.truth)[seen], np.asarray(studies.decision)[seen])
        naive.append(plain.value)
    print("few:", hit[0] / hit[1], "given in", hit[1] / REPEATS, "naive", np.mean(naive))
    assert 0.5 < hit[1] / REPEATS < 0.9
    assert hit[0] / hit[1] > 0.917
    assert np.mean(naive) < SPECIFICITY - 0.02


@pytest.mark.proof
def test_a_small_seeded_form_of_it() -> None:
    """80 draws, as the short proof has time for; and what is wrong without weights."""
    rng, hits, plain = np.random.default_rng(22), 0, []
    for _ in range(80):
        studies = draw(rng, 3_000, 0.1, 0.1, 50)
        one = weighted_share("specificity", studies, form="augmented")
        assert one.low is not None and one.high is not None
        hits += one.low <= SPECIFICITY <= one.high
        seen = np.asarray(studies.verified)
        found = specificity(np.asarray(studies.truth)[seen], np.asarray(studies.decision)[seen])
        plain.append(found.value)
    assert 70 <= hits <= 80
    assert np.mean(plain) < SPECIFICITY - 0.02
