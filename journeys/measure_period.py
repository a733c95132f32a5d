"""Measure how a device did in a period: each version that ran in care, at all its sites and each.

A periodic document quotes what is measured here and computes none of its own.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from records.cases import Prediction
from records.definition import DeviceDefinition
from records.evaluation_overview import IN_OPERATION
from records.held_definition import definition_of
from records.one_a_site import measured_at_site
from records.product import Deployment, Device, ModelVersion, Site
from records.queries import evaluations_of, find_device, prediction_rows
from records.store import Store
from records.vault import Vault

POST_MARKET = IN_OPERATION

Period = tuple[date, date]


def measure_period(
    store: Store, device_name: str, *, period: Period, actor: str, now: datetime
) -> int:
    """Evaluate each version that ran in care on the field data of a period: all its sites and each.

    Each is measured once. Only studies whose truth is known by now are judged; how many are not is
    in the report. Versions are never judged together.

    Returns:
        How many evaluations of the period are on record.
    """
    with store.reader() as reader:
        definition = definition_of(find_device(reader, device_name))
        ran = _ran(reader, device_name, period)
        versions = {one: reader.get_one(ModelVersion, one) for one in ran}
    return sum(
        _measure_version(
            store, definition, versions[number], own, period=period, actor=actor, now=now
        )
        for number, own in ran.items()
    )


def _ran(
    reader: Session, device_name: str, period: Period
) -> dict[int, list[Deployment]]:
    """By version, its deployments in care that overlap a period."""
    every = reader.exec(
        select(Deployment)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device_name)
        .order_by(col(Deployment.id))
    ).all()
    overlapping = [
        one for one in every
        if one.started_at.date() <= period[1]
        and (one.ended_at is None or one.ended_at.date() >= period[0])
    ]
    found: dict[int, list[Deployment]] = {}
    for one in measured_at_site(overlapping):
        found.setdefault(one.model_version_id, []).append(one)
    return found


def _measure_version(
    store: Store, definition: DeviceDefinition, version: ModelVersion, own: list[Deployment], *,
    period: Period, actor: str, now: datetime,
) -> int:
    from monitoring.evaluate import evaluate_rows, record_evaluation

    with store.reader() as reader:
        done = {
            one.site_id for one in evaluations_of(reader, version, POST_MARKET)
            if (one.period_from, one.period_to) == period
        }
        sites = {
            one.id: one for one in reader.exec(
                select(Site).where(col(Site.id).in_({one.site_id for one in own}))
            )
        }
        wanted: list[Site | None] = [None, *sorted(sites.values(), key=lambda one: one.name)]
        due = [one for one in wanted if (one.id if one else None) not in done]
        rows = _judged(reader, store, version, own, period, now) if due else []
    facts = [
        evaluate_rows(
            definition, [row for row in rows if one is None or row["site"] == one.name],
            purpose=POST_MARKET,
        )
        for one in due
    ]
    if not facts:
        return len(done)
    with store.transaction(actor, f"performance in {period[0]} to {period[1]}", now=now) as tx:
        for site, one in zip(due, facts, strict=True):
            record_evaluation(tx, version, one, site=site, period=period, now=now)
    return len(done) + len(facts)


def _judged(
    reader: Session, store: Store, version: ModelVersion, own: list[Deployment], period: Period,
    now: datetime,
) -> list[Mapping[str, Any]]:
    """The version's readings for care whose truth is known by now."""
    from monitoring.outlines import judged_rows

    for_care = set(reader.exec(
        select(Prediction.study_id)
        .where(col(Prediction.deployment_id).in_([one.id for one in own]))
    ))  # fmt: skip
    read = prediction_rows(
        reader, version, since=period[0], until=period[1], known_until=now.date()
    )
    return [
        row | {"study": row["study_id"]}
        for row in judged_rows(
            reader, Vault(store.workspace.vault), version, read, until=now.date()
        )
        if row["truth"] is not None and row["study_id"] in for_care
    ]
