"""Draw studies for blinded second readings: an audit sample, those behind an alert, a case anew.

A study is on the queue once, whatever draws it; its case has the probability of being in any of
the samples, and each sample records its own strata, seed and probabilities.
"""

from dataclasses import asdict
from datetime import date, datetime, timedelta

from sqlmodel import Session, select

from models.tasks import TASKS
from monitoring.adjudication_chances import chances_of, framed, header
from monitoring.adjudication_design import AdjudicationRule, draw, order_of, read_rule
from records.adjudicated import (
    AGAIN,
    BEHIND_ALERT,
    RANDOM,
    answers_against,
    cases_of,
    read_studies_of,
    samples_of,
)
from records.adjudication import WAITING, AdjudicationCase, AdjudicationSample
from records.base import plain
from records.batches import add_batch
from records.definition import DeviceDefinition
from records.errors import InvalidInput, NotFound
from records.held_definition import definition_of
from records.people import Actor
from records.permissions import Action, require
from records.product import Device, ModelVersion
from records.queries import running_deployments
from records.sampling import LARGEST_SEED
from records.surveillance import Alert, MonitoringPlan

BEFORE_ALERT = timedelta(days=13)
"""How long before an alert its studies are drawn from, where it does not say since when."""


def version_read(session: Session, device: Device) -> ModelVersion:
    """The version whose answers clinicians see: the one that runs live.

    Raises:
        NotFound: None does.
        InvalidInput: Several do, at different sites.
    """
    live = {one.model_version_id for one in running_deployments(session, device)
            if one.mode == "live"}  # fmt: skip
    if not live:
        raise NotFound(f"No version of {device.name} runs live, so nothing can be drawn.")
    if len(live) > 1:
        raise InvalidInput(
            f"Several versions of {device.name} run live.", hint="Name one with --version."
        )
    return session.get_one(ModelVersion, live.pop())


def draw_audit_sample(
    tx: Session, version: ModelVersion, *, since: date, until: date, seed: int, by: Actor,
    now: datetime,
) -> AdjudicationSample:  # fmt: skip
    """Draw the audit sample of a period by the device's plan.

    since, until: days of arrival, both included. seed: draws the same studies again.

    Raises:
        NotAllowed: The person has no role that draws studies for adjudication.
        InvalidInput: The days, the seed or the plan is wrong, or readers cannot answer what the
            device answers.
        NotFound: The version read no study in these days.
    """
    require(by, Action.DRAW_ADJUDICATION)
    device = tx.get_one(Device, version.device_id)
    definition = definition_of(device)
    rule = read_rule(
        definition.monitoring_plan.get("adjudication"), operating_point=version.operating_point
    )
    sample = AdjudicationSample(
        device_id=version.device_id, model_version_id=version.id or 0, kind=RANDOM, since=since,
        until=until, seed=seed, design=[header(_told(rule))], drawn_by=by.name, drawn_at=now,
    )
    return _drawn(tx, version, definition, sample, rule)


def draw_behind_alert(
    tx: Session, alert: Alert, version: ModelVersion, *, share: float, seed: int, by: Actor,
    now: datetime,
) -> AdjudicationSample:  # fmt: skip
    """Draw a share of the studies that lie behind an alert: at its site, from its estimated onset,
    else two weeks, up to its day.

    share: above 0, up to 1 (all of them). Raises as :func:`draw_audit_sample`.
    """
    require(by, Action.DRAW_ADJUDICATION)
    if not 0.0 < share <= 1.0:
        raise InvalidInput(f"A share is above 0 and at most 1, not {share:g}.")
    plan = tx.get_one(MonitoringPlan, alert.plan_id)
    if tx.get_one(Device, plan.device_id).name != tx.get_one(Device, version.device_id).name:
        raise InvalidInput(f"{alert.label} is of another device than {version.label}.")
    definition = definition_of(tx.get_one(Device, version.device_id))
    declared = read_rule(
        definition.monitoring_plan.get("adjudication"), operating_point=version.operating_point
    )
    rule = AdjudicationRule(share, None, declared.bands, 1)
    site = "" if alert.site == "all sites" else alert.site
    sample = AdjudicationSample(
        device_id=version.device_id, model_version_id=version.id or 0, kind=BEHIND_ALERT,
        alert_id=alert.id, since=alert.onset_estimate or alert.raised_on - BEFORE_ALERT,
        until=alert.raised_on, seed=seed, design=[header(_told(rule), site)], drawn_by=by.name,
        drawn_at=now,
    )
    return _drawn(tx, version, definition, sample, rule)


def draw_again(
    tx: Session, case: AdjudicationCase, *, by: Actor, now: datetime
) -> AdjudicationSample:
    """Put a case that was settled on the queue once more, for readers who have not read it; what
    they agree on is a new version of its truth. No probability changes.

    Raises:
        NotAllowed: The person has no role that draws studies for adjudication.
        InvalidInput: The study still waits on the queue.
    """
    require(by, Action.DRAW_ADJUDICATION)
    waiting = select(AdjudicationCase.id).where(
        AdjudicationCase.study_id == case.study_id, AdjudicationCase.status == WAITING
    )
    if tx.exec(waiting).first() is not None:
        raise InvalidInput(f"The study of {case.label} still waits on the queue.")
    before = tx.get_one(AdjudicationSample, case.sample_id)
    sample = AdjudicationSample(
        device_id=before.device_id, model_version_id=before.model_version_id, kind=AGAIN,
        since=before.since, until=before.until, seed=before.seed,
        design=[{"again": case.label}], drawn_by=by.name, drawn_at=now,
    )
    tx.add(sample)
    tx.flush()
    tx.add(
        AdjudicationCase(
            sample_id=sample.id or 0, study_id=case.study_id, finding=case.finding,
            stratum=case.stratum, probability=case.probability, position=1,
        )
    )
    tx.flush()
    return sample


def _told(rule: AdjudicationRule) -> dict[str, object]:
    return dict(plain(asdict(rule)))


def _drawn(
    tx: Session, version: ModelVersion, definition: DeviceDefinition, sample: AdjudicationSample,
    rule: AdjudicationRule,
) -> AdjudicationSample:  # fmt: skip
    """The sample with its design, its new cases, and every case with its probability."""
    _refuse(definition, sample)
    before = samples_of(tx, version)
    first = min([sample.since, *(one.since for one in before)])
    last = max([sample.until, *(one.until for one in before)])
    studies = read_studies_of(tx, version, since=first, until=last)
    against = answers_against(tx, version, since=first, until=last)
    frame = framed(studies, against, sample)
    if not frame:
        site = sample.design[0]["site"]
        where = f" at {site}" if site else ""
        raise NotFound(
            f"{version.label} read no study from {sample.since} to {sample.until}{where}."
        )
    days = (sample.until - sample.since).days + 1
    strata, drawn = draw(frame, rule, days=days, seed=sample.seed)
    cases = cases_of(tx, version)
    queued = {one.study_id for one in cases}
    new = [one for one in drawn if one.study_id not in queued]
    fresh = [one.stratum for one in new]
    sample.design = [
        *sample.design, *(one.as_recorded(fresh.count(one.name)) for one in strata)
    ]  # fmt: skip
    tx.add(sample)
    tx.flush()
    chances = chances_of(studies, against, [*before, sample])
    places = order_of([one.study_id for one in new], sample.seed)
    add_batch(tx, AdjudicationCase, [
        {
            "sample_id": sample.id, "study_id": one.study_id, "finding": definition.task.finding,
            "stratum": one.stratum, "probability": chances.probability[one.study_id],
            "position": places[one.study_id],
        }
        for one in new
    ])  # fmt: skip
    for case in cases:
        either = chances.probability.get(case.study_id, case.probability)
        if abs(either - case.probability) > 1e-12:
            case.probability = either
            tx.add(case)
    tx.flush()
    return sample


def _refuse(definition: DeviceDefinition, sample: AdjudicationSample) -> None:
    if sample.since > sample.until:
        raise InvalidInput(f"The period ends on {sample.until}, before it begins.")
    if sample.until > sample.drawn_at.date():
        raise InvalidInput(f"{sample.until} lies in the future; draw from days that have ended.")
    if not 0 <= sample.seed <= LARGEST_SEED:
        raise InvalidInput(f"A seed is a number of 0 to {LARGEST_SEED}, not {sample.seed}.")
    task = TASKS[definition.task.kind]
    if definition.task.coexisting or not (task.two_classes or definition.task.classes):
        raise InvalidInput(
            "Readers answer whether the finding is there, or which of several it is; the device "
            f"answers something else ({definition.task.kind}).",
            hint="Outlines and findings that may be present together are not adjudicated here.",
        )
