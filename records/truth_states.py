"""What is known of each study that a device has read: true, weak, partial, late, or nothing yet.

The states exclude each other and follow the rule of :mod:`records.reference_kinds`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

from sqlalchemy import and_, func, over
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from records.cases import Prediction, ReferenceStandard, Study
from records.day_counts import versions_of
from records.finding_states import any_is_known
from records.product import Device, Site
from records.reference_kinds import FINAL, PRELIMINARY, WITHDRAWN, TruthRule
from records.truth import counting, strength

KNOWN, PARTIAL, WEAK, WITHDRAWN_ONLY = "known", "partial", "weak only", "withdrawn"
WAITING, LATE = "waiting", "late"
STUDY_STATES = (KNOWN, PARTIAL, WEAK, WITHDRAWN_ONLY, WAITING, LATE)
"""known: a truth that counts. partial: preliminary, or not told of any finding. weak only: of a
kind that counts for no figure, such as report text. withdrawn: nothing else is left. waiting:
nothing yet. late: nothing, beyond the days that the plan lets truths count."""


@dataclass(frozen=True)
class Statement:
    """What one source says of a study, in its newest version known by a day."""

    source: str
    kind: str
    state: str
    present: bool
    finding: str


@dataclass(frozen=True)
class StudyTruth:
    """A study and what is known of it by a day.

    kind: of the truth that counts; '' also where none does. first_known_on: the day on which the
    first truth that counts became known. statements: the strongest first.
    """

    study_id: int
    site: str
    arrived_on: date
    state: str
    kind: str
    first_known_on: date | None
    statements: tuple[Statement, ...]


def study_truths(
    session: Session, device: Device, rule: TruthRule, *, by: date, late_after_days: int,
    since: date | None = None, until: date | None = None, days: Collection[date] | None = None,
    structure: str = "",
) -> list[StudyTruth]:  # fmt: skip
    """The studies that any version of the device has read in operation, as known by a day.

    Two questions, whatever the number of studies, each read once from end to end. days: only those
    that arrived on one of them. structure: the source whose outlines, boxes or courses are the
    truth, where yes or no is not; '' where it is. In order of study.
    """
    read = (
        select(Prediction.id)
        .where(col(Prediction.study_id) == Study.id, col(Prediction.deployment_id).is_not(None),
               col(Prediction.model_version_id).in_(versions_of(session, device.name)))
        .correlate(Study)
    )  # fmt: skip
    chosen = [
        col(Study.arrived_on) <= (by if until is None else min(by, until)),
        col(Study.purpose) == "clinical", read.exists(),
    ]  # fmt: skip
    if since is not None:
        chosen.append(col(Study.arrived_on) >= since)
    if days is not None:
        chosen.append(col(Study.arrived_on).in_(days))
    said = _said(session, rule, by, chosen, structure)
    query = (
        select(col(Study.id), col(Site.name), col(Study.arrived_on))
        .join(Site, col(Site.id) == Study.site_id)
        .where(*chosen).order_by(col(Study.id))
    )  # fmt: skip
    studies, nothing = [], _Said()
    for study, site, arrived in session.exec(query):
        found = said.get(study or 0, nothing)
        truth, first, statements = found.truth, found.first, tuple(found.statements)
        if truth is not None and any_is_known(truth.finding):
            state, kind = KNOWN, truth.kind
        else:
            late = (by - arrived).days > late_after_days
            state = _unknown(statements, rule, late, told=truth is not None)
            kind, first = "", None
        studies.append(StudyTruth(study or 0, site, arrived, state, kind, first, statements))
    return studies


def _unknown(statements: Sequence[Statement], rule: TruthRule, late: bool, *, told: bool) -> str:
    """The state of a study of which no truth counts; told: one does, but of no finding."""
    left = [one for one in statements if one.state != WITHDRAWN]
    if told or any(one.state == PRELIMINARY and one.kind in rule.order for one in left):
        return PARTIAL
    if left:
        return WEAK
    if statements:
        return WITHDRAWN_ONLY
    return LATE if late else WAITING


@dataclass(slots=True)
class _Said:
    """Of one study what each source says, the strongest first; the one that is the truth, and the
    day on which the first truth that counts became known."""

    statements: list[Statement] = field(default_factory=list)
    truth: Statement | None = None
    first: date | None = None


def _said(
    session: Session, rule: TruthRule, by: date, chosen: Sequence[Any], structure: str
) -> dict[int, _Said]:
    """What is said of each study, by the rule of :mod:`records.truth`, for all studies at once.

    Windows instead of a subquery for each study, which took half a minute for 100,000 of them.
    """
    one, newest, first, newest_then = _versions(by, chosen)
    about = col(one.source) == structure if structure else col(one.region) == ""
    stands = col(one.version) == newest
    counts = and_(stands, col(one.state) == FINAL) if structure else counting(one, rule)
    query = (
        select(one.study_id, one.source, one.kind, one.state, one.present, one.finding,
               one.known_on, first, stands, counts, col(one.version) == newest_then)  # type: ignore[call-overload]
        .where(about)
        .order_by(one.study_id, strength(one, rule), first, one.source)
    )  # fmt: skip
    found: dict[int, _Said] = {}
    alike: dict[tuple[Any, ...], Statement] = {}
    for study, *said, known_on, begun, standing, counted, entered in session.exec(query):
        of = found.setdefault(study, _Said())
        key = tuple(said)
        statement = alike.setdefault(key, alike.get(key) or Statement(*key))
        if standing:
            of.statements.append(statement)
            if counted and (structure or of.truth is None):
                of.truth = statement
        if structure:
            of.first = begun if standing and counted else of.first
        elif counted and entered and (of.first is None or known_on < of.first):
            of.first = known_on
    return found


def _versions(by: date, chosen: Sequence[Any]) -> tuple[Any, Any, Any, Any]:
    """Every version that is known by a day of what sources say of these studies, and of its source:
    the newest version, the day of the first, and the newest version known on the version's own day.
    """
    source = [col(ReferenceStandard.study_id), col(ReferenceStandard.source)]
    versions = (
        select(
            ReferenceStandard,
            over(func.max(ReferenceStandard.version), partition_by=source).label("newest"),
            over(func.min(ReferenceStandard.known_on), partition_by=source).label("begun"),
            over(func.max(ReferenceStandard.version), partition_by=source,
                 order_by=col(ReferenceStandard.known_on)).label("newest_then"),
        )
        .where(
            col(ReferenceStandard.study_id).in_(select(Study.id).where(*chosen)),
            ReferenceStandard.known_on <= by,
        )
        .subquery()
    )  # fmt: skip
    one = aliased(ReferenceStandard, versions)
    return one, versions.c.newest, versions.c.begun, versions.c.newest_then


@dataclass(frozen=True)
class Pair:
    """Two kinds that both say something final of the same studies: the stronger one's answers, and
    the other's, in order of study."""

    stronger: str
    weaker: str
    first: tuple[bool, ...]
    second: tuple[bool, ...]


def pairs_of_kinds(studies: Iterable[StudyTruth]) -> list[Pair]:
    """What two sources said of one study, by their kinds: present or absent, the stronger first.

    Of several sources of one kind the one that stands; two of the same kind are a pair too.
    """
    found: dict[tuple[str, str], list[tuple[bool, bool]]] = {}
    for study in studies:
        final = [
            one for one in study.statements if one.state == FINAL and any_is_known(one.finding)
        ]
        mine: dict[tuple[str, str], tuple[bool, bool]] = {}
        for one, other in combinations(final, 2):
            mine.setdefault((one.kind, other.kind), (one.present, other.present))
        for kinds, answers in mine.items():
            found.setdefault(kinds, []).append(answers)
    return [
        Pair(*kinds, *(tuple(side) for side in zip(*answers, strict=True)))
        for kinds, answers in sorted(found.items())
    ]
