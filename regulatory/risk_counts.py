"""How often an event of the risk file showed in use: numerator and denominator from the records.

Each source is one function by its name in :data:`SOURCES`. A source that holds nothing for the
period because nobody looked is not zero: it says why it cannot tell.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from records.alert_rules import read_alert_rules
from records.awareness import AwarenessCandidate
from records.cases import Prediction, Quarantine, ReaderAssessment, Study
from records.complaints import NO_COMPLAINT, Complaint, told_again
from records.incidents import CandidateScreening, Incident
from records.product import Deployment, Device, ModelVersion
from records.queries import prediction_rows
from records.study_corrections import StudyCorrection
from records.surveillance import Alert, MonitoringPlan
from records.use_in_care import read_in_care

COMPLAINTS, INCIDENTS = "complaints", "incidents"
NOT_CODED: Final = "not coded"


@dataclass(frozen=True, slots=True)
class Counted:
    """What a source showed: events by kind, on how many units, or why it cannot tell."""

    of: Counter[str] = field(default_factory=Counter)
    exposure: int = 0
    unit: str = "studies read"
    share: bool = True
    """Whether each unit has the event or not; else a unit may have several."""
    why_not: str = ""
    cases: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """By kind which events they are, where one event may be of several kinds: it counts once."""
    undecided: int = 0
    """Events whose kind nobody has decided yet."""

    def events(self, of: Sequence[str]) -> int:
        """How many events are of these kinds; of any where none is named."""
        if self.cases:
            return len(frozenset().union(*(self.cases.get(one, ()) for one in of or self.cases)))
        return sum(self.of[name] for name in of) if of else self.of.total()


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
    """The exposure: studies that the device read in care."""
    query = _read(period, func.count(func.distinct(Prediction.study_id)))
    return int(reader.exec(query).one())


def _read(period: Period, *what: Any) -> Any:
    return (
        select(*what).select_from(Prediction)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(
            Device.name == period.device, read_in_care(),
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


def categories_of(one: Complaint | Incident) -> list[str]:
    """The categories under which an event is coded; none while nobody has coded it."""
    return [str(code["category"]) for code in one.codes]


def counting_complaints(reader: Session, device: str) -> Any:
    """The complaints about a device, all its revisions, that count: an event that several tell of
    counts once, by the earliest, and what was decided to be no complaint not at all."""
    return (
        select(Complaint).join(Device, col(Device.id) == Complaint.device_id)
        .where(Device.name == device, Complaint.status != NO_COMPLAINT,
               col(Complaint.id).not_in(told_again(reader)))
    )  # fmt: skip


def _of_device(period: Period) -> Any:
    return select(Device.id).where(Device.name == period.device)


def _complaints(reader: Session, period: Period, studies: int) -> Counted:
    """By category, of those received in the period. Nothing is told of what nobody complains of."""
    own = _of_device(period)
    if reader.exec(select(Complaint.id).where(col(Complaint.device_id).in_(own))).first() is None:
        return Counted(why_not="no complaint about the device was ever taken in: whether they are "
                       "kept elsewhere is not known")  # fmt: skip
    query = counting_complaints(reader, period.device).where(
        Complaint.received_at >= period.since, Complaint.received_at < period.before
    )
    return _by_category(reader.exec(query), studies)


def _incidents(reader: Session, period: Period, studies: int) -> Counted:
    """By category, of those opened in the period; not told while candidates wait for screening."""
    own = _of_device(period)
    waiting = select(func.count()).select_from(AwarenessCandidate).where(
        col(AwarenessCandidate.device_id).in_(own),
        AwarenessCandidate.known_at >= period.since, AwarenessCandidate.known_at < period.before,
        col(AwarenessCandidate.id).not_in(select(CandidateScreening.candidate_id)),
    )
    if open_ones := reader.exec(waiting).one():
        return Counted(why_not=f"{open_ones} awareness candidates of the period were not screened "
                       "yet: whether they are incidents is not known")  # fmt: skip
    query = select(Incident).where(
        col(Incident.device_id).in_(own), Incident.opened_at >= period.since,
        Incident.opened_at < period.before,
    )
    found: list[Incident] = list(reader.exec(query))
    return _by_category(found, studies)


def _by_category(found: Iterable[Complaint] | Iterable[Incident], studies: int) -> Counted:
    cases: dict[str, set[int]] = {}
    undecided = 0
    for one in found:
        named = categories_of(one)
        undecided += not named
        for kind in named or [NOT_CODED]:
            cases.setdefault(kind, set()).add(one.id or 0)
    return Counted(
        Counter({kind: len(members) for kind, members in cases.items()}), studies, share=False,
        cases={kind: frozenset(members) for kind, members in cases.items()}, undecided=undecided,
    )


Source = Callable[[Session, Period, int], Counted]

SOURCES: Final[dict[str, Source]] = {
    "alerts": _alerts,
    "unread studies": _unread,
    "refused files": _quarantined,
    "reader answers": _answers,
    "wrong answers": _wrong,
    "corrected studies": _corrected,
    COMPLAINTS: _complaints,
    INCIDENTS: _incidents,
}
"""From which records events are counted; 'of' of an item names kinds of events of a source."""
