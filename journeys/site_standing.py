"""How a device is doing at one site, for those who read there: how often it is right and misses,
what was changed last, what they are warned of, and what to do."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from measures.proportions import wilson
from records.answer_counts import Answers, answers_at, answers_judged
from records.errors import NotFound
from records.field_actions import IN_FORCE as ACTION_IN_FORCE
from records.field_actions import FieldAction
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest
from records.queries import find_device, find_site, running_deployments
from records.surveillance import Alert, MonitoringPlan
from records.suspensions import Suspension, standing_suspensions

CAVEAT: Final = (
    "A miss is known only where the reference standard came back; what nobody looked for is not in "
    "the figure. Where positive studies are followed up more often than negative ones, misses are "
    "rarer here than in truth."
)
_READ_WITHOUT: Final = "Read without it: studies are taken in, and it answers none."
_MODES: Final = {
    "live": "in use", "shadow": "as a shadow: its answers reach nobody",
    "external": "in use, as another maker's product",
}  # fmt: skip
_SUSPENDED: Final = "use is suspended"


@dataclass(frozen=True, slots=True)
class SiteWarning:
    """What readers at a site should know now: the record, what it is, since when, what to do."""

    label: str
    what: str
    words: str
    since: date
    do: str


@dataclass(frozen=True, slots=True)
class Update:
    """A version that came into use at the site, and what was changed by it."""

    version: str
    name: str
    mode: str
    since: datetime
    until: datetime | None
    change: str
    """The label of the change request; '' where none is on record."""
    words: str


@dataclass(frozen=True, slots=True)
class SiteStanding:
    """Everything that readers at a site are told of a device, as known now.

    answers: of the version that runs there, over the studies that arrived since ``since``, without
    what it said as a shadow beside another version.
    flagged_right: of studies that it flagged, the share in which the finding was there (PPV).
    missed: of studies in which the finding was there, the share that it did not flag. Both rest on
    studies whose reference standard is known.
    """

    device: str
    trade_name: str
    finding: str
    site: str
    version: str
    mode: str
    since: date | None
    until: date | None
    answers: Answers
    flagged_right: Estimate
    missed: Estimate
    warnings: tuple[SiteWarning, ...]
    updates: tuple[Update, ...]

    @property
    def verdict(self) -> str:
        """Is everything well, in one sentence."""
        if not self.version:
            return f"No version of the device runs at {self.site}."
        if not self.warnings:
            return f"Nothing is open of {self.trade_name} at {self.site}."
        count = len(self.warnings)
        things = "1 warning is open" if count == 1 else f"{count} warnings are open"
        return f"{things} of {self.trade_name} at {self.site}."

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, for other programs."""
        return {
            "device": self.device, "site": self.site, "version": self.version, "mode": self.mode,
            "since": self.since, "until": self.until, "verdict": self.verdict,
            "read": self.answers.read, "with_reference_standard": self.answers.known,
            "ppv": self.flagged_right.to_dict(), "missed": self.missed.to_dict(),
            "caveat": CAVEAT,
            "warnings": [
                {"record": one.label, "what": one.what, "words": one.words, "since": one.since,
                 "do": one.do} for one in self.warnings
            ],
            "updates": [
                {"version": one.version, "name": one.name, "mode": one.mode, "since": one.since,
                 "until": one.until, "change": one.change, "words": one.words}
                for one in self.updates
            ],
        }


def site_standing(
    reader: Session, device_name: str, site_name: str, *, since: date | None = None,
    until: date | None = None,
) -> SiteStanding:  # fmt: skip
    """How a device is doing at a site, over the studies that arrived in a period.

    Both shares have Wilson 95 % intervals and the number of studies that they rest on; not
    estimable, with the reason, where none is known.

    Raises:
        NotFound: There is no such device or site.
    """
    device, site = find_device(reader, device_name), find_site(reader, site_name)
    if site is None:
        raise NotFound(f"No site '{site_name}' is registered.", hint="See 'radvigil site list'.")
    running = [one for one in running_deployments(reader, device) if one.site_id == site.id]
    version = reader.get_one(ModelVersion, running[0].model_version_id) if running else None
    answers = (
        answers_at(reader, device, site=site.id or 0, version=version.id or 0, since=since,
                   until=until)
        if version else Answers()
    )
    right, missed = _shares(answers, version is not None, answers_judged(device))
    stopped = standing_suspensions(reader, device.name).get(site.name)
    mode = _MODES.get(running[0].mode, running[0].mode) if running else ""
    return SiteStanding(
        device.name, device.trade_name, str(device.definition["task"]["finding"]), site.name,
        f"{version.name} ({version.label})" if version else "",
        _SUSPENDED if running and stopped else mode, since, until, answers, right, missed,
        tuple(_warnings(reader, device, site.name, stopped)),
        tuple(_updates(reader, device, site)),
    )  # fmt: skip


def _shares(found: Answers, runs: bool, judged: bool) -> tuple[Estimate, Estimate]:
    """The share of flagged studies that were right, and of diseased ones that were missed."""
    names = ("ppv", "false_negative_rate")
    why = (
        "no version runs here" if not runs
        else "the device answers with no yes or no that a reference standard could refute"
        if not judged else ""
    )  # fmt: skip
    if why:
        first, second = (Estimate.not_estimable(name, why, n=0) for name in names)
        return first, second
    flagged, sick = found.hits + found.alarms, found.hits + found.misses
    return (
        wilson(names[0], found.hits, flagged) if flagged else Estimate.not_estimable(
            names[0], "of no flagged study the reference standard is known", n=0),
        wilson(names[1], found.misses, sick) if sick else Estimate.not_estimable(
            names[1], "of no study a reference standard says that the finding is there", n=0),
    )  # fmt: skip


def _warnings(
    reader: Session, device: Device, site: str, stopped: Suspension | None
) -> list[SiteWarning]:
    """Suspensions first, then field notices, then alerts; each the newest first."""
    found = []
    if stopped:
        found.append(SiteWarning(
            stopped.label, _SUSPENDED, stopped.grounds,
            (stopped.in_force_at or stopped.proposed_at).date(), _READ_WITHOUT,
        ))  # fmt: skip
    actions = (
        select(FieldAction).join(Device, col(Device.id) == FieldAction.device_id)
        .where(Device.name == device.name, FieldAction.status == ACTION_IN_FORCE)
        .order_by(col(FieldAction.id).desc())
    )
    found += [
        SiteWarning(one.label, f"field notice ({one.kind})", f"{one.reason} {one.notice}".strip(),
                (one.in_force_at or one.opened_at).date(), one.advice)
        for one in reader.exec(actions) if site in one.sites
    ]  # fmt: skip
    alerts = (
        select(Alert).join(MonitoringPlan, col(MonitoringPlan.id) == Alert.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
        .where(Device.name == device.name, Alert.site == site, Alert.status != "closed")
        .order_by(col(Alert.id).desc())
    )
    return found + [
        SiteWarning(
            one.label, f"alert, {one.status}", one.summary, one.raised_on, _until_settled(one)
        )
        for one in reader.exec(alerts)
    ]


def _until_settled(one: Alert) -> str:
    handled = "Quality is looking into it." if one.acknowledged_by else "Quality has been told."
    return (f"{handled} Until it is closed check answers of this device with care, and tell "
            "quality of cases in which it was wrong.")  # fmt: skip


def _updates(reader: Session, device: Device, site: Site) -> list[Update]:
    """What came into use at the site, the newest first."""
    query = (
        select(Deployment, ModelVersion, ChangeRequest)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .outerjoin(ChangeRequest, col(ChangeRequest.id) == Deployment.change_request_id)
        .where(Device.name == device.name, Deployment.site_id == site.id)
        .order_by(col(Deployment.started_at).desc(), col(Deployment.id).desc())
    )
    return [
        Update(
            version.label, version.name, _MODES.get(one.mode, one.mode), one.started_at,
            one.ended_at, change.label if change else "",
            f"{change.title}. {change.description}" if change
            else "No change request is on record with it.",
        )
        for one, version, change in reader.exec(query)
    ]
