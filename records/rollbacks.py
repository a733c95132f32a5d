"""Back to the version that ran before, at one site: what went, what came back, and on whose word.

The way back is an event of its own and is assessed as a correction (21 CFR 806.2; IEC 62304 6.3).
"""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import Refused
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest


class Rollback(Record, table=True):
    """A version taken back at a site; never changed."""

    __tablename__ = "rollback"
    PREFIX: ClassVar[str] = "RBK"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "change_request_id", "site", "from_deployment_id", "to_deployment_id",
        "grounds",
    )

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    change_request_id: int = Field(foreign_key="change_request.id")
    site: str = Field(index=True)
    from_deployment_id: int = Field(foreign_key="deployment.id")
    """What was ended."""
    to_deployment_id: int = Field(foreign_key="deployment.id")
    """What runs in its place from now on."""
    grounds: str
    rolled_back_by: str
    rolled_back_at: datetime


def deployments_here(session: Session, device_name: str, site: Site) -> list[Deployment]:
    """Every deployment of a device at a site, the first one first."""
    query = (
        select(Deployment)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device_name, Deployment.site_id == site.id)
        .order_by(col(Deployment.started_at), col(Deployment.id))
    )
    return list(session.exec(query))


def way_back(
    session: Session, change: ChangeRequest, site: Site
) -> tuple[Deployment, Deployment]:
    """The live deployment of a change at a site, and the last one before it of another version.

    A version that was itself taken back there is passed over.

    Raises:
        Refused: The change's version does not run live there, or none ran before it.
    """
    version = session.get_one(ModelVersion, change.model_version_id)
    name = session.get_one(Device, version.device_id).name
    known = deployments_here(session, name, site)
    running = [one for one in known if one.mode == "live" and one.ended_at is None]
    if not running or running[-1].model_version_id != version.id:
        raise Refused(
            f"{version.label} of {change.label} does not run live at {site.name}.",
            hint=f"See 'radvigil site ledger \"{site.name}\"'.",
        )
    current = running[-1]
    taken_back = set(
        session.exec(
            select(Deployment.model_version_id)
            .join(Rollback, col(Rollback.from_deployment_id) == Deployment.id)
            .where(Rollback.site == site.name)
        )
    )
    before = [
        one for one in known
        if one.mode == "live" and (one.started_at, one.id or 0) < (current.started_at, current.id)
        and one.model_version_id != version.id and one.model_version_id not in taken_back
    ]
    if not before:
        raise Refused(
            f"No version ran live at {site.name} before {version.label}: there is none to go back "
            "to.", hint="Stop its use: 'radvigil suspension propose'.",
        )
    return current, before[-1]
