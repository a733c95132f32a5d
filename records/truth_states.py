"""What is known of each study that a device has read: true, weak, partial, late, or nothing yet.

The states exclude each other and follow the rule of :mod:`records.reference_kinds`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from sqlmodel import Session, col, select

from records.cases import Prediction, ReferenceStandard, Study
from records.finding_states import any_is_known
from records.product import Device, ModelVersion, Site
from records.reference_kinds import FINAL, PRELIMINARY, WITHDRAWN, TruthRule
from records.truth import first_known_on, first_of_source, standing, strength, truth_of_study

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
    since: date | None = None, until: date | None = None, structure: str = "",
) -> list[StudyTruth]:  # fmt: skip
    """The studies that any version of the device has read in operation, as known by a day.

    Two questions, whatever the number of studies. structure: the source whose outlines, boxes or
    courses are the truth, where yes or no is not; '' where it is. In order of study.
    """
    read = (
        select(Prediction.study_id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device.name, col(Prediction.deployment_id).is_not(None))
    )
    chosen = [
        col(Study.id).in_(read), col(Study.purpose) == "clinical",
        col(Study.arrived_on) <= (by if until is None else min(by, until)),
    ]  # fmt: skip
    if since is not None:
        chosen.append(col(Study.arrived_on) >= since)
    said = _statements(session, rule, by, chosen, structure)
    query = (
        select(Study.id, Site.name, Study.arrived_on, ReferenceStandard.kind,
               ReferenceStandard.finding, first_known_on(rule, by=by))  # type: ignore[call-overload]
        .join(Site, col(Site.id) == Study.site_id)
        .outerjoin(ReferenceStandard, truth_of_study(rule, by=by))
        .where(*chosen).order_by(Study.id)
    )  # fmt: skip
    studies = []
    for study, site, arrived, kind, finding, first in session.exec(query):
        statements, outlined = said.get(study, ((), None))
        if structure:
            kind, finding, first = outlined or (None, "", None)
        if kind is not None and any_is_known(finding):
            state = KNOWN
        else:
            waited = (by - arrived).days
            state = _unknown(statements, rule, waited > late_after_days, told=kind is not None)
            kind, first = "", None
        studies.append(StudyTruth(study, site, arrived, state, kind, first, statements))
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


def _statements(
    session: Session, rule: TruthRule, by: date, chosen: Sequence[Any], structure: str
) -> dict[int, tuple[tuple[Statement, ...], tuple[str, str, date] | None]]:
    """By study what each source says, the strongest first; and the kind of its true structure,
    with the day on which it became known."""
    one = ReferenceStandard
    about = col(one.source) == structure if structure else col(one.region) == ""
    query = (
        select(one.study_id, one.source, one.kind, one.state, one.present, one.finding,
               first_of_source(one))  # type: ignore[call-overload]
        .join(Study, col(Study.id) == one.study_id)
        .where(*chosen, about, standing(one, by))
        .order_by(one.study_id, strength(one, rule), first_of_source(one), one.source)
    )  # fmt: skip
    found: dict[int, tuple[tuple[Statement, ...], tuple[str, str, date] | None]] = {}
    for study, source, kind, state, present, finding, first in session.exec(query):
        statements, outlined = found.get(study, ((), None))
        if structure and state == FINAL:
            outlined = (kind, finding, first)
        found[study] = (*statements, Statement(source, kind, state, present, finding)), outlined
    return found


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
