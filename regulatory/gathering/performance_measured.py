"""How well each version that ran in care did in a period, as stored: versions stay apart.

Every row is of one version; no figure is pooled over versions.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from models.tasks import OF_EACH_CLASS
from records.surveillance import Evaluation, EvaluationResult
from regulatory.documents.facts import Measured
from regulatory.documents.performance_facts import Comparison, VersionMeasured
from regulatory.documents.wording import spaced
from regulatory.gathering.edition import Basis, name_of
from regulatory.gathering.performance_sites import Coverage
from regulatory.gathering.phrases import quoted
from regulatory.gathering.validation_judged import LOCKED_SPLITS
from regulatory.gathering.validation_model import compared_measures, judged_measures

POST_MARKET = "post_market"
NOT_MEASURED = "no evaluation of this period is on record"
NO_TRUTH = "no study that this version read here has a known truth"

Scope = tuple[int, int | None]
"""A version and a site; None is all sites together."""


@dataclass(frozen=True)
class Found:
    """Stored evaluations beside each other: of the period, before it, and of the validation."""

    period: dict[Scope, Evaluation]
    previous: dict[Scope, Evaluation]
    validation: dict[int, dict[str, Evaluation]]
    """By version and locked test."""
    results: dict[int, list[EvaluationResult]]

    @property
    def validations(self) -> list[Evaluation]:
        """Those of the locked tests, of every version."""
        return [one for splits in self.validation.values() for one in splits.values()]

    def of(self, evaluation: Evaluation | None) -> Sequence[EvaluationResult]:
        """All estimates of an evaluation; none where there is none."""
        return self.results.get(evaluation.id or 0, []) if evaluation else []


def evaluations_in(session: Session, coverage: Coverage) -> Found:
    """The evaluations of each version that ran in care in the period; two questions."""
    first, last = coverage.period
    query = select(Evaluation).where(
        col(Evaluation.model_version_id).in_(list(coverage.measured)),
        col(Evaluation.purpose).in_((*LOCKED_SPLITS, POST_MARKET)),
    )
    found = Found({}, {}, {}, {})
    for one in session.exec(query.order_by(col(Evaluation.period_to), col(Evaluation.id))):
        scope = (one.model_version_id, one.site_id)
        if one.purpose != POST_MARKET:
            found.validation.setdefault(one.model_version_id, {})[one.purpose] = one
        elif (one.period_from, one.period_to) == (first, last):
            found.period[scope] = one
        elif one.period_to is not None and one.period_to < first:
            found.previous[scope] = one
    chosen = [
        one.id for one in (*found.period.values(), *found.previous.values(), *found.validations)
    ]
    stored = select(EvaluationResult).where(col(EvaluationResult.evaluation_id).in_(chosen))
    for result in session.exec(stored.order_by(col(EvaluationResult.id))):
        found.results.setdefault(result.evaluation_id, []).append(result)
    return found


def performance_rows(basis: Basis, coverage: Coverage, found: Found) -> tuple[Measured, ...]:
    """Version by version: all measures over its sites, at each site, and groups for what is
    claimed or judged."""
    rows: list[Measured] = []
    for number in coverage.measured:
        name = _name(coverage, number)
        rows += [
            replace(one, version=name) for one in _of_version(basis, coverage, found, number)
        ]
    return tuple(rows)


def _of_version(
    basis: Basis, coverage: Coverage, found: Found, version: int
) -> Iterator[Measured]:
    whole = found.period.get((version, None))
    if whole is None:
        for measure in compared_measures(basis):
            yield Measured(Estimate.not_estimable(measure, NOT_MEASURED, n=0), "")
        return
    shown = (*judged_measures(basis), *OF_EACH_CLASS)
    yield from (quoted(one) for one in found.of(whole) if one.subgroup == "all")
    known = _known(coverage)
    for site, name in _sites(coverage, version):
        evaluation = found.period.get((version, site))
        if evaluation is not None and evaluation.studies:
            yield from (
                quoted(one, site=name) for one in found.of(evaluation)
                if one.subgroup == "all" and one.measure in shown
            )
        elif not known[version, site] or evaluation is not None:
            record = evaluation.label if evaluation else ""
            for measure in judged_measures(basis):
                nothing = Estimate.not_estimable(measure, NO_TRUTH, n=0)
                yield Measured(nothing, record, site=name)
    yield from (
        quoted(one) for one in found.of(whole)
        if one.subgroup != "all" and not one.subgroup.startswith("site=") and one.measure in shown
    )


def _name(coverage: Coverage, version: int) -> str:
    said = name_of(coverage.versions[version])
    return said.record or said.name


def _sites(coverage: Coverage, version: int) -> list[tuple[int, str]]:
    """Where a version ran in care, in order of the names."""
    own = {one.site_id for one in coverage.measured[version]}
    return sorted(((one, coverage.sites[one]) for one in own), key=lambda pair: pair[1])


def _known(coverage: Coverage) -> Counter[tuple[int, int]]:
    """Readings for care of known truth, by version and site."""
    own = {one.id: one for deployments in coverage.measured.values() for one in deployments}
    known = {one.study_id for one in coverage.truths}
    counts: Counter[tuple[int, int]] = Counter()
    for one in coverage.predictions:
        if one.deployment_id in own and one.study_id in known:
            counts[one.model_version_id, own[one.deployment_id].site_id] += 1
    return counts


def known_in_shadow(coverage: Coverage) -> int:
    """Readings of known truth by a version that ran in shadow beside another."""
    known = {one.study_id for one in coverage.truths}
    every = sum(one.study_id in known for one in coverage.predictions)
    return every - sum(_known(coverage).values())


def versions_measured(coverage: Coverage, found: Found) -> tuple[VersionMeasured, ...]:
    """Each version that ran in care: its readings of known truth beside those judged."""
    counts = _known(coverage)
    first: dict[int, date] = {}
    for truth in coverage.truths:
        first[truth.study_id] = min(truth.known_on, first.get(truth.study_id, truth.known_on))
    rows = []
    for version, own in coverage.measured.items():
        whole = found.period.get((version, None))
        numbers = {one.id for one in own}
        since = 0 if whole is None else sum(
            first[one.study_id] > whole.evaluated_at.date() for one in coverage.predictions
            if one.deployment_id in numbers and one.study_id in first
        )
        lacking = tuple(
            name for site, name in _sites(coverage, version)
            if counts[version, site] and (version, site) not in found.period
        )
        rows.append(VersionMeasured(
            name_of(coverage.versions[version]).name, coverage.versions[version].label,
            sum(n for (one, _), n in counts.items() if one == version),
            None if whole is None else whole.studies, since, lacking,
        ))  # fmt: skip
    return tuple(rows)


def comparisons(basis: Basis, coverage: Coverage, found: Found) -> tuple[Comparison, ...]:
    """The period beside each test of the validation, version by version: all its sites, then each.
    """
    return tuple(
        one for measure in compared_measures(basis) for version in coverage.measured
        for one in _compared(coverage, found, measure, version)
    )


def _compared(
    coverage: Coverage, found: Found, measure: str, version: int
) -> Iterator[Comparison]:
    places: list[tuple[int | None, str, str]] = [(None, "all sites", "all")]
    places += [(site, name, f"site={name}") for site, name in _sites(coverage, version)]
    called = _name(coverage, version)
    validation = found.validation.get(version, {})
    for site, name, subgroup in places:
        now = _one(found, found.period.get((version, site)), measure, "all")
        before = _one(found, found.previous.get((version, site)), measure, "all")
        for split, evaluation in validation.items():
            held = _one(found, evaluation, measure, subgroup, split)
            if held is None and site is not None:
                continue
            yield Comparison(
                measure, f"{name}, {spaced(split)}", held, now, before, version=called
            )
        if not validation:
            yield Comparison(measure, name, None, now, before, version=called)


def _one(
    found: Found, evaluation: Evaluation | None, measure: str, subgroup: str, split: str = ""
) -> Measured | None:
    for one in found.of(evaluation):
        if one.measure == measure and one.subgroup == subgroup:
            return quoted(one, split=split)
    return None
