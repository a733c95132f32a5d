"""Reports that were held back: found, opened, and made ready to be released by a person."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from imaging.reports.arrived import ArrivedReport
from imaging.reports.finding_studies import Located
from imaging.reports.intake import NOT_CLEAN, ReportIntake
from imaging.reports.versions import Proposed
from records.audit import AuditEvent
from records.cases import Quarantine, Study
from records.errors import IntegrityBroken, InvalidInput, NotFound, Refused
from records.product import Site
from records.store import Store

HELD: Final = "report: "
"""How the reasons begin for which a report is held back."""
RELEASED: Final = "held report released"
"""The action of the event on the quarantined file."""


@dataclass(frozen=True, slots=True)
class Held:
    """A report that is held back, opened; it names people. site: whose it is by its sender."""

    quarantine: Quarantine
    site: str
    report: ArrivedReport
    located: Located

    @property
    def study(self) -> Study | None:
        """The study that it is of, where that is certain."""
        return self.located.study


def held_reports(reader: Session) -> Iterator[dict[str, Any]]:
    """Every report that was held back, oldest first, without its text; and as what it was
    released."""
    released = {
        event.subject: event.new for event in reader.exec(
            select(AuditEvent).where(AuditEvent.action == RELEASED)
        )
    }
    query = (
        select(Quarantine, Site.name).join(Site, col(Site.id) == col(Quarantine.site_id))
        .where(col(Quarantine.reason).startswith(HELD)).order_by(col(Quarantine.id))
    )
    for one, site in reader.exec(query):
        yield {
            "held": one.label, "site": site, "why": one.reason.removeprefix(HELD),
            "detail": one.detail, "received_at": one.received_at,
            "released": "yes" if one.subject in released else "no",
        }


def open_held(store: Store, intake: ReportIntake, quarantine: Quarantine) -> Held:
    """A held report, from its file, with the study that it is of by now.

    Raises:
        InvalidInput: It is no report.
        NotFound: Its bytes were deleted.
        IntegrityBroken: They were altered.
    """
    if not quarantine.reason.startswith(HELD):
        raise InvalidInput(
            f"{quarantine.label} is no report that was held back.",
            hint="See 'radvigil report held'.",
        )
    try:
        content = (store.workspace.quarantine / quarantine.source_digest).read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"The bytes of {quarantine.label} are not here any more.",
            hint="See 'radvigil retention list' for what was deleted.",
        ) from None
    if hashlib.sha256(content).hexdigest() != quarantine.source_digest:
        raise IntegrityBroken(f"The bytes of {quarantine.label} were altered in quarantine.")
    report = ArrivedReport.from_json(content)
    with store.reader() as reader:
        site = reader.get_one(Site, quarantine.site_id).name
        (located,) = intake.finder.locate(reader, site, [report])
    return Held(quarantine, site, report, located)


def ready(
    store: Store, intake: ReportIntake, held: Held, *, cleaned: str | None, now: datetime
) -> Proposed:
    """The version that the report becomes.

    cleaned: its text as a person has cleaned it, '' is refused; None: judged and cleaned anew by
    the rules, where only its study or its day was in doubt.

    Raises:
        Refused: Its study is not here or not certain, or its text is not clean.
        InvalidInput: The cleaned text is empty.
    """
    label = held.quarantine.label
    if cleaned is not None and not cleaned.strip():
        raise InvalidInput("The cleaned text is empty.", hint="Give the text of the report.")
    if held.located.held:
        raise Refused(f"{label} is held back still, {held.located.held}.")
    if held.study is None:
        raise Refused(
            f"The study of {label} is not here, or not told with certainty.",
            hint="Release it when its study has come.",
        )
    report = held.report if cleaned is None else replace(held.report, text=cleaned)
    with store.reader() as reader:
        proposed, again = intake.prepared(
            reader, [replace(held.located, report=report)], now, cleared=cleaned is not None
        )
    if again:
        (_, reason, detail) = again[0]
        raise Refused(
            f"{label} is held back still, {reason}{f' ({detail})' if detail else ''}.",
            hint="Give its text without identities, with [name], [date], [number] in their place."
            if reason == NOT_CLEAN else "Have its sender send it anew, with the right day.",
        )
    return proposed[0]
