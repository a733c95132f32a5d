"""The quiet week: gathered from the records, told on request, and once a week over the routes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from journeys.print_week import week_pdf
from journeys.tell_people import marked, nobody_is_told
from journeys.watch_day import watch_of
from monitoring.plan import ParsedPlan, parse_plan
from monitoring.quiet_week import DAYS, SiteWeek, WeekFacts, week_text
from monitoring.revalidation_schedule import Owed, owed_revalidations
from monitoring.smallest_change import REPEATS, DayLoad, SmallestChange, smallest_change
from records.alert_overview import alerts_by_urgency
from records.chart_names import level_of
from records.counting import counted
from records.errors import Refused
from records.message_routes import WEEK, active_routes
from records.messages import Message
from records.overview import AlertStanding
from records.planned_changes import standing_changes
from records.product import Device, Site
from records.queries import effective_plan, find_device, last_watched_day
from records.store import Store
from records.surveillance import ChartBaseline, ChartPoint, MonitoringPlan, MonitoringRun
from records.suspensions import standing_suspensions
from records.vault import Vault
from regulatory.gathering.truth_states import truth_facts

PATIENCE = timedelta(days=2)
"""After a week's last day so long is waited for that day's surveillance, then the week is told."""


def week_of(
    reader: Session, device_name: str, *, until: date, now: datetime, seed: int = 0,
    repeats: int = REPEATS,
) -> WeekFacts:
    """The seven days that end with ``until``, under the plan in force.

    seed, repeats: of the simulated weeks that tell what the charts could have seen.

    Raises:
        NotFound: There is no such device.
        Refused: No plan of it is in force, or the week has not come.
    """
    device = find_device(reader, device_name)
    plan = effective_plan(reader, device)
    if plan is None:
        raise Refused(
            f"No monitoring plan of '{device_name}' is in force: nothing was watched.",
            hint="Put the device's definition into force first.",
        )
    if until > now.date():
        raise Refused(f"The week to {until} is not over.", hint="Name a day that has come.")
    if until - date.min < timedelta(days=DAYS):
        raise Refused(f"No week ends on {until}.", hint="Name a day that was watched.")
    first = until - timedelta(days=DAYS - 1)
    runs = list(reader.exec(
        select(MonitoringRun)
        .where(MonitoringRun.plan_id == plan.id, col(MonitoringRun.day).between(first, until))
        .order_by(col(MonitoringRun.day))
    ))  # fmt: skip
    watched = {one.day for one in runs}
    points = _points(reader, runs)
    prepared = _baselines(reader, plan)
    alerts = [one for one in alerts_by_urgency(reader, now=now) if one.plan_id == plan.id]
    parsed = parse_plan(plan.content)
    return WeekFacts(
        device=device_name, first=first, last=until,
        unwatched=tuple(
            day for day in (first + timedelta(days=at) for at in range(DAYS)) if day not in watched
        ),
        sites=tuple(_sites(runs, prepared)),
        raised=tuple(_said(one) for one in alerts if first <= one.raised_on <= until),
        waiting=tuple(
            _said(one) for one in alerts
            if one.status != "closed" and not one.overdue and one.raised_on < first
        ),
        overdue=tuple(f"{_said(one)} {one.overdue}." for one in alerts if one.overdue),
        judged=sum(any(one.statistic is not None for one in own) for own in points.values()),
        not_judged=tuple(_not_judged(points, prepared)),
        could_see=tuple(
            _could_see(parsed, points, prepared, runs, seed=seed, repeats=repeats)
        ),
        truth=tuple(_truth(reader, device, until)), untold=nobody_is_told(reader),
        owed=tuple(_owed(reader, device_name, now.date())),
        notes=(*_announced(reader, plan, first, until), *_late(runs)),
    )


def owed_of(reader: Session, device_name: str) -> list[Owed]:
    """What each site where the device runs owes of revalidation; nothing where nothing runs."""
    try:
        watch = watch_of(reader, device_name)
    except Refused:
        return []
    return owed_revalidations(
        reader, watch.plan, watch.parsed.alerts, watch.parsed.revalidation, watch.running
    )


def _owed(reader: Session, device_name: str, today: date) -> list[str]:
    standing = standing_suspensions(reader, device_name)
    return [
        *(f"{site}: {one.label}, use is suspended since {one.in_force_at:%Y-%m-%d}: {one.grounds}"
          for site, one in sorted(standing.items())),
        *(f"{one.words} OVERDUE" for one in owed_of(reader, device_name) if one.overdue(today)),
    ]  # fmt: skip


def _announced(
    reader: Session, plan: MonitoringPlan, first: date, until: date
) -> list[str]:
    """What was announced to change in the week, at the sites that the plan watches."""
    watched = {site for _, site in _baselines(reader, plan)}
    return [
        f"Announced at {site}: {one.words}: {one.description}"
        for one, site in standing_changes(reader)
        if site in watched and one.first_day <= until and first <= one.last_day
    ]


def _late(runs: Sequence[MonitoringRun]) -> list[str]:
    """Studies that came for days that were watched before, by site."""
    said = []
    for site in sorted({site for one in runs for site in one.counts}):
        late, lost = (
            sum(int(one.counts.get(site, {}).get(name) or 0) for one in runs)
            for name in ("studies_late", "studies_too_late")
        )
        if late:
            said.append(f"{site}: {counted(late, 'study', 'studies')} came after their day was "
                        "watched; the charts went over those days again")  # fmt: skip
        if lost:
            said.append(f"{site}: {counted(lost, 'study', 'studies')} came too late for any chart")
    return said


Charts = Mapping[tuple[str, str], list[ChartPoint]]
Prepared = Mapping[tuple[str, str], ChartBaseline]


def _points(reader: Session, runs: Sequence[MonitoringRun]) -> Charts:
    query = select(ChartPoint).where(col(ChartPoint.run_id).in_([one.id for one in runs]))
    found: dict[tuple[str, str], list[ChartPoint]] = {}
    for one in reader.exec(query.order_by(col(ChartPoint.day), col(ChartPoint.id))):
        if not one.chart.startswith("evidently "):
            found.setdefault((one.chart, one.site), []).append(one)
    return found


def _baselines(reader: Session, plan: MonitoringPlan) -> Prepared:
    """The newest baseline of each chart at each site."""
    query = (
        select(ChartBaseline, Site.name)
        .join(Site, col(Site.id) == ChartBaseline.site_id)
        .where(ChartBaseline.plan_id == plan.id).order_by(col(ChartBaseline.id))
    )  # fmt: skip
    return {(one.chart, site): one for one, site in reader.exec(query)}


def _sites(runs: Sequence[MonitoringRun], prepared: Prepared) -> list[SiteWeek]:
    named = {site for _, site in prepared} | {site for one in runs for site in one.counts}
    found = []
    for site in sorted(named):
        own = [one.counts[site] for one in runs if site in one.counts]
        studies = [int(one.get("studies") or 0) for one in own]
        truths = sum(int(one.get("truth_received") or 0) for one in own)
        changed = sum(int(one.get("truth_changed") or 0) for one in own)
        found.append(SiteWeek(site, len(own), sum(studies), truths, studies.count(0), changed))
    return found


def _said(one: AlertStanding) -> str:
    return f"{one.label} ({one.severity}, {one.status}): {one.summary}"


def _not_judged(points: Charts, prepared: Prepared) -> list[str]:
    """Charts without a figure in the week, with the reason; charts that would hardly have shown."""
    said = []
    for (chart, site), one in sorted(prepared.items()):
        if one.reason:
            said.append(f"{chart} at {site}: cannot run: {one.reason}")
        elif (chart, site) not in points:
            said.append(f"{chart} at {site}: no point in the week")
    for (chart, site), own in sorted(points.items()):
        last = own[-1]
        failed = sum(one.details.get("status") == "failed" for one in own)
        if failed:
            said.append(f"{chart} at {site}: FAILED on {counted(failed, 'day')}: {last.reason}")
        elif all(one.statistic is None for one in own):
            said.append(f"{chart} at {site}: {last.reason or 'no figure'}")
    return said


def _could_see(
    plan: ParsedPlan, points: Charts, prepared: Prepared, runs: Sequence[MonitoringRun], *,
    seed: int, repeats: int,
) -> list[SmallestChange]:
    charts = {one.name: one for one in plan.charts}
    found = []
    for (name, site), own in sorted(points.items()):
        baseline = prepared.get((name, site))
        if baseline is None or baseline.reason or name not in charts:
            continue
        arrived = {one.day: int(one.details.get("arrived") or 0) for one in own}
        of_level = {one.day: one.n for one in own} if level_of(name) else {}
        week = [
            DayLoad(
                run.day, of_level.get(run.day, int(run.counts[site].get("studies") or 0)),
                arrived.get(run.day, 0),
            )
            for run in runs if site in run.counts
        ]
        judged = [one.details for one in own if one.details.get("findable") is not None]
        last = judged[-1] if judged else own[-1].details
        found.append(
            smallest_change(
                charts[name], site, baseline.prepared, week, last_details=last, seed=seed,
                repeats=repeats,
            )
        )
    return found


def _truth(reader: Session, device: Device, until: date) -> list[str]:
    """How much of the truth is known of all that the device has read, by site."""
    facts = truth_facts(reader, device, by=until)
    said = []
    for one in facts.sites:
        states = ", ".join(f"{count} {state}" for state, count in one.states if count)
        share = one.known
        interval = (
            f"{100 * share.value:.0f} % known (95 % CI {100 * (share.low or 0):.0f} to "
            f"{100 * (share.high or 0):.0f} %, n = {share.n})"
            if share.value is not None else f"not estimable: {share.reason}"
        )
        said.append(f"{one.site}: {interval}; {states or 'no study'}")
    return said or ["no study of the device is on record"]


def queue_week(
    store: Store, device_name: str, *, actor: str, now: datetime, pages: str = "",
    repeats: int = REPEATS,
) -> int:
    """Write the message of the last whole week (Monday to Sunday) once to each route for it.

    Not before the week's last day was watched, or two days have passed. How many messages.
    """
    sunday = now.date() - timedelta(days=now.isoweekday())
    with store.reader() as reader:
        device = find_device(reader, device_name)
        plan = effective_plan(reader, device)
        title = f"{marked(reader)}the week to {sunday}, {device_name}"
        told = {
            one.route_id
            for one in reader.exec(
                select(Message).where(Message.kind == WEEK, Message.title == title)
            )
        }
        routes = [
            one for one in active_routes(reader)
            if WEEK in one.about and one.id not in told and one.registered_at.date() <= now.date()
        ]
        seen = last_watched_day(reader, device_name)
        ready = (seen is not None and seen >= sunday) or now.date() - sunday >= PATIENCE
        if plan is None or not routes or not ready or plan.effective_at.date() > sunday:
            return 0
        facts = week_of(reader, device_name, until=sunday, now=now, repeats=repeats)
        page = week_pdf(reader, facts, now=now)
    digest = Vault(store.workspace.vault).put(page)
    body = week_text(facts) + (f"\n{pages.rstrip('/')}/drift-and-alerts\n" if pages else "")
    with store.transaction(actor, f"tell of the week to {sunday}", now=now) as tx:
        tx.add_all([
            Message(route_id=one.id or 0, kind=WEEK, day=sunday, title=title, body=body,
                    queued_at=now, page_digest=digest)
            for one in routes
        ])  # fmt: skip
    return len(routes)
