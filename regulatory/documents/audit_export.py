"""DOC-28, the audit-trail export: all that happened, who did it, and proof that nothing is missing.

Thousands of routine events do not help a reader: they are counted by action, actor and day. Every
other event is printed, and a JSON Lines file holds all of them in full.
"""

from __future__ import annotations

import json
from itertools import pairwise

from regulatory.documents.assembly import assemble
from regulatory.documents.audit_facts import ROUTINE_RULE, AuditFacts, AuditRow
from regulatory.documents.audit_summary import summary_section
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.content import Content
from regulatory.documents.registry import AUDIT_EXPORT
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    cell,
    digest_cell,
    grouped,
    instant,
    meant,
    signed_at,
    verdict_cell,
)

TEMPLATE = ("audit_export.py", "audit_facts.py", "audit_summary.py")
SHOWN_CHARACTERS = 180
NOT_ANCHORED = "none: events cut off at the end would not be seen"


def build(facts: AuditFacts) -> Content:
    """The audit-trail export for these facts.

    Raises ValueError when the events do not add up to the scope that is stated: a statement of
    completeness must be true of what is exported.
    """
    _require_complete(facts)
    sections = (
        _scope(facts),
        _verification(facts),
        summary_section(facts),
        _signatures(facts),
        _legend(facts),
        _events(facts),
    )
    routine = sum(one.routine for one in facts.events)
    left_out = (f"{grouped(routine)} routine events are counted here and held in the machine copy",)
    return assemble(AUDIT_EXPORT, facts, sections, template=TEMPLATE, exclusions=left_out)


def _require_complete(facts: AuditFacts) -> None:
    scope, events = facts.scope, facts.events
    found = (events[0].sequence, events[-1].sequence, len(events)) if events else (0, 0, 0)
    if found != (scope.first, scope.last, scope.count):
        raise ValueError(
            f"the scope states events {scope.first} to {scope.last} ({scope.count}), the events "
            f"given are {found[0]} to {found[1]} ({found[2]})"
        )
    if facts.copy.events != scope.count:
        raise ValueError(
            f"the machine copy holds {facts.copy.events} events, the scope states {scope.count}"
        )
    held = {one.sequence for one in events}
    absent = () if scope.filtered else tuple(
        number for number in range(scope.first, scope.last + 1) if number not in held
    )  # fmt: skip
    if events and set(absent) != set(scope.missing):
        raise ValueError(f"missing sequence numbers {absent[:5]} are not those stated")


def _scope(facts: AuditFacts) -> Section:
    scope, copy = facts.scope, facts.copy
    printed = sum(not one.routine for one in facts.events)
    selection = (
        "The export was filtered by the query above; events outside it are not in it."
        if scope.filtered
        else "The export was not filtered: it holds every event of the stated range."
    )
    said = ComputedText(
        f"The export holds {grouped(scope.count)} events, sequence {grouped(scope.first)} to "
        f"{grouped(scope.last)}. Sequence numbers missing from the range: "
        f"{grouped(len(scope.missing))}. {selection} {grouped(printed)} events are printed in "
        f"section 6, {grouped(scope.count - printed)} routine events are counted in section 3."
    )
    items = (
        ("Asked for by", cell(scope.requester)),
        ("Reason", cell(scope.reason)),
        ("Query", cell(scope.query)),
        ("First event", cell(scope.first)),
        ("Last event", cell(scope.last)),
        ("Events", cell(scope.count)),
        ("Missing sequence numbers", Cell(_numbers(scope.missing))),
        ("Time source", cell(facts.time_source)),
        ("Events earlier than the one before them", cell(sum(
            later.at < one.at for one, later in pairwise(facts.events)))),
        ("Machine copy", cell(f"{copy.name}, {grouped(copy.events)} events, "
                              f"{grouped(copy.size_bytes)} bytes")),
        ("SHA-256 of the machine copy", digest_cell(copy.sha256)),
    )  # fmt: skip
    note = Paragraph(
        "The machine copy is JSON Lines: one event a line, every field in full, in order of the "
        "sequence. Where this document shortens a value, the machine copy holds all of it."
    )
    blocks: list[Block] = [said, Definitions(items), note]
    if not scope.requester or not scope.reason:
        blocks.append(Gap("Who asked for the export, and why", "not recorded", "requester"))
    return Section("1", "Scope and completeness", tuple(blocks))


def _numbers(missing: tuple[int, ...]) -> str:
    if not missing:
        return "0"
    first = ", ".join(map(str, missing[:20]))
    return f"{len(missing)}: {first}{', …' if len(missing) > 20 else ''}"


def _verification(facts: AuditFacts) -> Section:
    check = facts.check
    items = (
        ("Result", verdict_cell("verified" if check.whole else "broken")),
        ("Checked at", cell(check.checked_at)),
        ("Checked with", cell(check.software)),
        ("Events recomputed", cell(check.events)),
        ("Records compared", cell(check.records)),
        ("Digest of the last event", digest_cell(check.head)),
        ("First event that does not fit", cell(check.first_bad, absent="none")),
        ("Anchors kept elsewhere", cell("; ".join(check.anchors), absent=NOT_ANCHORED)),
    )
    how = Paragraph(
        "Each event's digest is SHA-256 over the canonical JSON of its other columns, among them "
        "the digest of the event before it; the first follows 64 zeros. Anybody can recompute the "
        "chain from the machine copy."
    )
    findings = tuple((Cell(str(place)), cell(what)) for place, what in enumerate(check.findings, 1))
    table = (Table("What does not fit", (Column("No.", width=0.3), Column("Finding", width=4)),
                   findings),) if findings else ()  # fmt: skip
    return Section("2", "Verification of the chain", (Definitions(items), how, *table))


def _events(facts: AuditFacts) -> Section:
    columns = (
        Column("Seq.", align="right", width=0.5),
        Column("At (UTC)", width=0.8),
        Column("Actor and role", width=1.0),
        Column("Action", width=0.7),
        Column("Record", width=1.0),
        Column("Old value", width=1.6),
        Column("New value", width=3.4),
        Column("Reason", width=1.5),
        Column("Digest", width=0.9),
    )
    rows = tuple(_event_row(one) for one in facts.events if not one.routine)
    note = f"Values longer than {SHOWN_CHARACTERS} characters are cut ('… n more characters')."
    table = Table("Events that are not routine, in full order", columns, rows, note)
    return Section("6", "Events", (Paragraph(ROUTINE_RULE), table), wide=True)


def _event_row(event: AuditRow) -> tuple[Cell, ...]:
    kind = "" if event.actor_kind == "person" else f" [{event.actor_kind}]"
    roles = ", ".join(role for role in event.roles if role != event.actor_kind)
    return (
        Cell(str(event.sequence)),
        Cell(instant(event.at).removesuffix(" UTC")),
        cell(f"{event.actor}{kind}{', ' if roles else ''}{roles}"),
        cell(event.action),
        cell(event.named, event.subject, absent=NOT_APPLICABLE),
        _value(event.old),
        _value(event.new),
        cell(event.reason),
        Cell(f"{event.digest[:8]}…", code=True) if event.digest else cell(None),
    )


def _value(text: str) -> Cell:
    """Canonical JSON in the words of a reader: 'status: open; site: 3', cut when long."""
    shown = readable(text)
    if len(shown) <= SHOWN_CHARACTERS:
        return Cell(shown)
    more = len(shown) - SHOWN_CHARACTERS
    return Cell(f"{shown[:SHOWN_CHARACTERS]}… {grouped(more)} more characters")


def readable(text: str) -> str:
    """A recorded value without JSON's quotes and braces; what is not JSON is shown as it is.

    >>> readable('{"status":"open","n":2}')
    'status: open; n: 2'
    """
    if text in ("", "null"):
        return "none"
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if not isinstance(value, dict):
        return text
    return "; ".join(f"{name}: {_plain(one)}" for name, one in value.items()) or "none"


def _plain(value: object) -> str:
    if value == "":
        return "empty"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _signatures(facts: AuditFacts) -> Section:
    columns = (
        Column("What was signed", width=1.5),
        Column("Name", width=1.3),
        Column("Role", width=1),
        Column("Meaning", width=1),
        Column("Signed at", width=1.4),
        Column("Over digest", width=1.3),
        Column("Record", width=0.9),
    )
    rows = tuple(
        (cell(what), Cell(one.name), cell(one.role), Cell(meant(one)), Cell(signed_at(one)),
         digest_cell(one.digest, one.record), cell(one.record))
        for what, one in facts.signatures
    )  # fmt: skip
    table = Table("Signatures in scope, each over the digest of what was signed", columns, rows)
    return Section("4", "Signatures", (table,))


def _legend(facts: AuditFacts) -> Section:
    items = (
        ("Sequence", Cell("position in the one chain of the installation, without gaps")),
        ("At", Cell("time of the transaction, UTC")),
        ("Actor", Cell("account; '[service]' marks software that acts on a schedule")),
        ("Record", Cell("kind and number of the record concerned")),
        ("Old and new value", Cell("what the record said before and after, field by field; 'none' "
                                   "where there was nothing, 'empty' for an empty text")),
        ("Reason", Cell("why, as the actor gave it for the whole transaction")),
        ("Digest", Cell("beginning of the event's SHA-256; in full in the machine copy")),
    )  # fmt: skip
    software = sorted({one.software for one in facts.events if one.software})
    said = ComputedText(f"Written by this software: {', '.join(software) or 'not recorded'}.")
    return Section("5", "Legend", (Heading("Columns"), Definitions(items), said))
