"""The list for the learning meeting: studies in which the device and what became known disagree.

A study is on the list of the month in which the disagreement became known: by its reference
standard, or by the radiologist's report. Listed are answers that readers were given. A study that
blinded readers are still to read is left out, since the list tells what the device said of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select

from records.adjudication import WAITING, AdjudicationCase
from records.answer_counts import answers_judged
from records.cases import Prediction, ReferenceStandard, Study
from records.day_counts import versions_of
from records.errors import InvalidInput, NotFound
from records.held_definition import definition_of
from records.product import ModelVersion, Site
from records.queries import find_device, find_site
from records.reference_kinds import TruthRule, rule_declared
from records.report_answers import PRESENT, report_rows, said_of, standing_answers
from records.reports import CORRECTED, FINAL, RadiologyReport
from records.truth import truth_of_study
from records.use_in_care import read_in_care
from records.zones import in_utc

MISSED, FALSE_ALARM = "missed", "false alarm"
REPORT_ONLY, DEVICE_ONLY = "report alone says present", "device alone says present"
KINDS: Final = {
    MISSED: "not flagged, and the reference standard says that the finding is there",
    FALSE_ALARM: "flagged, and the reference standard says that it is not there",
    REPORT_ONLY: "not flagged, and the final report says that the finding is there",
    DEVICE_ONLY: "flagged, and the final report says that it is not there",
}


@dataclass(frozen=True, slots=True)
class Discordant:
    """A study in which the device and what became known disagree; nobody is named.

    reference: what the reference standard says, with its kind; report: what the report says. Empty
    where there is none. known_on: the day on which the disagreement became known.
    """

    study_id: int
    study: str
    site: str
    arrived_on: date
    known_on: date
    version_id: int
    device_says: str
    score: float | None
    reference: str
    report: str
    kind: str

    @property
    def version(self) -> str:
        """The version that answered, by its label."""
        return ModelVersion.label_of(self.version_id)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        names = ("study", "site", "arrived_on", "known_on", "version", "device_says", "score",
                 "reference", "report", "kind")  # fmt: skip
        return {name: getattr(self, name) for name in names}


_AT_ONCE: Final = 5000
"""Studies that one question names: databases take so many, and not many more."""
Cases = dict[int, Discordant]
"""By the number of the study."""


@dataclass(frozen=True, slots=True)
class DiscordanceList:
    """The list of a month: the cases, and how many wait for blinded readers and are left out."""

    device: str
    finding: str
    first: date
    last: date
    cases: tuple[Discordant, ...]
    withheld: int
    untold: str = ""
    """Why no disagreement can be told of this device; empty where it can."""

    @property
    def counts(self) -> dict[str, int]:
        """How many cases of each kind."""
        return {kind: sum(one.kind == kind for one in self.cases) for kind in KINDS}


def month_of(text: str) -> tuple[date, date]:
    """The first and last day of a month such as 2026-03.

    Raises:
        InvalidInput: It is none.

    >>> month_of("2026-02")
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    """
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise InvalidInput(
            f"'{text}' is no month.", hint="A month looks like 2026-03."
        ) from None
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def months_before(day: date, number: int = 12) -> list[str]:
    """The month of a day and those before it, the newest first.

    >>> months_before(date(2026, 1, 31), 3)
    ['2026-01', '2025-12', '2025-11']
    """
    total = day.year * 12 + day.month - 1
    return [f"{(total - n) // 12:04d}-{(total - n) % 12 + 1:02d}" for n in range(number)]


def discordance_list(
    reader: Session, device_name: str, month: str, *, site: str = ""
) -> DiscordanceList:
    """The cases of a month for the learning meeting; site: of one only.

    Missed cases come first, then false alarms, then what only a report says otherwise.

    Raises:
        NotFound: There is no such device or site.
        InvalidInput: The month is none.
    """
    first, last = month_of(month)
    device = find_device(reader, device_name)
    if site and find_site(reader, site) is None:
        raise NotFound(f"No site '{site}' is registered.", hint="See 'radvigil site list'.")
    finding = definition_of(device).task.finding
    if not answers_judged(device):
        return DiscordanceList(
            device.name, finding, first, last, (), 0,
            "the device answers with no yes or no that could be refuted",
        )  # fmt: skip
    found: Cases = {}
    _by_reference(reader, device_name, first, last, site, found)
    _by_report(reader, device_name, finding, (first, last), site, found)
    hidden = _read_blinded(reader, found)
    order = list(KINDS)
    cases = sorted(
        (one for number, one in found.items() if number not in hidden),
        key=lambda one: (order.index(one.kind), one.site, one.study_id),
    )
    return DiscordanceList(device.name, finding, first, last, tuple(cases), len(hidden))


def _by_reference(
    reader: Session, device_name: str, first: date, last: date, site: str, found: Cases
) -> None:
    """Studies of which it became known in the month, and not before it, that the reference standard
    is not the device's answer; and was not corrected since. What says the same again later, a
    stronger kind or a new version of the same source, is no news for another meeting."""
    rule = rule_declared(find_device(reader, device_name).definition)
    truth = ReferenceStandard
    told = select(truth.study_id).where(truth.known_on >= first, truth.known_on <= last)
    before = _present(reader, rule, told, by=first - timedelta(days=1))
    now = _present(reader, rule, told)
    query = _answers(
        reader, device_name, site, truth.finding, truth.present, truth.kind, truth.known_on
    ).join(truth, truth_of_study(rule, by=last)).where(
        col(Study.id).in_(told), col(truth.known_on) >= first, col(truth.known_on) <= last,
        col(truth.present) != col(Prediction.decision),
    )  # fmt: skip
    for study, place, arrived, version, decision, score, finding, present, kind, known in (
        reader.exec(query)
    ):
        if not present and "?" in finding:  # of one of several findings nobody knows
            continue
        if before.get(study) == present or now.get(study) != present:
            continue
        found[study] = Discordant(
            study, Study.label_of(study), place, arrived, known, version,
            _said(decision), score, f"{_said(present)} ({kind})", "",
            FALSE_ALARM if decision else MISSED,
        )  # fmt: skip


def _by_report(
    reader: Session, device_name: str, finding: str, month: tuple[date, date], site: str,
    found: Cases,
) -> None:
    """What the reports that came in the month say; new ones only where no truth is known yet: the
    reference standard has the last word."""
    begin = datetime.combine(month[0], time(), UTC)
    end = datetime.combine(month[1] + timedelta(days=1), time(), UTC)
    came = select(RadiologyReport.study_id).where(
        RadiologyReport.received_at >= begin, RadiologyReport.received_at < end
    )
    rows = {row[0]: row for row in reader.exec(
        _answers(reader, device_name, site).where(col(Study.id).in_(came))
    )}  # fmt: skip
    rule = rule_declared(find_device(reader, device_name).definition)
    known = _present(reader, rule, came)
    for row in _reports(reader, {study: row[3] for study, row in rows.items()} | {
        study: one.version_id for study, one in found.items()
    }):  # fmt: skip
        study, said = row["study_id"], said_of(row["findings"], finding)
        if row["status"] not in (FINAL, CORRECTED) or not said:
            continue
        if study in found:
            found[study] = replace(found[study], report=said)
        elif (said == PRESENT) != rows[study][4] and study not in known and (
            begin <= in_utc(row["received_at"]) < end
        ):
            found[study] = _of_report(rows[study], said, in_utc(row["received_at"]).date())


def _present(
    reader: Session, rule: TruthRule, studies: Any, *, by: date | None = None
) -> dict[int, bool]:
    """Whether the finding is there in these studies, as known by a day; of those where it is known.
    """
    truth = ReferenceStandard
    query = (
        select(Study.id, truth.present, truth.finding).join(truth, truth_of_study(rule, by=by))
        .where(col(Study.id).in_(studies))
    )  # fmt: skip
    return {
        study or 0: bool(present) for study, present, finding in reader.exec(query)
        if present or "?" not in finding
    }


def _reports(reader: Session, versions: Mapping[int, int]) -> Iterable[dict[str, Any]]:
    """The standing report of each of these studies, of which the version that read it is given."""
    for version in sorted(set(versions.values())):
        known = reader.get_one(ModelVersion, version)
        studies = sorted(study for study, one in versions.items() if one == version)
        for at in range(0, len(studies), _AT_ONCE):
            some = studies[at : at + _AT_ONCE]
            yield from standing_answers(report_rows(reader, known, studies=some))


def _answers(reader: Session, device_name: str, site: str, *more: Any) -> Any:
    """The answers of a device that readers were given."""
    query: Any = (
        select(Study.id, Site.name, Study.arrived_on, Prediction.model_version_id,
               Prediction.decision, Prediction.score, *more)  # type: ignore[call-overload]
        .select_from(Prediction)
        .join(Study, col(Study.id) == col(Prediction.study_id))
        .join(Site, col(Site.id) == col(Study.site_id))
        .where(col(Prediction.model_version_id).in_(versions_of(reader, device_name)),
               Study.purpose == "clinical", read_in_care())
        .order_by(col(Study.id), col(Prediction.id))
    )  # fmt: skip
    return query.where(Site.name == site) if site else query


def _read_blinded(reader: Session, cases: Iterable[int]) -> set[int]:
    """Of these studies those that wait for blinded readers."""
    query = select(AdjudicationCase.study_id).where(
        AdjudicationCase.status == WAITING, col(AdjudicationCase.study_id).in_(sorted(cases))
    )
    return set(reader.exec(query))


def _of_report(row: Any, said: str, known_on: date) -> Discordant:
    study, place, arrived, version, decision, score = row
    return Discordant(
        study, Study.label_of(study), place, arrived, known_on, version,
        _said(decision), score, "", said, DEVICE_ONLY if decision else REPORT_ONLY,
    )


def _said(present: bool) -> str:
    return "present" if present else "absent"
