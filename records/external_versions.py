"""Versions of another maker's product, recorded as its results name them: where and when.

Nothing of it is released here: a version is 'observed', and its deployment is 'external'. A day at
a site belongs to the version of that day's last result, so that two servers that answer in turn do
not read as a change with each study.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from sqlmodel import Session, col, select

from records.base import digest_of
from records.definition import DeviceDefinition
from records.external_product import ExternalProduct
from records.product import Deployment, Device, ModelVersion, Site
from records.versions import register_version

OBSERVED: Final = "observed"
EXTERNAL: Final = "external"
"""The mode of a deployment whose results do not go through here."""
NOT_STATED: Final = "not stated by its maker"


@dataclass(frozen=True, slots=True)
class Spoken:
    """That a version answered at a site at an instant."""

    software: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """That another version runs at a site from an instant on; before '' where it is the first."""

    before: str
    software: str
    since: datetime


def changes_at_site(spoken: Iterable[Spoken], running: Spoken | None) -> list[Change]:
    """Which versions a site's results show to have begun, in order.

    running: the version that is known to run there, and since when. What was said before that is
    late news, and changes nothing.

    >>> at = lambda day: datetime(2026, 3, day, tzinfo=UTC)
    >>> found = changes_at_site([Spoken("2.0", at(5)), Spoken("1.9", at(2))], Spoken("1.9", at(1)))
    >>> [(one.before, one.software, one.since.day) for one in found]
    [('1.9', '2.0', 5)]
    """
    found: list[Change] = []
    current = running
    ordered = sorted(spoken, key=lambda one: (one.at, one.software))
    for _, several in groupby(ordered, key=lambda one: one.at.astimezone(UTC).date()):
        of_day = [one for one in several if current is None or one.at >= current.at]
        if not of_day or (current is not None and of_day[-1].software == current.software):
            continue
        software = of_day[-1].software
        first = next(one for one in of_day if one.software == software)
        found.append(Change(current.software if current else "", software, first.at))
        current = first
    return found


def observe_versions(
    tx: Session, device: Device, definition: DeviceDefinition, softwares: Iterable[str], *,
    now: datetime,
) -> dict[str, ModelVersion]:
    """The version of each software version that results name, recorded on first sight.

    Raises:
        Refused: A version of this name is recorded with other content.
    """
    assert definition.external is not None
    known = _by_software(tx, device)
    for software in sorted(set(softwares) - known.keys()):
        known[software] = register_version(
            tx, _version(device, definition, definition.external, software, now)
        )
    return known


def _by_software(session: Session, device: Device) -> dict[str, ModelVersion]:
    """A version that was seen under an earlier revision of the definition is the same version."""
    query = (
        select(ModelVersion).join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device.name).order_by(col(ModelVersion.id))
    )
    return {
        str(one.model["software"]): one for one in session.exec(query) if one.seen_from_outside
    }


def _version(
    device: Device, definition: DeviceDefinition, product: ExternalProduct, software: str,
    now: datetime,
) -> ModelVersion:
    assert device.id is not None
    said = {
        "origin": "external", "task": definition.task.kind, "maker": product.maker,
        "product": product.product, "software": software, "score": product.score,
        "threshold": product.threshold,
    }
    return ModelVersion(
        device_id=device.id, dataset_version_id=None, name=f"{product.product} {software}",
        version_digest=digest_of([device.name, product.maker, product.product, software]),
        weights_hash="", architecture=NOT_STATED, model=said,
        operating_point=product.threshold if product.states_score else None, params={},
        dvc_lock_digest="", code_digest="", commit="", vault_path="", status=OBSERVED,
        trained_at=now,
    )


def running_at(
    session: Session, versions: Iterable[ModelVersion]
) -> dict[int, list[tuple[Deployment, str]]]:
    """By site, the deployments of these versions with their software version, oldest first."""
    by_id = {one.id: str(one.model["software"]) for one in versions}
    query = (
        select(Deployment).where(col(Deployment.model_version_id).in_(list(by_id)))
        .order_by(col(Deployment.started_at), col(Deployment.id))
    )
    found: dict[int, list[tuple[Deployment, str]]] = {}
    for one in session.exec(query):
        found.setdefault(one.site_id, []).append((one, by_id[one.model_version_id]))
    return found


def record_changes(
    tx: Session, site: Site, changes: Sequence[Change], versions: dict[str, ModelVersion],
    before: Sequence[tuple[Deployment, str]],
) -> list[Deployment]:
    """End what ran at a site and begin what its results show, in order; all that ran there."""
    made = [one for one, _ in before]
    current = next((one for one in reversed(made) if one.ended_at is None), None)
    for change in changes:
        if current is not None:
            current.ended_at = change.since
            tx.add(current)
        version = versions[change.software]
        assert version.id is not None and site.id is not None
        current = Deployment(
            model_version_id=version.id, site_id=site.id, mode=EXTERNAL, started_at=change.since
        )
        tx.add(current)
        made.append(current)
    tx.flush()
    return made


def deployment_of(
    tx: Session, deployments: list[Deployment], version: ModelVersion, site: Site, at: datetime
) -> Deployment:
    """Where an answer belongs: the version's deployment at the site that had begun by then, else
    its first there; of a version that was never seen to run there one that is over."""
    own = [one for one in deployments if one.model_version_id == version.id]
    begun = [one for one in own if one.started_at <= at]
    if begun or own:
        return (begun or own[:1])[-1]
    assert version.id is not None and site.id is not None
    late = Deployment(
        model_version_id=version.id, site_id=site.id, mode=EXTERNAL, started_at=at, ended_at=at
    )
    tx.add(late)
    tx.flush()
    deployments.append(late)
    return late


def versions_seen(session: Session, device_name: str) -> list[dict[str, object]]:
    """Each version of a product at each site: since when, and until when (None: it runs)."""
    query = (
        select(Deployment, ModelVersion, Site)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(Device.name == device_name, Deployment.mode == EXTERNAL)
        .order_by(Site.name, col(Deployment.started_at), col(Deployment.id))
    )
    return [
        {
            "site": site.name, "version": version.label, "product": version.name,
            "software": version.model["software"], "since": one.started_at, "until": one.ended_at,
        }
        for one, version, site in session.exec(query)
    ]
