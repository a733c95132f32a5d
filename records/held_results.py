"""Results that are not sent any more, because use of the device was suspended at their site.

What waits to be sent is given up and stays on the list, where a person may send it again; what was
read before the suspension and was not on its way yet is not put on its way.
"""

from typing import TYPE_CHECKING

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from records.cases import Prediction, Study
from records.lifecycle import check_transition
from records.product import Device, ModelVersion, Site
from records.suspensions import Suspension

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
    """Suspensions of the device at the site that came into force after a reading: to be used inside
    a query over Prediction and Study."""
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
            col(Suspension.in_force_at) >= col(Prediction.predicted_at),
        )
        .correlate(Study, Prediction)
    )
