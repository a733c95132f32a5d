"""The truth of a study as known by a day: the strongest that counts, of those known by then.

One place for queries, charts and documents. Of each source the newest version known by the day
stands; one that is withdrawn gives no truth and a preliminary one not yet; of those that are left
the strongest kind is the truth (:mod:`records.reference_kinds`). What became known later changes
nothing of what was known before. An outline says where a structure lies, not whether a finding is
there: see :mod:`records.outlines`.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from records.adjudication import ADJUDICATED
from records.cases import ReferenceStandard, Study
from records.product import Device, ModelVersion, Site
from records.reference_kinds import DEFAULT_RULE, FINAL, TruthRule, rule_declared

Truth = type[ReferenceStandard]
By = date | datetime | None
"""What was known by a day, or was on record at an instant; None: all that is on record."""


def rule_of(session: Session, version: ModelVersion) -> TruthRule:
    """The rule that the definition of a version's device declares."""
    return rule_declared(session.get_one(Device, version.device_id).definition)


def standing(one: Truth, by: By) -> ColumnElement[bool]:
    """Whether a reference standard is the newest of its source that is known by a day.

    Which finding it is of is not asked: a source says one thing about a study.
    """
    newer = aliased(ReferenceStandard)
    later = [
        col(newer.study_id) == one.study_id, col(newer.source) == one.source,
        col(newer.version) > col(one.version), *_known(newer, by),
    ]  # fmt: skip
    return and_(
        *_known(one, by), ~select(newer.id).where(*later).correlate(one, Study).exists()
    )


def first_of_source(one: Truth) -> Any:
    """The day on which the first version of the same source became known; a column."""
    first = aliased(ReferenceStandard)
    return (
        select(func.min(first.known_on))
        .where(first.study_id == one.study_id, first.source == one.source)
        .correlate(one)
        .scalar_subquery()
    )


def counting(one: Truth, rule: TruthRule) -> ColumnElement[bool]:
    """Whether a figure may rest on it: final, of a kind that counts, about the finding.

    What adjudication found is of studies that were drawn, and counts only with their weights
    (:mod:`records.adjudicated`).
    """
    return and_(
        col(one.region) == "", col(one.state) == FINAL, col(one.kind).in_(rule.order),
        col(one.source) != ADJUDICATED,
    )


def strength(one: Truth, rule: TruthRule) -> ColumnElement[int]:
    """0 for the strongest kind of the rule, and one more for each after it."""
    ranks = {kind: place for place, kind in enumerate(rule.order)}
    return case(ranks, value=col(one.kind), else_=len(ranks))


def truth_of_study(rule: TruthRule = DEFAULT_RULE, *, by: By = None) -> Any:
    """Joins a study to the one reference standard that is its truth as known by a day.

    Of one strength: the source that became known first, of one day the first by name; so it does
    not depend on the order in which they were recorded.
    """
    several = aliased(ReferenceStandard)
    strongest = (
        select(several.id)
        .where(several.study_id == Study.id, counting(several, rule), standing(several, by))
        .order_by(strength(several, rule), first_of_source(several), col(several.source))
        .limit(1)
        .correlate(Study)
    )
    return col(ReferenceStandard.id) == strongest.scalar_subquery()


def first_known_on(rule: TruthRule = DEFAULT_RULE, *, by: By = None) -> Any:
    """The day on which a study's first truth that counts became known; a column.

    On that day it enters the charts, once: a stronger truth that comes later is a correction.
    """
    first, newer = aliased(ReferenceStandard), aliased(ReferenceStandard)
    same_day = select(newer.id).where(
        newer.study_id == first.study_id, newer.source == first.source,
        col(newer.version) > col(first.version), col(newer.known_on) <= col(first.known_on),
    )
    return (
        select(func.min(first.known_on))
        .where(
            first.study_id == Study.id, counting(first, rule), *_known(first, by),
            ~same_day.correlate(first).exists(),
        )
        .correlate(Study)
        .scalar_subquery()
    )


def standing_truths(rule: TruthRule, *, by: By) -> ColumnElement[bool]:
    """Which reference standards of a study figures rest on, joined to it: its truth as known by a
    day, and where its structures lie."""
    one = ReferenceStandard
    return and_(
        col(one.study_id) == col(Study.id),
        or_(truth_of_study(rule, by=by),
            and_(col(one.region) != "", col(one.state) == FINAL, standing(one, by))),
    )  # fmt: skip


def _known(one: Truth, by: By) -> list[ColumnElement[bool]]:
    if by is None:
        return []
    return [(col(one.received_at) if isinstance(by, datetime) else col(one.known_on)) <= by]


@dataclass(frozen=True)
class OnRecord:
    """The newest version of what a source says about a study."""

    id: int
    study_uid: str
    source: str
    finding: str
    present: bool
    kind: str
    state: str
    version: int
    known_on: date


_COLUMNS = (
    ReferenceStandard.id, Study.study_uid, ReferenceStandard.source, ReferenceStandard.finding,
    ReferenceStandard.present, ReferenceStandard.kind, ReferenceStandard.state,
    ReferenceStandard.version, ReferenceStandard.known_on,
)  # fmt: skip


def truths_on_record(
    session: Session, uids: Set[str] | None = None
) -> dict[tuple[str, str], OnRecord]:
    """By pseudonymous study UID and source, the newest version; regions apart.

    uids: only of these studies.
    """
    query = (
        select(*_COLUMNS)  # type: ignore[call-overload]
        .join(ReferenceStandard, col(ReferenceStandard.study_id) == Study.id)
        .where(ReferenceStandard.region == "")
        .order_by(col(ReferenceStandard.version))
    )
    found = (OnRecord(*row) for row in session.exec(query))
    return {
        (one.study_uid, one.source): one for one in found if uids is None or one.study_uid in uids
    }


def sources_of_truth(
    session: Session, uids: Set[str], rule: TruthRule = DEFAULT_RULE
) -> list[str]:
    """By what the truth of these studies is known: the sources that stand; in order of name."""
    query = (
        select(Study.study_uid, ReferenceStandard.source)
        .join(ReferenceStandard, truth_of_study(rule))
        .distinct()
    )
    return sorted({source for uid, source in session.exec(query) if uid in uids})


@dataclass(frozen=True)
class ChangedTruth:
    """A study whose truth is another since a day: what it was, what it is, and at which site."""

    study_id: int
    site: str
    before: str
    after: str


def truths_changed_on(
    session: Session, day: date, rule: TruthRule = DEFAULT_RULE, *,
    sites: Iterable[str] | None = None,
) -> list[ChangedTruth]:  # fmt: skip
    """The studies in operation that had a truth the day before and have another one, or none,
    since: by a correction, or because a stronger source says otherwise. In order of study."""
    touched = select(ReferenceStandard.study_id).where(
        ReferenceStandard.known_on == day, ReferenceStandard.region == ""
    )
    said: list[dict[int, tuple[str, str]]] = []
    for by in (date.fromordinal(day.toordinal() - 1), day):
        query = (
            select(Study.id, Site.name, ReferenceStandard.present, ReferenceStandard.finding)
            .join(Site, col(Site.id) == Study.site_id)
            .join(ReferenceStandard, truth_of_study(rule, by=by))
            .where(col(Study.id).in_(touched), Study.purpose == "clinical")
        )
        if sites is not None:
            query = query.where(col(Site.name).in_(list(sites)))
        said.append({
            int(study or 0): (site, f"{finding} {'present' if present else 'absent'}")
            for study, site, present, finding in session.exec(query)
        })  # fmt: skip
    before, after = said
    return [
        ChangedTruth(study, site, was, after.get(study, (site, "no truth"))[1])
        for study, (site, was) in sorted(before.items())
        if after.get(study, (site, "no truth"))[1] != was
    ]
