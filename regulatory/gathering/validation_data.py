"""The data of a validation report: what came in, what left and why, who is in it, how it was split.

Counts are counts of rows; the rest is the dataset version as it was recorded.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from measures.estimate import Estimate
from records.base import Record
from records.cases import GateResult, Instance, Quarantine, ReferenceStandard, Study
from records.product import DatasetVersion, Device, ModelVersion, Site
from records.reference_kinds import rule_declared
from records.study_corrections import StudyCorrection
from records.truth import standing_truths
from regulatory.documents.facts import FlowStep
from regulatory.documents.validation_facts import (
    DatasetCheck,
    DatasetFacts,
    MissingField,
    SiteCount,
    SplitCount,
)  # fmt: skip
from regulatory.documents.wording import grouped, spaced
from regulatory.gathering.chosen_studies import ChosenStudies, chosen_studies
from regulatory.gathering.edition import Basis
from regulatory.gathering.phrases import listed, refusal_words
from regulatory.gathering.task_words import positives_words

R = TypeVar("R", bound=Record)
PURPOSES = ("development", "external")
AT_ONCE = 10_000
"""So many studies a statement names: databases allow only so many values."""
_ACTIONS = {
    "K": "Elements kept", "X": "Elements removed", "Z": "Elements emptied",
    "D": "Elements replaced by a substitute", "U": "Identifiers (UIDs) replaced",
    "C": "Elements cleaned",
}  # fmt: skip
"""The actions of DICOM PS3.15 as intake records them."""


@dataclass(frozen=True)
class Collected:
    """What was taken in to make and test a model, as it stood when the dataset was frozen."""

    dataset: DatasetVersion
    studies: list[Study]
    instances: list[Instance]
    refused: list[Quarantine]
    truths: list[ReferenceStandard]
    sites: dict[int, str]
    gate: GateResult | None
    moves: list[StudyCorrection]
    """Corrections since the freeze by which a study of theirs is of another patient."""
    first_model_at: datetime | None
    chosen: ChosenStudies | None = None
    """Where a run of the retraining protocol chose the studies: which, and why not the others."""

    @property
    def unit(self) -> str:
        """What the dataset counts: images, called studies where each study has one."""
        return "Studies" if len(self.studies) == len(self.instances) else "Images"

    def included(self) -> dict[int, tuple[Study, bool]]:
        """The studies with known truth and that truth, less patients of the external test."""
        whose = self.patients_at_freeze()
        outside = {whose[one.id or 0] for one in self.studies if self.is_external(one)}
        present = {one.study_id: one.present for one in self.truths}
        return {
            one.id: (one, present[one.id])
            for one in self.studies
            if one.id is not None and one.id in present
            and (self.is_external(one) or whose[one.id] not in outside)
        }

    def is_external(self, study: Study) -> bool:
        """Whether a study is of the external test."""
        if self.chosen is not None:
            return self.chosen.splits.get(study.id or 0) == "external_test"
        return study.purpose == "external"

    def patients_at_freeze(self) -> dict[int, str]:
        """Whose each study was, by its number, when the dataset was split: as known then."""
        first = {one.study_id: one.patient_before for one in reversed(self.moves)}
        return {one.id or 0: first.get(one.id or 0, one.patient) for one in self.studies}


def collect(session: Session, dataset: DatasetVersion) -> Collected:
    """The rows that a dataset version rests on; as many questions for a million studies as for ten,
    and where a protocol chose them some for each ten thousand that it took."""
    chosen = chosen_studies(session, dataset)
    within = _scopes(dataset, chosen)
    studies = _found(session, select(Study).order_by(col(Study.id)), within)
    instances = select(Instance).join(Study, col(Study.id) == Instance.study_id)
    rule = rule_declared(session.get_one(Device, dataset.device_id).definition)
    truths = select(ReferenceStandard).join(Study, standing_truths(rule, by=dataset.frozen_at))
    moves = select(StudyCorrection).join(Study, col(Study.id) == StudyCorrection.study_id).where(
        col(StudyCorrection.recorded_at) > dataset.frozen_at,
        col(StudyCorrection.patient_before) != col(StudyCorrection.patient_after),
    )
    refused = select(Quarantine).where(
        col(Quarantine.arrived_on).in_(sorted({one.arrived_on for one in studies})),
        col(Quarantine.received_at) <= dataset.frozen_at,
    )
    gate = select(GateResult).where(GateResult.scope == f"dataset {dataset.vault_path}")
    return Collected(
        dataset=dataset, studies=studies,
        instances=_found(session, instances.order_by(col(Instance.id)), within),
        refused=[] if chosen else list(session.exec(refused.order_by(col(Quarantine.id)))),
        truths=_found(session, truths.order_by(col(ReferenceStandard.id)), within),
        sites={site.id: site.name for site in session.exec(select(Site)) if site.id is not None},
        moves=_found(session, moves.order_by(col(StudyCorrection.id)), within),
        gate=session.exec(gate.order_by(col(GateResult.id).desc())).first(),
        first_model_at=session.exec(select(func.min(ModelVersion.trained_at))).one(),
        chosen=chosen,
    )


def _scopes(
    dataset: DatasetVersion, chosen: ChosenStudies | None
) -> list[tuple[ColumnElement[bool], ...]]:
    """Which studies a dataset rests on, in parts: a statement names so many of them at most."""
    then = col(Study.received_at) <= dataset.frozen_at
    if chosen is None:
        return [(col(Study.purpose).in_(PURPOSES), then)]
    taken = sorted(chosen.splits)
    return [
        (col(Study.id).in_(taken[first:first + AT_ONCE]), then)
        for first in range(0, len(taken), AT_ONCE)
    ]  # fmt: skip


def _found(
    session: Session, query: SelectOfScalar[R], within: list[tuple[ColumnElement[bool], ...]]
) -> list[R]:
    found = [one for scope in within for one in session.exec(query.where(*scope))]
    return found if len(within) == 1 else sorted(found, key=lambda one: one.label)


def dataset_facts(data: Collected, basis: Basis) -> DatasetFacts:
    """The frozen data, from the files that came in to the studies that stayed."""
    version, gate = data.dataset, data.gate
    outcomes = [one["passed"] for one in gate.expectations] if gate else []
    instances = data.instances
    return DatasetFacts(
        record=version.label, name=version.name, digest=version.manifest_digest,
        frozen_at=version.frozen_at, source=str(version.datasheet.get("source", "")),
        legal_basis=str(version.datasheet.get("legal_basis", "")),
        consent=str(version.datasheet.get("consent", "")),
        design=_design(version, data.chosen), flow=_flow(data), splits=_splits(version),
        sites=_sites(data), missing=_missing(version, basis),
        assigned=tuple(sorted({str(fact) for one in data.studies for fact in one.assigned})),
        eligibility=_eligibility(basis), deidentification=_deidentification(instances),
        deidentification_record=(
            f"{instances[0].label} to {instances[-1].label}" if instances else ""
        ),
        gate_record=gate.label if gate else "",
        gate_passed=sum(outcomes) if gate else None, gate_total=len(outcomes) if gate else None,
        checks=recorded_checks(version), positives=positives_words(basis.definition.task.kind),
    )


def recorded_checks(version: DatasetVersion) -> tuple[DatasetCheck, ...]:
    """What the dataset was held against before it was frozen, as it was recorded then.

    A group that the population and a subgroup both declare was compared twice: it is told once.
    """
    found = (
        DatasetCheck(
            rule=str(one["rule"]), subject=str(one["subject"]), state=str(one["state"]),
            n=int(one["n"]), said=str(one["said"]),
            estimate=Estimate.from_dict(one["estimate"]) if one["estimate"] else None,
        )
        for one in version.datasheet.get("checks", {}).get("outcomes", [])
    )
    once = {(one.rule, one.subject, one.state, one.n, one.said): one for one in found}
    return tuple(once.values())


def _design(version: DatasetVersion, chosen: ChosenStudies | None) -> str:
    outside = sorted(version.splits.get("external_test", {}).get("sites", {}))
    held_out = f"; external test from {listed(outside)}" if outside else "; no external test"
    by_rule = f"; chosen by {chosen.run}, studies in operation among them" if chosen else ""
    return f"retrospective: studies collected before the model was trained{by_rule}{held_out}"


def _flow(data: Collected) -> tuple[FlowStep, ...]:
    if data.chosen is not None:
        return _flow_by_rule(data, data.chosen)
    accepted, kept = len(data.instances), data.dataset.studies
    excluded = {str(why): int(n) for why, n in data.dataset.datasheet.get("excluded", {}).items()}
    unexplained = accepted - sum(excluded.values()) - kept
    if unexplained > 0:
        excluded["not in this dataset version, reason not recorded"] = unexplained
    refused = Counter(refusal_words(one.reason) for one in data.refused)
    return (
        FlowStep(
            "Different files received", accepted + len(data.refused),
            tuple((f"refused: {why}", n) for why, n in sorted(refused.items())),
        ),
        FlowStep(
            f"{data.unit} accepted", accepted,
            tuple((f"excluded: {why}", n) for why, n in sorted(excluded.items()) if n),
        ),
        FlowStep(f"{data.unit} in the dataset version", kept),
    )


def _flow_by_rule(data: Collected, chosen: ChosenStudies) -> tuple[FlowStep, ...]:
    """From the studies that a protocol looked at to those that it took, by its own reasons."""
    removed = [(f"not taken: {why}", n) for why, n in chosen.left_out]
    lost = len(chosen.splits) - len(data.studies)
    if lost > 0:
        removed.append(("taken by the rule and on no record now", lost))
    return (
        FlowStep(
            f"Studies looked at by {chosen.run}", len(chosen.splits) + chosen.refused,
            tuple(removed),
        ),
        FlowStep("Studies in the dataset version", len(data.studies)),
    )


def _splits(version: DatasetVersion) -> tuple[SplitCount, ...]:
    return tuple(
        SplitCount(split, one["studies"], one["patients"], one["positive"], tuple(one["sites"]))
        for split, one in version.splits.items()
    )


def _sites(data: Collected) -> tuple[SiteCount, ...]:
    groups: dict[tuple[str, str], list[tuple[Study, bool]]] = {}
    for study, present in data.included().values():
        part = "external_test" if data.is_external(study) else "development"
        groups.setdefault((data.sites[study.site_id], part), []).append((study, present))
    whose = data.patients_at_freeze()
    return tuple(
        _site(site, part, found, whose) for (site, part), found in sorted(groups.items())
    )


def _site(
    site: str, part: str, found: list[tuple[Study, bool]], whose: Mapping[int, str]
) -> SiteCount:
    studies = [study for study, _ in found]
    ages = [one.age_years for one in studies if one.age_years is not None]
    sexes = Counter(one.sex for one in studies)
    makes = {f"{one.manufacturer} {one.model_name}".strip() for one in studies}
    return SiteCount(
        site=site, split=part, studies=len(studies),
        patients=len({whose[one.id or 0] for one in studies}),
        positives=sum(present for _, present in found), female=sexes["F"], male=sexes["M"],
        sex_missing=len(studies) - sexes["F"] - sexes["M"],
        age_median=float(median(ages)) if ages else None, age_missing=len(studies) - len(ages),
        equipment=tuple(sorted(filter(None, makes))),
    )


def _missing(version: DatasetVersion, basis: Basis) -> tuple[MissingField, ...]:
    grouped_by: dict[str, str] = {one.field: one.name for one in basis.definition.subgroups}
    found = [
        MissingField(name, int(count), version.studies, _consequence(name, int(count), grouped_by))
        for name, count in version.datasheet.get("not_recorded", {}).items()
    ]
    without = int(version.datasheet.get("excluded", {}).get("no reference standard", 0))
    why = "left out of the dataset version" if without else "none"
    return (*found, MissingField("reference standard", without, version.studies + without, why))


def _consequence(name: str, count: int, grouped_by: dict[str, str]) -> str:
    if not count:
        return "none"
    if name in grouped_by:
        return f"in no {grouped_by[name]} subgroup; counted in all other results"
    return "none: no result is reported by it"


def _eligibility(basis: Basis) -> tuple[str, ...]:
    return (*(f"{name.lower()}: {text}" for name, text in input_requirements(basis)),
            "reference standard known")  # fmt: skip


def input_requirements(basis: Basis) -> tuple[tuple[str, str], ...]:
    """What a study must be for the device to read it, as declared."""
    declared = basis.definition.input_requirements
    youngest, oldest = declared.min_age_years, declared.max_age_years
    return (
        ("Modality", ", ".join(declared.modalities) or "any"),
        ("Body part", ", ".join(declared.body_parts) or "any"),
        ("View", ", ".join(declared.views) or "any"),
        ("Smallest picture", f"{declared.min_rows} × {declared.min_columns} pixels"),
        ("Youngest patient", "any age" if youngest is None else f"{youngest:g} years"),
        ("Oldest patient", "any age" if oldest is None else f"{oldest:g} years"),
        ("Checks that refuse a study", listed([spaced(one) for one in sorted(declared.refusing)])),
    )


def _deidentification(instances: list[Instance]) -> tuple[tuple[str, str], ...]:
    runs: list[dict[str, Any]] = [one.deidentification for one in instances]
    if not runs:
        return ()
    actions: Counter[str] = Counter()
    for run in runs:
        actions.update(run.get("counts", {}))
    return (
        ("Method", listed(_tallied(run.get("profile", "") for run in runs))),
        *((words, grouped(actions[code])) for code, words in _ACTIONS.items()),
        ("Burned-in text, as the files declare",
         listed(_tallied(run.get("burned_in") or "not stated" for run in runs))),
        ("Pixels looked through for letters",
         listed(_tallied(spaced(str(run.get("pixels") or "not recorded")) for run in runs))),
        ("Verdict", listed(_tallied(spaced(str(run.get("verdict", ""))) for run in runs))),
        ("HIPAA Safe Harbor, not met for",
         listed(_tallied(one for run in runs for one in run.get("safe_harbor", ["not recorded"])))),
    )  # fmt: skip


def _tallied(values: Iterable[str]) -> list[str]:
    return [f"{value or 'not recorded'}: {grouped(n)} files"
            for value, n in sorted(Counter(values).items())]  # fmt: skip
