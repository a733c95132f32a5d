"""A small workspace with one alert of a device that runs at one site, under a plan of its own."""

from datetime import datetime
from typing import Any

from records.base import digest_of
from records.definition import find_definition, load_definition
from records.people import Role, register_person
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.store import Store
from records.surveillance import Alert, ChartPoint, MonitoringPlan, MonitoringRun
from tests.people import qualify_everybody

PASSWORD = "demonstration"
SITE = "north hospital"
DEVICE = "chest-radiograph-pneumonia"
PEOPLE = (("demo.quality", "Demo Quality", Role.QUALITY),
          ("demo.regulatory", "Demo Regulatory", Role.REGULATORY))  # fmt: skip
CHARTS = (("appearance", "rank_cusum"), ("sensitivity", "claimed_performance"))


def plan_content(rule: dict[str, Any] | None = None) -> dict[str, Any]:
    """A plan of two charts, of which this rule holds."""
    charts = [
        {"name": name, "detector": detector} | ({"alert": rule} if rule else {})
        for name, detector in CHARTS
    ]
    return {"horizon_days": 90, "false_alarm_budget": 0.05, "minimum_n": 5, "charts": charts}


def watched(
    store: Store, now: datetime, rule: dict[str, Any] | None = None, *, chart: str = "appearance",
    severity: str = "moderate",
) -> int:
    """Fill the workspace; the number of its alert, raised now."""
    with store.transaction("setup", "a watched device", now=now) as tx:
        for name, full_name, role in PEOPLE:
            register_person(
                tx, name, full_name=full_name, roles=[role], password=PASSWORD, now=now
            )
        qualify_everybody(tx, now)
        content = load_definition(find_definition(DEVICE)).model_dump(mode="json")
        device = Device(name=DEVICE, revision=1, trade_name="T", definition=content,
                        definition_digest=digest_of(content), defined_at=now)  # fmt: skip
        tx.add_all([device, Site(name=SITE, registered_at=now, status="confirmed")])
        tx.flush()
        dataset = DatasetVersion(
            device_id=1, name="d", manifest_digest="a" * 64, content_digest="b" * 32,
            vault_path="d", commit="c" * 40, studies=1, patients=1, splits={}, datasheet={},
            frozen_at=now,
        )
        tx.add(dataset)
        tx.flush()
        tx.add(ModelVersion(
            device_id=1, dataset_version_id=1, name="v", version_digest="1" * 64,
            weights_hash="2" * 64, architecture="a", model={}, operating_point=0.5, params={},
            dvc_lock_digest="3" * 64, code_digest="4" * 64, commit="5" * 40, vault_path="m",
            trained_at=now,
        ))  # fmt: skip
        tx.flush()
        tx.add(Deployment(model_version_id=1, site_id=1, mode="live", started_at=now))
        tx.add(MonitoringPlan(device_id=1, content=plan_content(rule), content_digest="7" * 64,
                              effective_at=now))  # fmt: skip
        tx.flush()
        tx.add(MonitoringRun(plan_id=1, model_version_id=1, day=now.date(), studies=20, counts={},
                             run_at=now))  # fmt: skip
        tx.flush()
        tx.add(ChartPoint(run_id=1, chart=chart, site=SITE, day=now.date(), n=20, signal=True))
        tx.flush()
        return raised(tx, now, chart=chart, severity=severity)


def raised(tx: Any, now: datetime, *, chart: str = "appearance", severity: str = "moderate") -> int:
    """One more alert of the same plan; its number."""
    alert = Alert(
        plan_id=1, chart_point_id=1, chart=chart, site=SITE, severity=severity,
        summary=f"{SITE}: noise is 0.8 SD higher over 80 studies.", raised_on=now.date(),
        raised_at=now,
    )
    tx.add(alert)
    tx.flush()
    return int(alert.id or 0)
