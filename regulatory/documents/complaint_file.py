"""DOC-29, the complaint and CAPA file: a case whole, from the words as they came to its closing."""

from __future__ import annotations

from regulatory.documents.action_blocks import (
    action_items,
    capas,
    checks,
    corrections,
    ledger,
    steps,
)
from regulatory.documents.assembly import assemble, written_at
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    Section,
)
from regulatory.documents.case_blocks import (
    awareness,
    incident_items,
    place,
    questions,
    sent,
    signatures,
    table_or,
)
from regulatory.documents.case_references import references
from regulatory.documents.case_timeline import timeline
from regulatory.documents.content import Content
from regulatory.documents.event_facts import CaseFacts, ComplaintEntry
from regulatory.documents.places import PLACES, place_of
from regulatory.documents.vigilance_kinds import COMPLAINT_FILE
from regulatory.documents.wording import cell, one_of

TEMPLATE = ("complaint_file.py", "event_facts.py", "action_facts.py",
            "case_blocks.py", "case_references.py",
            "action_blocks.py", "case_timeline.py")  # fmt: skip
NO_COMPLAINT = "No complaint belongs to this case (0 on record)."
NO_INCIDENT = "No incident was opened of this case (0 on record)."


def build(facts: CaseFacts) -> Content:
    """The file of the complaint, incident or CAPA that the facts are about.

    Raises Refused when the document does not fit the device's class.
    """
    places = [at for one in facts.incidents for at in one.jurisdictions]
    told = place_of(facts.subject, PLACES[COMPLAINT_FILE]["narrative"])
    sections = (
        Section("1", "What was said, word for word", _verbatim(facts)),
        Section("2", "Timeline", (timeline(facts),), wide=True),
        Section("3", "Harm and investigation", _investigation(facts)),
        Section("4", "Incidents, and who knew when", _incidents(facts), wide=True),
        Section("5", "Reportability, clocks and decisions", _reportability(facts), wide=True),
        Section("6", "Reports and submissions", tuple(sent(facts, places)), wide=True),
        Section("7", "Correspondence", _correspondence(facts), wide=True),
        Section("8", "Field actions and corrections", _actions(facts), wide=True),
        Section("9", "Corrective and preventive action", tuple(capas(facts.capas, facts.no_capas))),
        Section("10", "Cross-references", (*_links(facts), *references(facts)), wide=True),
        Section("11", "Signatures on the records", _signatures(facts)),
        Section("12", "Narrative", (written_at(facts.notes or {}, told),)),
    )
    return assemble(COMPLAINT_FILE, facts, sections, template=TEMPLATE)


def _verbatim(facts: CaseFacts) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for one in facts.complaints:
        blocks += [Heading(f"{one.record}: {one.status}"), Definitions((
            ("Complaint", cell(one.record, one.record)),
            ("Number elsewhere", cell(one.old_number, one.record, absent="none")),
            ("Words, as they came", cell(one.words, one.record)),
            ("Channel", cell(one.channel, one.record)),
            ("Received", cell(one.received, one.record)),
            ("Site", cell(one.site, one.record, absent="it tells of none")),
            ("Software version", cell(one.version, one.record, absent="not known")),
            ("Days of the event", cell(one.event, one.record)),
            ("Studies and predictions", cell(one_of(one.involved, absent="none is named"),
                                             *one.involved)),
            ("Taken in", cell(one.recorded, one.record)),
            ("Conclusion", cell(one.conclusion, one.record, absent="none yet")),
            ("Decided", cell(one.closed, one.record, absent="not closed")),
        ))]  # fmt: skip
    return tuple(blocks) or (ComputedText(NO_COMPLAINT),)


def _investigation(facts: CaseFacts) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for one in facts.complaints:
        blocks += _screened(one)
    return tuple(blocks) or (ComputedText(NO_COMPLAINT),)


def _screened(one: ComplaintEntry) -> list[Block]:
    blocks: list[Block] = [Heading(one.record), Definitions((
        ("Harm", cell(one.harm, one.record)),
        ("Grounds", cell(one.harm_grounds, one.record, absent="not said yet")),
        ("Categories", cell("; ".join(one.categories), one.record, absent="not coded")),
        ("Investigated", cell(one.investigated, one.record, absent="not said yet")),
        ("What was found, or why it was not investigated",
         cell(one.investigation, one.record, absent="not said yet")),
        ("Like", cell(one.similar_to, one.similar_to or one.record, absent="none is named")),
        *((name[:1].upper() + name[1:], cell(words, one.record, absent="missing"))
          for name, words in one.elements),
    ))]  # fmt: skip
    blocks += [
        Gap(f"{one.record}: {name}", "the record of the complaint does not say it", "quality",
            "21 CFR 820.35(a)")
        for name, words in one.elements if not words
    ]  # fmt: skip
    if not one.completeness_asked:
        blocks.append(Gap(f"{one.record}: whether the record is whole (R-CMP-01)",
                          "its completeness was not examined", "quality",
                          "21 CFR 820.35(a)"))  # fmt: skip
    else:
        said = one_of(one.missing, absent="nothing")
        blocks.append(ComputedText(f"{one.record}: R-CMP-01 found missing: {said}.",
                                   (one.record,)))  # fmt: skip
    return blocks


def _incidents(facts: CaseFacts) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for one in facts.incidents:
        blocks += [Heading(f"{one.record}: {one.status}"), incident_items(one), *awareness(one)]
    return tuple(blocks) or (ComputedText(NO_INCIDENT),)


def _reportability(facts: CaseFacts) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for one in facts.incidents:
        if not one.jurisdictions:
            blocks.append(Gap(f"{one.record}: in which jurisdictions it is reported",
                              "no jurisdiction was looked at (0 rows)", "regulatory affairs",
                              "21 CFR 803.17; EU MDR Art. 87"))  # fmt: skip
        for at in one.jurisdictions:
            blocks += place(at)
    return tuple(blocks) or (ComputedText(NO_INCIDENT),)


def _correspondence(facts: CaseFacts) -> tuple[Block, ...]:
    return (questions(facts.incidents), *(steps(one) for one in facts.actions))


def _actions(facts: CaseFacts) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for one in facts.actions:
        blocks += [Heading(f"{one.record}: {one.status}"), action_items(one), *ledger(one)]
        if one.status == "in force" or one.checks:
            blocks += checks(one)
    none = ComputedText("No field action belongs to this case (0 on record).")
    return (*(blocks or [none]), *corrections(facts.corrections))


def _links(facts: CaseFacts) -> tuple[Block, ...]:
    columns = (Column("Record", width=0.8), Column("Complaint", width=0.9),
               Column("Is", width=0.9), Column("Of", width=0.9),
               Column("Grounds", width=2.6))  # fmt: skip
    found = dict.fromkeys(link for one in facts.complaints for link in one.links)
    rows = ((cell(label, label), cell(one, one), Cell(kind), cell(other, other), Cell(why))
            for label, one, kind, other, why in found)  # fmt: skip
    return (table_or("Complaints that tell of the same", columns, rows,
                     "No complaint was linked to another (0 on record)."),)  # fmt: skip


def _signatures(facts: CaseFacts) -> tuple[Block, ...]:
    held = (
        *((one.record, one.signatures) for one in facts.complaints),
        *((one.record, one.signatures) for one in facts.incidents),
        *((one.record, one.signatures) for one in facts.capas),
        *((one.record, one.signatures) for one in facts.actions),
    )
    found = tuple(signatures(record, given) for record, given in held)
    return found or (ComputedText("No record of this case is signed (0 signatures)."),)
