"""Judge the version in use again: on schedule, at alerts that demand it, and when a person asks.

Where the plan has rules for revalidation the verdict is by them, and what it calls for is written
in the same transaction; where it has none, alerts are judged by point estimates alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from journeys.ask_locked import Locked, ask_locked
from journeys.read_studies import read_studies
from journeys.serving_versions import load_verified
from journeys.suspend import act_on_verdict
from journeys.watch_day import Watch, watch_of
from monitoring.claim_verdicts import Judgement, judge_basis, judgement_of
from monitoring.evaluate import outcomes_of
from monitoring.outlines import judged_rows
from monitoring.revalidate import prepare_revalidation, record_revalidation
from monitoring.revalidation_schedule import Owed, owed_revalidations
from records.alert_decisions import acknowledge_alert
from records.cases import ReferenceStandard, Study
from records.errors import InvalidInput, Refused
from records.people import find_actor
from records.product import ModelVersion, Site
from records.queries import (
    last_watched_day,
    open_alerts,
    prediction_rows,
    studies_awaiting_prediction,
)
from records.revalidation_rules import RevalidationRules
from records.store import Store
from records.surveillance import Alert, Revalidation
from records.suspensions import Suspension, standing_suspensions
from records.vault import Vault

if TYPE_CHECKING:
    from models.predict import Predictor

Rows = Sequence[dict[str, Any]]
Load = Callable[[Store, ModelVersion], "Predictor"]


@dataclass(frozen=True)
class _Asked:
    """What is asked of one site: why, on which alert, since which day, until which."""

    site: str
    trigger: str
    alert: Alert | None
    onset: date
    until: date


def revalidate_alerts(
    store: Store, device_name: str, *, actor: str, quality: str | None, now: datetime
) -> list[Revalidation]:
    """One revalidation for each site with an acknowledged alert that has none yet.

    The person ``quality`` acknowledges what waits first; without one, alerts that nobody has
    acknowledged are left alone. The earliest alert of a site is the trigger; its estimated onset
    parts before from after.
    """
    with store.reader() as reader:
        watch = watch_of(reader, device_name)
        running = watch.running
        alerts = open_alerts(reader, watch.plan)
        done = {
            one.site for one in reader.exec(
                select(Revalidation).where(
                    col(Revalidation.model_version_id).in_(list(watch.versions))
                )
            )
            if one.site in running and running[one.site].version.id == one.model_version_id
        }
        until = last_watched_day(reader, device_name) or now.date()
    if quality is not None:
        acknowledge_alerts(store, alerts, by=quality, now=now)
    else:
        alerts = [alert for alert in alerts if alert.status != "open"]
    asked = []
    for site in sorted({alert.site for alert in alerts if alert.site in running} - done):
        alert = min(
            (one for one in alerts if one.site == site), key=lambda one: (one.raised_on, one.id)
        )
        asked.append(_on_alert(alert, until))
    return _judge_sites(store, watch, asked, actor=actor, now=now, load=load_verified)


def revalidate_due(
    store: Store, device_name: str, *, actor: str, now: datetime, sites: Sequence[str] = (),
    reason: str = "", load: Load = load_verified,
) -> list[Revalidation]:
    """Every site that owes a revalidation by the plan's rules now; of ``sites`` at once.

    sites: where a person asks for it, whatever is due. reason: why, in that case.

    Raises:
        Refused: The plan has no rules for revalidation.
        InvalidInput: The device does not run at a site that was named.
    """
    with store.reader() as reader:
        watch = watch_of(reader, device_name)
        rules = watch.parsed.revalidation
        if rules is None:
            raise Refused(
                f"The monitoring plan of {device_name} has no section 'revalidation'.",
                hint="Add it to a new revision of the definition: docs/revalidation.md.",
            )
        _require_running(watch, sites)
        owed = owed_revalidations(
            reader, watch.plan, watch.parsed.alerts, rules, watch.running
        )
        until = now.date()
    wanted = [
        one for one in owed
        if one.site in sites or (not sites and (one.alert is not None or one.due_on <= now.date()))
    ]
    asked = [_by_plan(one, rules, until, reason) for one in wanted]
    return _judge_sites(store, watch, asked, actor=actor, now=now, load=load)


def revalidate_owed(
    store: Store, device_name: str, *, actor: str, now: datetime
) -> list[Revalidation]:
    """As :func:`revalidate_due`, of a routine: nothing where the plan has no rules, or no version
    runs yet."""
    with store.reader() as reader:
        try:
            rules = watch_of(reader, device_name).parsed.revalidation
        except Refused:
            return []
    return revalidate_due(store, device_name, actor=actor, now=now) if rules else []


def _require_running(watch: Watch, sites: Sequence[str]) -> None:
    for site in sites:
        if site not in watch.running:
            raise InvalidInput(
                f"{watch.definition.name} does not run at a site '{site}'.",
                hint=f"It runs at {', '.join(sorted(watch.running))}.",
            )


def _on_alert(alert: Alert, until: date) -> _Asked:
    words = f"alert {alert.label}: {alert.summary}"
    return _Asked(alert.site, words, alert, alert.onset_estimate or alert.raised_on, until)


def _by_plan(one: Owed, rules: RevalidationRules, until: date, reason: str) -> _Asked:
    if one.alert is not None:
        return _on_alert(one.alert, until)
    words = f"asked for: {reason}" if reason else f"schedule: {one.trigger}, due on {one.due_on}"
    onset = until - timedelta(days=rules.recent_days - 1)
    return _Asked(one.site, words, None, onset, until)


def _judge_sites(
    store: Store, watch: Watch, asked: Sequence[_Asked], *, actor: str, now: datetime, load: Load
) -> list[Revalidation]:
    if not asked:
        return []
    rules = watch.parsed.revalidation
    made = []
    locked: dict[int | None, Locked] = {}
    for one in asked:
        version = watch.running[one.site].version
        with store.reader() as reader:
            suspended = standing_suspensions(reader, watch.definition.name).get(one.site)
        if suspended is not None and rules is not None:
            _read_for_it(store, watch, one.site, suspended, actor=actor, now=now, load=load)
        with store.reader() as reader:
            rows = _rows_of(store, reader, watch, one, now)
            place = reader.exec(select(Site).where(Site.name == one.site)).one()
        facts = prepare_revalidation(
            watch.definition, rows, site=one.site, onset=one.onset, until=one.until
        )
        judged = None
        if rules is not None:
            if version.id not in locked:  # once, however many sites it runs at
                locked[version.id] = ask_locked(
                    store, watch.definition, rules, version, partial(load, store, version)
                )
            judged = _judged(watch, one, rules, rows, suspended, locked[version.id]), rules
        # of what a person typed all, so that all of it is held against identities
        why = one.alert.label if one.alert is not None else one.trigger
        with store.transaction(actor, f"revalidation: {why}", now=now) as tx:
            found = record_revalidation(
                tx, version, place, facts, trigger=one.trigger, alert=one.alert, now=now,
                judged=judged,
            )
            if rules is not None:
                act_on_verdict(tx, watch.plan, rules, version, found, by=actor, now=now)
            made.append(found)
    return made


def _rows_of(store: Store, reader: Session, watch: Watch, one: _Asked, now: datetime) -> Rows:
    """What the version that runs at the site said there in operation, beside the truth."""
    version = watch.running[one.site].version
    read = prediction_rows(reader, version, known_until=now.date())
    rows = judged_rows(
        reader, Vault(store.workspace.vault), version,
        [row for row in read if row["site"] == one.site], until=now.date(),
    )
    return [row for row in rows if row["arrived_on"] <= one.until]


def _judged(
    watch: Watch, one: _Asked, rules: RevalidationRules, rows: Rows, suspended: Suspension | None,
    locked: Locked,
) -> Judgement:
    """The verdict on the locked tests and on recent truth, side by side."""
    first = max(one.until - timedelta(days=rules.recent_days - 1),
                one.onset if one.alert is not None else date.min)  # fmt: skip
    if suspended is not None and suspended.in_force_at is not None:
        first = max(first, suspended.in_force_at.date() + timedelta(days=1))
    recent = [row for row in rows if row["arrived_on"] >= first]
    known = [row | {"study": row["study_id"]} for row in recent if row["truth"] is not None]
    # at one site there is nothing to tell sites apart by
    definition = watch.definition.model_copy(update={
        "subgroups": [group for group in watch.definition.subgroups if group.field != "site"]
    })  # fmt: skip
    basis = judge_basis(
        definition, rules, outcomes_of(definition, known), name=f"recent truth at {one.site}"
    )
    note = (
        f"recent truth at {one.site}: studies that arrived from {first} to {one.until}; the truth "
        f"of {len(known)} of {len(recent)} that were read is known, the others are left out"
    )
    return judgement_of([*locked.bases, basis], locked.reproductions, notes=[note])


def _read_for_it(
    store: Store, watch: Watch, site: str, suspended: Suspension, *, actor: str, now: datetime,
    load: Load,
) -> None:
    """Where use is suspended, read those studies since then whose truth is known: for the judgement
    alone, and never returned to care."""
    assert suspended.in_force_at is not None
    (here,) = [each for each in watch.each if site in each.sites.values()]
    number = next(key for key, name in here.sites.items() if name == site)
    with store.reader() as reader:
        known = select(Study.id).join(
            ReferenceStandard, col(ReferenceStandard.study_id) == Study.id
        ).where(
            Study.site_id == number, Study.purpose == "clinical",
            col(Study.arrived_on) > suspended.in_force_at.date(),
        )  # fmt: skip
        numbers = {one for one in reader.exec(known) if one is not None}
        waiting = studies_awaiting_prediction(
            reader, here.version, sites=[number], studies=numbers
        )
    read_studies(
        store, here, waiting, load=partial(load, store, here.version), actor=actor,
        reason=f"read for the revalidation of {suspended.label}", now=now, for_care=False,
    )


def acknowledge_alerts(
    store: Store, alerts: list[Alert], *, by: str, now: datetime
) -> None:
    """Acknowledge those alerts that nobody has acknowledged yet."""
    waiting = [alert.id for alert in alerts if alert.status == "open"]
    if not waiting:
        return
    with store.transaction(by, "acknowledged; revalidation ordered", now=now) as tx:
        person = find_actor(tx, by)
        for alert_id in waiting:
            acknowledge_alert(
                tx, tx.get_one(Alert, alert_id), by=person, finding="revalidation ordered", now=now
            )
