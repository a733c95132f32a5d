"""The shadows beside the versions that answer: each reads the same studies, for comparison."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from records.one_a_site import beside
from records.product import Deployment, Device, ModelVersion, Site
from records.store import Store

if TYPE_CHECKING:
    from journeys.watch_day import Watch


def shadows_beside(session: Session, device_name: str) -> list[Deployment]:
    """The shadows of a device that run now where another version of it answers."""
    query = (
        select(Deployment)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device_name, col(Deployment.ended_at).is_(None))
        .order_by(col(Deployment.id))
    )
    return beside(session.exec(query).all())


def each_with_shadows(store: Store, watch: "Watch") -> "list[Watch]":
    """Every version that runs, each with its sites: those that answer first, then the shadows
    beside them. No chart is stepped and no alert raised for a shadow beside a live version."""
    with store.reader() as reader:
        known = shadows_beside(reader, watch.definition.name)
        versions = {
            number: reader.get_one(ModelVersion, number)
            for number in dict.fromkeys(one.model_version_id for one in known)
        }
        names = {
            one.id: one.name for one in reader.exec(
                select(Site).where(col(Site.id).in_({one.site_id for one in known}))
            )
        }
    return [
        *watch.each,
        *(
            replace(
                watch, version=version, versions={number: version}, deployments=own,
                sites={one.site_id: names[one.site_id] for one in own},
            )
            for number, version in versions.items()
            for own in [[one for one in known if one.model_version_id == number]]
        ),
    ]
