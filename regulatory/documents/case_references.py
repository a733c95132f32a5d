"""How the reports and actions of a case point to each other: FDA MDR (803), 806, MIR, FSCA, CAPA.

Each kind is named, also where none is on record; a reference that a form must give and does not is
a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from regulatory.documents.action_facts import SubmissionEntry
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Gap, Table
from regulatory.documents.case_blocks import table_or
from regulatory.documents.event_facts import CaseFacts, JurisdictionEntry
from regulatory.documents.wording import NOT_APPLICABLE, cell, one_of

US_CORRECTION, EU_CORRECTION = "21 CFR 806", "MDR Art. 87(1)(b)"
NONE = "none on record"
REGIMES = {US_CORRECTION: US_CORRECTION, EU_CORRECTION: f"EU {EU_CORRECTION}"}
Row = tuple[Cell, ...]


def references(facts: CaseFacts) -> list[Block]:
    """The reports and actions of the case, each with its number and state, and what is missing."""
    columns = (Column("What", width=1.5), Column("Record", width=0.9), Column("About", width=1.2),
               Column("Number of the authority", width=1.3), Column("State", width=2.2))
    found = (*_reports(facts, "US", "FDA MDR (803)"), *_reports(facts, "EU", "MIR"),
             *_corrections(facts), *_actions(facts), *_capas(facts), *_complaints(facts))
    return [Table("Reports and actions of this case", columns, found), _tied(facts),
            *lacking(facts)]  # fmt: skip


def numbers_of(found: Iterable[SubmissionEntry]) -> tuple[str, ...]:
    """The numbers that authorities assigned, once each."""
    return tuple(dict.fromkeys(one.reference for one in found
                               if one.reference_status == "assigned"))  # fmt: skip


def _number(found: tuple[SubmissionEntry, ...]) -> Cell:
    if not found:
        return Cell("nothing was submitted")
    given = numbers_of(found)
    labels = tuple(one.record for one in found)
    waiting = one_of(tuple(dict.fromkeys(one.reference_status for one in found)))
    return cell(one_of(given, absent=f"none assigned: {waiting}"), *labels)


def _none(what: str) -> Row:
    return (Cell(what), Cell(NONE), Cell(NOT_APPLICABLE), Cell(NOT_APPLICABLE), Cell(NONE))


def _reports(facts: CaseFacts, where: str, what: str) -> Iterator[Row]:
    places = [at for one in facts.incidents if (at := one.place(where)) is not None]
    if not places:
        yield _none(what)
    for at in places:
        yield (Cell(what), cell(at.record, at.record), cell(at.incident, at.incident),
               _number(at.submissions), Cell(_state(at)))  # fmt: skip


def _state(at: JurisdictionEntry) -> str:
    versions = one_of(tuple(one.record for one in at.reports), absent="no report")
    decided = at.decisions[-1].record if at.decisions else "no decision"
    return f"{at.status} ({decided}); {versions}"


def _corrections(facts: CaseFacts) -> Iterator[Row]:
    for regime, what in (
        (US_CORRECTION, "Correction or removal, 21 CFR 806"),
        (EU_CORRECTION, "Field safety corrective action, EU MDR Art. 87(1)(b)"),
    ):
        if not facts.corrections:
            yield _none(what)
        for one in facts.corrections:
            said = one.answer(regime)
            kept = {each.record for each in facts.forms if each.about in (one.record, one.source)
                    and each.form in (("806", "806.20") if regime == US_CORRECTION else ("FSCA",))}
            sent = tuple(each for each in facts.form_submissions if each.of in kept)
            state = f"{said[0]}: {said[1]}" if said else "open: nobody answered"
            yield (Cell(what), cell(one.record, one.record),
                   cell(one.source, one.source, absent="the case"), _number(sent), Cell(state))


def _actions(facts: CaseFacts) -> Iterator[Row]:
    if not facts.actions:
        yield _none("Field action")
    for one in facts.actions:
        related = (*one.incidents, *one.ties)
        yield (Cell("Field action"), cell(one.record, one.record),
               cell(one_of(related, absent="no incident or record is named"), *related),
               _number(one.submissions), Cell(f"{one.kind}, {one.status}"))  # fmt: skip


def _capas(facts: CaseFacts) -> Iterator[Row]:
    if not facts.capas and not facts.no_capas:
        yield _none("CAPA")
    for one in facts.capas:
        yield (Cell("CAPA"), cell(one.record, one.record), cell(one.source, one.source),
               Cell(NOT_APPLICABLE), Cell(one.status + (f", {one.closed_as}" if one.closed_as
                                                       else "")))  # fmt: skip
    for none in facts.no_capas:
        yield (Cell("No CAPA is needed"), cell(none.record, none.record),
               cell(none.source, none.source), Cell(NOT_APPLICABLE),
               Cell(f"decided {none.decided}: {none.grounds}"))  # fmt: skip


def _complaints(facts: CaseFacts) -> Iterator[Row]:
    if not facts.complaints:
        yield _none("Complaint")
    for one in facts.complaints:
        incidents = tuple(each.record for each in facts.incidents if each.complaint == one.record)
        yield (Cell("Complaint"), cell(one.record, one.record),
               cell(one_of(incidents, absent="no incident was opened of it"), *incidents),
               Cell(NOT_APPLICABLE), Cell(one.status))  # fmt: skip


def _tied(facts: CaseFacts) -> Block:
    columns = (Column("Record", width=1), Column("Tied by", width=1))
    return table_or(
        "Other records that the case is tied to", columns,
        ((cell(label, label), cell(by, by)) for label, by in facts.tied),
        "The case is tied to no other records (0).",
    )


def lacking(facts: CaseFacts) -> list[Block]:
    """What points nowhere: references that a form must give, decisions that nobody took."""
    if facts.form is None:
        found: list[Block] = [*_unreported(facts), *_without_capa(facts)]
        return found or [ComputedText("Every report and CAPA that the decisions of this case ask "
                                      "for is on record (0 are missing). What forms say of each "
                                      "other is compared in their own documents.")]
    found = [*_of_the_form(facts)]
    none = f"Form {facts.form.form} gives every reference that the records ask it for (0 missing)."
    found = found or [ComputedText(none)]
    return [*found, *(ComputedText(f"Open: {gap.missing}: {gap.reason}.")
                      for gap in (*_unreported(facts), *_without_capa(facts)))]


def _entry(facts: CaseFacts, key: str) -> str:
    entries = facts.form.entries if facts.form else ()
    return next((one.words for one in entries if one.key == key), "")


def _of_the_form(facts: CaseFacts) -> Iterator[Gap]:
    form = facts.form
    if form is None or form.not_read:
        return
    who = "regulatory affairs, in the form"
    if form.form == "MIR":
        said = _entry(facts, "fsca_references")
        for one in facts.actions:
            if facts.subject in one.incidents and one.record not in said:
                yield Gap(f"1.3.1d reference of {one.record}",
                          f"{one.record} names {facts.subject}, and the form does not name it",
                          who, "MIR 7.3.1")  # fmt: skip
    reported = [answer for one in facts.corrections
                if (answer := one.answer(US_CORRECTION)) and answer[0] == "reported"]
    if form.form == "3500A" and reported and not _entry(facts, "correction_number"):
        yield Gap("H9 number of the report of the correction",
                  "a correction of this case is reported under 21 CFR 806, and the form gives no "
                  "number", who, "21 CFR 803.52(f)(9)")  # fmt: skip
    if form.form == "806":
        yield from _numbers_of_events(facts, who)
    if form.form == "FSCA":
        said = _entry(facts, "related_incidents")
        missing = [one.record for one in facts.incidents if one.record not in said]
        for label in missing:
            yield Gap(f"7 related incident {label}", f"{label} belongs to the case, and the form "
                      "does not name it", who, "EU MDR Art. 87(1)(b)")  # fmt: skip


def _numbers_of_events(facts: CaseFacts, who: str) -> Iterator[Gap]:
    said = _entry(facts, "mdr_numbers")
    for one in facts.incidents:
        at = one.place("US")
        if at is None or at.status != "reportable":
            continue
        given = numbers_of(at.submissions)
        if not given:
            yield Gap(f"(c)(8) number of the FDA MDR (803) of {one.record}",
                      f"{at.record} is reportable, and FDA has assigned no number yet", who,
                      "21 CFR 806.10(c)(8)")  # fmt: skip
        for number in given:
            if number not in said:
                yield Gap(f"(c)(8) number {number}", f"it is that of {one.record}, and the form "
                          "does not name it", who, "21 CFR 806.10(c)(8)")  # fmt: skip


def _unreported(facts: CaseFacts) -> Iterator[Gap]:
    """What was decided to be reported and is not: no report prepared, no form sent."""
    for one in facts.incidents:
        for at in one.jurisdictions:
            if at.status == "reportable" and not at.reports:
                yield Gap(f"Report of {one.record} in {at.jurisdiction}", f"{at.record} was "
                          "decided to be reportable, and no report is on record (0)",
                          "regulatory affairs", "21 CFR 803.50; EU MDR Art. 87")  # fmt: skip
    for asked in facts.corrections:
        for regime, form in ((US_CORRECTION, "806"), (EU_CORRECTION, "FSCA")):
            said = asked.answer(regime)
            about = (asked.record, asked.source)
            kept = {each.record for each in facts.forms
                    if each.form == form and each.about in about}  # fmt: skip
            sent = any(each.of in kept for each in facts.form_submissions)
            if said and said[0] == "reported" and not sent:
                day = f"; last day {asked.due}" if regime == US_CORRECTION and asked.due else ""
                yield Gap(f"Form {form} of {asked.source or asked.record}", f"{asked.record} says "
                          f"that it is reported, and nothing was submitted (0){day}",
                          "regulatory affairs", REGIMES[regime])  # fmt: skip


def _without_capa(facts: CaseFacts) -> Iterator[Gap]:
    reported = [one.record for one in facts.incidents
                if any(at.status == "reportable" for at in one.jurisdictions)]  # fmt: skip
    acts = [one.record for one in facts.actions if one.status != "withdrawn"]
    if (reported or acts) and not facts.capas and not facts.no_capas:
        yield Gap(
            "CAPA, or the signed decision that none is needed",
            f"{', '.join((*reported, *acts))} has neither (0 CAPAs, 0 decisions)", "quality",
            "ISO 13485:2016, 8.5.2",
        )
