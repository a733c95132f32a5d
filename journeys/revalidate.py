"""Revalidate on alerts: acknowledge, judge the deployed version at the site, record the result."""

from datetime import datetime

from sqlmodel import col, select

from journeys.watch_day import watch_of
from monitoring.outlines import judged_rows
from monitoring.revalidate import prepare_revalidation, record_revalidation
from records.alert_decisions import acknowledge_alert
from records.people import find_actor
from records.product import Site
from records.queries import open_alerts, prediction_rows
from records.store import Store
from records.surveillance import Alert, MonitoringRun, Revalidation
from records.vault import Vault


def revalidate_alerts(
    store: Store, device_name: str, *, actor: str, quality: str | None, now: datetime
) -> list[Revalidation]:
    """One revalidation for each site with an acknowledged alert that has none yet.

    The person ``quality`` acknowledges what waits first; without one, alerts that nobody has
    acknowledged are left alone. The earliest alert of a site is the trigger; its estimated onset
    parts before from after.
    """
    vault = Vault(store.workspace.vault)
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
        last = reader.exec(
            select(col(MonitoringRun.day))
            .where(MonitoringRun.plan_id == watch.plan.id)
            .order_by(col(MonitoringRun.day).desc())
        ).first()
        rows = [
            row
            for one in watch.each
            for row in judged_rows(
                reader, vault, one.version,
                prediction_rows(reader, one.version, known_until=now.date()), until=now.date(),
            )
            if row["site"] in one.sites.values()
        ]
        sites = {site.name: site for site in reader.exec(select(Site))}
    if quality is not None:
        acknowledge_alerts(store, alerts, by=quality, now=now)
    else:
        alerts = [alert for alert in alerts if alert.status != "open"]
    made = []
    for site in sorted({alert.site for alert in alerts if alert.site in running} - done):
        alert = min(
            (one for one in alerts if one.site == site), key=lambda one: (one.raised_on, one.id)
        )
        facts = prepare_revalidation(
            watch.definition, [row for row in rows if row["site"] == site], site=site,
            onset=alert.onset_estimate or alert.raised_on, until=last or now.date(),
        )
        with store.transaction(actor, f"revalidation on {alert.label}", now=now) as tx:
            made.append(
                record_revalidation(
                    tx, running[site].version, sites[site], facts, alert=alert, now=now
                )
            )
    return made


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
