"""How readers use the device: what they accept, overrule, and never answer; and whether they follow
it where it is wrong.

Shares with Wilson's interval, which takes answers as independent: those of one reader resemble each
other, so that each reader is told apart too. Nothing here judges a person: a reader who overrules
more may see more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from measures.comparison import newcombe_difference
from measures.estimate import Estimate
from measures.proportions import wilson
from records.cases import Prediction, ReaderAssessment, Study
from records.product import Device, ModelVersion, Site
from records.queries import prediction_rows
from records.reader_answers import ACCEPTED, CHANGED, REJECTED, standing
from records.reader_link_acts import Standing, standing_of
from records.reader_links import ReaderLink

NOT_ANSWERED: Final = "not answered"
"""A link that went out and expired unused: the result was not opened, or not answered."""
OUTCOMES: Final = (ACCEPTED, CHANGED, REJECTED, NOT_ANSWERED)
GROUPS: Final = ("site", "reader", "month")
IN_WORDS: Final = {
    "accepted": "Accepted", "changed": "Changed", "rejected": "Rejected",
    "not_answered": "Never answered", "override_rate": "Overruled, of the answers",
    "agreement_with_device": "Says as the device",
    "accepted_where_right": "Accepted where the device was right",
    "accepted_where_wrong": "Accepted where the device was wrong",
    "accepted_right_minus_wrong": "Difference, right less wrong",
}
"""Each measure as the page and the command line say it."""


@dataclass(frozen=True, slots=True)
class Met:
    """One result before one reader. response: one of the outcomes, or '' where the reader said what
    is there and nothing of the output. said: whether the reader says that the finding is present;
    None where there is no answer. decision: what the device said. truth: None where not known."""

    site: str
    reader: str
    day: date
    response: str
    said: bool | None
    decision: bool
    truth: bool | None

    @property
    def month(self) -> str:
        """The month of the answer, or in which the link went out, such as 2026-02."""
        return f"{self.day:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is told of a group of results before readers; name: 'all', or of the site, reader or
    month."""

    name: str
    results: int
    estimates: tuple[Estimate, ...]

    def of(self, measure: str) -> Estimate:
        """The estimate of that measure."""
        return next(one for one in self.estimates if one.measure == measure)


def results_met(
    session: Session, device: str, *, now: datetime, since: date | None = None,
    until: date | None = None,
) -> list[Met]:
    """Every result of a device before a reader, in the order of the days: what was answered last,
    or that the reader's links have expired unused. Open and withdrawn links are not counted yet.

    The truth is what counts by the device's rule, as surveillance takes it; results of readings
    without the output in view are left out.
    """
    answers = session.exec(
        select(ReaderAssessment)
        .where(_of(ReaderAssessment, device), col(ReaderAssessment.saw_output), standing())
        .order_by(col(ReaderAssessment.id))
    ).all()
    links = session.exec(select(ReaderLink).where(_of(ReaderLink, device))).all()
    outputs = _outputs(session, device)
    found: dict[tuple[int, str], Met] = {}
    waiting: dict[tuple[int, str], list[ReaderLink]] = {}
    for link in links:
        waiting.setdefault((link.prediction_id, link.reader), []).append(link)
    for key, own in waiting.items():
        stands = {standing_of(one, now) for one in own} - {Standing.WITHDRAWN}
        if stands == {Standing.EXPIRED}:
            site, decision, truth = outputs[key[0]]
            day = max(one.issued_at for one in own).date()
            found[key] = Met(site, key[1], day, NOT_ANSWERED, None, decision, truth)
    for one in answers:
        site, decision, truth = outputs[one.prediction_id or 0]
        found[one.prediction_id or 0, one.reader] = Met(
            site, one.reader, one.assessed_on, one.response, one.present, decision, truth
        )
    chosen = [
        one for one in found.values()
        if (since is None or one.day >= since) and (until is None or one.day <= until)
    ]
    return sorted(chosen, key=lambda one: (one.day, one.site, one.reader))


def _of(table: type[ReaderLink] | type[ReaderAssessment], device: str) -> Any:
    """The condition that a record is about an output of the device."""
    return (
        select(Prediction.id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device, col(Prediction.id) == col(table.prediction_id))
        .correlate(table)
        .exists()
    )


def _outputs(session: Session, device: str) -> dict[int, tuple[str, bool, bool | None]]:
    """Site, decision and truth of each output of the device that has met a reader, by a link or an
    answer: the others, which may be millions, are not looked at."""
    met = [
        select(table.prediction_id).where(_of(table, device))
        for table in (ReaderLink, ReaderAssessment)
    ]
    asked = or_(*(col(Prediction.id).in_(one) for one in met))
    query = (
        select(Prediction.id, Prediction.study_id, Prediction.model_version_id, Site.name,
               Prediction.decision)  # type: ignore[call-overload]
        .join(Study, col(Study.id) == Prediction.study_id)
        .join(Site, col(Site.id) == Study.site_id)
        .where(asked)
    )  # fmt: skip
    rows, studies = session.exec(query).all(), select(Prediction.study_id).where(asked)
    truths: dict[tuple[int, int], bool] = {}
    for number in sorted({one[2] for one in rows}):
        version = session.get_one(ModelVersion, number)
        for row in prediction_rows(session, version, among=studies):
            if row["truth"] is not None:
                truths[number, row["study_id"]] = bool(row["truth"])
    return {
        int(one or 0): (site, decision, truths.get((version, study)))
        for one, study, version, site, decision in rows
    }


def behaviour_of(met: Sequence[Met], name: str = "all") -> Behaviour:
    """Shares accepted, changed, rejected and never answered; the override rate; agreement with the
    device; and how often it was accepted where later truth says that it was wrong, and right.

    An automated look at automation bias: readers who look for themselves accept wrong outputs less
    often than right ones; the difference (right less wrong, Newcombe) says how far they tell them
    apart. It counts outputs that truth is known of only, and so what truth was sought for.

    >>> met = [Met("a", "R1", date(2026, 2, 1), ACCEPTED, True, True, True)] * 8
    >>> met += [Met("a", "R1", date(2026, 2, 1), CHANGED, False, True, False)] * 2
    >>> print(behaviour_of(met).of("override_rate"))
    override_rate 0.200 (95 % interval 0.057 to 0.510, n = 10)
    """
    told = [one for one in met if one.response in OUTCOMES]
    answered = [one for one in told if one.response != NOT_ANSWERED]
    read = [one for one in met if one.said is not None]
    found = [
        _share(outcome.replace(" ", "_"), [one.response == outcome for one in told])
        for outcome in OUTCOMES
    ]
    found.append(_share("override_rate", [one.response != ACCEPTED for one in answered]))
    found.append(_share("agreement_with_device", [one.said == one.decision for one in read]))
    known = [one for one in answered if one.truth is not None]
    right, wrong = (
        _share("accepted_of_known", [
            one.response == ACCEPTED for one in known if (one.decision == one.truth) is correct
        ]) for correct in (True, False)
    )  # fmt: skip
    apart = newcombe_difference(right, wrong)
    found += [
        replace(right, measure="accepted_where_right"),
        replace(wrong, measure="accepted_where_wrong"),
        replace(apart, measure="accepted_right_minus_wrong"),
    ]
    return Behaviour(name, len(met), tuple(one.for_subgroup(name) for one in found))


def behaviour_by(met: Sequence[Met], group: str) -> list[Behaviour]:
    """The same for each site, reader or month, in their order."""
    named: Mapping[str, Callable[[Met], str]] = {
        "site": lambda one: one.site, "reader": lambda one: one.reader,
        "month": lambda one: one.month,
    }
    found: dict[str, list[Met]] = {}
    for one in met:
        found.setdefault(named[group](one), []).append(one)
    return [behaviour_of(some, name) for name, some in sorted(found.items())]


def _share(measure: str, hits: Iterable[bool]) -> Estimate:
    counted = list(hits)
    if not counted:
        return Estimate.not_estimable(measure, "no result of that kind", n=0)
    return wilson(measure, sum(counted), len(counted))
