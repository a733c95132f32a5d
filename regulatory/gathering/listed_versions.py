"""Lists of what was made and measured: versions, data, changes, results, where they run."""

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session, col, select

from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest, Release
from records.surveillance import AcceptanceResult, Evaluation, EvaluationResult
from regulatory.cleared import clearance_words, released_versions
from regulatory.documents.listed import Listed, Row, Value
from regulatory.documents.wording import counts_cell, measure_name, spaced
from regulatory.gathering.edition import Basis
from regulatory.gathering.listed_definition import pairs
from regulatory.gathering.listed_facts import Read, Reading
from regulatory.gathering.performance_measured import POST_MARKET
from regulatory.gathering.phrases import quoted
from regulatory.gathering.validation_data import recorded_checks
from regulatory.gathering.validation_judged import LOCKED_SPLITS
from regulatory.gathering.validation_model import judged_measures, model_facts

NO_VERSION: Final = "No model version of the device is on record."
OUTSIDE: Final = "another maker's product, seen from outside: it is made and tested elsewhere"


def versions_of(session: Session, basis: Basis) -> list[ModelVersion]:
    """Every version of the device, of whatever revision of its definition, newest first."""
    query = (
        select(ModelVersion).join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == basis.device.name).order_by(col(ModelVersion.id).desc())
    )  # fmt: skip
    return list(session.exec(query))


def current_version(session: Session, basis: Basis) -> ModelVersion | None:
    """The version that was released last; the newest one where none was."""
    released = released_versions(session, basis.device.name)
    found = released or versions_of(session, basis)[:1]
    return found[-1] if found else None


def _none(words: str) -> Read:
    return Read(Listed(lacking=(NO_VERSION,)), words)


def _about(version: ModelVersion) -> tuple[str, ...]:
    return (f"Of version {version.name} ({version.label}), which is {version.status}.",)


def versions(session: Session, basis: Basis) -> Read:
    """Every version by name and weights."""
    found = versions_of(session, basis)
    datasets = {one.id: one.label for one in session.exec(select(DatasetVersion))}
    rows = tuple(
        Row({"name": one.name, "digest": one.weights_hash, "status": one.status,
             "at": one.trained_at,
             "dataset": datasets.get(one.dataset_version_id, "none of this workspace"),
             "architecture": one.architecture,
             "operating_point": "none stated" if one.operating_point is None
             else one.operating_point,
             "record": one.label}, (one.label,))
        for one in found
    )  # fmt: skip
    return Read(Listed(rows, () if rows else (NO_VERSION,)), "model versions", tuple(found))


def model(session: Session, basis: Basis) -> Read:
    """How the current version is built and was trained, and with what."""
    words, version = "the current model version", current_version(session, basis)
    if version is None:
        return _none(words)
    if version.seen_from_outside:
        return Read(Listed(none=f"Not applicable: {OUTSIDE}."), words, (version,))
    dataset = session.get_one(DatasetVersion, version.own_dataset)
    told = model_facts(version, basis, dataset_record=dataset.label)
    items: tuple[tuple[str, Value], ...] = (
        ("Inputs", told.inputs), ("Outputs", told.outputs),
        ("Operating point", f"{told.operating_point:.4f}: {told.operating_rule}"),
        ("Calibration", told.calibration or "not applicable"),
        *told.details, *told.training,
        *((f"Software: {name}", said) for name, said in told.software),
    )
    lacking = tuple(f"Model: {spaced(one)}, which its maker does not state." for one in
                    told.unstated)  # fmt: skip
    listed = Listed(pairs(items, version.label), lacking, _about(version), (version.label,))
    return Read(listed, words, (version,))


def _dataset(session: Session, basis: Basis) -> DatasetVersion | None:
    version = current_version(session, basis)
    if version is None or version.dataset_version_id is None:
        return None
    return session.get_one(DatasetVersion, version.dataset_version_id)


def _without_data(session: Session, basis: Basis, words: str) -> Read:
    version = current_version(session, basis)
    if version is None:
        return _none(words)
    return Read(Listed(none=f"Not applicable: {OUTSIDE}."), words, (version,))


def data_origin(session: Session, basis: Basis) -> Read:
    """Where the data of the current version are from, and how they were parted."""
    words, one = "dataset version of the current version", _dataset(session, basis)
    if one is None:
        return _without_data(session, basis, words)
    sheet = one.datasheet
    made, shared = sheet.get("partition", {}), sheet.get("patient_overlap")
    named = {"source": "Source", "legal_basis": "Legal basis", "consent": "Consent",
             "reference_standard": "Reference standard"}  # fmt: skip
    items: tuple[tuple[str, Value], ...] = (
        ("Dataset version", f"{one.name} ({one.label})"), ("Frozen at", one.frozen_at),
        ("Studies, patients", f"{one.studies} studies of {one.patients} patients"),
        ("Digest of the manifest", one.manifest_digest),
        *((title, str(sheet.get(key) or "") or None) for key, title in named.items()),
        ("How the parts were made", str(made.get("method") or "") or None),
        ("Patients in more than one part", None if shared is None else int(shared)),
    )
    silent = (*(title for key, title in named.items() if not sheet.get(key)),
              *(("Check that no patient is in two parts",) if shared is None else ()))  # fmt: skip
    lacking = tuple(f"Data: {name.lower()}." for name in silent)
    return Read(Listed(pairs(items, one.label), lacking), words, (one,))


def datasets(session: Session, basis: Basis) -> Read:
    """Studies, patients and cases with the finding in each part."""
    words, one = "dataset version of the current version", _dataset(session, basis)
    if one is None:
        return _without_data(session, basis, words)
    rows = tuple(
        Row({"split": spaced(name), "studies": part["studies"], "patients": part["patients"],
             "positive": part["positive"],
             "sites": ", ".join(_sites(part["sites"])), "record": one.label}, (one.label,))
        for name, part in one.splits.items()
    )  # fmt: skip
    lacking = () if rows else (f"Parts of the dataset: {one.label} names none.",)
    return Read(Listed(rows, lacking), words, (one,))


def _sites(sites: object) -> list[str]:
    if isinstance(sites, dict):
        return [f"{name}: {n}" if isinstance(n, int) else str(name) for name, n in
                sorted(sites.items())]
    return [str(one) for one in sites] if isinstance(sites, list | tuple) else []


def data_checks(session: Session, basis: Basis) -> Read:
    """The rules that the dataset did not meet, and how many there were."""
    words, one = "checks of the dataset", _dataset(session, basis)
    if one is None:
        return _without_data(session, basis, words)
    checks = recorded_checks(one)
    if not checks:
        lacking = ("Checks of leakage, shortcuts, labels and population of the dataset.",)
        return Read(Listed(lacking=lacking), words, (one,))
    open_ = [check for check in checks if check.state != "met"]
    rows = tuple(
        Row({"rule": spaced(check.rule), "subject": spaced(check.subject), "state": check.state,
             "n": check.n, "said": check.said, "record": one.label}, (one.label,))
        for check in open_
    )  # fmt: skip
    said = (f"Checks of the dataset on record: {len(checks)}, of which met: "
            f"{len(checks) - len(open_)}.",)  # fmt: skip
    none = "Each recorded check has the outcome 'met'."
    return Read(Listed(rows, said=said, records=(one.label,), none=none), words, (one,))


def changes(session: Session, basis: Basis) -> Read:
    """Every change request with its outcome."""
    query = (
        select(ChangeRequest).join(Device, col(Device.id) == ChangeRequest.device_id)
        .where(Device.name == basis.device.name).order_by(col(ChangeRequest.id))
    )  # fmt: skip
    found = tuple(session.exec(query))
    ids = [one.id for one in found]
    decided = {one.change_request_id: one for one in session.exec(
        select(Release).where(col(Release.change_request_id).in_(ids)))}  # fmt: skip
    names = {one.id: one.name for one in versions_of(session, basis)}
    rows = tuple(
        Row({"record": one.label, "title": one.title, "reason": one.reason,
             "version": names.get(one.model_version_id, "none"), "at": one.proposed_at.date(),
             "status": one.status,
             "outcome": f"{decided[one.id].outcome} ({decided[one.id].label})"
             if one.id in decided else "not decided"},
            (one.label, *((decided[one.id].label,) if one.id in decided else ())))
        for one in found
    )  # fmt: skip
    return Read(Listed(rows), "change requests", (*found, *decided.values()))


def deployments(session: Session, basis: Basis) -> Read:
    """Where versions run or ran."""
    names = {one.id or 0: one.name for one in versions_of(session, basis)}
    query = (
        select(Deployment, Site.name).join(Site, col(Site.id) == Deployment.site_id)
        .where(col(Deployment.model_version_id).in_(list(names))).order_by(col(Deployment.id))
    )  # fmt: skip
    found = list(session.exec(query))
    rows = tuple(
        Row({"site": site, "version": names[one.model_version_id], "mode": one.mode,
             "since": one.started_at, "until": one.ended_at or "still running",
             "record": one.label}, (one.label,))
        for one, site in found
    )  # fmt: skip
    return Read(Listed(rows), "deployments", tuple(one for one, _ in found))


def clearances(session: Session, basis: Basis) -> Read:
    """Which version was cleared or certified: as recorded, or by a decision on its change."""
    found = clearance_words(session, versions_of(session, basis))
    rows = tuple(
        Row({"version": one.version.name, "authority": one.authority, "number": one.number or None,
             "on": one.on or None, "record": one.record.label}, (one.record.label,))
        for one in found
    )  # fmt: skip
    return Read(Listed(rows), "clearances of versions", tuple(one.record for one in found))


def _newest(session: Session, version: ModelVersion, purposes: Sequence[str]) -> list[Evaluation]:
    """The newest evaluation of a version for each purpose, of all sites."""
    query = select(Evaluation).where(
        Evaluation.model_version_id == version.id, col(Evaluation.purpose).in_(purposes),
        col(Evaluation.site_id).is_(None),
    ).order_by(col(Evaluation.period_to), col(Evaluation.id))  # fmt: skip
    found = {one.purpose: one for one in session.exec(query)}
    return [found[name] for name in purposes if name in found]


def _results(session: Session, evaluations: Sequence[Evaluation]) -> list[EvaluationResult]:
    query = select(EvaluationResult).where(
        col(EvaluationResult.evaluation_id).in_([one.id for one in evaluations])
    )
    return list(session.exec(query.order_by(col(EvaluationResult.id))))


def _rows(
    results: Sequence[EvaluationResult], where: dict[int, tuple[str, str]]
) -> tuple[Row, ...]:
    """where: by evaluation the name of the column that says what it was of, and what that is."""
    rows = []
    for one in results:
        told = quoted(one).estimate
        key, said = where[one.evaluation_id]
        rows.append(Row(
            {key: said, "measure": measure_name(one.measure), "group": told.subgroup,
             "estimate": told, "counts": counts_cell(told).text,
             "method": told.method or "not applicable", "record": one.label}, (one.label,)
        ))  # fmt: skip
    return tuple(rows)


def _locked(session: Session, basis: Basis, *, groups: bool) -> Read:
    words, version = "stored estimates on the locked tests", current_version(session, basis)
    if version is None:
        return _none(words)
    if version.seen_from_outside:
        return Read(Listed(none=f"Not applicable: {OUTSIDE}."), words, (version,))
    evaluations = _newest(session, version, LOCKED_SPLITS)
    told = {one.purpose for one in evaluations}
    lacking = tuple(f"Evaluation of {version.name} on the {spaced(name)}." for name in
                    LOCKED_SPLITS if name not in told) if not groups else ()  # fmt: skip
    shown = judged_measures(basis)
    found = [
        one for one in _results(session, evaluations)
        if (one.subgroup != "all" and one.measure in shown if groups else one.subgroup == "all")
    ]
    where = {one.id or 0: ("split", spaced(one.purpose)) for one in evaluations}
    labels = (version.label, *(one.label for one in evaluations))
    said = _about(version) if groups else (*_about(version), *map(_looked_at, evaluations))
    return Read(Listed(_rows(found, where), lacking, said, labels), words, (*evaluations, *found))


def _looked_at(one: Evaluation) -> str:
    """How much an evaluation rests on, and how often its test set was looked at."""
    return (f"{one.label}, {spaced(one.purpose)}: {one.studies} studies of {one.patients} "
            f"patients, attempt {one.attempt} on this test set.")  # fmt: skip


def results(session: Session, basis: Basis) -> Read:
    """Every measure of all studies on the locked tests."""
    return _locked(session, basis, groups=False)


def group_results(session: Session, basis: Basis) -> Read:
    """What is claimed or judged, by group, on the locked tests."""
    return _locked(session, basis, groups=True)


def field_results(session: Session, basis: Basis) -> Read:
    """What was measured in use of the current version, in the newest period that was."""
    words, version = "stored estimates of use", current_version(session, basis)
    if version is None:
        return _none(words)
    evaluations = _newest(session, version, (POST_MARKET,))
    shown = judged_measures(basis)
    found = [one for one in _results(session, evaluations) if one.measure in shown]
    where = {
        one.id or 0: ("period", f"{one.period_from} to {one.period_to}") for one in evaluations
    }
    said = (*_about(version), *(
        f"{one.label}: {one.studies} studies of {one.patients} patients whose truth is known. "
        "Which share of the studies read that is, and how they were chosen, stands in DOC-26."
        for one in evaluations
    ))  # fmt: skip
    labels = (version.label, *(one.label for one in evaluations))
    return Read(Listed(_rows(found, where), (), said, labels), words, (*evaluations, *found))


def verdicts(session: Session, basis: Basis) -> Read:
    """The criteria beside what was found."""
    words, version = "acceptance criteria as judged", current_version(session, basis)
    if version is None:
        return _none(words)
    query = select(AcceptanceResult).where(AcceptanceResult.model_version_id == version.id)
    found = tuple(session.exec(query.order_by(col(AcceptanceResult.id))))
    rows = tuple(
        Row({"criterion": one.criterion, "statement": one.statement, "observed": one.observed
             if one.observed is not None else one.reason or "not observed", "bound": one.bound,
             "verdict": one.verdict, "at": one.judged_at, "record": one.label}, (one.label,))
        for one in found
    )  # fmt: skip
    return Read(Listed(rows, said=_about(version), records=(version.label,)), words, found)


VERSION_READINGS: Final[dict[str, Reading]] = {
    "versions": versions, "model": model, "data_origin": data_origin, "datasets": datasets,
    "data_checks": data_checks, "changes": changes, "deployments": deployments,
    "clearances": clearances, "results": results, "group_results": group_results,
    "field_results": field_results, "verdicts": verdicts,
}  # fmt: skip
