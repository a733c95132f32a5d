"""DOC-13 (report under 21 CFR 806.10(c)) and DOC-13R (record under 806.20 that it is not reported).

The form stands as it was kept; the question whether it is reported, its answer and its day, the
scope, the recipients and the cross-references stand behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from regulatory.documents.action_blocks import (
    action_items,
    corrections,
    ledger,
    scope,
    steps,
)
from regulatory.documents.assembly import assemble, written_at
from regulatory.documents.blocks import Block, ComputedText, Section
from regulatory.documents.case_blocks import place, sent, signatures
from regulatory.documents.case_references import references
from regulatory.documents.content import Content
from regulatory.documents.event_facts import CaseFacts, FormEntry, FormFacts
from regulatory.documents.form_blocks import form_changes, form_control, form_section
from regulatory.documents.places import PLACES, place_of
from regulatory.documents.vigilance_kinds import CORRECTION_RECORD, CORRECTION_REPORT

TEMPLATE = ("correction_report.py", "event_facts.py", "action_facts.py",
            "case_blocks.py", "case_references.py",
            "form_blocks.py", "action_blocks.py")  # fmt: skip
REPORT_SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("1", "Registration, date, sequence, correction or removal", ("(c)(1)",)),
    ("2", "Manufacturer or importer, contact", ("(c)(2)",)),
    ("3", "Device: names, classification, intended use, marketing number", ("(c)(3)", "(c)(4)")),
    ("4", "UDI, model, version", ("(c)(5)",)),
    ("5", "What gave rise to it, and what is done", ("(c)(6)", "(c)(7)")),
    ("6", "Illness or injury, and reports of events", ("(c)(8)",)),
    ("7", "Numbers, dates, expected life", ("(c)(9)", "(c)(10)")),
    ("8", "Consignees", ("(c)(11)",)),
    ("9", "Communications, and what is missing", ("(c)(12)", "(c)(13)")),
)
RECORD_SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("1", "Device", ("own", "(b)(1)")),
    ("2", "Version, lot or serial numbers", ("(b)(2)",)),
    ("3", "What gave rise to it, and what is done", ("(b)(3)",)),
    ("4", "Why it is not reported", ("(b)(4)",)),
    ("5", "Communications", ("(b)(5)",)),
)
WHETHER = "806.20"
"""The section R of the outline; the letter is that of the references."""


def build_report(facts: CaseFacts) -> Content:
    """The report of a correction or removal for these facts.

    Raises Refused when the document does not fit the device's class.
    """
    form = _form(facts)
    sections = []
    for number, title, paragraphs in REPORT_SECTIONS:
        more: tuple[Block, ...] = ()
        if number == "6":
            harm = place_of(facts.subject, PLACES[CORRECTION_REPORT]["health_hazard"])
            more = (written_at(facts.notes or {}, harm),)
        if number == "8":
            more = tuple(block for one in facts.actions for block in ledger(one))
        sections.append(form_section(form, number, title, _of(paragraphs), more=more))
    whether = Section(WHETHER, "Whether it is reported (R)", tuple(corrections(facts.corrections)))
    return assemble(CORRECTION_REPORT, facts, (*sections, whether, *_tail(facts, form, 10)),
                    template=TEMPLATE)  # fmt: skip


def build_record(facts: CaseFacts) -> Content:
    """The record of a correction or removal that is not reported, for these facts.

    Raises Refused when the document does not fit the device's class.
    """
    form = _form(facts)
    sections = [form_section(form, number, title, _of(paragraphs))
                for number, title, paragraphs in RECORD_SECTIONS]  # fmt: skip
    conclusions = place_of(facts.subject, PLACES[CORRECTION_RECORD]["conclusions"])
    whether = Section(WHETHER, "The decision not to report it (R)", (
        *corrections(facts.corrections), written_at(facts.notes or {}, conclusions),
    ))  # fmt: skip
    return assemble(CORRECTION_RECORD, facts, (*sections, whether, *_tail(facts, form, 6)),
                    template=TEMPLATE)  # fmt: skip


def _form(facts: CaseFacts) -> FormFacts:
    if facts.form is None:
        raise ValueError(f"{facts.subject} has no form")
    return facts.form


def _of(paragraphs: Sequence[str]) -> Callable[[FormEntry], bool]:
    return lambda one: one.number in paragraphs


def _tail(facts: CaseFacts, form: FormFacts, first: int) -> tuple[Section, ...]:
    about: list[Block] = []
    for one in facts.actions:
        about += [action_items(one), *scope(one), steps(one)]
    none = ComputedText("No field action belongs to this correction (0 on record).")
    events: list[Block] = [
        block for one in facts.incidents for at in one.jurisdictions if at.jurisdiction == "US"
        for block in place(at, asked=False)
    ]  # fmt: skip
    no_event = ComputedText("No incident of this case was looked at in the US (0 rows).")
    places = [at for one in facts.incidents for at in one.jurisdictions]
    return (
        Section(str(first), "The action, its scope and its recipients", tuple(about) or (none,),
                wide=True),
        Section(str(first + 1), "Reports of events, FDA MDR (803)", tuple(events) or (no_event,),
                wide=True),
        Section(str(first + 2), "The form, its versions and what was sent",
                (*form_control(form), form_changes(form), *sent(facts, places)), wide=True),
        Section(str(first + 3), "Cross-references", tuple(references(facts)), wide=True),
        Section(str(first + 4), "Signatures on the records", (
            signatures(form.record or f"Form {form.form}", form.released),
            *(signatures(one.record, one.signatures) for one in facts.actions),
        )),
    )  # fmt: skip
