"""A personal data breach: what happened, whom it concerns, and by when who must be told.

The clocks are those of the controller (GDPR) and of the covered entity (HIPAA), and run from the
moment somebody here became aware: with reasonable certainty (EDPB Guidelines 9/2022, II.A.2); for
HIPAA the first day on which it was known, or would have been with reasonable diligence
(164.404(a)(2)). Who only processes for others tells those without undue delay (Art. 33(2)), at most
60 days after discovery (164.410): no clock of its own here.

GDPR: the authority within 72 hours unless a risk is unlikely (Art. 33(1)), the people without undue
delay where it is high (Art. 34(1)). HIPAA: the people within 60 calendar days (45 CFR 164.404(b)),
the Secretary at the same time from 500 people on (164.408(b)), else within 60 days after the end of
the year (164.408(c)), and the media from more than 500 residents of one state (164.406); an unknown
number counts as many. A person decides, here it is only said what is due: the lines are ceilings,
and 'without undue delay' comes before them; a delay that law enforcement asks for (164.412) is a
person's to apply. Art. 34 sets no number of hours; 72 are taken for it here. 'Unlikely' ends the US
duties too, which is right only where a low probability of compromise was demonstrated (164.402(2)):
who assesses vouches for both.

Sources: Regulation (EU) 2016/679; 45 CFR 164.400 to 164.414 as amended in 2013 (78 FR 5566). The
lines were compared on 28 November 2026 with copies of the text of Art. 33 and of 164.408, and with
what commentaries quote of Art. 34, 164.404, 164.406 and 164.410.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session

from records.base import Record, plain
from records.errors import InvalidInput, Refused
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.reasons import require_reason
from records.zones import in_utc

REGIMES: Final = ("EU", "US")
RISKS: Final = ("unlikely", "risk", "high risk")
"""The risk to people's rights, in GDPR's three steps."""

MANY: Final = 500
HOURS_72, DAYS_60 = timedelta(hours=72), timedelta(days=60)


class Breach(Record, table=True):
    """A personal data breach from the moment of awareness to the last notification."""

    __tablename__ = "breach"
    PREFIX: ClassVar[str] = "BRC"

    id: int | None = Field(default=None, primary_key=True)
    aware_at: datetime
    """When somebody here became aware: the clocks run from here."""
    what: str
    """What happened, in words that name nobody."""
    categories: str
    """Which data, such as 'images under pseudonym' or 'names and birth dates'."""
    people: int | None = None
    """How many people it concerns; none: not known yet, counted as many."""
    risk: str
    regimes: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    notified: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Whom, when, by whom, and what shows it."""
    recorded_by: str
    recorded_at: datetime
    status: str = "open"
    closed_by: str = ""
    closed_at: datetime | None = None
    conclusion: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody who must be told of a breach, by when, and by which clause."""

    to: str
    clause: str
    due_at: datetime


def duties(breach: Breach) -> tuple[Duty, ...]:
    """Who must be told and by when, by what is known of the breach now."""
    aware = in_utc(breach.aware_at)
    many = breach.people is None or breach.people >= MANY
    found = []
    if "EU" in breach.regimes and breach.risk != "unlikely":
        found.append(Duty("supervisory authority", "GDPR Art. 33(1)", aware + HOURS_72))
    if "EU" in breach.regimes and breach.risk == "high risk":
        found.append(Duty("people concerned (EU)", "GDPR Art. 34(1)", aware + HOURS_72))
    if "US" in breach.regimes and breach.risk != "unlikely":
        found.append(Duty("people concerned (US)", "45 CFR 164.404(b)", aware + DAYS_60))
        year_end = datetime(aware.year, 12, 31, tzinfo=UTC)
        secretary = aware + DAYS_60 if many else year_end + DAYS_60
        found.append(Duty("HHS Secretary", "45 CFR 164.408", secretary))
    if "US" in breach.regimes and breach.risk != "unlikely" and (
        breach.people is None or breach.people > MANY
    ):
        found.append(Duty("media", "45 CFR 164.406", aware + DAYS_60))
    return tuple(sorted(found, key=lambda one: one.due_at))


def open_duties(breach: Breach) -> tuple[Duty, ...]:
    """The duties that nobody has met yet."""
    told = {str(one["to"]) for one in breach.notified}
    return tuple(one for one in duties(breach) if one.to not in told)


def record_breach(
    tx: Session, facts: Mapping[str, Any], *, by: Actor, now: datetime
) -> Breach:
    """Put a breach on record: aware_at, what, categories, people, risk, regimes.

    Raises:
        NotAllowed: No role of the person may.
        InvalidInput: Words are missing, awareness lies ahead, or a risk or regime is not known.
    """
    require(by, Action.RECORD_BREACH)
    breach = Breach(**facts, recorded_by=by.name, recorded_at=now)
    require_reason(breach.what)
    require_reason(breach.categories)
    if breach.aware_at > now:
        raise InvalidInput("The moment of awareness lies ahead.", hint="Write when it was learnt.")
    if breach.risk not in RISKS:
        raise InvalidInput(f"'{breach.risk}' is no risk.", hint=f"Known: {', '.join(RISKS)}.")
    unknown = sorted(set(breach.regimes) - set(REGIMES))
    if unknown or not breach.regimes:
        raise InvalidInput(
            f"No law is known for {unknown or 'nothing'}.", hint=f"Known: {', '.join(REGIMES)}."
        )
    if breach.people is not None and breach.people < 0:
        raise InvalidInput("The number of people is below zero.")
    tx.add(breach)
    tx.flush()
    return breach


def assess_breach(
    tx: Session, breach: Breach, *, risk: str, people: int | None, by: Actor
) -> Breach:
    """What is known of risk and number now; the duties follow.

    Raises:
        NotAllowed: No role of the person may.
        Refused: It is closed.
        InvalidInput: No such risk.
    """
    require(by, Action.RECORD_BREACH)
    _require_open(breach)
    if risk not in RISKS:
        raise InvalidInput(f"'{risk}' is no risk.", hint=f"Known: {', '.join(RISKS)}.")
    breach.risk, breach.people = risk, people
    tx.add(breach)
    tx.flush()
    return breach


def record_notification(
    tx: Session, breach: Breach, to: str, *, at: datetime, evidence: str, by: Actor
) -> Breach:
    """Put on record that somebody was told, and what shows it.

    Raises:
        NotAllowed: No role of the person may.
        Refused: It is closed.
        InvalidInput: Nobody who has to be told, told before anybody was aware, or no evidence.
    """
    require(by, Action.RECORD_BREACH)
    _require_open(breach)
    known = [one.to for one in duties(breach)]
    if to not in known:
        raise InvalidInput(f"'{to}' has not to be told.", hint=f"Known: {', '.join(known)}.")
    if at < breach.aware_at:
        raise InvalidInput("It was told before anybody here was aware of the breach.")
    breach.notified = [
        *breach.notified,
        {"to": to, "at": plain(at), "by": by.name, "evidence": require_reason(evidence)},
    ]
    tx.add(breach)
    tx.flush()
    return breach


def close_breach(
    tx: Session, breach: Breach, *, conclusion: str, by: Actor, now: datetime
) -> Breach:
    """Everybody was told and what was learnt is written down.

    Raises:
        NotAllowed: No role of the person may.
        Refused: Somebody who must be told was not.
        TransitionRefused: It was closed before.
    """
    require(by, Action.CLOSE_BREACH)
    check_transition("Breach", breach.subject, breach.status, "closed")
    if left := open_duties(breach):
        raise Refused(
            f"{breach.label} is not closed: {left[0].to} was not told ({left[0].clause}).",
            hint="See 'radvigil breach notify'; or assess the risk anew.",
        )
    breach.status, breach.closed_by, breach.closed_at = "closed", by.name, now
    breach.conclusion = require_reason(conclusion)
    tx.add(breach)
    tx.flush()
    return breach


def _require_open(breach: Breach) -> None:
    if breach.status != "open":
        raise Refused(f"{breach.label} is {breach.status}.", hint="Record another one.")
