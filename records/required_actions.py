"""Whether what the plan demands after an alert was done, as the records tell (REG-063)."""

from sqlmodel import Session, col, or_, select

from records.alert_rules import REVALIDATE, STOP_USE
from records.product import Deployment, Device, ModelVersion, Site
from records.surveillance import Alert, MonitoringPlan, Revalidation
from records.suspensions import standing_suspensions
from records.use_in_care import used_in_care


def action_done(session: Session, alert: Alert, action: str) -> str:
    """What shows that the required action was taken; empty where nothing does.

    revalidate: a revalidation on this alert, or at its site since it was raised. stop use: use is
    suspended at the site, or no deployment of the device stands there but a shadow's, whose output
    care never sees.
    """
    if action == REVALIDATE:
        return _revalidated(session, alert)
    if action == STOP_USE:
        return _stopped(session, alert)
    return f"acknowledged by {alert.acknowledged_by}" if alert.acknowledged_at else ""


def _device_name(session: Session, alert: Alert) -> str:
    plan = session.get_one(MonitoringPlan, alert.plan_id)
    return session.get_one(Device, plan.device_id).name


def _revalidated(session: Session, alert: Alert) -> str:
    query = (
        select(Revalidation)
        .join(ModelVersion, col(ModelVersion.id) == Revalidation.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(
            Device.name == _device_name(session, alert), Revalidation.site == alert.site,
            or_(
                col(Revalidation.alert_id) == alert.id,
                col(Revalidation.revalidated_at) >= alert.raised_at,
            ),
        )
        .order_by(col(Revalidation.id).desc())
    )
    found = session.exec(query).first()
    return f"{found.label}: {found.verdict or found.outcome}" if found else ""


def _stopped(session: Session, alert: Alert) -> str:
    suspended = standing_suspensions(session, _device_name(session, alert)).get(alert.site)
    if suspended is not None and suspended.in_force_at is not None:
        return f"{suspended.label} in force since {suspended.in_force_at:%Y-%m-%d %H:%M} UTC"
    there = (
        select(Deployment.ended_at)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(
            Device.name == _device_name(session, alert), Site.name == alert.site,
            used_in_care(),
        )
    )
    ended = list(session.exec(there))
    last = max((one for one in ended if one is not None), default=None)
    if last is None or any(one is None for one in ended):
        return ""
    return f"no deployment at {alert.site} since {last:%Y-%m-%d %H:%M} UTC"
