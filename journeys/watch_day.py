"""A day of operation: take in, check, predict, receive truth, watch; each part once, resumable."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from imaging.arriving_files import find_files
from imaging.examining import examine_ahead
from imaging.headers import ImageLimit, ScopeRequirements
from imaging.ingest import Arrival, IngestReport, ingest
from imaging.pseudonyms import workspace_deidentifier
from imaging.reception import Received, Rejection
from journeys.check_arrivals import check_arrivals
from journeys.count_days import count_days
from journeys.read_studies import read_studies
from journeys.receive_results import apply_waiting
from journeys.receive_truth import receive_truth
from journeys.shadow_watch import each_with_shadows
from monitoring.plan import ParsedPlan, parse_plan
from monitoring.raising import NoLongerOpen
from monitoring.run import Running, prepare_day, record_day, require_baselines
from records.clock import require_reached
from records.definition import DeviceDefinition
from records.errors import InvalidInput, NotFound, Refused
from records.frozen_files import frozen_folder
from records.held_definition import definition_of
from records.lookup import list_records
from records.product import Deployment, ModelVersion, Site
from records.queries import (
    effective_plan,
    find_device,
    last_watched_day,
    running_deployments,
    studies_awaiting_prediction,
)  # fmt: skip
from records.store import Store
from records.surveillance import Alert, MonitoringPlan, MonitoringRun
from records.suspensions import suspended_on
from records.vault import Vault

if TYPE_CHECKING:
    from models.predict import Predictor


@dataclass
class DayReport:
    """What became of a day: intake by site, predictions, truths, and the alerts raised."""

    day: date
    intake: dict[str, IngestReport] = field(default_factory=dict)
    predictions: int = 0
    truths: int = 0
    watched: bool = False
    alerts: list[Alert] = field(default_factory=list)
    drift_report: str = ""
    charts_wait: dict[str, str] = field(default_factory=dict)
    """By site why its charts do not run yet."""


@dataclass(frozen=True)
class Watch:
    """What is watched: the versions that run, each where it does, and the plan in force.

    version: the one that was put into use last; ``each`` tells which runs where.
    """

    definition: DeviceDefinition
    version: ModelVersion
    deployments: list[Deployment]
    sites: dict[int, str]
    plan: MonitoringPlan
    parsed: ParsedPlan
    versions: dict[int, ModelVersion]

    @property
    def each(self) -> list["Watch"]:
        """The same for each version alone, with the sites where it runs; one where one runs."""
        return [
            replace(
                self, version=version, versions={number: version}, deployments=own,
                sites={one.site_id: self.sites[one.site_id] for one in own},
            )
            for number, version in self.versions.items()
            for own in [[one for one in self.deployments if one.model_version_id == number]]
        ]

    @property
    def running(self) -> dict[str, Running]:
        """By site, the version that runs there and since when."""
        return {
            self.sites[one.site_id]: Running(
                self.versions[one.model_version_id], one.started_at.date()
            )
            for one in self.deployments
        }


def watch_of(reader: Session, device_name: str) -> Watch:
    """What runs of a device, to be watched: at each site the version that was released there.

    Raises:
        Refused: Nothing is deployed, or no plan is in force.
    """
    device = find_device(reader, device_name)
    deployments = running_deployments(reader, device)
    plan = effective_plan(reader, device)
    if not deployments or plan is None:
        raise Refused(
            f"{device_name} has no running deployment or no monitoring plan in force.",
            hint="Accept the definition and release a version first.",
        )
    site_ids = [one.site_id for one in deployments]
    names = reader.exec(select(Site).where(col(Site.id).in_(site_ids)))
    return Watch(
        definition=definition_of(device),
        version=reader.get_one(ModelVersion, deployments[-1].model_version_id),
        deployments=deployments, sites={one.id: one.name for one in names if one.id is not None},
        plan=plan, parsed=parse_plan(plan.content),
        versions={
            one.model_version_id: reader.get_one(ModelVersion, one.model_version_id)
            for one in deployments
        },
    )


def require_due(reader: Session, watch: Watch, day: date) -> None:
    """Refuse a day that is not to be watched: not come yet, before the start, or passed over.

    The charts step forward only: a day put in behind the last one would change no state after it.

    Raises:
        Refused: The day has not come yet by the workspace's clock.
        InvalidInput: It lies before the deployment or before the last watched day.
    """
    require_reached(reader, day)
    began = min(one.started_at for one in watch.deployments).date()
    if day < began:
        raise InvalidInput(
            f"{day} lies before the deployment, which began on {began}.",
            hint=f"Name a day from {began} on.",
        )
    last = last_watched_day(reader, watch.definition.name)
    if last is not None and day < last:
        raise InvalidInput(
            f"{day} lies before {last}, the last day watched: charts only step forward.",
            hint="Take in studies that came late with 'radvigil study ingest'.",
        )


def require_watched(watch: Watch, sites: Sequence[str]) -> None:
    """Refuse a site where nothing is deployed.

    Raises:
        InvalidInput: Naming it, and the sites where the device runs.
    """
    for site in sites:
        if site not in watch.sites.values():
            raise InvalidInput(
                f"{watch.definition.name} is not deployed at a site '{site}'.",
                hint=f"It runs at {', '.join(sorted(watch.sites.values()))}.",
            )


def scope_of(definition: DeviceDefinition) -> ScopeRequirements:
    """The device's input requirements as the reception applies them."""
    declared = definition.input_requirements
    return ScopeRequirements(
        modalities=tuple(declared.modalities), views=tuple(declared.views),
        body_parts=tuple(declared.body_parts), min_rows=declared.min_rows,
        min_columns=declared.min_columns, min_age_years=declared.min_age_years,
        max_age_years=declared.max_age_years, lateralities=tuple(declared.lateralities),
        required_tags=tuple(declared.required_tags), refusing=declared.refusing,
        image_limits=tuple(
            ImageLimit(one.check, one.at_least, one.at_most)
            for one in declared.checks
            if one.at_least is not None or one.at_most is not None
        ),
    )


def watch_day(
    store: Store,
    device_name: str,
    day: date,
    *,
    actor: str,
    now: datetime,
    sites: list[str] | None = None,
    ahead: Iterator[Received | Rejection] | None = None,
    progress: Callable[[str], None] | None = None,
) -> DayReport:
    """All of one day that has come, all sites together; ``sites`` redoes the intake of some only.

    Every part looks for what is missing, so an interrupted day is finished by calling it again
    and a finished one is left as it is, until the next day is watched. ``ahead``: the
    examinations of the arrivals, in the order of :func:`arrivals_of`, where they run beside this
    process.

    Raises:
        Refused: The day has not come yet by the workspace's clock, nothing is deployed, or no
            chart was prepared; nothing was taken in then.
        InvalidInput: It lies before the deployment or before the last watched day, or the device
            is not deployed at one of the sites.
    """
    tell = progress or (lambda _text: None)
    report = DayReport(day)
    with store.reader() as reader:
        watch = watch_of(reader, device_name)
        require_due(reader, watch, day)
        require_watched(watch, sites or [])
        if watch.definition.external is None:
            require_baselines(reader, watch.plan, watch.running)  # else read, and never watched
    tell("taking in")
    for site in sites or sorted(watch.sites.values()):
        report.intake[site] = take_in_day(
            store, watch, site, day, ahead=ahead, actor=actor, now=now
        )
    check_arrivals(store, day, actor=actor, now=now)
    tell("predicting")
    report.predictions = predict_day(store, watch, day, actor=actor, now=now)
    tell("receiving truth")
    report.truths = receive_truth(
        store, task=watch.definition.task, volume=watch.definition.volume, until=day, actor=actor,
        now=now,
    )
    tell("watching")
    report.alerts, report.watched = run_charts(store, watch, day, actor=actor, now=now)
    count_days(store, device_name, actor=actor, now=now)
    from monitoring.first_operation import charts_that_wait

    with store.reader() as reader:
        report.charts_wait = charts_that_wait(reader, watch.plan, day)
    report.drift_report = compare_tables(
        store, watch, day, alerts=report.alerts, actor=actor, now=now
    )
    return report


def arrivals_of(store: Store, site: str, day: date) -> list[Path]:
    """The files that arrived at a site on a day."""
    try:
        return find_files(store.workspace.incoming / site / day.isoformat()).paths
    except NotFound:  # nothing arrived
        return []


def take_in_day(
    store: Store,
    watch: Watch,
    site: str,
    day: date,
    *,
    ahead: Iterator[Received | Rejection] | None = None,
    actor: str,
    now: datetime,
) -> IngestReport:
    """Ingest the files that arrived at a site on a day that has come."""
    require_watched(watch, [site])
    with store.reader() as reader:
        require_due(reader, watch, day)
    return ingest(
        store, arrivals_of(store, site, day), Arrival(site, "clinical", day), actor=actor,
        now=now, requirements=scope_of(watch.definition), outcomes=ahead,
    )


def examine_days(
    store: Store, device_name: str, days: Sequence[date]
) -> Iterator[Received | Rejection]:
    """Examine the arrivals of many days, all sites, some files ahead of whoever takes them."""
    with store.reader() as reader:
        watch = watch_of(reader, device_name)
    names = {site: workspace_deidentifier(store, site=site) for site in watch.sites.values()}
    files = (
        (path, names[site])
        for day in days
        for site in sorted(watch.sites.values())
        for path in arrivals_of(store, site, day)
    )
    return examine_ahead(files, scope_of(watch.definition))


def predict_day(
    store: Store, watch: Watch, day: date, *, actor: str, now: datetime
) -> int:
    """Read every study of the day that its site's version has not read yet; how many were read."""
    if watch.definition.external is not None:  # it answers elsewhere; what waited has its study now
        return apply_waiting(store, watch.definition.name, actor=actor, now=now).applied
    read = 0
    for one in each_with_shadows(store, watch):
        with store.reader() as reader:
            waiting = studies_awaiting_prediction(reader, one.version, day=day, sites=one.sites)
        read += read_studies(
            store, one, waiting, load=partial(_predictor, store, one.version), actor=actor,
            reason=f"read the studies of {day}", now=now,
        )
    return read


def _predictor(store: Store, version: ModelVersion) -> "Predictor":
    folder = frozen_folder(Vault(store.workspace.vault), version)
    return _loaded(folder, version.weights_hash)


@lru_cache(maxsize=2)
def _loaded(folder: Path, weights_hash: str) -> "Predictor":
    from models.predict import Predictor

    return Predictor.load(folder, weights_hash=weights_hash)


def run_charts(
    store: Store, watch: Watch, day: date, *, actor: str, now: datetime
) -> tuple[list[Alert], bool]:
    """Step the charts by one day and raise what they signal; (alerts, whether it was done now).

    A day watched before gives its alerts; one decided while a person closed one is decided anew.

    Raises:
        Refused: The day has not come yet by the workspace's clock.
        InvalidInput: It lies before the deployment or before the last watched day.
    """
    gathering = freeze_ready(store, watch, day, actor=actor, now=now)
    while True:  # ends: each further round a person has closed an open alert
        with store.reader() as reader:
            gathering |= suspended_on(reader, watch.definition.name, day)
            require_due(reader, watch, day)
            facts = prepare_day(
                reader, Vault(store.workspace.vault), watch.plan, watch.parsed, watch.running,
                day=day, gathering=gathering,
            )
            if facts is None:
                return list_records(reader, Alert, plan_id=watch.plan.id, raised_on=day), False
        try:
            with store.transaction(actor, f"surveillance of {day}", now=now) as tx:
                return record_day(tx, watch.plan, watch.version, facts, now=now)[1], True
        except NoLongerOpen:
            continue


def freeze_ready(
    store: Store, watch: Watch, day: date, *, actor: str, now: datetime
) -> dict[str, str]:
    """Of a product seen from outside, freeze the charts of each site whose first studies suffice as
    reference; why the charts of the other sites cannot run yet. Nothing of a device made here.

    A version of it begins without notice, so that its reference is gathered in operation: the
    first studies that it read at the site, before the day.
    """
    if watch.definition.external is None:
        return {}
    from monitoring.first_operation import prepare_first, record_first

    with store.reader() as reader:
        found = prepare_first(
            reader, watch.definition, watch.plan, watch.parsed, watch.running, day=day
        )
    if found.ready:
        with store.transaction(actor, "freeze chart baselines", now=now) as tx:
            record_first(tx, watch.plan, found, now=now)
    return found.gathering


def watched_days(store: Store, device_name: str) -> set[date]:
    """The days that surveillance has watched; none where no plan is in force."""
    with store.reader() as reader:
        plan = effective_plan(reader, find_device(reader, device_name))
        if plan is None:
            return set()
        return set(
            reader.exec(select(col(MonitoringRun.day)).where(MonitoringRun.plan_id == plan.id))
        )


def compare_tables(
    store: Store, watch: Watch, day: date, *, alerts: list[Alert], actor: str, now: datetime
) -> str:
    """Evidently over all sites together, once a week of the plan and when an alert is raised."""
    from monitoring.compare_tables import due_occasion, prepare_comparison, record_comparison

    with store.reader() as reader:
        occasion = due_occasion(reader, watch.plan, watch.parsed, day, alert=bool(alerts))
        if not occasion:
            return ""
        facts = prepare_comparison(
            reader, watch.parsed, {site: one.version for site, one in watch.running.items()},
            day=day,
        )
    if facts is None:
        return ""
    vault = Vault(store.workspace.vault)
    digests = (vault.put(facts.html), vault.put(facts.json))
    with store.transaction(actor, f"{occasion} comparison of tables", now=now) as tx:
        record_comparison(tx, watch.plan, facts, occasion=occasion, digests=digests)
    return occasion
