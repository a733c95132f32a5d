"""Corrective and preventive action, step by step (ISO 13485:2016, 8.5.2 and 8.5.3).

The steps are data: which field each must have before it is taken. What would count as effective is
fixed before anything is done, and cannot be changed afterwards; who implemented does not close.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.capa_criteria import MET, EffectivenessCriterion
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.lifecycle import check_transition
from records.people import Actor, Meaning, find_actor
from records.permissions import Action, may, require
from records.reasons import says
from records.signatures import sign

OPEN, INVESTIGATED, PLANNED = "open", "investigated", "planned"
IMPLEMENTED, CLOSED = "implemented", "closed"
NEXT: Final = {OPEN: INVESTIGATED, INVESTIGATED: PLANNED, PLANNED: IMPLEMENTED, IMPLEMENTED: CLOSED}
"""The step that is owed next."""

EFFECTIVE, OTHERWISE = "effective", "not shown to be effective"
JUDGED: Final = "judged by a person"
"""How it was closed: by a check that is met, otherwise with a reason, or without a structured
criterion that a record could answer."""

STEPS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    (OPEN, INVESTIGATED): ("containment", "root_cause"),
    (INVESTIGATED, PLANNED): ("correction", "corrective_action", "effectiveness_criterion"),
    (PLANNED, IMPLEMENTED): ("implementation",),
    (IMPLEMENTED, CLOSED): ("effectiveness_result",),
    (IMPLEMENTED, INVESTIGATED): ("effectiveness_result", "root_cause"),
}
"""Each step with the fields that must be filled by it, and no others."""

WORDS: Final[dict[str, str]] = {
    "containment": "what keeps patients safe meanwhile",
    "root_cause": "why it happened, and how that was found",
    "correction": "what removes what was found",
    "corrective_action": "what removes the cause",
    "preventive_action": "what keeps it from happening elsewhere",
    "effectiveness_criterion": "what will show that it worked, and by when: measure, bound, n",
    "implementation": "what was done, and that it harms neither safety nor conformity",
    "effectiveness_result": "what the check found against the criterion",
}
OPTIONAL: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    (INVESTIGATED, PLANNED): ("preventive_action",),
}


class CAPA(Record, table=True):
    """A corrective or preventive action, from the problem to the check that it worked."""

    __tablename__ = "capa"
    PREFIX: ClassVar[str] = "CAPA"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "source", "problem", *WORDS, "opened_by", "opened_at", "criterion", "links",
        "implemented_by", "implemented_at", "effectiveness", "closed_as", "external_number",
    )
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {
        "criterion": {}, "owner": "", "due": {}, "links": [], "implemented_by": "",
        "implemented_at": None, "effectiveness": {}, "closed_as": "", "external_number": None,
    }

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    source: str = Field(index=True)
    """The record that it was opened for, such as RVL-0003."""
    problem: str
    containment: str = ""
    root_cause: str = ""
    correction: str = ""
    corrective_action: str = ""
    preventive_action: str = ""
    effectiveness_criterion: str = ""
    implementation: str = ""
    effectiveness_result: str = ""
    opened_by: str
    opened_at: datetime
    status: str = Field(default=OPEN, index=True)
    closed_by: str = ""
    closed_at: datetime | None = None
    criterion: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """The structured criterion (records/capa_criteria.py); empty where none was set."""
    owner: str = ""
    """The account that answers for it; '' where nobody was named."""
    due: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """By step the day on which it is due."""
    links: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Labels of the alerts, suspensions, complaints and changes that belong to it."""
    implemented_by: str = ""
    implemented_at: datetime | None = None
    """None: not implemented, or before this was kept."""
    effectiveness: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
    """What the check said when it was closed."""
    closed_as: str = ""
    external_number: str | None = Field(default=None, index=True, unique=True)
    """Its number in the system that it was taken over from."""


def open_capa(
    tx: Session, *, device_id: int, source: Record, problem: str, by: str, now: datetime
) -> CAPA:
    """Open a CAPA for a record; one that is not closed is given back where there is one.

    Raises:
        InvalidInput: The problem says nothing.
    """
    if not says(problem):
        raise InvalidInput("The problem says nothing.", hint="State what is wrong and where.")
    query = select(CAPA).where(CAPA.source == source.label, CAPA.status != CLOSED)
    known = tx.exec(query).first()
    if known is not None:
        return known
    made = CAPA(
        device_id=device_id, source=source.label, problem=problem.strip(), opened_by=by,
        opened_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def open_capa_for(
    tx: Session, source: str, *, problem: str, by: Actor, now: datetime
) -> CAPA:
    """A person opens a CAPA for the record of a label; one that is not closed is given back.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The problem says nothing, or the source is no label.
        NotFound: There is no such record, or it names no device.
    """
    require(by, Action.ADVANCE_CAPA)
    record = linked_record(tx, source)
    return open_capa(tx, device_id=device_of(tx, record), source=record, problem=problem,
                     by=by.name, now=now)  # fmt: skip


def advance_capa(
    tx: Session, capa: CAPA, to: str, said: Mapping[str, str], *, by: Actor, now: datetime,
    password: str = "", criterion: EffectivenessCriterion | None = None, otherwise: bool = False,
) -> CAPA:
    """Take the next step, with what it asks for; closing is signed, and not by who implemented.

    criterion: what will show that it worked, with the step to 'planned'. otherwise: close it though
    its check is not met.

    Raises:
        NotAllowed: No role that may take this step, a wrong password, or it is closed by the person
            who implemented it.
        InvalidInput: A field of another step.
        TransitionRefused: The step does not follow on the status.
        Refused: A field that the step asks for says nothing, or the check is not met.
    """
    check_transition("CAPA", capa.label, capa.status, to)
    require(by, Action.CLOSE_CAPA if to == CLOSED else Action.ADVANCE_CAPA)
    step = (capa.status, to)
    _require_of_step(capa, step, said)
    for name, words in said.items():
        setattr(capa, name, words.strip())
    _take_criterion(capa, step, criterion, now)
    require_filled(capa, step)
    if to == IMPLEMENTED:
        capa.implemented_by, capa.implemented_at = by.name, now
    if to == CLOSED:
        _close(tx, capa, by=by, now=now, password=password, otherwise=otherwise)
    capa.status = to
    tx.add(capa)
    tx.flush()
    return capa


def _require_of_step(capa: CAPA, step: tuple[str, str], said: Mapping[str, str]) -> None:
    allowed = (*STEPS[step], *OPTIONAL.get(step, ()))
    for name in said:
        if name not in allowed:
            raise InvalidInput(
                f"{name.replace('_', ' ')} is no part of the step to '{step[1]}'.",
                hint=f"It asks for: {', '.join(one.replace('_', ' ') for one in allowed)}.",
            )
    if step == (IMPLEMENTED, INVESTIGATED) and "root_cause" not in said:
        raise Refused(
            f"{capa.label} goes back to the investigation with a root cause found anew.",
            hint=f"Say {WORDS['root_cause']}.",
        )


def _take_criterion(
    capa: CAPA, step: tuple[str, str], criterion: EffectivenessCriterion | None, now: datetime
) -> None:
    if step[1] != PLANNED:
        if criterion is not None:
            raise InvalidInput("The criterion is set with the step to 'planned', and stands then.")
        return
    if criterion and criterion.by < now.date():
        raise InvalidInput(f"by: {criterion.by} is past.", hint="Name a day to come.")
    capa.criterion = criterion.as_stored() if criterion else {}
    if criterion and not says(capa.effectiveness_criterion):
        capa.effectiveness_criterion = criterion.words


def _close(
    tx: Session, capa: CAPA, *, by: Actor, now: datetime, password: str, otherwise: bool
) -> None:
    from records.capa_effectiveness import check_effectiveness

    require_another(capa, by.name)
    if not capa.criterion:
        capa.closed_as = JUDGED
    else:
        found = check_effectiveness(tx, capa)
        capa.effectiveness = found.as_stored()
        capa.closed_as = EFFECTIVE if found.verdict == MET else OTHERWISE
        if capa.closed_as == OTHERWISE and not otherwise:
            raise Refused(
                f"{capa.label} is not closed as effective: {found.words}",
                hint="Wait for a later run, go back to the investigation, or close it otherwise, "
                "with the reason as its effectiveness result.",
            )
    sign(tx, capa, signer=by, password=password, meaning=Meaning.APPROVAL,
         reason=capa.effectiveness_result, now=now)  # fmt: skip
    capa.closed_by, capa.closed_at = by.name, now


def require_another(capa: CAPA, name: str) -> None:
    """Raise :class:`NotAllowed` where a CAPA would be closed by the person who implemented it."""
    if capa.implemented_by == name:
        raise NotAllowed(
            f"'{name}' implemented {capa.label} and may not close it.",
            hint="Somebody who did not implement it judges whether it worked.",
        )


def require_shown(capa: CAPA) -> None:
    """Raise :class:`Refused` where a CAPA would be closed as what its check does not say."""
    met = capa.effectiveness.get("verdict") == MET
    right = JUDGED if not capa.criterion else EFFECTIVE if met else OTHERWISE
    if capa.closed_as != right:
        raise Refused(f"{capa.label} is closed as '{right}', not as '{capa.closed_as}'.",
                      hint="Use 'radvigil capa advance'.")  # fmt: skip


def assign_capa(
    tx: Session, capa: CAPA, *, by: Actor, now: datetime, owner: str | None = None,
    due: Mapping[str, date] | None = None, links: Sequence[str] = (),
) -> CAPA:
    """Say who answers for a CAPA, by when each step is due, and what belongs to it.

    Raises:
        NotAllowed: No role that may.
        NotFound: No such account, or no record of that label.
        InvalidInput: The owner may not work on it, an unknown step, a day that is past or before
            that of an earlier step, or no label.
        Refused: It is closed.
    """
    require(by, Action.ADVANCE_CAPA)
    if capa.status == CLOSED:
        raise Refused(f"{capa.label} is closed.", hint="Open another for what is new.")
    if owner is not None:
        if owner and not may(find_actor(tx, owner), Action.ADVANCE_CAPA):
            raise InvalidInput(f"'{owner}' may not work on CAPAs.", hint="Name somebody who may.")
        capa.owner = owner
    if unknown := sorted(set(due or {}) - set(NEXT.values())):
        raise InvalidInput(f"There is no step {', '.join(unknown)}.",
                           hint=f"Steps: {', '.join(NEXT.values())}.")  # fmt: skip
    capa.due = _due_days(capa, due or {}, now.date())
    found = [linked_record(tx, one).label for one in links]
    capa.links = [*capa.links, *(one for one in dict.fromkeys(found) if one not in capa.links)]
    tx.add(capa)
    tx.flush()
    return capa


def _due_days(capa: CAPA, due: Mapping[str, date], today: date) -> dict[str, Any]:
    """The days of the steps with the new ones. Raises InvalidInput where they cannot be kept."""
    for step, day in due.items():
        if day < today and capa.due.get(step) != day.isoformat():
            raise InvalidInput(f"'{step}' cannot be due on {day}: that day is past.",
                               hint="Give a day from today on.")  # fmt: skip
    found = capa.due | {step: day.isoformat() for step, day in due.items()}
    dated = [step for step in NEXT.values() if step in found]
    for before, after in pairwise(dated):
        if due and found[after] < found[before]:
            raise InvalidInput(
                f"'{after}' would be due on {found[after]}, before '{before}' on {found[before]}.",
                hint=f"The steps follow each other: {', '.join(NEXT.values())}.",
            )
    return found


def linked_record(session: Session, label: str) -> Record:
    """The record of any kind that a label means.

    Raises:
        InvalidInput: It is no label.
        NotFound: There is no such record.
    """
    from records.lookup import find_record
    from records.tables import RECORDS

    prefix = label.strip().upper().rpartition("-")[0]
    table = {one.PREFIX: one for one in RECORDS}.get(prefix)
    if table is None:
        raise InvalidInput(f"'{label}' is no label of a record.", hint="One looks like ALT-0003.")
    return find_record(session, table, label)


def device_of(session: Session, source: Record) -> int:
    """The device that a record is about, by itself, its version or its plan.

    Raises:
        NotFound: It names none.
    """
    from records.product import ModelVersion
    from records.surveillance import MonitoringPlan

    for key, table in (("model_version_id", ModelVersion), ("plan_id", MonitoringPlan)):
        if (number := getattr(source, key, None)) and not getattr(source, "device_id", None):
            found: Any = session.get_one(table, number)
            return int(found.device_id)
    if (own := getattr(source, "device_id", None)) is None:
        raise NotFound(f"{source.label} names no device.", hint="Name a record of a device.")
    return int(own)


def require_filled(capa: CAPA, step: tuple[str, str]) -> None:
    """Raise :class:`Refused` naming each field that a step asks for and that says nothing."""
    lacking = [name for name in STEPS.get(step, ()) if not says(getattr(capa, name))]
    if lacking:
        raise Refused(
            f"{capa.label} is not '{step[1]}' without "
            f"{', '.join(one.replace('_', ' ') for one in lacking)}.",
            hint=f"Say {'; '.join(WORDS[one] for one in lacking)}.",
        )


def open_capas(session: Session) -> list[CAPA]:
    """Those that are not closed, in order."""
    query = select(CAPA).where(CAPA.status != CLOSED).order_by(col(CAPA.id))
    return list(session.exec(query))
