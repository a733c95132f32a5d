"""The facts of a datasheet: every dataset version that a version in use, or the newest one, rests
on; without any version the newest dataset that was frozen."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from sqlmodel import Session, col, select

from records.dataset_rules import PopulationGroup
from records.legal_holds import standing_holds
from records.product import DatasetVersion, Deployment, Device, ModelVersion
from records.retention_overview import retention_of_record
from records.retrainings import retraining_runs
from records.surveillance import Evaluation
from regulatory.documents.content import Trace
from regulatory.documents.datasheet_facts import (
    Composed,
    DatasetUse,
    DatasheetFacts,
    Hold,
    SheetFacts,
)
from regulatory.documents.facts import ModelName
from regulatory.documents.registry import DATASET_DATASHEET
from regulatory.documents.wording import NOT_RECORDED, spaced
from regulatory.gathering.edition import Basis, edition_of, name_of, trace
from regulatory.gathering.phrases import listed
from regulatory.gathering.validation_data import (
    Collected,
    collect,
    dataset_facts,
    input_requirements,
)
from regulatory.gathering.validation_truth import partition_facts, reference_facts


def gather_datasheet(session: Session, basis: Basis) -> DatasheetFacts:
    """The datasets in use with what is known of each; none where none was frozen."""
    definition = basis.definition
    datasets = datasets_in_use(session, basis)
    sheets, traces, named = [], list[Trace](), dict[str, ModelName]()
    for dataset in datasets:
        data = collect(session, dataset)
        uses, records = _uses(session, dataset)
        sheets.append(_sheet(session, basis, data, uses))
        traces += _traces(data, records)
        named |= {one.label: name_of(one) for one in records if isinstance(one, ModelVersion)}
    holds = standing_holds(session)
    return DatasheetFacts(
        edition=replace(edition_of(DATASET_DATASHEET, basis), model_versions=tuple(named.values())),
        device=basis.device.label, population=definition.population,
        purpose=definition.intended_purpose,
        eligibility=tuple(f"{name}: {said}" for name, said in input_requirements(basis)),
        expected=tuple(
            (_group_words(one), _share_words(one)) for one in definition.expected_population or ()
        ),
        sheets=tuple(sheets), holds=tuple(Hold(one.label, one.reason) for one in holds),
        traces=(trace("8", "accepted definition of the device", [basis.device]), *traces),
    )  # fmt: skip


def versions_of(session: Session, device: str) -> list[ModelVersion]:
    """Every version of a device, whatever revision it was made under, newest first."""
    query = select(ModelVersion).join(Device, col(Device.id) == ModelVersion.device_id)
    newest_first = query.where(Device.name == device).order_by(col(ModelVersion.id).desc())
    return list(session.exec(newest_first))


def datasets_in_use(session: Session, basis: Basis) -> list[DatasetVersion]:
    """The dataset versions of every version that runs and of the newest one, newest first."""
    running = (
        select(ModelVersion.dataset_version_id)
        .join(Deployment, col(Deployment.model_version_id) == ModelVersion.id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == basis.device.name, col(Deployment.ended_at).is_(None))
    )
    numbers = {one for one in session.exec(running) if one is not None}
    numbers |= {
        one.dataset_version_id for one in versions_of(session, basis.device.name)[:1]
        if one.dataset_version_id
    }
    query = select(DatasetVersion).order_by(col(DatasetVersion.id).desc())
    if numbers:
        return list(session.exec(query.where(col(DatasetVersion.id).in_(numbers))))
    own = query.join(Device, col(Device.id) == DatasetVersion.device_id)
    return list(session.exec(own.where(Device.name == basis.device.name).limit(1)))


def _sheet(
    session: Session, basis: Basis, data: Collected, uses: Sequence[DatasetUse]
) -> SheetFacts:
    version = data.dataset
    selection = version.datasheet.get("selection") or {}
    kept = retention_of_record(session, version)
    composed, studied = _composed(basis, data) if data.studies else ((), (0, 0))
    return SheetFacts(
        data=dataset_facts(data, basis), reference=reference_facts(data, basis),
        partition=partition_facts(
            session, data, basis, attempts=[one.attempt for one in uses if one.attempt]
        ),
        device=session.get_one(Device, version.device_id).label,
        content_digest=version.content_digest, folder=version.vault_path,
        files=len(version.files), commit=version.commit,
        used_by=tuple(dict.fromkeys(one.version for one in uses)),
        composed=composed, studied=studied,
        collected=_arrived(data),
        chosen=_chosen(session, basis, str(selection.get("run", ""))),
        run=str(selection.get("run", "")), uses=tuple(uses),
        kept_until=kept.retain_until.isoformat() if kept.retain_until else "",
        kept_because=_kept_words(listed(kept.reasons or kept.citations)) or NOT_RECORDED,
    )


_DATES = {
    "last_unit_placed": "the last day on which a version was offered",
    "device_lifetime_years": "the lifetime of the device (ISO 13485)",
    "expected_life_years": "the expected life of the device (21 CFR 803.3)",
}
"""What a rule of retention counts from, where its name alone does not say it."""


def _kept_words(said: str) -> str:
    for name, words in _DATES.items():
        said = said.replace(name, words)
    return spaced(said)


def _arrived(data: Collected) -> tuple[tuple[str, date, date], ...]:
    """First and last day of arrival of the studies of each part."""
    days: dict[str, list[date]] = {}
    for study, _ in data.included().values():
        part = "external test" if data.is_external(study) else "development"
        days.setdefault(part, []).append(study.arrived_on)
    return tuple((part, min(found), max(found)) for part, found in sorted(days.items()))


def _uses(
    session: Session, dataset: DatasetVersion
) -> tuple[list[DatasetUse], list[ModelVersion | Evaluation]]:
    """Each version that was made with it, then each look at a part of it, in order."""
    query = select(ModelVersion).where(ModelVersion.dataset_version_id == dataset.id)
    versions = list(session.exec(query.order_by(col(ModelVersion.id))))
    looks = select(Evaluation, ModelVersion).join(
        ModelVersion, col(ModelVersion.id) == Evaluation.model_version_id
    ).where(Evaluation.dataset_version_id == dataset.id)
    found = list(session.exec(looks.order_by(col(Evaluation.id))))
    uses = [
        DatasetUse(
            one.label, "registered with it as its test" if one.made_elsewhere
            else "training and tuning", f"{one.name} ({one.label})", one.trained_at,
        )
        for one in versions
    ]
    uses += [
        DatasetUse(
            look.label, spaced(look.purpose), f"{version.name} ({version.label})",
            look.evaluated_at, look.attempt, look.studies,
        )
        for look, version in found
    ]
    return uses, [*versions, *(look for look, _ in found)]


def _chosen(session: Session, basis: Basis, run: str) -> tuple[tuple[str, int], ...]:
    """Why studies in operation were taken or left out by the run of retraining that chose them."""
    if not run:
        return ()
    found = [one for one in retraining_runs(session, basis.device.name) if one.name == run]
    return tuple(
        (reason, int(said["studies"]))
        for one in found for reason, said in one.said("selected").get("by_reason", {}).items()
    )


def _composed(
    basis: Basis, data: Collected
) -> tuple[tuple[Composed, ...], tuple[int, int]]:
    """Studies by age band, sex and how the picture was taken, in each part."""
    studies = [study for study, _ in data.included().values()]
    outside = [data.is_external(one) for one in studies]
    bins = next((one.bins for one in basis.definition.subgroups if one.bins), None)
    characteristics: dict[str, list[str]] = {
        "Sex": [one.sex or NOT_RECORDED for one in studies],
        "Age, years": [_band(one.age_years, bins) for one in studies],
        "Modality": [one.modality or NOT_RECORDED for one in studies],
        "Body part": [one.body_part or NOT_RECORDED for one in studies],
        "View": [one.view or NOT_RECORDED for one in studies],
        "Scanner": [f"{one.manufacturer} {one.model_name}".strip() or NOT_RECORDED
                    for one in studies],
        "Picture, rows × columns": [f"{one.rows} × {one.columns}" for one in studies],
    }
    rows = [row for name, values in characteristics.items()
            for row in _counted(name, values, outside)]  # fmt: skip
    return tuple(rows), (len(outside) - sum(outside), sum(outside))


def _counted(name: str, values: Iterable[str], outside: Sequence[bool]) -> list[Composed]:
    counts = Counter(zip(values, outside, strict=True))
    known = sorted({value for value, _ in counts}, key=_order)
    return [Composed(name, one, counts[one, False], counts[one, True]) for one in known]


def _order(value: str) -> tuple[float, str]:
    first = value.split(" ")[0]
    return (float(first), value) if first.replace(".", "").isdigit() else (float("inf"), value)


def _band(age: float | None, bins: Sequence[float] | None) -> str:
    """The declared age band; one outside of every band is said to be."""
    if age is None:
        return NOT_RECORDED
    for low, high in zip(bins or (), (bins or ())[1:], strict=False):
        if low <= age < high:
            return f"{low:g} to under {high:g}"
    return "outside the declared bands" if bins else "recorded; no bands are declared"


def _group_words(one: PopulationGroup) -> str:
    if one.field == "finding":
        return "finding present"
    if one.field != "age_years":
        return f"{spaced(one.field)} {one.value}"
    low, high = one.from_years, one.to_years
    return " ".join(filter(None, (
        "age", "" if low is None else f"from {low:g}", "" if high is None else f"under {high:g}",
        "years",
    )))  # fmt: skip


def _share_words(one: PopulationGroup) -> str:
    return " and ".join(
        f"{word} {100 * share:g} %"
        for word, share in (("at least", one.at_least), ("at most", one.at_most))
        if share is not None
    )


def _traces(data: Collected, uses: Sequence[ModelVersion | Evaluation]) -> list[Trace]:
    label = data.dataset.label
    found = (
        trace("1", f"dataset version {label}", [data.dataset]),
        trace("3", f"studies collected by the freeze of {label}", data.studies),
        trace("6", f"their images, as de-identified, of {label}", data.instances),
        trace("4", f"files refused on the same days, of {label}", data.refused),
        trace("5", f"reference standards known at the freeze of {label}", data.truths),
        trace("7", f"studies of {label} moved to another patient", data.moves),
        trace("9", f"versions made with {label} and looks at it", uses),
    )
    return [one for one in found if one.records]
