"""DOC-08 (field safety corrective action with its notice and ledger) and DOC-08N (the notice).

The notice is what recipients read: nothing of the case stands in it but the action itself.
"""

from __future__ import annotations

from regulatory.documents.action_blocks import (
    action_items,
    checks,
    corrections,
    ledger,
    said_by,
    scope,
    steps,
)
from regulatory.documents.action_facts import ActionEntry
from regulatory.documents.assembly import assemble, written_at
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.case_blocks import sent, signatures
from regulatory.documents.case_references import references
from regulatory.documents.content import Content
from regulatory.documents.event_facts import CaseFacts, FormEntry, FormFacts
from regulatory.documents.form_blocks import form_changes, form_control, form_section
from regulatory.documents.places import PLACES, place_of
from regulatory.documents.vigilance_kinds import FIELD_ACTION_REPORT, FIELD_SAFETY_NOTICE
from regulatory.documents.wording import cell, one_of

TEMPLATE = ("field_action_report.py", "event_facts.py", "action_facts.py",
            "case_blocks.py", "case_references.py",
            "form_blocks.py", "action_blocks.py")  # fmt: skip
_LATER = ("progress", "effectiveness")
"""Fields of section 7 of the form that tell of progress."""


def build_report(facts: CaseFacts) -> Content:
    """The report of a field safety corrective action, with the text of its notice and its ledger.

    Raises Refused when the document does not fit the device's class.
    """
    form, one = _parts(facts)
    judged = place_of(facts.subject, PLACES[FIELD_ACTION_REPORT]["progress_judgement"])
    places = [at for each in facts.incidents for at in each.jurisdictions]
    sections = (
        form_section(form, "F1", "The action", _first, more=(
            action_items(one), *said_by(one, "Reason", one.reason),
            *said_by(one, "Risk", one.risk), *said_by(one, "What is done", one.actions),
            *said_by(one, "Timetable", one.timetable), *scope(one),
        )),
        form_section(form, "F2", "Progress and effectiveness", lambda entry: entry.key in _LATER,
                     more=(*ledger(one), *checks(one), written_at(facts.notes or {}, judged)),
                     wide=True),
        form_section(form, "N1", "The notice", lambda entry: entry.number == "N1",
                     more=(*said_by(one, "Text of the notice", one.notice),
                           *said_by(one, "What users are asked to do", one.advice),
                           _languages(one))),
        form_section(form, "N2", "Ledger of responses", lambda entry: entry.number == "N2",
                     more=(steps(one),), wide=True),
        Section("1", "Whether it is reported", tuple(corrections(facts.corrections))),
        Section("2", "The form, its versions and what was sent",
                (*form_control(form), form_changes(form), *sent(facts, places)), wide=True),
        Section("3", "Cross-references", tuple(references(facts)), wide=True),
        Section("4", "Signatures on the records", (
            signatures(one.record, one.signatures),
            signatures(form.record or f"Form {form.form}", form.released),
        )),
    )  # fmt: skip
    return assemble(FIELD_ACTION_REPORT, facts, sections, template=TEMPLATE)


def _first(entry: FormEntry) -> bool:
    return entry.number[0].isdigit() and entry.key not in _LATER


def _parts(facts: CaseFacts) -> tuple[FormFacts, ActionEntry]:
    if facts.form is None or facts.action is None:
        raise ValueError(f"{facts.subject} has no form or is no field action")
    return facts.form, facts.action


def _languages(one: ActionEntry) -> Block:
    return ComputedText(
        f"{one.record}: the notice is to be given in {one_of(one.languages)}. Its translations are "
        "no records here; this text is the one that was signed.", (one.record,),
    )  # fmt: skip


def build_notice(facts: CaseFacts) -> Content:
    """The field safety notice as recipients read it.

    Raises Refused when the document does not fit the device's class.
    """
    form, one = _parts(facts)
    follow, contact = (place_of(facts.subject, PLACES[FIELD_SAFETY_NOTICE][key])
                       for key in ("patient_follow_up", "contact"))  # fmt: skip
    notes = facts.notes or {}
    sections = (
        Section("1", "Which device", (_device(facts, one), _versions(one))),
        Section("2", "Why you receive this notice", (
            *said_by(one, "What happened", one.reason), *said_by(one, "Risk", one.risk),
        )),
        Section("3", "What you are asked to do", (
            *_in_force(one), *said_by(one, "Notice", one.notice),
            *said_by(one, "Actions of users", one.advice),
            *said_by(one, "What the manufacturer does", one.actions),
            *said_by(one, "Timetable", one.timetable),
            Definitions((("Act by", cell(one.act_by, one.record, absent="no day is set")),)),
        )),
        Section("4", "Follow-up of patients",
                (_answered(form, "notice_patient_follow_up") or written_at(notes, follow),)),
        Section("5", "Contact", (_answered(form, "notice_contact") or written_at(notes, contact),)),
        Section("6", "Acknowledgement", _acknowledgement(one)),
    )  # fmt: skip
    return assemble(FIELD_SAFETY_NOTICE, facts, sections, template=TEMPLATE)


def _device(facts: CaseFacts, one: ActionEntry) -> Definitions:
    edition = facts.edition
    return Definitions((
        ("Reference of this notice", cell(one.record, one.record)),
        ("Device", Cell(edition.device)),
        ("UDI", Cell(edition.udi)),
        ("Manufacturer and single registration number", Cell(edition.manufacturer)),
        ("Kind of action", cell(one.kind, one.record)),
        ("Languages", cell(one_of(one.languages), one.record)),
        ("Signed", cell(one.in_force, one.record,
                        absent="not signed yet: nobody is to be told by this text")),
    ))  # fmt: skip


def _versions(one: ActionEntry) -> Table:
    columns = (Column("Software version", width=2), Column("Record", width=1),
               Column("Installations", align="right", width=1))  # fmt: skip
    rows = tuple(
        (Cell(name), cell(label, label),
         cell(sum(row.version == label for row in one.scope), one.record))
        for label, name in one.versions
    )  # fmt: skip
    return Table("Affected software versions", columns, rows)


def _in_force(one: ActionEntry) -> list[Block]:
    if one.signatures:
        return []
    return [Gap(f"The signature on {one.record} and its notice", "another than its maker signs the "
                "action before anybody is told (0 signatures)", "regulatory affairs",
                "EU MDR Art. 89(8)")]  # fmt: skip


def _answered(form: FormFacts, key: str) -> Block | None:
    """What a person gave in the form, as a statement with its record; None where nothing stands."""
    for one in form.entries:
        if one.key == key and one.state == "value":
            return Definitions(((one.name, cell(one.words, *(one.sources or (form.record,)))),))
    return None


def _acknowledgement(one: ActionEntry) -> tuple[Block, ...]:
    rows = tuple(
        (Cell(here.site), cell(here.installations, one.record), Cell("to be written by you"),
         Cell("to be written by you"), Cell("to be written by you"))
        for here in one.consignees
    )  # fmt: skip
    columns = (Column("Recipient", width=1.4), Column("Installations", align="right", width=0.8),
               Column("Read and understood, on", width=1.2),
               Column("Installations corrected", width=1.2),
               Column("Function and signature", width=1.4))  # fmt: skip
    return (
        Paragraph("Please answer the contact above: that you have read this notice, and how many "
                  "installations were corrected."),
        Table("Your answer", columns, rows),
    )
