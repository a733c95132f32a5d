"""Corrective and preventive action, step by step (ISO 13485:2016, 8.5.2 and 8.5.3).

The steps are data: which field each must have before it is taken. What would count as effective is
fixed before anything is done, and cannot be changed afterwards.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, Refused
from records.lifecycle import check_transition
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.reasons import says
from records.signatures import sign

OPEN, INVESTIGATED, PLANNED = "open", "investigated", "planned"
IMPLEMENTED, CLOSED = "implemented", "closed"

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
        "device_id", "source", "problem", *WORDS, "opened_by", "opened_at",
    )

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


def advance_capa(
    tx: Session, capa: CAPA, to: str, said: Mapping[str, str], *, by: Actor, now: datetime,
    password: str = "",
) -> CAPA:
    """Take the next step, with what it asks for; closing is signed.

    Raises:
        NotAllowed: No role that may take this step, or a wrong password.
        InvalidInput: A field of another step.
        TransitionRefused: The step does not follow on the status.
        Refused: A field that the step asks for says nothing.
    """
    check_transition("CAPA", capa.label, capa.status, to)
    require(by, Action.CLOSE_CAPA if to == CLOSED else Action.ADVANCE_CAPA)
    step = (capa.status, to)
    allowed = (*STEPS[step], *OPTIONAL.get(step, ()))
    for name in said:
        if name not in allowed:
            raise InvalidInput(
                f"{name.replace('_', ' ')} is no part of the step to '{to}'.",
                hint=f"It asks for: {', '.join(one.replace('_', ' ') for one in allowed)}.",
            )
    if to == INVESTIGATED and capa.status == IMPLEMENTED and "root_cause" not in said:
        raise Refused(
            f"{capa.label} goes back to the investigation with a root cause found anew.",
            hint=f"Say {WORDS['root_cause']}.",
        )
    for name, words in said.items():
        setattr(capa, name, words.strip())
    require_filled(capa, step)
    if to == CLOSED:
        sign(tx, capa, signer=by, password=password, meaning=Meaning.APPROVAL,
             reason=capa.effectiveness_result, now=now)  # fmt: skip
        capa.closed_by, capa.closed_at = by.name, now
    capa.status = to
    tx.add(capa)
    tx.flush()
    return capa


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
