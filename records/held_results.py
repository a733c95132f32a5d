"""Results that are not sent any more, because use of the device was suspended at their site.

What waits to be sent is given up and stays on the list, where a person may send it again; what was
read before the suspension and was not on its way yet is not put on its way.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from records.cases import Prediction, Study
from records.errors import Refused
from records.lifecycle import check_transition
from records.product import Device, ModelVersion, Site
from records.suspensions import SUSPENDED, Suspension, standing_suspensions

if TYPE_CHECKING:
    from records.result_deliveries import ResultDelivery

OF_DELIVERY = ("waiting", "undeliverable")
"""From which status to which a held delivery goes."""


def give_up_deliveries(
    tx: Session, waiting: "type[ResultDelivery]", device_name: str, site: str, why: str
) -> int:
    """Give up what waits to be sent of a device's readings at a site; how many."""
    before, after = OF_DELIVERY
    query = (
        select(waiting)
        .join(Prediction, col(Prediction.id) == waiting.prediction_id)
        .join(Study, col(Study.id) == Prediction.study_id)
        .join(Site, col(Site.id) == Study.site_id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(waiting.status == before, Site.name == site, Device.name == device_name)
    )
    found = list(tx.exec(query))
    for one in found:
        check_transition("ResultDelivery", one.subject, one.status, after)
        one.status, one.outcome = after, why
        tx.add(one)
    tx.flush()
    return len(found)


def suspended_since() -> SelectOfScalar[int | None]:
    """Suspensions of the device at the site that had not ended when a reading was made, or came
    into force after it: to be used inside a query over Prediction and Study."""
    of_suspension, of_version, version = aliased(Device), aliased(Device), aliased(ModelVersion)
    place = aliased(Site)
    found: SelectOfScalar[int | None] = select(Suspension.id)  # type: ignore[assignment]
    return (
        found
        .join(of_suspension, col(of_suspension.id) == Suspension.device_id)
        .join(of_version, col(of_version.name) == of_suspension.name)
        .join(version, col(version.device_id) == of_version.id)
        .join(place, col(place.name) == Suspension.site)
        .where(
            col(place.id) == col(Study.site_id),
            col(version.id) == col(Prediction.model_version_id),
            col(Suspension.in_force_at).is_not(None),
            or_(
                col(Suspension.ended_at).is_(None),
                col(Suspension.ended_at) >= col(Prediction.predicted_at),
            ),
        )
        .correlate(Study, Prediction)
    )


def held_by(session: Session, predictions: Collection[int]) -> dict[int, str]:
    """By number of a reading why it is not returned, where use of the device was suspended at its
    site when it was made or has been since."""
    last = suspended_since().order_by(col(Suspension.id).desc()).limit(1).scalar_subquery()
    query = (
        select(Prediction.id, last)
        .join(Study, col(Study.id) == Prediction.study_id)
        .where(col(Prediction.id).in_(list(predictions)))
    )
    return {
        reading: f"{SUSPENDED} ({Suspension.label_of(number)}): it was read before use was resumed"
        for reading, number in session.exec(query) if reading is not None and number is not None
    }


def require_use(session: Session, prediction: Prediction) -> None:
    """Raise :class:`Refused` while use of the device that made a reading is suspended at its site.
    """
    study = session.get_one(Study, prediction.study_id)
    version = session.get_one(ModelVersion, prediction.model_version_id)
    site = session.get_one(Site, study.site_id).name
    name = session.get_one(Device, version.device_id).name
    one = standing_suspensions(session, name).get(site)
    if one is not None:
        raise Refused(
            f"Use of {name} is suspended at {site} ({one.label}): no result goes there.",
            hint="Resume use first: 'radvigil suspension resume'.",
        )
