"""When a version is judged again at a site: by the plan's schedule, and at alerts that demand it.

Read from the records and the clock alone, so that a run that was missed is made up for by the next.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from monitoring.run import Running
from records.alert_rules import REVALIDATE, AlertRules
from records.product import Device, ModelVersion
from records.queries import open_alerts
from records.required_actions import action_done
from records.revalidation_rules import NOT_DECIDED, RevalidationRules
from records.surveillance import Alert, MonitoringPlan, Revalidation

LEAST_WAIT = 7
"""Days after which a revalidation that decided nothing is tried again, at the earliest."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A revalidation of a site: due on which day, why, and on which alert where one demands it.

    last: the one before it by the plan's rules, in words; '' where there is none.
    """

    site: str
    due_on: date
    trigger: str
    alert: Alert | None = None
    last: str = ""

    def overdue(self, today: date) -> bool:
        """Whether its day has passed."""
        return today > self.due_on

    @property
    def words(self) -> str:
        """As the week's message and the page say it."""
        before = f"; last: {self.last}" if self.last else "; none was made yet"
        return f"{self.site}: revalidation due on {self.due_on} ({self.trigger}){before}"


def next_due(
    rules: RevalidationRules, *, since: date, made: Sequence[tuple[date, str]]
) -> tuple[date, str]:
    """The day on which the schedule asks for the next one, and why.

    since: when the version began at the site. made: day and verdict of those made there since, in
    order. One that decided nothing is tried again after a quarter of the interval, a week at least:
    truth has come meanwhile; it never puts off what is due.

    >>> from records.revalidation_rules import RevalidationRules
    >>> rules = RevalidationRules(every_days=80, recent_days=80)
    >>> next_due(rules, since=date(2026, 1, 1), made=[])[0]
    datetime.date(2026, 3, 22)
    >>> next_due(rules, since=date(2026, 1, 1), made=[(date(2026, 3, 22), "not decided")])[0]
    datetime.date(2026, 4, 11)
    """
    every = timedelta(days=rules.every_days)
    decided = [day for day, verdict in made if verdict != NOT_DECIDED]
    start = max(decided, default=since)
    due, why = start + every, f"every {rules.every_days} days"
    later = [day for day, verdict in made if verdict == NOT_DECIDED and day >= start]
    if later:
        again = later[-1] + timedelta(days=max(LEAST_WAIT, rules.every_days // 4))
        if again < due or later[-1] >= due:
            return again, "the last one decided nothing"
    return due, why


def owed_revalidations(
    reader: Session, plan: MonitoringPlan, alerts: AlertRules, rules: RevalidationRules | None,
    running: Mapping[str, Running],
) -> list[Owed]:
    """What each site owes next: at once where an alert demands it, else on its day."""
    if rules is None:
        return []
    waiting: dict[str, Alert] = {}
    for alert in open_alerts(reader, plan):
        if (
            alert.site in running and alert.site not in waiting
            and alerts.rule_of(*alert.charts).action == REVALIDATE
            and not action_done(reader, alert, REVALIDATE)
        ):
            waiting[alert.site] = alert
    judged = judged_before(reader, plan, running)
    owed = []
    for site, here in sorted(running.items()):
        made = [one for one in judged.get(site, []) if one.revalidated_at.date() >= here.since]
        last = f"{made[-1].label}, {made[-1].verdict}" if made else ""
        if site in waiting:
            alert = waiting[site]
            words = f"alert {alert.label}: {alert.summary}"
            owed.append(Owed(site, alert.raised_on, words, alert, last))
            continue
        days = [(one.revalidated_at.date(), one.verdict) for one in made]
        due, why = next_due(rules, since=here.since, made=days)
        owed.append(Owed(site, due, why, None, last))
    return owed


def judged_before(
    reader: Session, plan: MonitoringPlan, sites: Iterable[str]
) -> dict[str, list[Revalidation]]:
    """The revalidations of the device by the plan's rules, by site, in order."""
    name = reader.get_one(Device, plan.device_id).name
    query = (
        select(Revalidation)
        .join(ModelVersion, col(ModelVersion.id) == Revalidation.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(
            Device.name == name, Revalidation.verdict != "",
            col(Revalidation.site).in_(list(sites)),
        )
        .order_by(col(Revalidation.id))
    )
    found: dict[str, list[Revalidation]] = {}
    for one in reader.exec(query):
        found.setdefault(one.site, []).append(one)
    return found
