"""One way to screen what may be an incident: a moment of awareness, or a security event."""

from datetime import datetime
from typing import Final

from sqlmodel import Session

from records.awareness import AwarenessCandidate
from records.breaches import Breach
from records.errors import InvalidInput
from records.incidents import Incident, screen_candidate
from records.lookup import find_record
from records.notices import Notice
from records.people import Actor
from records.queries import find_device, only_device
from records.security_screenings import Affected, SecurityEvent, screen_security_event
from records.supplied_software import VulnerabilityTriage

Screened = AwarenessCandidate | SecurityEvent
TABLES: Final[dict[str, type[AwarenessCandidate] | type[Notice] | type[Breach] | type[
    VulnerabilityTriage]]] = {
    one.PREFIX: one for one in (AwarenessCandidate, Notice, Breach, VulnerabilityTriage)
}
"""What may be an incident, by how its labels begin."""


def find_screened(session: Session, label: str) -> Screened:
    """The candidate or security event that a label means, such as AWR-0001 or NTC-0002.

    Raises:
        InvalidInput: It is no label of one.
        NotFound: There is no such record.
    """
    table = TABLES.get(label.strip().upper().partition("-")[0])
    if table is None:
        raise InvalidInput(f"'{label}' is neither a candidate nor a security event.",
                           hint=f"Labels begin with {', '.join(TABLES)}.")  # fmt: skip
    return find_record(session, table, label)


def screen_event(
    tx: Session, one: Screened, *, incident: bool, grounds: str, by: Actor, password: str,
    now: datetime, site: str = "", device: str = "",
) -> Incident | None:
    """Decide, signed, whether it is an incident; one is opened if it is.

    site, device: of a security event what it concerns; a candidate says both itself.

    Raises:
        NotAllowed, InvalidInput, NotFound, Refused: As the decisions on each kind say.
    """
    if isinstance(one, AwarenessCandidate):
        return screen_candidate(tx, one, incident=incident, grounds=grounds, by=by,
                                password=password, now=now)  # fmt: skip
    affected = None
    if incident:
        affected = Affected(find_device(tx, device) if device else only_device(tx), site)
    return screen_security_event(tx, one, affected=affected, grounds=grounds, by=by,
                                 password=password, now=now)  # fmt: skip
