"""The week's message as a page: what monitoring found, set by the writer of documents."""

from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from measures.estimate import Estimate
from monitoring.quiet_week import WeekFacts
from monitoring.smallest_change import SmallestChange
from records.clock import marking
from records.errors import InvalidInput
from records.queries import find_device
from regulatory.documents.quiet_week import Seen, SiteLine, WeekSheet, week_sheet
from regulatory.documents.writers.sheet_pdf import write_sheet
from regulatory.gathering.truth_states import truth_facts


def week_pdf(reader: Session, facts: WeekFacts, *, now: datetime) -> bytes:
    """The week as PDF: the same facts at the same instant give the same bytes."""
    device = find_device(reader, facts.device)
    known = {
        one.site: one.known for one in truth_facts(reader, device, by=facts.last).sites
    }
    sheet = WeekSheet(
        device=facts.device, first=facts.first, last=facts.last, at=now, verdict=facts.verdict,
        quiet=facts.quiet, overdue=facts.overdue, raised=facts.raised, waiting=facts.waiting,
        unwatched=facts.unwatched,
        sites=tuple(
            SiteLine(one.site, one.state, one.days, one.studies, one.truths, one.silent_days,
                     _known(known.get(one.site)), one.changed)
            for one in facts.sites
        ),
        judged=facts.judged, could_see=tuple(map(_seen, facts.could_see)),
        not_judged=facts.not_judged,
        notes=(*facts.notes, *((facts.untold,) if facts.untold else ())), marking=marking(reader),
        owed=facts.owed,
    )  # fmt: skip
    return write_sheet(week_sheet(sheet))


def write_week(reader: Session, facts: WeekFacts, out: Path, *, now: datetime) -> None:
    """Write the week as PDF; the file is there whole, or as it was before.

    Raises:
        InvalidInput: The name does not end in .pdf.
    """
    if out.suffix.lower() != ".pdf":
        raise InvalidInput(f"{out.name}: the week is written as PDF.", hint="End the name in .pdf.")
    content = week_pdf(reader, facts, now=now)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    part.write_bytes(content)
    part.replace(out)


def _known(share: Estimate | None) -> str:
    if share is None:
        return "no study of the device (0)"
    if share.value is None or share.low is None or share.high is None:
        return f"not estimable: {share.reason}"
    return (
        f"{100 * share.value:.0f} % (95 % CI {100 * share.low:.0f} to {100 * share.high:.0f} %, "
        f"n = {share.n})"
    )


def _seen(one: SmallestChange) -> Seen:
    found = one.found
    if found is None or found.value is None:
        return Seen(one.chart, one.site, one.words)
    low, high = 100 * (found.low or 0.0), 100 * (found.high or 0.0)
    said = f"{found.numerator} of {found.n} weeks ({low:.0f} to {high:.0f} %)"
    return Seen(one.chart, one.site, one.words, said)
