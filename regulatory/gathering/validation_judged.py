"""What was decided about a model version: its evaluations, the declared criteria, the verdict."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from models.tasks import TASKS, ClassificationTask
from records.counting import counted
from records.people import Actor
from records.product import DatasetVersion, Deployment, ModelVersion, Site
from records.quality import ChangeRequest, Release
from records.signatures import signatures_on
from records.surveillance import AcceptanceResult, Evaluation, EvaluationResult
from regulatory.acceptance import acceptance_results
from regulatory.documents.validation_facts import (
    CriteriaPlan,
    CriterionResult,
    Deviation,
    Verdict,
)
from regulatory.documents.wording import spaced
from regulatory.gathering.edition import Basis, estimate_of, signed_line
from regulatory.gathering.phrases import listed

LOCKED_SPLITS = ("internal_test", "external_test")


@dataclass(frozen=True)
class Judged:
    """What the records say of one model version: evaluations, criteria, and the decision."""

    version: ModelVersion
    evaluations: dict[str, Evaluation]
    results: dict[str, list[EvaluationResult]]
    acceptance: list[AcceptanceResult]
    change: ChangeRequest | None
    release: Release | None
    decided_by: str
    deployments: list[tuple[Deployment, str]]

    @property
    def all_results(self) -> list[EvaluationResult]:
        """Every estimate on a test set."""
        return [one for found in self.results.values() for one in found]


def judged_of(session: Session, version: ModelVersion) -> Judged:
    """The latest evaluation on each test set and what followed from it; seven questions."""
    chosen = select(Evaluation).where(
        Evaluation.model_version_id == version.id, col(Evaluation.purpose).in_(LOCKED_SPLITS)
    )
    latest = {one.purpose: one for one in session.exec(chosen.order_by(col(Evaluation.id)))}
    splits = {one.id: split for split, one in latest.items()}
    results: dict[str, list[EvaluationResult]] = {split: [] for split in latest}
    stored = select(EvaluationResult).where(col(EvaluationResult.evaluation_id).in_(list(splits)))
    for result in session.exec(stored.order_by(col(EvaluationResult.id))):
        results[splits[result.evaluation_id]].append(result)
    change = session.exec(
        select(ChangeRequest)
        .where(ChangeRequest.model_version_id == version.id)
        .order_by(col(ChangeRequest.id).desc())
    ).first()
    release = session.exec(
        select(Release).where(Release.change_request_id == change.id)
    ).first() if change else None
    running = session.exec(
        select(Deployment, Site.name)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(Deployment.model_version_id == version.id, col(Deployment.ended_at).is_(None))
        .order_by(col(Deployment.id))
    )
    return Judged(
        version, latest, results, acceptance_results(session, version), change, release,
        _full_name(session, release.decided_by) if release else "",
        [(deployment, site) for deployment, site in running],
    )


def _full_name(session: Session, account: str) -> str:
    """A person as documents name them; the account where no person is known by it."""
    return session.exec(select(Actor.full_name).where(Actor.name == account)).first() or account


def criteria_plan(
    session: Session, basis: Basis, judged: Judged, dataset: DatasetVersion
) -> CriteriaPlan:
    """The criteria as declared, each with its stored verdict, and when its test set was opened."""
    first = session.exec(
        select(Evaluation.evaluated_at)
        .where(
            Evaluation.dataset_version_id == dataset.id,
            col(Evaluation.purpose).in_(LOCKED_SPLITS),
        )
        .order_by(col(Evaluation.evaluated_at))
    ).first()
    verdicts = {one.criterion: one for one in judged.acceptance}
    estimates = {one.id: one for one in judged.all_results}
    criteria = []
    for one in basis.definition.acceptance_criteria:
        found = verdicts.get(one.id)
        result = estimates.get(found.evaluation_result_id) if found else None
        criteria.append(
            CriterionResult(
                id=one.id, measure=one.measure, split=one.split, subgroup=one.subgroup,
                basis=one.basis, at_least=one.at_least, at_most=one.at_most,
                observed=estimate_of(result) if result else None,
                verdict=found.verdict if found else "not available",
                record=found.label if found else "",
            )
        )
    return CriteriaPlan(
        record=basis.device.label, digest=basis.device.definition_digest,
        declared_at=basis.device.defined_at, first_evaluated_at=first, criteria=tuple(criteria),
        signed=tuple(signed_line(one) for one in signatures_on(session, basis.device)),
    )


def verdict_of(judged: Judged) -> Verdict:
    """The stored assessment, and the decision that followed from it in its own words."""
    change, release = judged.change, judged.release
    if change is None or not change.assessment:
        return Verdict(
            "not estimable", "No assessment of this model version is on record, so no release "
            "is recommended.", change.label if change else "",
        )  # fmt: skip
    assessment: dict[str, Any] = change.assessment
    verdicts = [one["verdict"] for one in assessment.get("criteria", [])]
    outcome = (
        "met" if assessment.get("all_met")
        else "not met" if "not met" in verdicts else "not estimable"
    )
    said = (
        f"{release.outcome.capitalize()} on {release.decided_at:%Y-%m-%d} by "
        f"{judged.decided_by}: {release.reason}." if release
        else f"Change request {change.label} is '{change.status}'; no decision on the release is "
        "on record."
    )
    return Verdict(outcome, said + _in_use(judged) + _barred(judged), (release or change).label)


def _barred(judged: Judged) -> str:
    """Why no version of such a device may be put into use, where that is so."""
    why = TASKS[judged.version.model.get("task", ClassificationTask.name)].not_operated
    return f" No version of such a device may be put into use yet: {why}." if why else ""


def _in_use(judged: Judged) -> str:
    said = ""
    for mode, words in (("live", "In use at"), ("shadow", "Runs as a shadow, with nothing "
                                                "returned to care, at")):  # fmt: skip
        sites = [site for one, site in judged.deployments if one.mode == mode]
        said += f" {words} {listed(sites)}." if sites else ""
    return said


def deviations_of(judged: Judged) -> tuple[Deviation, ...]:
    """Departures that the records themselves show: a test set used before, a criterion unjudged."""
    again = [
        Deviation(
            f"the {spaced(split)} was evaluated {counted(one.attempt - 1, 'time')} before",
            "the result may be too favourable: the test set was no longer unseen", one.label,
        )
        for split, one in judged.evaluations.items()
        if one.attempt > 1
    ]
    unjudged = [
        Deviation(
            f"criterion {one.criterion} could not be judged: {one.reason or one.verdict}",
            "it does not count as met", one.label,
        )
        for one in judged.acceptance
        if one.verdict not in ("met", "not met")
    ]
    return (*again, *unjudged)
