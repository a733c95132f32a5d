"""A refused file is examined again: the device's rules may be others, or the program reads more.

The file is the one in quarantine, whose bytes are those that arrived. It comes in as whatever
arrives today; it stays in quarantine too, for as long as its period says.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlmodel import Session

from imaging.ingest import Arrival, IngestReport, ingest
from imaging.reports.releasing import HELD
from journeys.watch_day import scope_of
from records.accounts import acting_on
from records.audit import note
from records.cases import Quarantine, Study
from records.day_streams import NO_IMAGES
from records.errors import IntegrityBroken, InvalidInput, NotFound, Refused
from records.held_definition import definition_of
from records.lookup import find_record
from records.people import find_actor
from records.permissions import Action, require
from records.product import Site
from records.quarantine_overview import EXAMINED_AGAIN
from records.queries import find_device
from records.store import Store
from records.told import studies_of_files

DEED: Final = "examination of a refused file"
ASKED: Final = "file to be examined again"
"""The action of the event that comes before the examination."""
PURPOSES: Final = ("clinical", "development", "external")


@dataclass(frozen=True, slots=True)
class Resubmitted:
    """What became of a refused file that was examined again.

    outcome: 'taken in as STU-0001', 'known already', or 'refused again: ' and the reason.
    """

    file: str
    site: str
    outcome: str
    taken_in: bool


def resubmit(
    store: Store, label: str, *, device: str, reason: str, actor: str, now: datetime,
    purpose: str = "clinical",
) -> Resubmitted:
    """Examine a refused file again by the rules of a device, and take it in where they allow it.

    label: of the quarantined file, such as QUA-0001. reason: why it should come through now.
    purpose: clinical (it is read on its day, which is today), development or external.

    Raises:
        NotAllowed: The person may not take studies in; the attempt is on record.
        InvalidInput: No reason, or no such purpose.
        NotFound: No such file or device, or its bytes were deleted.
        Refused: It is no image, was never read, or is taken in already.
        IntegrityBroken: Its bytes are others than those that arrived.
    """
    if purpose not in PURPOSES:
        raise InvalidInput(f"'{purpose}' is no purpose.", hint=f"Known: {', '.join(PURPOSES)}.")
    with store.reader() as reader:
        refused = find_record(reader, Quarantine, label)
        requirements = scope_of(definition_of(find_device(reader, device)))
        site = reader.get_one(Site, refused.site_id)
    with acting_on(store, refused, DEED, actor=actor, reason=reason, now=now) as tx:
        require(find_actor(tx, actor), Action.TAKE_IN)
        path = _whole_file(store, tx, refused)
        note(tx, ASKED, refused.subject, new={"device": device, "purpose": purpose})
    report = ingest(
        store, [path], Arrival(site.name, purpose, now.date(), origin=site.origin), actor=actor,
        now=now, requirements=requirements,
    )
    with store.transaction(actor, reason, now=now) as tx:
        found = _outcome(tx, refused, site.name, report)
        note(tx, EXAMINED_AGAIN, refused.subject, new={"outcome": found.outcome})
    return found


def may_be_examined(reason: str) -> bool:
    """Whether a file that was refused for this reason could be an image of a patient."""
    return not reason.startswith((HELD, *NO_IMAGES))


def _whole_file(store: Store, session: Session, refused: Quarantine) -> Path:
    """Where the bytes lie that arrived."""
    if refused.reason.startswith(HELD):
        raise Refused(
            f"{refused.label} is a report that was held back, no image.",
            hint="It is released with 'radvigil report release'.",
        )
    if refused.reason.startswith(NO_IMAGES):
        raise Refused(f"{refused.label} is no image of a patient ({refused.reason}).")
    if taken := studies_of_files(session, [refused.source_digest]):
        study = Study.label_of(next(iter(taken.values())))
        raise Refused(f"{refused.label} is taken in already, as an image of {study}.")
    if refused.source_digest.startswith("unread-"):
        raise Refused(
            f"The bytes of {refused.label} could not be read when it came: they are not here.",
            hint="Have the site send it again.",
        )
    path = store.workspace.quarantine / refused.source_digest
    try:
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        raise NotFound(
            f"The bytes of {refused.label} are not here any more.",
            hint="See 'radvigil retention list' for what was deleted.",
        ) from None
    if digest != refused.source_digest:
        raise IntegrityBroken(f"The bytes of {refused.label} are not those that arrived.")
    return path


def _outcome(
    session: Session, refused: Quarantine, site: str, report: IngestReport
) -> Resubmitted:
    if report.stored:
        study = studies_of_files(session, [refused.source_digest])[refused.source_digest]
        return Resubmitted(refused.label, site, f"taken in as {Study.label_of(study)}", True)
    if report.duplicate:
        return Resubmitted(refused.label, site, "known already: the same image is stored", False)
    reasons = ", ".join(sorted(report.quarantined))
    return Resubmitted(refused.label, site, f"refused again: {reasons}", False)
