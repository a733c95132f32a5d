"""How good a device is by each way of knowing the truth, side by side, and how far to trust each.

The text of the report follows the device where readers lean on it; those verified later were chosen
because something was said; the sample of the adjudication was drawn by known chance. The first two
are shown because they are what most sites have, the corrected ones because they are what is asked
for.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from measures.binary import ppv, sensitivity, specificity
from measures.estimate import Estimate
from measures.roc import auc
from measures.verification_bias import corrected_sensitivity, corrected_specificity
from measures.weighted_accuracy import DrawnStudies, Share, weighted_auc, weighted_share
from monitoring.adjudicated import judged_studies
from monitoring.evaluate import EvaluationFacts
from records.adjudication import AdjudicationCase, AdjudicationSample
from records.base import digest_of
from records.errors import Refused
from records.known_by_kind import NO_REPORT, NOT_NAMED, Drawn, KnownStudy
from records.product import ModelVersion
from records.surveillance import TRUTH_KINDS
from records.truth_kind_results import BETWEEN

MEASURES: Final = ("sensitivity", "specificity", "ppv", "auc")
BY_REPORT: Final = "report text"
NAIVE: Final = "verified only"
CORRECTED: Final = "verified, corrected"
ADJUDICATED: Final = "adjudicated sample (weighted)"
FULL: Final = "full truth of the simulator"
FEWEST_VERIFIED: Final = 2
"""In a cell of the correction; those with fewer are joined with others."""
WAYS: Final = (BY_REPORT, NAIVE, CORRECTED, ADJUDICATED)
CAVEATS: Final = {
    BY_REPORT: "weak: the reader had the output in view, and the report may follow it",
    NAIVE: "biased: those verified were chosen because something was said",
    CORRECTED: "if verified at random given what was said and reported",
    ADJUDICATED: "drawn by known chance, read blinded",
    FULL: "known in a simulation alone",
}
"""By way: what it rests on, as pages and documents say it."""

Column = NDArray[np.float64]
_NO_SCORE: Final = "the product states no score"
_NO_PPV: Final = "no limits of a corrected PPV hold where few of a cell were verified"
_SHARES: Final[dict[str, Share]] = {
    "sensitivity": "sensitivity", "specificity": "specificity", "ppv": "ppv",
}  # fmt: skip
_PLAIN: Final[dict[str, Callable[[Column, Column], Estimate]]] = {
    "sensitivity": sensitivity, "specificity": specificity, "ppv": ppv,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure by one way of knowing the truth, at one site or all."""

    site: str
    way: str
    estimate: Estimate


def comparison_facts(
    studies: Sequence[KnownStudy], *, full: dict[int, bool] | None = None, unweighed: str = ""
) -> EvaluationFacts:
    """The comparison as an evaluation that can be recorded; the way stands in the subgroup.

    unweighed: why no sample of the adjudication can be weighed; the other ways stand all the same.
    """
    found = [
        replace(one, estimate=Estimate.not_estimable(one.estimate.measure, unweighed, n=0))
        if unweighed and one.way == ADJUDICATED else one
        for one in compare_truths(studies, full=full)
    ]
    ways = (*WAYS, *((FULL,) if full is not None else ()))
    rows = [
        [one.study_id, one.score, one.decision, one.report, one.verified, one.adjudicated]
        for one in studies
    ]
    return EvaluationFacts(
        purpose=TRUTH_KINDS, studies=len(studies), patients=len({one.patient for one in studies}),
        figures={"ways": {way: CAVEATS[way] for way in ways}}, inputs_digest=digest_of(rows),
        estimates=[one.estimate.for_subgroup(f"{one.site}{BETWEEN}{one.way}") for one in found],
    )


def drawn_of(
    session: Session, version: ModelVersion, finding: str
) -> tuple[dict[int, Drawn], str]:
    """By study, the strata, chances and answers of the samples drawn from what a version read; of
    a version without any, those of another that were read for the same finding. And why none of
    them can be weighed, where the studies here are not those that a sample was drawn from."""
    query = (
        select(AdjudicationSample.model_version_id)
        .join(AdjudicationCase, col(AdjudicationCase.sample_id) == AdjudicationSample.id)
        .where(AdjudicationCase.finding == finding).distinct()
    )
    drawn_from = sorted(session.exec(query), key=lambda one: (one != version.id, one))
    if not drawn_from:
        return {}, ""
    try:
        known = judged_studies(session, session.get_one(ModelVersion, drawn_from[0]))
    except Refused as changed:
        return {}, changed.message
    return {
        one.study.study_id: Drawn(one.cell, one.probability, one.agreed) for one in known
    }, ""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Shape (studies,) each; NaN where not known. cells: of what was seen before verification."""

    decision: Column
    score: Column | None
    cells: NDArray[np.str_]
    patients: NDArray[np.str_]
    known: dict[str, Column]
    strata: NDArray[np.str_]
    probability: Column


def compare_truths(
    studies: Sequence[KnownStudy], *, full: dict[int, bool] | None = None, by_site: bool = True
) -> list[Compared]:
    """Sensitivity, specificity, PPV and AUC by each way, over all sites and at each.

    full: the whole truth by study id, which only a simulation has. Not estimable with the reason
    where nothing is known by a way.
    """
    sites = sorted({one.site for one in studies}) if by_site else []
    found = []
    for site in ("all", *sites):
        here = [one for one in studies if site in ("all", one.site)]
        columns = _columns(here, full)
        for way in (*WAYS, *((FULL,) if full is not None else ())):
            for measure in MEASURES:
                found.append(Compared(site, way, _estimated(measure, way, columns)))
    return found


def _columns(studies: Sequence[KnownStudy], full: dict[int, bool] | None) -> _Columns:
    scores = [one.score for one in studies]
    known = {
        BY_REPORT: _told(one.report for one in studies),
        NAIVE: _told(one.verified for one in studies),
        ADJUDICATED: _told(one.adjudicated for one in studies),
    }
    if full is not None:
        known[FULL] = _told(full.get(one.study_id) for one in studies)
    return _Columns(
        decision=np.array([float(one.decision) for one in studies]),
        score=None if None in scores else np.array(scores, dtype=np.float64),
        cells=_cells(studies),
        patients=np.array([one.patient for one in studies], dtype=str), known=known,
        strata=np.array([one.stratum for one in studies], dtype=str),
        probability=np.array(
            [np.nan if one.probability is None else one.probability for one in studies]
        ),
    )


def _cells(studies: Sequence[KnownStudy]) -> NDArray[np.str_]:
    """Studies that were alike to those who decided on follow-up: site, outputs returned, report.

    Where fewer than two of a cell and decision were verified, cells are joined by the first of
    these that helps: over the sites, 'no report' with 'not named', over the reports.
    """
    decided = np.array([f"; {int(one.decision)}" for one in studies], dtype=str)
    verified = np.array([one.verified is not None for one in studies], dtype=np.float64)
    labels = [f"{one.site}; {one.returned}; {one.reported}" for one in studies]
    reported = [NOT_NAMED if one.reported == NO_REPORT else one.reported for one in studies]
    coarser = (
        [f"{one.returned}; {one.reported}" for one in studies],
        [f"{one.returned}; {word}" for one, word in zip(studies, reported, strict=True)],
        [one.returned for one in studies],
    )
    cells = np.array(labels, dtype=str)
    for wider in coarser:
        joined = np.array(wider, dtype=str)
        names, at = np.unique(np.char.add(cells, decided), return_inverse=True)
        poor = np.bincount(at, weights=verified, minlength=len(names)) < FEWEST_VERIFIED
        if not poor.any():
            break
        cells = np.where(np.isin(joined, joined[poor[at]]), joined, cells)
    return cells


def _told(answers: Iterable[bool | None]) -> Column:
    return np.array([np.nan if one is None else float(one) for one in answers])


def _estimated(measure: str, way: str, columns: _Columns) -> Estimate:
    if measure == "auc" and columns.score is None:
        return Estimate.not_estimable(measure, _NO_SCORE, n=0)
    if way == CORRECTED:
        return _corrected(measure, columns)
    if way == ADJUDICATED:
        return _weighted(measure, columns, columns.known[way], columns.strata, columns.probability)
    truth = columns.known[way]
    there = ~np.isnan(truth)
    if not there.any():
        return Estimate.not_estimable(measure, f"no study has a truth by {way}", n=0)
    if measure == "auc":
        assert columns.score is not None
        return auc(truth[there], columns.score[there])
    return _PLAIN[measure](truth[there], columns.decision[there])


def _corrected(measure: str, columns: _Columns) -> Estimate:
    """Sensitivity and specificity after Begg and Greenes; AUC by the share verified of each cell.

    Sensitivity, specificity and PPV by those shares have the same value, and limits that covered in
    80 to 92 % of simulated repeats (docs/what-comes-back.md): they are not told.
    """
    truth = columns.known[NAIVE]
    there = ~np.isnan(truth)
    if measure == "ppv":
        return Estimate.not_estimable(measure, _NO_PPV, n=int(there.sum()))
    if not there.any():
        return Estimate.not_estimable(measure, "no study was verified", n=0)
    if measure == "auc":
        return _weighted(measure, columns, truth, *_shares_verified(columns))
    correct = corrected_sensitivity if measure == "sensitivity" else corrected_specificity
    made = correct(truth, columns.decision, there.astype(float), strata=columns.cells)
    return replace(made, measure=measure)


def _shares_verified(columns: _Columns) -> tuple[NDArray[np.str_], Column]:
    """By study its cell, those with the same decision and the same seen before, and the share
    verified there."""
    there = ~np.isnan(columns.known[NAIVE])
    labels = np.char.add(columns.cells, np.where(columns.decision > 0, "; 1", "; 0"))
    names, cell = np.unique(labels, return_inverse=True)
    shares: Column = np.bincount(cell, weights=there) / np.bincount(cell)
    return names[cell], shares[cell]


def _weighted(
    measure: str, columns: _Columns, truth: Column, strata: NDArray[np.str_],
    probability: Column,
) -> Estimate:
    """From those verified by their known or observed chance; studies without one are not in it."""
    there = ~np.isnan(truth)
    if not there.any():
        return Estimate.not_estimable(measure, "no study was verified in this way", n=0)
    score = columns.decision if columns.score is None else columns.score
    known = ~np.isnan(probability)
    drawn = DrawnStudies(
        truth[known], columns.decision[known], score[known], there[known], probability[known],
        patients=columns.patients[known], strata=strata[known],
    )
    return weighted_auc(drawn) if measure == "auc" else weighted_share(_SHARES[measure], drawn)
