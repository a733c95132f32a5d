"""The ledger both ways: which sites ran a version and who is told there; what ran at a site.

21 CFR 806.10(c)(9) to (11): the consignees of a correction. AI Act Art. 12 and 19: which version
with which configuration.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from records.errors import InvalidInput
from records.ledger import deployments
from records.message_routes import VERSION, active_routes
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest, Release
from records.reading_counts import day_readings


@dataclass(frozen=True, slots=True)
class Consignee:
    """A site where a version ran in a period, from when to when, and who is told there.

    studies: read by that deployment, in and outside the period. contacts: none is not unknown: no
    route carries versions of the site.
    """

    site: str
    version: str
    mode: str
    started_at: datetime
    until: datetime | None
    released_by: str
    studies: int
    contacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RanHere:
    """What ran at a site on a day, with the digests that fix it; ``until`` None: it runs."""

    site: str
    version: str
    name: str
    mode: str
    version_digest: str
    weights_hash: str
    operating_point: float | None
    device: str
    definition_digest: str
    change: str
    started_at: datetime
    until: datetime | None


def consignees(
    reader: Session, version: ModelVersion, *, since: date | None = None, until: date | None = None
) -> list[Consignee]:
    """All sites that ran a version in a period, days included, each deployment with contacts."""
    found = deployments(reader, version=version, since=since, until=until)
    routes = active_routes(reader)
    decided = dict(
        reader.exec(
            select(Release.change_request_id, Release.decided_by).where(
                Release.model_version_id == version.id, Release.outcome == "released"
            )
        ).all()
    )
    read = _read_by(reader, version)
    return [
        Consignee(
            site=one.site, version=one.version, mode=one.mode, started_at=one.started_at,
            until=one.until, released_by=decided.get(one.change_request or 0, ""),
            studies=read[one.site, one.started_at],
            contacts=tuple(
                route.words for route in routes if route.carries(VERSION, site=one.site)
            ),
        )
        for one in found
    ]


def _read_by(reader: Session, version: ModelVersion) -> Counter[tuple[str, datetime]]:
    """Studies read by each deployment of the version, by its site and start."""
    device = reader.get_one(Device, version.device_id).name
    read = Counter[int]()
    for one in day_readings(reader, device):
        read.update(one.deployments)
    query = (
        select(Deployment.id, Site.name, Deployment.started_at)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(Deployment.model_version_id == version.id)
    )
    counts: Counter[tuple[str, datetime]] = Counter()
    for number, site, started in reader.exec(query):
        counts[site, started] += read[number or 0]
    return counts


def ran_at(
    reader: Session, site: str, *, today: date, since: date | None = None,
    until: date | None = None,
) -> list[RanHere]:
    """What ran at a site on the days of a period, each deployment that overlaps it.

    Raises:
        InvalidInput: The period begins after today, or ends before it begins.
    """
    if since is not None and since > today:
        raise InvalidInput(f"{since} is to come: what runs then is not known.",
                           hint=f"Give a day up to today, {today}.")  # fmt: skip
    found = deployments(reader, site=site, since=since, until=until)
    labels = {one.version for one in found}
    if not labels:
        return []
    versions = {
        one.label: (one, device) for one, device in reader.exec(
            select(ModelVersion, Device).join(Device, col(Device.id) == ModelVersion.device_id)
        ) if one.label in labels
    }
    return [
        RanHere(
            site=one.site, version=one.version, name=model.name, mode=one.mode,
            version_digest=model.version_digest, weights_hash=model.weights_hash,
            operating_point=model.operating_point, device=device.name,
            definition_digest=device.definition_digest,
            change=ChangeRequest.label_of(one.change_request) if one.change_request else "",
            started_at=one.started_at, until=one.until,
        )
        for one in found
        for model, device in [versions[one.version]]
    ]
