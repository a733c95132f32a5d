"""Named questions that use cases ask; each is one query."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, null, or_, text
from sqlmodel import Session, col, select

from records.cases import (
    Instance,
    Prediction,
    Quarantine,
    ReaderAssessment,
    ReferenceStandard,
    Study,
)  # fmt: skip
from records.errors import NotFound
from records.one_a_site import answering
from records.product import DatasetVersion, Deployment, Device, JourneyStep, ModelVersion, Site
from records.reference_kinds import DEFAULT_RULE, TruthRule
from records.site_names import check_site_name
from records.study_corrections import rejected_images
from records.surveillance import (
    Alert,
    ChartPoint,
    Evaluation,
    EvaluationResult,
    MonitoringPlan,
    MonitoringRun,
)  # fmt: skip
from records.truth import first_known_on, rule_of, truth_of_study


def find_device(session: Session, name: str) -> Device:
    """The newest revision of a device, or :class:`NotFound`."""
    query = select(Device).where(Device.name == name).order_by(col(Device.revision).desc())
    device = session.exec(query).first()
    if device is None:
        raise NotFound(f"No device '{name}' is defined here.", hint="See 'radvigil device list'.")
    return device


def only_device(session: Session) -> Device:
    """The device of a workspace that holds one; :class:`NotFound` where it holds none or many."""
    names = session.exec(select(Device.name).distinct()).all()
    if not names:
        raise NotFound(
            "No device is defined here yet.",
            hint="Define one with 'radvigil device define FILE'; 'radvigil device new' begins one.",
        )
    if len(names) > 1:
        raise NotFound(
            "Name the device with --device.", hint=f"Defined here: {', '.join(sorted(names))}."
        )
    return find_device(session, names[0])


def find_site(session: Session, name: str) -> Site | None:
    """The site of that name, if registered."""
    return session.exec(select(Site).where(Site.name == name)).first()


def sites_by_name(session: Session) -> dict[str, Site]:
    """All registered sites."""
    return {site.name: site for site in session.exec(select(Site).order_by(Site.name))}


def register_site(tx: Session, name: str, *, origin: str, now: datetime) -> Site:
    """The site of that name; a new one is registered as 'unconfirmed'.

    Raises:
        InvalidInput: No site may have the name.
    """
    site = find_site(tx, name)
    if site is None:
        site = Site(name=check_site_name(name), origin=origin, registered_at=now)
        tx.add(site)
        tx.flush()
    return site


def known_instances(
    session: Session, *, digests: Iterable[str], uids: Iterable[str]
) -> tuple[set[str], dict[str, str]]:
    """Which source digests are stored, and the digest of each stored instance UID."""
    stored = session.exec(
        select(Instance.source_digest).where(col(Instance.source_digest).in_(list(digests)))
    ).all()
    by_uid = session.exec(
        select(Instance.instance_uid, Instance.digest).where(
            col(Instance.instance_uid).in_(list(uids))
        )
    ).all()
    return set(stored), {row[0]: row[1] for row in by_uid}


def quarantined_digests(session: Session, site_id: int, digests: Iterable[str]) -> set[str]:
    """Which of these source digests lie in quarantine for the site already."""
    if not (wanted := list(digests)):
        return set()
    return set(
        session.exec(
            select(Quarantine.source_digest).where(
                Quarantine.site_id == site_id, col(Quarantine.source_digest).in_(wanted)
            )
        ).all()
    )


def sites_of_sources(
    session: Session, source_digests: Iterable[str], *, other_than: int
) -> dict[str, int]:
    """How many of these arrived files are stored as images of each other site, by its name."""
    if not (digests := list(source_digests)):
        return {}
    query = (
        select(Site.name, func.count())
        .select_from(Instance)
        .join(Study, col(Study.id) == col(Instance.study_id))
        .join(Site, col(Site.id) == col(Study.site_id))
        .where(col(Instance.source_digest).in_(digests), Study.site_id != other_than)
        .group_by(Site.name)
    )
    return dict(session.exec(query).all())


def studies_by_uid(session: Session, uids: Iterable[str]) -> dict[str, Study]:
    """The studies with these pseudonymous UIDs."""
    found = session.exec(select(Study).where(col(Study.study_uid).in_(list(uids))))
    return {study.study_uid: study for study in found}


CASE_COLUMNS = (
    "study_id", "study_uid", "patient", "site", "purpose", "arrived_on", "age_years", "sex",
    "view", "manufacturer", "software_version", "tube_voltage_kv", "exposure_mas", "instance_uid",
    "digest", "brightness", "contrast", "sharpness", "noise", "entropy", "saturation", "truth",
    "assigned", "modality", "rows", "columns", "instance_id", "truth_finding", "model_name",
    "body_part",
)  # fmt: skip


def case_rows(
    session: Session,
    *,
    purposes: Iterable[str],
    since: date | None = None,
    until: date | None = None,
    rule: TruthRule = DEFAULT_RULE,
    site: str = "",
) -> list[dict[str, Any]]:
    """One row for each image of the studies asked for: facts, image quality, truth where known.

    ``truth`` is what the strongest reference standard on record says by the device's rule, None
    where none counts (:mod:`records.truth`). Ordered by instance UID. site: of one site only.
    """
    purposes = list(purposes)
    query = (
        select(  # type: ignore[misc]
            Study.id, Study.study_uid, Study.patient, Site.name, Study.purpose, Study.arrived_on,
            Study.age_years, Study.sex, Study.view, Study.manufacturer, Study.software_version,
            Study.tube_voltage_kv, Study.exposure_mas, Instance.instance_uid, Instance.digest,
            Instance.brightness, Instance.contrast, Instance.sharpness, Instance.noise,
            Instance.entropy, Instance.saturation, ReferenceStandard.present, Study.assigned,
            Study.modality, Study.rows, Study.columns, Instance.id, ReferenceStandard.finding,
            Study.model_name, Study.body_part,
        )  # type: ignore[call-overload]
        .join(Site, Site.id == Study.site_id)
        .join(Instance, Instance.study_id == Study.id)
        .outerjoin(ReferenceStandard, truth_of_study(rule))
        .where(*_of_purposes(purposes))
        .order_by(Instance.instance_uid)
    )
    if site:
        query = query.where(Site.name == site)
    if since is not None:
        query = query.where(Study.arrived_on >= since)
    if until is not None:
        query = query.where(Study.arrived_on <= until)
    return [dict(zip(CASE_COLUMNS, row, strict=True)) for row in session.exec(query)]


def _of_purposes(purposes: list[str]) -> list[Any]:
    """Studies of these purposes; held-out ones by their own index, as the clinical ones grow."""
    held_out = [] if "clinical" in purposes else [text("study.purpose <> 'clinical'")]
    return [col(Study.purpose).in_(purposes), *held_out]


PREDICTION_COLUMNS = (
    "study_id", "patient", "site", "arrived_on", "age_years", "sex", "view", "manufacturer",
    "score", "decision", "out_of_distribution", "latency_ms", "truth", "known_on",
    "truth_finding", "outputs", "embedding",
)  # fmt: skip


def prediction_rows(
    session: Session,
    version: ModelVersion,
    *,
    purposes: Iterable[str] = ("clinical",),
    since: date | None = None,
    until: date | None = None,
    known_until: date | None = None,
    embedding: bool = False,
    known_on: date | None = None,
    site: str = "",
    among: Any = None,
) -> list[dict[str, Any]]:
    """One row for each prediction of a version, with the truth where known.

    By default of studies that a deployment has read; the held-out studies have other purposes.

    ``truth`` is what the strongest reference standard says of those known by ``known_until``, by
    the rule of the version's device, and None where none counts (:mod:`records.truth`);
    ``known_on`` is the day on which the study's first truth that counts became known. embedding:
    with what the model saw, sixteen numbers a study that few ask for. known_on: only studies of
    which something became known that very day. site: of one only. among: a question for the ids of
    the only studies that are wanted. Ordered by study.
    """
    purposes = list(purposes)
    rule = rule_of(session, version)
    query = (
        select(  # type: ignore[misc]
            Study.id, Study.patient, Site.name, Study.arrived_on, Study.age_years, Study.sex,
            Study.view, Study.manufacturer, Prediction.score, Prediction.decision,
            Prediction.out_of_distribution, Prediction.latency_ms, ReferenceStandard.present,
            first_known_on(rule, by=known_until), ReferenceStandard.finding, Prediction.outputs,
            Prediction.embedding if embedding else null(),
        )  # type: ignore[call-overload]
        .join(Study, Study.id == Prediction.study_id)
        .join(Site, Site.id == Study.site_id)
        .outerjoin(ReferenceStandard, truth_of_study(rule, by=known_until))
        .where(
            Prediction.model_version_id == version.id, *_of_purposes(purposes),
            or_(col(Study.purpose) != "clinical", col(Prediction.deployment_id).is_not(None)),
        )
        .order_by(Study.id)
    )
    if since is not None:
        query = query.where(Study.arrived_on >= since)
    if until is not None:
        query = query.where(Study.arrived_on <= until)
    if known_on is not None:
        told = select(ReferenceStandard.study_id).where(ReferenceStandard.known_on == known_on)
        query = query.where(col(Study.id).in_(told))
    if site:
        query = query.where(Site.name == site)
    if among is not None:
        query = query.where(col(Study.id).in_(among))
    rows = [dict(zip(PREDICTION_COLUMNS, row, strict=True)) for row in session.exec(query)]
    for row in rows:
        if row["truth"] is None:  # withdrawn since
            row["known_on"] = None
    return rows


def studies_awaiting_prediction(
    session: Session,
    version: ModelVersion,
    *,
    sites: Iterable[int],
    day: date | None = None,
    studies: Iterable[int] | None = None,
) -> list[tuple[int, int, str]]:
    """(study id, site id, digest of the first image) of clinical studies not yet predicted.

    Of those that arrived on a day, or of the studies named. The first is the one that was taken in
    first; images that their sender rejected are none.
    """
    predicted = (
        select(Prediction.id)
        .where(Prediction.study_id == Study.id, Prediction.model_version_id == version.id)
        .correlate(Study)
    )
    first = (
        select(func.min(Instance.id))
        .join(Study, col(Study.id) == col(Instance.study_id))
        .where(
            Study.purpose == "clinical",
            col(Study.site_id).in_(list(sites)), ~predicted.exists(),
            col(Instance.id).not_in(rejected_images()),
        )
        .group_by(col(Instance.study_id))
    )
    if day is not None:
        first = first.where(Study.arrived_on == day)
    if studies is not None:
        first = first.where(col(Study.id).in_(list(studies)))
    query = (
        select(Study.id, Study.site_id, Instance.digest)
        .join(Instance, col(Instance.study_id) == Study.id)
        .where(col(Instance.id).in_(first))
        .order_by(col(Study.id))
    )
    return [(row[0], row[1], row[2]) for row in session.exec(query)]  # type: ignore[misc]


def running_deployments(session: Session, device: Device) -> list[Deployment]:
    """Where the device's versions answer now, one a site: live, or a shadow that runs there alone.

    A version made under an earlier revision of the definition runs on under a later one.
    """
    query = (
        select(Deployment)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device.name, col(Deployment.ended_at).is_(None))
        .order_by(col(Deployment.id))
    )
    return answering(session.exec(query).all())


def newest_dataset(session: Session, device: Device) -> DatasetVersion | None:
    """The dataset version frozen last, whichever revision of the definition was in force."""
    query = (
        select(DatasetVersion)
        .join(Device, col(Device.id) == DatasetVersion.device_id)
        .where(Device.name == device.name)
    )
    return session.exec(query.order_by(col(DatasetVersion.id).desc())).first()


def newest_model(session: Session, device: Device) -> ModelVersion | None:
    """The model version trained last."""
    query = select(ModelVersion).where(ModelVersion.device_id == device.id)
    return session.exec(query.order_by(col(ModelVersion.id).desc())).first()


def effective_plan(session: Session, device: Device) -> MonitoringPlan | None:
    """The monitoring plan in force."""
    query = select(MonitoringPlan).where(MonitoringPlan.device_id == device.id)
    return session.exec(query.order_by(col(MonitoringPlan.id).desc())).first()


def evaluations_of(session: Session, version: ModelVersion, purpose: str) -> list[Evaluation]:
    """Evaluations of a version with this purpose, oldest first."""
    query = select(Evaluation).where(
        Evaluation.model_version_id == version.id, Evaluation.purpose == purpose
    )
    return list(session.exec(query.order_by(col(Evaluation.id))))


def results_of(session: Session, evaluation: Evaluation) -> list[EvaluationResult]:
    """All estimates of an evaluation."""
    query = select(EvaluationResult).where(EvaluationResult.evaluation_id == evaluation.id)
    return list(session.exec(query.order_by(col(EvaluationResult.id))))


def run_on(session: Session, plan: MonitoringPlan, day: date) -> MonitoringRun | None:
    """The monitoring run of a day, if it was made."""
    return session.exec(
        select(MonitoringRun).where(MonitoringRun.plan_id == plan.id, MonitoringRun.day == day)
    ).first()


def last_watched_day(session: Session, device_name: str) -> date | None:
    """The last day that any plan of any revision of the device has watched; None before one."""
    query = (
        select(func.max(MonitoringRun.day))
        .join(MonitoringPlan, col(MonitoringPlan.id) == MonitoringRun.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
    )
    return session.exec(query.where(Device.name == device_name)).one()


def chart_states(session: Session, plan: MonitoringPlan, before: date) -> tuple[
    dict[tuple[str, str], dict[str, Any]], date | None
]:
    """The state that each chart at each site stands in after the last run before a day, and the
    day of that run."""
    last = session.exec(
        select(MonitoringRun)
        .where(MonitoringRun.plan_id == plan.id, MonitoringRun.day < before)
        .order_by(col(MonitoringRun.day).desc())
    ).first()
    if last is None:
        return {}, None
    points = session.exec(select(ChartPoint).where(ChartPoint.run_id == last.id))
    return {(point.chart, point.site): point.state for point in points}, last.day


def open_alerts(session: Session, plan: MonitoringPlan) -> list[Alert]:
    """Alerts of a plan that are not closed."""
    query = select(Alert).where(Alert.plan_id == plan.id, Alert.status != "closed")
    return list(session.exec(query.order_by(col(Alert.id))))


def finished_steps(session: Session, journey: str) -> dict[str, JourneyStep]:
    """The steps of a journey that are done."""
    steps = session.exec(select(JourneyStep).where(JourneyStep.journey == journey))
    return {step.step: step for step in steps}


def readers_of(session: Session, studies: Iterable[int]) -> set[tuple[int, str]]:
    """Study and reader of each reading of these studies without the output that is on record."""
    query = select(ReaderAssessment.study_id, ReaderAssessment.reader).where(
        col(ReaderAssessment.study_id).in_(list(studies)), ~col(ReaderAssessment.saw_output)
    )
    return {(study, reader) for study, reader in session.exec(query)}
