"""The facts of a validation report: promised, tested on which data, with what stored result."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from models.tasks import OF_EACH_CLASS
from records.errors import Refused
from records.held_definition import definition_of
from records.product import DatasetVersion, Device
from records.quality import ChangeRequest, Release
from records.signatures import signatures_on
from regulatory.documents.content import Trace
from regulatory.documents.registry import VALIDATION_REPORT
from regulatory.documents.validation_facts import (
    ClassCounts,
    SplitResult,
    TwoByTwo,
    ValidationFacts,
)
from regulatory.documents.wording import spaced
from regulatory.gathering.curves import curve_of, free_response_of, reliability_of
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.phrases import quoted
from regulatory.gathering.validation_beyond import beyond_of, validated
from regulatory.gathering.validation_data import Collected, collect, dataset_facts
from regulatory.gathering.validation_judged import (
    LOCKED_SPLITS,
    Judged,
    criteria_plan,
    deviations_of,
    judged_of,
    verdict_of,
)
from regulatory.gathering.validation_model import (
    clustering,
    intended_use,
    judged_measures,
    main_measure,
    methods,
    model_facts,
    multiplicity,
)
from regulatory.gathering.validation_truth import partition_facts, reference_facts


def gather_validation(session: Session, basis: Basis) -> ValidationFacts:
    """What the newest model version was promised, tested on and found to do.

    Raises Refused where the device has no model version.
    """
    if not basis.versions:
        raise Refused(
            f"{basis.device.name} has no model version to report on.", hint="Train one first."
        )
    version, edition = basis.versions[0], edition_of(VALIDATION_REPORT, basis)
    made_for = session.get_one(Device, version.device_id)
    # a later revision of the definition says nothing of what this version was promised and tested
    basis = replace(basis, device=made_for, definition=definition_of(made_for))
    data = collect(session, session.get_one(DatasetVersion, version.own_dataset))
    judged = judged_of(session, version)
    beyond = beyond_of(session, version, vault=basis.vault)
    return ValidationFacts(
        edition=edition,
        intended=intended_use(basis),
        plan=criteria_plan(session, basis, judged, data.dataset),
        dataset=dataset_facts(data, basis),
        reference=reference_facts(data, basis),
        partition=partition_facts(
            session, data, basis, attempts=[one.attempt for one in judged.evaluations.values()]
        ),
        model=model_facts(version, basis, dataset_record=data.dataset.label),
        methods=methods(judged.all_results, basis.definition.task.kind),
        results=tuple(split_result(judged, split, basis, data) for split in LOCKED_SPLITS),
        verdict=verdict_of(judged),
        traces=_traces(session, basis, data, judged),
        clustering=clustering(judged.results, main_measure(basis)),
        multiplicity=multiplicity(basis, beyond),
        deviations=deviations_of(judged),
        beyond=beyond,
        main_measure=main_measure(basis),
    )


def split_result(
    judged: Judged, split: str, basis: Basis, data: Collected
) -> SplitResult:
    """All that was found on one locked test, or why there is no such result."""
    evaluation = judged.evaluations.get(split)
    studies = int(data.dataset.splits.get(split, {}).get("studies", 0))
    if evaluation is None:
        why = ("no evaluation of this model version on it is on record" if studies
               else "the dataset version holds no study for it")  # fmt: skip
        return SplitResult(split=split, record="", unavailable=why)
    results, figures = judged.results[split], evaluation.figures
    overall = [one for one in results if one.subgroup == "all"]
    shown = (*judged_measures(basis), *OF_EACH_CLASS)
    missing = max(0, studies - evaluation.studies) if data.unit == "Studies" else 0
    return SplitResult(
        split=split, record=evaluation.label, at=evaluation.evaluated_at,
        counts=_two_by_two(figures, evaluation.studies, missing),
        findings=tuple(
            (str(one["finding"]), TwoByTwo(**{
                name: count for name, count in one.items() if name != "finding"
            }))
            for one in figures.get("by_finding", ())
        ),
        classes=_class_counts(figures.get("confusion")),
        measures=tuple(quoted(one, split=split) for one in overall),
        subgroups=tuple(
            quoted(one, split=split)
            for one in results
            if one.subgroup != "all" and one.measure in shown
        ),
        roc=curve_of(evaluation, overall, label=spaced(split)),
        reliability=reliability_of(
            evaluation, label=spaced(split), kind=basis.definition.task.kind
        ),
        froc=free_response_of(evaluation, overall, label=spaced(split)),
    )


def _two_by_two(figures: Mapping[str, Any], studies: int, missing: int) -> TwoByTwo | None:
    counts = figures.get("two_by_two")
    if not counts:
        return None
    left = studies - sum(counts.values()) if "by_finding" in figures else 0
    return TwoByTwo(**counts, without_output=missing, not_known=left)


def _class_counts(stored: Mapping[str, Any] | None) -> ClassCounts | None:
    if stored is None:
        return None
    return ClassCounts(tuple(stored["classes"]), tuple(tuple(row) for row in stored["counts"]))


def _traces(
    session: Session, basis: Basis, data: Collected, judged: Judged
) -> tuple[Trace, ...]:
    decided: Sequence[ChangeRequest | Release | None] = (judged.change, judged.release)
    found = (
        trace("1", "accepted definition of the device", [basis.device]),
        trace("1", "signatures on the definition", signatures_on(session, basis.device)),
        trace("2", "dataset version the model was made with", [data.dataset]),
        trace("3", "studies collected for development and external test", data.studies),
        trace("3", "their images, as de-identified", data.instances),
        trace("3", "files refused on the same days", data.refused),
        trace("3", "acceptance check of the dataset", [data.gate] if data.gate else []),
        trace("4", "reference standards known at the freeze of the dataset", data.truths),
        trace("5", "studies moved to another patient", data.moves),
        trace("6", "model version under test", [judged.version]),
        trace("8", "evaluations on the test sets", judged.evaluations.values()),
        trace("8", "their estimates", judged.all_results),
        trace("8", "validation beyond the locked tests", validated(session, judged.version)),
        trace("12", "acceptance criteria as judged", judged.acceptance),
        trace("12", "change request and decision", [one for one in decided if one]),
        trace("12", "where the version runs", [one for one, _ in judged.deployments]),
    )
    return tuple(one for one in found if one.records)
