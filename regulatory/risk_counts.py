"""How often an event of the risk file showed in use: numerator and denominator from the records.

Each source is one function by its name; another part of the program that keeps such events (as
complaints and incidents) adds its own to :data:`SOURCES`. A source that holds nothing for the
period because nobody looked is not zero: it says why it cannot tell.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from records.alert_rules import read_alert_rules
from records.cases import Prediction, Quarantine, ReaderAssessment, Study
from records.product import Deployment, Device, ModelVersion
from records.queries import prediction_rows
from records.study_corrections import StudyCorrection
from records.surveillance import Alert, MonitoringPlan


@dataclass(frozen=True, slots=True)
class Counted:
    """What a source showed: events by kind, on how many units, or why it cannot tell."""

    of: Counter[str] = field(default_factory=Counter)
    exposure: int = 0
    unit: str = "studies read"
    share: bool = True
    """Whether each unit has the event or not; else a unit may have several."""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """A device's days, both included (UTC)."""

    device: str
    first: date
    last: date

    @property
    def since(self) -> datetime:
        """Its first instant."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)

    @property
    def before(self) -> datetime:
        """The first instant after it."""
        return self.since + timedelta(days=(self.last - self.first).days + 1)


def studies_read(reader: Session, period: Period) -> int:
    """The exposure: studies that the device read and returned to care."""
    query = _read(period, func.count(func.distinct(Prediction.study_id)))
    return int(reader.exec(query).one())


def _read(period: Period, *what: Any) -> Any:
    return (
        select(*what).select_from(Prediction)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(
            Device.name == period.device, col(Prediction.returned_to_care).is_(True),
            Prediction.predicted_at >= period.since, Prediction.predicted_at < period.before,
        )
    )  # fmt: skip


def _sites(period: Period) -> Any:
    """The sites where a version of the device ran, at any time."""
    return (
        select(Deployment.site_id)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == period.device)
    )


def _corrections_of(table: Any) -> Any:
    """The rows that a later version replaced."""
    return select(table.supersedes_id).where(table.supersedes_id.is_not(None))


def _alerts(reader: Session, period: Period, studies: int) -> Counted:
    query = (
        select(Alert, MonitoringPlan.content)
        .join(MonitoringPlan, col(MonitoringPlan.id) == Alert.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
        .where(
            Device.name == period.device, Alert.raised_on >= period.first,
            Alert.raised_on <= period.last,
        )
    )
    classes = Counter(
        read_alert_rules(content).class_of(*alert.charts) for alert, content in reader.exec(query)
    )
    return Counted(classes, studies, share=False)


def _unread(reader: Session, period: Period, _studies: int) -> Counted:
    """Studies that came to a site where the device is live and that it has not read."""
    query = (
        select(Study.id, Prediction.id)
        .select_from(Study)
        .join(Deployment, col(Deployment.site_id) == Study.site_id)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .outerjoin(
            Prediction,
            (col(Prediction.study_id) == Study.id)
            & (col(Prediction.model_version_id) == ModelVersion.id),
        )
        .where(
            Device.name == period.device, Deployment.mode == "live", Study.purpose == "clinical",
            Study.received_at >= period.since, Study.received_at < period.before,
            Deployment.started_at <= Study.received_at,
            col(Deployment.ended_at).is_(None) | (col(Deployment.ended_at) > Study.received_at),
        )
    )
    said: dict[int, bool] = {}
    for study, prediction in reader.exec(query):
        number = study or 0
        said[number] = said.get(number, False) or prediction is not None
    return Counted(Counter(unread=sum(not one for one in said.values())), len(said),
                   "studies that came to live sites")  # fmt: skip


def _quarantined(reader: Session, period: Period, studies: int) -> Counted:
    query = select(Quarantine.reason, func.count()).where(
        Quarantine.received_at >= period.since, Quarantine.received_at < period.before,
        col(Quarantine.site_id).in_(_sites(period)),
    ).group_by(Quarantine.reason)
    return Counted(Counter(dict(reader.exec(query).all())), studies, share=False)


def _answers(reader: Session, period: Period, _studies: int) -> Counted:
    query = _read(period, ReaderAssessment.response, func.count()).join(
        ReaderAssessment, col(ReaderAssessment.prediction_id) == Prediction.id
    ).where(
        ReaderAssessment.response != "",
        col(ReaderAssessment.id).not_in(_corrections_of(ReaderAssessment)),
    ).group_by(ReaderAssessment.response)
    found = Counter(dict(reader.exec(query).all()))
    other = Counter({name: n for name, n in found.items() if name != "accepted"})
    if not found:
        return Counted(why_not="no reader answered a result in the period")
    return Counted(other, found.total(), "results answered by readers")


def _wrong(reader: Session, period: Period, _studies: int) -> Counted:
    """Answers that the truth contradicts, by the one rule for truth (:mod:`records.truth`), among
    studies of the period that were read for care and have one that counts."""
    returned = set(reader.exec(_read(period, Prediction.study_id, Prediction.model_version_id)))
    known = [
        row
        for version in _versions(reader, period)
        for row in prediction_rows(reader, version, since=period.first, until=period.last)
        if row["truth"] is not None and (row["study_id"], version.id) in returned
    ]
    if not known:
        return Counted(why_not="no study that was read in the period has its truth yet")
    found = Counter(
        "false negative" if row["truth"] else "false positive"
        for row in known if bool(row["decision"]) != bool(row["truth"])
    )
    return Counted(found, len(known), "studies read whose truth is known")


def _versions(reader: Session, period: Period) -> list[ModelVersion]:
    query = (
        select(ModelVersion).join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == period.device).order_by(col(ModelVersion.id))
    )
    return list(reader.exec(query))


def _corrected(reader: Session, period: Period, studies: int) -> Counted:
    query = select(StudyCorrection.kind, func.count()).join(
        Study, col(Study.id) == StudyCorrection.study_id
    ).where(
        StudyCorrection.recorded_at >= period.since, StudyCorrection.recorded_at < period.before,
        col(Study.site_id).in_(_sites(period)),
    ).group_by(StudyCorrection.kind)
    return Counted(Counter(dict(reader.exec(query).all())), studies, share=False)


Source = Callable[[Session, Period, int], Counted]

SOURCES: Final[dict[str, Source]] = {
    "alerts": _alerts,
    "unread studies": _unread,
    "refused files": _quarantined,
    "reader answers": _answers,
    "wrong answers": _wrong,
    "corrected studies": _corrected,
}
"""From which records events are counted; 'of' of an item names kinds of events of a source."""
