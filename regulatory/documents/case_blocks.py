"""Blocks that every document about an event or action shares: clocks, decisions, what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from regulatory.documents.action_facts import SubmissionEntry
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    Signed,
    Table,
)
from regulatory.documents.event_facts import (
    CaseFacts,
    ClockEntry,
    DecisionEntry,
    FormLine,
    IncidentEntry,
    JurisdictionEntry,
    ReportEntry,
)
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    cell,
    digest_cell,
    instant,
    meant,
    one_of,
    signed_at,
    unhyphened,
)

UNDECIDED = "not decided"
INITIAL = "initial"
NOT_CHECKED = "no, read in summary only"


def table_or(
    caption: str, columns: Sequence[Column], rows: Iterable[tuple[Cell, ...]], none: str,
    note: str = "",
) -> Block:
    """A table, or the sentence that there is nothing to put into it."""
    found = tuple(rows)
    return Table(caption, tuple(columns), found, note=note) if found else ComputedText(none)


def awareness(one: IncidentEntry) -> list[Block]:
    """Who became aware when, which fact governs, and by whose signed decision."""
    if not one.awareness:
        return [Gap(f"{one.record}: who became aware of it, and when", "no awareness fact is on "
                    "record (0)", "regulatory affairs", "21 CFR 803.3(b); EU MDR Art. 87")]
    counting = [each for each in one.awareness if each.counts]
    columns = (
        Column("Record", width=0.9), Column("Who", width=0.9),
        Column("Person class", width=1.4), Column("Known at (local)", width=1.2),
        Column("Zone", width=1.0), Column("Known at (UTC)", width=1.2), Column("How", width=1.2),
        Column("Counts", width=0.9), Column("Recorded", width=1.4),
    )  # fmt: skip
    rows = (
        (cell(each.record, each.record), Cell(each.person), Cell(each.person_class),
         Cell(each.local), Cell(each.zone), Cell(instant(each.known_at)), Cell(each.how),
         Cell("governs" if each is counting[0] else "yes" if each.counts else "set aside"),
         Cell(each.recorded))
        for each in one.awareness
    )  # fmt: skip
    chosen = one.governing
    said = (
        ComputedText(
            f"{chosen.record}: {chosen.fact} counts first; set aside: "
            f"{one_of(chosen.set_aside, absent='none')}. Decided {chosen.decided}. Grounds: "
            f"{chosen.grounds}", (chosen.record, chosen.fact),
        ) if chosen else ComputedText(
            f"{one.record}: nobody set an awareness fact aside (0 decisions), so the earliest of "
            f"the facts on record ({len(one.awareness)}) governs: {counting[0].record}.",
            (counting[0].record,),
        )
    )
    return [table_or(f"{one.record}: awareness facts, the earliest first", columns, rows, ""), said]


def _days(one: ClockEntry) -> Block:
    columns = (
        Column("Clock", width=1.2), Column("Member state", width=0.8), Column("Trigger", width=1),
        Column("Day 0", width=0.9), Column("Target day", width=0.9), Column("Last day", width=0.9),
        Column("Other days", width=1.6),
    )  # fmt: skip
    rows = (
        (cell(each.clock, one.record), cell(each.state, absent=NOT_APPLICABLE),
         cell(each.trigger, absent="becoming aware"), cell(each.day0), cell(each.due_target),
         cell(each.due_legal), cell(each.other, absent="none"))
        for each in one.clocks
    )  # fmt: skip
    why = one.no_clock or "the rules give no day on these facts"
    return table_or(f"{one.record}: clocks", columns, rows,
                    f"{one.record}: no clock runs: {why}.")  # fmt: skip


def clock(one: ClockEntry) -> list[Block]:
    """The clock block: what the rules said, on which facts, by which version, day 0, due days."""
    items = (
        ("What the rules say", cell(one.said, one.record)),
        ("Classification", cell(one.classification, one.record, absent="none was given")),
        ("Rules", cell(one_of(one.rules, absent="no rules are loaded"), one.record)),
        ("Version of the rules", cell(one.rule_version, one.record)),
        ("Cited", cell("; ".join(one.citations), one.record, absent="nothing")),
        ("Primary text checked", cell("yes" if one.checked else NOT_CHECKED, one.record)),
        ("Work towards", cell(one.work_by, one.record, absent="no day")),
        ("Last day by law", cell(one.due_legal, one.record, absent="no day")),
        ("Facts not known", cell(one_of(one.open_facts, absent="none"), one.record)),
        ("Grounds of the assessment", cell(one.grounds, one.record)),
        ("Assessed", cell(one.assessed, one.record)),
        *((("Test of five work days (21 CFR 803.53)", cell(one.five_day, one.record)),)
          if one.five_day else ()),
    )  # fmt: skip
    columns = (Column("What the rules ask", width=3), Column("Answer", width=2))
    facts = table_or(
        f"{one.record}: facts that the rules were asked on", columns,
        ((cell(name, one.record), cell(value)) for name, value in one.facts),
        f"{one.record}: the rules were asked on awareness alone (0 further facts).",
    )
    return [Definitions(items), _days(one), facts]


def place(one: JurisdictionEntry, *, asked: bool = True) -> list[Block]:
    """One jurisdiction of an incident: the standing clock, earlier ones, each decision.

    asked: whether the document has to say it; in one about another jurisdiction what is open there
    is told, and holds nothing up.
    """
    title = f"{one.incident} in {one.jurisdiction} ({one.record}): {one.status}"
    blocks: list[Block] = [Heading(title)]
    standing = one.standing
    if standing is None:
        blocks.append(_open(f"{one.incident} in {one.jurisdiction}: assessment by the rules",
                            "it was not assessed (0 clock instances)",
                            "21 CFR 803.17; EU MDR Art. 87", asked=asked))  # fmt: skip
    else:
        blocks += clock(standing)
        earlier = one.clocks[:-1]
        columns = (Column("Instance", width=0.8), Column("Said", width=0.9),
                   Column("Work towards", width=0.9), Column("Last day by law", width=0.9),
                   Column("Version of the rules", width=1.4), Column("Grounds", width=1.6),
                   Column("Assessed", width=1.6))  # fmt: skip
        rows = (
            (cell(each.record, each.record), Cell(each.said), cell(each.work_by, absent="no day"),
             cell(each.due_legal, absent="no day"), Cell(each.rule_version), Cell(each.grounds),
             Cell(each.assessed))
            for each in earlier
        )  # fmt: skip
        blocks.append(table_or(
            f"{one.record}: superseded instances", columns, rows,
            f"{one.record}: no earlier instance was superseded (0 on record).",
        ))  # fmt: skip
    return [*blocks, decisions(one, asked=asked)]


def _open(missing: str, why: str, clause: str, *, asked: bool) -> Block:
    if asked:
        return Gap(missing, why, "regulatory affairs", clause)
    return ComputedText(f"{missing}: {why}.")


def decisions(one: JurisdictionEntry, *, asked: bool = True) -> Block:
    """Every signed decision of a row, negative ones too, or that there is none."""
    if not one.decisions:
        return _open(
            f"{one.incident} in {one.jurisdiction}: the signed decision whether it is reported",
            f"{one.record} is '{one.status}', and nobody decided (0 decisions)",
            "21 CFR 803.18(b)(1)(i); EU MDR Art. 87", asked=asked,
        )
    columns = (Column("Record", width=0.8), Column("Decision", width=1), Column("On", width=0.8),
               Column("Against the rules", width=0.9), Column("Grounds", width=2.4),
               Column("Decided", width=1.4), Column("Signed", width=1.6))  # fmt: skip
    rows = tuple(_decision_row(each) for each in one.decisions)
    return Table(f"{one.record}: decisions of {one.incident} in {one.jurisdiction}, the last one "
                 "counts", columns, rows)  # fmt: skip


def _decision_row(one: DecisionEntry) -> tuple[Cell, ...]:
    signed = "; ".join(f"{by.name}, {meant(by)}, {signed_at(by)} ({by.record})"
                       for by in one.signatures)  # fmt: skip
    return (cell(one.record, one.record), Cell(one.decision), cell(one.on, absent="no instance"),
            Cell("yes" if one.against_rules else "no"), cell(one.grounds), Cell(one.decided),
            cell(signed, *(by.record for by in one.signatures), absent="nobody has signed"))


def signatures(label: str, given: Sequence[Signed]) -> Block:
    """The signatures on one record."""
    columns = (Column("Name", width=1.4), Column("Role", width=1.1), Column("Meaning", width=1.1),
               Column("Signed at", width=1.5), Column("Over digest", width=1.2),
               Column("Record", width=0.9))  # fmt: skip
    rows = (
        (Cell(by.name), cell(unhyphened(by.role)), Cell(meant(by)), Cell(signed_at(by)),
         digest_cell(by.digest, by.record), cell(by.record, by.record)) for by in given
    )
    return table_or(f"{label}: signatures", columns, rows,
                    f"{label}: nobody has signed (0 signatures on record).")  # fmt: skip


def forms(found: Sequence[FormLine]) -> Block:
    """Every kept form of a case, with why it does not count as submitted yet."""
    columns = (Column("Record", width=0.8), Column("Form", width=0.7), Column("About", width=0.8),
               Column("Version", align="right", width=0.6), Column("Follows", width=0.8),
               Column("Reference", width=1), Column("Fields missing", align="right", width=0.7),
               Column("Filled", width=1.4), Column("Why it does not count as submitted", width=2))
    rows = (
        (cell(one.record, one.record), Cell(one.form), cell(one.about, one.about),
         cell(one.version), cell(one.follows, absent="none: first"),
         cell(one.reference, absent="none yet"), cell(one.missing), Cell(one.filled),
         cell("; ".join(one.not_ready), absent="it counts"))
        for one in found
    )  # fmt: skip
    return table_or("Filled forms", columns, rows, "No form was kept (0 on record).")


def reports(places: Sequence[JurisdictionEntry]) -> Block:
    """Every version of every report of these rows."""
    columns = (Column("Record", width=0.8), Column("Incident", width=0.8),
               Column("Where", width=0.6), Column("Version", align="right", width=0.6),
               Column("Kind", width=0.8), Column("Type of event", width=0.9),
               Column("Form", width=1), Column("What is new", width=1.8),
               Column("Due", width=0.8), Column("Prepared", width=1.4))  # fmt: skip
    rows = (
        (cell(one.record, one.record), cell(at.incident, at.incident), Cell(at.jurisdiction),
         cell(one.version), Cell(one.kind), cell(one.event_type, absent=NOT_APPLICABLE),
         _form_of(one), Cell(one.changed), _due_of(at, one),
         Cell(one.prepared))
        for at in places for one in at.reports
    )  # fmt: skip
    return table_or("Reports of incidents, each a version", columns, rows,
                    "No report of an incident was prepared (0 on record).")  # fmt: skip


def _due_of(at: JurisdictionEntry, one: ReportEntry) -> Cell:
    """By when a version was due: of an initial report the last day by the clock that stands."""
    if one.due is None and one.kind == INITIAL and at.standing and at.standing.due_legal:
        return cell(at.standing.due_legal, at.standing.record)
    return cell(one.due, absent="no rule sets a day")


def _form_of(one: ReportEntry) -> Cell:
    if one.filled:
        return cell(f"{one.form} ({one.filled})", one.filled)
    return cell(f"none filled here: {one.no_form}" if one.no_form else one.form,
                absent="none named")  # fmt: skip


def submissions(found: Sequence[SubmissionEntry]) -> Block:
    """Every submission with its attempts, what the authority answered, and its number."""
    columns = (Column("Record", width=0.8), Column("Of", width=0.8),
               Column("Authority", width=0.9), Column("Attempts", width=2.4),
               Column("Status", width=0.9), Column("Reference", width=1.1),
               Column("Acknowledged", width=1.2), Column("Acknowledgement", width=1))  # fmt: skip
    rows = (
        (cell(one.record, one.record), cell(one.of, one.of), Cell(one.authority),
         cell("; ".join(one.attempts), absent="none"), Cell(one.status),
         cell(one.reference or one.reference_status), cell(one.acknowledged, absent="not yet"),
         digest_cell(one.digest, one.record, absent="no file"))
        for one in found
    )  # fmt: skip
    return table_or("Submissions", columns, rows, "Nothing was submitted (0 on record).")


def sent(facts: CaseFacts, places: Sequence[JurisdictionEntry]) -> list[Block]:
    """Forms, versions of reports and submissions of the case."""
    all_sent = (*(one for at in places for one in at.submissions), *facts.form_submissions)
    return [forms(facts.forms), reports(places), submissions(all_sent)]


def questions(incidents: Sequence[IncidentEntry]) -> Block:
    """What sites were asked, and what they answered or did not (21 CFR 803.50(b))."""
    columns = (Column("Record", width=0.8), Column("Incident", width=0.8),
               Column("Asked", width=1), Column("Channel", width=0.8),
               Column("Question", width=1.8), Column("Asked at", width=1.1),
               Column("Answer", width=1.8), Column("Answered at", width=1.1))  # fmt: skip
    rows = (
        (cell(each.record, each.record), cell(one.record, one.record), Cell(each.asked),
         Cell(each.channel), Cell(each.question), cell(each.asked_at),
         cell(each.answer, absent="no answer yet"), cell(each.answered_at, absent="not answered"))
        for one in incidents for each in one.questions
    )  # fmt: skip
    return table_or("Questions to sites", columns, rows,
                    "No site was asked anything (0 questions on record).")  # fmt: skip


def incident_items(one: IncidentEntry) -> Definitions:
    """An incident in short."""
    return Definitions((
        ("Incident", cell(one.record, one.record)),
        ("Opened from", cell(one.complaint, one.complaint or one.record)),
        ("Words, as they stand in the record", cell(one.words, one.record)),
        ("Site", cell(one.site, one.record)),
        ("Days of the event", cell(one.event, one.record)),
        ("Software version", cell(one.version, one.record, absent="not known")),
        ("Harm", cell(one.harm, one.record)),
        ("Categories", cell("; ".join(one.categories), one.record, absent="not coded")),
        ("Opened", cell(one.opened, one.record)),
        ("Status", cell(one.status, one.record)),
        ("Conclusion", cell(one.conclusion, one.record, absent="none yet")),
        ("Closed", cell(one.closed, one.record, absent="not closed")),
    ))  # fmt: skip


