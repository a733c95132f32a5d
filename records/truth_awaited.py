"""Of which days of operation the truth is not known yet, and of how many studies of each.

A chart of performance counts what is known; of the last days little is, and more will come. Read
of the days that are asked for, no more than :data:`MOST_DAYS` of them.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from records.cases import Prediction, ReferenceStandard, Study
from records.product import Device, ModelVersion, Site

__all__ = ["MOST_DAYS", "DayTruth", "truth_of_days"]

MOST_DAYS: Final = 120


@dataclass(frozen=True, slots=True)
class DayTruth:
    """Studies of a day that the device read, and how many of them have a truth that stands."""

    day: date
    studies: int
    known: int

    @property
    def complete(self) -> bool:
        """Whether no study of the day waits for its truth."""
        return self.known >= self.studies


def truth_of_days(
    session: Session, *, device: str, site: str, first: date, last: date
) -> list[DayTruth]:
    """By day of arrival, both days included; of a longer span its last :data:`MOST_DAYS` days.

    A preliminary truth may still change and does not count; neither does one that was withdrawn.
    """
    first = max(first, last - timedelta(days=MOST_DAYS - 1))
    read = (
        select(Prediction.id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Prediction.study_id == Study.id, Device.name == device)
    )
    later = select(ReferenceStandard.supersedes_id).where(
        col(ReferenceStandard.supersedes_id).is_not(None)
    )
    known = (
        select(ReferenceStandard.study_id)
        .join(Study, col(Study.id) == ReferenceStandard.study_id)
        .where(Study.arrived_on >= first, Study.arrived_on <= last,
               ReferenceStandard.state == "final", col(ReferenceStandard.id).not_in(later))
        .distinct().subquery()
    )  # fmt: skip
    query: Any = (
        select(Study.arrived_on, func.count(), func.count(known.c.study_id))  # type: ignore[call-overload]
        .join(Site, col(Site.id) == Study.site_id)
        .outerjoin(known, known.c.study_id == Study.id)
        .where(Site.name == site, Study.arrived_on >= first, Study.arrived_on <= last,
               read.exists())
        .group_by(Study.arrived_on).order_by(Study.arrived_on)
    )  # fmt: skip
    return [DayTruth(*row) for row in session.exec(query)]
