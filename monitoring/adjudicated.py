"""Performance by what blinded readers agreed on, weighted by how each study was drawn; beside it
what the same studies would say without weights, and what the correction of Begg and Greenes says.

Four columns a site, over all studies that the version read and that could be drawn:

- *naive*: every study with a truth, by routine or adjudicated, as if those were all.
- *partly verified*: the same truths, corrected by Begg and Greenes within bands of the score; right
  only if studies with one decision and band came back at random.
- *adjudicated, weighted* and *adjudicated, augmented*: the adjudicated truths alone, by the
  probabilities of the draw (:mod:`measures.weighted_accuracy`); right however truth comes back.

A case that nobody has settled yet, or of which it cannot be told, counts against the share of its
stratum that was told: readers go through the queue in random order, so those settled are a random
part. It is never taken for 'absent'; how many they are is told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlmodel import Session

from measures.agreement import negative_percent_agreement, positive_percent_agreement
from measures.binary import npv, ppv, sensitivity, specificity
from measures.estimate import Estimate
from measures.kappa import cohen_kappa
from measures.roc import auc
from measures.verification_bias import corrected_sensitivity, corrected_specificity
from measures.weighted_accuracy import DrawnStudies, weighted_auc, weighted_share
from models.tasks.classification import NO_SCORE
from monitoring.adjudication_chances import Chances, chances_of
from monitoring.evaluate import EvaluationFacts
from records.adjudicated import (
    ReadStudy,
    adjudicated_truths,
    answers_against,
    cases_of,
    read_studies_of,
    readings_in,
    samples_of,
)
from records.adjudication import FIRST, SECOND, SETTLED, WAITING, AdjudicationCase
from records.adjudication_queue import ABSENT, CANNOT_TELL
from records.base import digest_of
from records.definition import TaskDefinition
from records.errors import NotFound, Refused
from records.product import ModelVersion

PURPOSE = "adjudication"
"""The purpose of an evaluation by adjudicated truth."""
NAIVE, CORRECTED = "naive", "partly verified"
WEIGHTED, AUGMENTED = "adjudicated, weighted", "adjudicated, augmented"
ALL = "all sites"
TWO_READERS = "two readers"
"""Of the agreement of the first two readers of a case, beside the subgroups of performance."""
_SHARES = ("sensitivity", "specificity", "ppv", "npv")
_NAIVE: dict[str, Callable[..., Estimate]] = {
    "sensitivity": sensitivity, "specificity": specificity, "ppv": ppv, "npv": npv,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class JudgedStudy:
    """A study that could be drawn: what the device said, its truths, and its weight's terms."""

    study: ReadStudy
    agreed: bool | None
    drawn: bool
    probability: float
    cell: str


def judged_studies(reader: Session, version: ModelVersion) -> list[JudgedStudy]:
    """Every study that a sample of the version could draw.

    Raises:
        NotFound: No sample was drawn from what the version read.
        Refused: The studies here are not those that a sample was drawn from, so no weight holds.
    """
    samples = samples_of(reader, version)
    if not samples:
        raise NotFound(
            f"Nothing was drawn for adjudication of {version.label}.",
            hint="Draw with 'radvigil adjudication draw'.",
        )
    since, until = min(one.since for one in samples), max(one.until for one in samples)
    studies = read_studies_of(reader, version, since=since, until=until)
    chances = chances_of(
        studies, answers_against(reader, version, since=since, until=until), samples
    )
    if chances.changed:
        raise Refused(
            f"The studies that {', '.join(chances.changed)} was drawn from are not those that are "
            "here now (a site or an arrival was corrected), so its weights hold for none.",
            hint="Draw a new sample of these days.",
        )
    return _judged(studies, chances, adjudicated_truths(reader, version),
                   {one.study_id for one in cases_of(reader, version)})  # fmt: skip


def _judged(
    studies: Sequence[ReadStudy], chances: Chances, agreed: Mapping[int, bool], drawn: set[int]
) -> list[JudgedStudy]:
    """The studies with the probability of being drawn and told: that of the draw, by the share of
    the drawn in the same strata of which truth is agreed on."""
    many: dict[str, list[int]] = {}
    for one in studies:
        if one.study_id in drawn and one.study_id in chances.cell:
            counts = many.setdefault(chances.cell[one.study_id], [0, 0])
            counts[0] += 1
            counts[1] += one.study_id in agreed
    told = {cell: known / all_drawn for cell, (all_drawn, known) in many.items()}
    return [
        JudgedStudy(
            one, agreed.get(one.study_id) if one.study_id in drawn else None,
            one.study_id in drawn,
            chances.probability[one.study_id] * told.get(chances.cell[one.study_id], 1.0),
            chances.cell[one.study_id],
        )
        for one in studies if one.study_id in chances.cell
    ]


def performance(rows: Sequence[JudgedStudy], bands: Sequence[float]) -> list[Estimate]:
    """Sensitivity, specificity, PPV, NPV and AUC in each column, of each site and of all.

    Subgroups are named 'SITE: COLUMN'. bands: edges of the score, for the correction.
    """
    found: list[Estimate] = []
    sites = sorted({one.study.site for one in rows})
    for site in [*sites, ALL] if len(sites) > 1 else sites:
        here = [one for one in rows if site in (one.study.site, ALL)]
        for name, estimates in _columns(here, bands).items():
            found += [one.for_subgroup(f"{site}: {name}") for one in estimates]
    return found


def _columns(
    rows: Sequence[JudgedStudy], bands: Sequence[float]
) -> dict[str, list[Estimate]]:
    decision = np.array([one.study.decision for one in rows], dtype=np.int8)
    unscored = any(one.study.score is None for one in rows)
    # what stands in for a score that is not stated enters no figure: those that would rest on it
    # are not estimable
    score = np.array([0.0 if unscored else one.study.score for one in rows])
    any_truth = np.array(
        [np.nan if (known := _either(one)) is None else float(known) for one in rows]
    )
    seen = ~np.isnan(any_truth)
    agreed = np.array([np.nan if one.agreed is None else float(one.agreed) for one in rows])
    drawn = DrawnStudies(
        agreed, decision, score, ~np.isnan(agreed), [one.probability for one in rows],
        patients=[one.study.patient for one in rows], strata=[one.cell for one in rows],
    )  # fmt: skip
    strata = np.digitize(score, bands)
    corrected = [
        dataclasses.replace(
            function(any_truth, decision, seen, strata=strata),
            measure=function.__name__.removeprefix("corrected_"),
        )
        for function in (corrected_sensitivity, corrected_specificity)
    ]
    shares = [_NAIVE[one](any_truth[seen], decision[seen]) for one in _SHARES]
    if unscored:
        settled = int((~np.isnan(agreed)).sum())
        found = [weighted_share(one, drawn, form="weighted") for one in _SHARES]  # type: ignore[arg-type]
        return {
            NAIVE: [*shares, _no_score("auc", int(seen.sum()))], CORRECTED: corrected,
            WEIGHTED: [*found, _no_score("auc", settled)],
            AUGMENTED: [_no_score(one, settled) for one in (*_SHARES, "auc")],
        }  # fmt: skip
    return {
        NAIVE: [*shares, auc(any_truth[seen], score[seen])],
        CORRECTED: corrected,
        WEIGHTED: _weighted(drawn, "weighted"),
        AUGMENTED: _weighted(drawn, "augmented"),
    }  # fmt: skip


def _no_score(measure: str, n: int) -> Estimate:
    return Estimate.not_estimable(measure, NO_SCORE, n=n)


def _weighted(drawn: DrawnStudies, form: Any) -> list[Estimate]:
    found = [weighted_share(one, drawn, form=form) for one in _SHARES]  # type: ignore[arg-type]
    return [*found, weighted_auc(drawn, form=form)]


def _either(one: JudgedStudy) -> bool | None:
    """The truth that routine brought, else the one that readers agreed on."""
    return one.agreed if one.study.routine is None else one.study.routine


def agreement(
    readings: Sequence[tuple[str, str]], task: TaskDefinition
) -> list[Estimate]:
    """How far the two first readers agree, before any arbiter: kappa over all answers, and, where
    both could tell, the share of one's positive and of one's negative answers that the other gave.

    readings: first and second answer of each case. Positive and negative agreement take the first
    as the comparator; who is first is whoever came first to the case.
    """
    none = task.classes[0] if task.classes else ABSENT
    kappa = cohen_kappa([one for one, _ in readings], [other for _, other in readings])
    both = [pair for pair in readings if CANNOT_TELL not in pair]
    first, second = ([int(pair[at] != none) for pair in both] for at in (0, 1))
    return [
        one.for_subgroup(TWO_READERS)
        for one in (
            kappa, positive_percent_agreement(first, second),
            negative_percent_agreement(first, second),
        )
    ]  # fmt: skip


def pairs_of(
    reader: Session, cases: Sequence[AdjudicationCase]
) -> list[tuple[str, str]]:
    """First and second answer of each case that both have read; of each study its newest case."""
    said = readings_in(reader, cases)
    newest = {one.study_id: one for one in cases if one.id in said}
    found = []
    for case in newest.values():
        parts = {one.part: one.answer for one in said[case.id or 0]}
        if FIRST in parts and SECOND in parts and case.status != WAITING:
            found.append((parts[FIRST], parts[SECOND]))
    return found


def prepare_adjudicated(
    reader: Session, version: ModelVersion, task: TaskDefinition
) -> tuple[EvaluationFacts, tuple[date, date]]:
    """What the adjudicated truth of a version says, ready to be recorded; and of which days.

    Raises:
        NotFound, Refused: As :func:`judged_studies`.
    """
    rows = judged_studies(reader, version)
    samples, cases = samples_of(reader, version), cases_of(reader, version)
    bands = [float(one) for one in samples[0].design[0]["rule"]["bands"]]
    estimates = performance(rows, bands)
    if task.classes:  # of several findings a yes is 'any of them'
        estimates = [dataclasses.replace(one, subgroup=f"{one.subgroup}, any finding")
                     for one in estimates]  # fmt: skip
    estimates += agreement(pairs_of(reader, cases), task)
    newest = {one.study_id: one for one in cases}
    states = [one.status for one in newest.values()]
    figures = {
        "could_be_drawn": len(rows), "drawn": len(newest), "settled": states.count(SETTLED),
        "waiting": states.count(WAITING),
        "cannot_be_told": len(states) - states.count(SETTLED) - states.count(WAITING),
        "samples": [one.label for one in samples],
    }
    facts = EvaluationFacts(
        purpose=PURPOSE, estimates=estimates, figures=figures, studies=len(rows),
        patients=len({one.study.patient for one in rows}),
        inputs_digest=digest_of([
            [one.study.study_id, one.study.score, one.study.decision, one.study.routine,
             one.agreed, one.probability] for one in rows
        ]),
    )  # fmt: skip
    return facts, (min(one.since for one in samples), max(one.until for one in samples))


