"""Replay a confirmed incident: what the charts did on its days, and what they could have found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from journeys.watch_day import Watch, watch_of
from monitoring.incident import (
    Incident,
    conclusion_of,
    days_of_site,
    replay_charts,
    stated_knob,
)
from monitoring.plan import parse_plan
from monitoring.run import baselines_of
from records.cases import Study
from records.errors import InvalidInput, Refused
from records.incident_replays import IncidentReplay
from records.lookup import find_record
from records.product import Deployment, Device, ModelVersion, Site
from records.reasons import require_reason
from records.store import Store
from records.surveillance import Alert, ChartBaseline, MonitoringPlan
from records.vault import Vault

CONFIRMED = ("complaint", "device performance affected")
"""The dispositions of a closed alert by which it was an incident."""
LONGEST = timedelta(days=120)
WITHOUT_END = timedelta(days=13)


@dataclass(frozen=True, slots=True)
class Told:
    """The incident as a person tells it; of an alert only what differs from it."""

    site: str = ""
    first: date | None = None
    last: date | None = None
    cause: str = ""
    studies: tuple[str, ...] = field(default_factory=tuple)
    alert: str = ""


def replay_incident(
    store: Store, device_name: str, told: Told, *, actor: str, now: datetime, seed: int = 0
) -> IncidentReplay:
    """Hold an incident against the charts of the plan, and record the answer.

    Raises:
        InvalidInput: Site, day or cause is missing or wrong; a study is of another site.
        Refused: The alert is not closed as an incident; no version ran at the site then.
    """
    with store.reader() as reader:
        watch = watch_of(reader, device_name)
        alert = find_record(reader, Alert, told.alert) if told.alert else None
        incident = _incident(reader, told, alert, now.date())
        plan = reader.get_one(MonitoringPlan, alert.plan_id) if alert else watch.plan
        _require_studies(reader, told.studies, incident.site)
        version = _ran(reader, watch, incident)
        parsed = parse_plan(plan.content)
        days = days_of_site(reader, Vault(store.workspace.vault), version, parsed, incident)
        prepared = baselines_of(reader, plan, version, on=incident.first).get(incident.site, {})
        found = replay_charts(
            reader, plan, parsed, incident, prepared,
            _refused(reader, plan, version, incident.site), days, seed=seed,
        )
    made = IncidentReplay(
        plan_id=plan.id or 0, alert_id=alert.id if alert else None, site=incident.site,
        period_from=incident.first, period_to=incident.last, studies=list(told.studies),
        cause=incident.cause, charts=[one.as_dict() for one in found],
        conclusion=conclusion_of(incident, found), replayed_at=now,
    )
    with store.transaction(actor, f"replay of the incident at {incident.site}", now=now) as tx:
        tx.add(made)
        tx.flush()
    return made


def _incident(reader: Session, told: Told, alert: Alert | None, today: date) -> Incident:
    if alert is not None:
        disposition = alert.disposition.partition(":")[0]
        if alert.status != "closed" or disposition not in CONFIRMED:
            raise Refused(
                f"{alert.label} is no confirmed incident: it is '{alert.status}'"
                + (f" as '{disposition}'" if disposition else "") + ".",
                hint=f"One that is closed as {' or '.join(CONFIRMED)} is replayed.",
            )
    site = told.site or (alert.site if alert else "")
    first = told.first or (alert and (alert.onset_estimate or alert.raised_on)) or None
    last = told.last or (alert.raised_on if alert else None)
    cause = told.cause or (alert.root_cause if alert else "")
    if not site or first is None:
        raise InvalidInput(
            "Site and first day of the incident are needed.", hint="Give --site and --from."
        )
    if reader.exec(select(Site.id).where(Site.name == site)).first() is None:
        raise InvalidInput(f"There is no site '{site}'.")
    if first > today:
        raise InvalidInput(
            f"{first} has not come yet: it is {today}.", hint="Name the day on which it began."
        )
    last = min(last or first + WITHOUT_END, today)
    if not first <= last or last - first > LONGEST:
        raise InvalidInput(
            f"{first} to {last}: the days of an incident follow each other, and are "
            f"{LONGEST.days} at most.",
        )
    cause = require_reason(cause)
    return Incident(site, first, last, cause, stated_knob(cause))


def _require_studies(reader: Session, labels: Sequence[str], site: str) -> None:
    for label in labels:
        study = find_record(reader, Study, label)
        if reader.get_one(Site, study.site_id).name != site:
            raise InvalidInput(f"{study.label} is not of {site}.")


def _ran(reader: Session, watch: Watch, incident: Incident) -> ModelVersion:
    """The version of the device that ran at the site when the incident began."""
    query = (
        select(ModelVersion, Deployment)
        .join(Deployment, col(Deployment.model_version_id) == ModelVersion.id)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(
            Site.name == incident.site,
            col(ModelVersion.device_id).in_(_revisions(watch, reader)),
        )
        .order_by(col(Deployment.started_at).desc())
    )
    for version, one in reader.exec(query):
        ended = one.ended_at is None or one.ended_at.date() >= incident.first
        if one.started_at.date() <= incident.last and ended:
            return version
    raise Refused(
        f"No version of {watch.definition.name} ran at {incident.site} from {incident.first} to "
        f"{incident.last}: no chart could have fired.",
    )


def _revisions(watch: Watch, reader: Session) -> list[int]:
    names = select(Device.id).where(Device.name == watch.definition.name)
    return [one for one in reader.exec(names) if one is not None]


def _refused(
    reader: Session, plan: MonitoringPlan, version: ModelVersion, site: str
) -> dict[str, str]:
    query = (
        select(ChartBaseline)
        .join(Site, col(Site.id) == ChartBaseline.site_id)
        .where(
            ChartBaseline.plan_id == plan.id, ChartBaseline.model_version_id == version.id,
            Site.name == site, ChartBaseline.reason != "",
        )
    )
    return {one.chart: one.reason for one in reader.exec(query)}
