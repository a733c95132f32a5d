"""DOC-07 (MIR) and DOC-12 (FDA MDR (803), Form 3500A): the report of one incident, field by field.

The form stands as it was kept; the clocks, decisions, submissions and cross-references of its case
stand behind it.
"""

from __future__ import annotations

from collections.abc import Callable

from regulatory.documents.assembly import assemble, written_at
from regulatory.documents.blocks import Block, ComputedText, Gap, Section
from regulatory.documents.case_blocks import (
    awareness,
    incident_items,
    place,
    questions,
    sent,
    signatures,
)
from regulatory.documents.case_references import references
from regulatory.documents.content import Content
from regulatory.documents.event_facts import CaseFacts, FormEntry, FormFacts, IncidentEntry
from regulatory.documents.form_blocks import form_changes, form_control, form_section
from regulatory.documents.places import PLACES, place_of
from regulatory.documents.vigilance_kinds import FDA_EVENT_REPORT, INCIDENT_REPORT

TEMPLATE = ("incident_report.py", "event_facts.py", "action_facts.py",
            "case_blocks.py", "case_references.py",
            "form_blocks.py")  # fmt: skip
MIR_SECTIONS = (
    ("1.1", "Authority and numbers"), ("1.2", "Dates, type and classification"),
    ("1.3", "Submitter, manufacturer, representative"), ("2", "Device"),
    ("3.1", "What happened"), ("3.2", "Device problem, location, operator"),
    ("3.3", "Patient"), ("3.4", "Initial reporter"),
    ("4.1", "Preliminary comments and actions at once"),
    ("4.2", "Cause, conclusion and corrective actions"), ("4.3", "Similar incidents"),
    ("5", "Other information"),
)  # fmt: skip
"""The sections of the form, by the beginning of the numbers of their fields."""
FDA_SECTIONS = (
    ("A", "Block A: patient"), ("B", "Block B: event or problem"),
    ("D", "Block D: device"), ("E", "Block E: initial reporter"),
    ("G", "Block G: manufacturer, source, type and number of the report"),
    ("H", "Block H: evaluation, codes, remedial action"),
)  # fmt: skip
_PARAGRAPHS = {"803.52(c)": "D", "803.52(e)": "G"}
BLOCK = "3500A-{}"


def build_mir(facts: CaseFacts) -> Content:
    """The manufacturer incident report (MIR) of the incident that the facts are about.

    Raises Refused when the document does not fit the device's class.
    """
    form, one = _parts(facts)
    sections = [
        form_section(form, number, title, _begins(number), more=_more_of_mir(facts, number),
                     wide=number == "4.3")
        for number, title in MIR_SECTIONS
    ]  # fmt: skip
    tail = _tail(facts, form, one, "EU", first=6)
    return assemble(INCIDENT_REPORT, facts, (*sections, *tail), template=TEMPLATE)


def _more_of_mir(facts: CaseFacts, number: str) -> tuple[Block, ...]:
    if number != "3.2":
        return ()
    coding = PLACES[INCIDENT_REPORT]["coding_review"]
    return (written_at(facts.notes or {}, place_of(facts.subject, coding)),)


def _begins(number: str) -> Callable[[FormEntry], bool]:
    def belongs(one: FormEntry) -> bool:
        return one.number == number or (
            one.number.startswith(number) and not one.number[len(number)].isdigit()
        )

    return belongs


def build_fda(facts: CaseFacts) -> Content:
    """The report of an event to FDA (Form 3500A) of the incident that the facts are about.

    Raises Refused when the document does not fit the device's class.
    """
    form, one = _parts(facts)
    blocks = {
        letter: form_section(form, BLOCK.format(letter), title, _of_block(letter),
                             more=_more_of_fda(facts, letter))
        for letter, title in FDA_SECTIONS
    }  # fmt: skip
    blocks["C"] = Section(BLOCK.format("C"), "Block C: suspect product that is no device", (
        ComputedText("Block C is for other products than devices. It is left empty."),
    ))  # fmt: skip
    blocks["F"] = Section(BLOCK.format("F"), "Block F: user facility or importer", (
        ComputedText("Block F is filled by user facilities and importers. The manufacturer leaves "
                     "it empty."),
    ))  # fmt: skip
    tail = _tail(facts, form, one, "US", first=1)
    return assemble(FDA_EVENT_REPORT, facts,
                    (*(blocks[letter] for letter in sorted(blocks)), *tail),
                    template=TEMPLATE)  # fmt: skip


def _of_block(letter: str) -> Callable[[FormEntry], bool]:
    def belongs(one: FormEntry) -> bool:
        paragraph = next((block for begin, block in _PARAGRAPHS.items()
                          if one.number.startswith(begin)), "")  # fmt: skip
        return (paragraph or one.number[0]) == letter

    return belongs


def _more_of_fda(facts: CaseFacts, letter: str) -> tuple[Block, ...]:
    if letter != "H":
        return ()
    why = PLACES[FDA_EVENT_REPORT]["missing_data"]
    return (written_at(facts.notes or {}, place_of(facts.subject, why)),)


def _parts(facts: CaseFacts) -> tuple[FormFacts, IncidentEntry]:
    if facts.form is None or facts.incident is None:
        raise ValueError(f"{facts.subject} has no form or is no incident")
    return facts.form, facts.incident


def _tail(
    facts: CaseFacts, form: FormFacts, one: IncidentEntry, where: str, *, first: int
) -> tuple[Section, ...]:
    """Clocks, decisions in every jurisdiction, what was sent, cross-references, signatures."""
    here = one.place(where)
    clocks: list[Block] = [incident_items(one), *awareness(one)]
    if here is None:
        clocks.append(Gap(
            f"{one.record} in {where}: assessment by the rules",
            "this jurisdiction was not looked at (0 rows)", "regulatory affairs",
            "21 CFR 803.17" if where == "US" else "EU MDR Art. 87",
        ))  # fmt: skip
    else:
        clocks += place(here)
    others: list[Block] = []
    for at in one.jurisdictions:
        if at.jurisdiction != where:
            others += place(at, asked=False)
    none = ComputedText(f"{one.record} was looked at in no other jurisdiction (0 rows).")
    return (
        Section(str(first), "Awareness, day 0, due days and decision", tuple(clocks), wide=True),
        Section(str(first + 1), "The other jurisdictions", tuple(others) or (none,), wide=True),
        Section(str(first + 2), "The form, its versions and what was sent",
                (*form_control(form), form_changes(form), *sent(facts, one.jurisdictions),
                 questions((one,))), wide=True),
        Section(str(first + 3), "Cross-references", tuple(references(facts)), wide=True),
        Section(str(first + 4), "Signatures on the records",
                (signatures(form.record or f"Form {form.form}", form.released),
                 signatures(one.record, one.signatures))),
    )  # fmt: skip
