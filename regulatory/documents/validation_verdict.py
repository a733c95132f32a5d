"""Sections 9 to 12 and annex A of the validation report: discussion, verdict, guidelines."""

from __future__ import annotations

from dataclasses import replace

from regulatory.documents.assembly import from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Gap,
    Section,
    SignatureBlock,
    SignatureLine,
    Table,
)
from regulatory.documents.facts import Notes
from regulatory.documents.places import VALIDATION
from regulatory.documents.validation_criteria import criteria_table
from regulatory.documents.validation_facts import ValidationFacts
from regulatory.documents.wording import NOT_APPLICABLE, cell


def closing_sections(facts: ValidationFacts) -> tuple[Section, ...]:
    """Human-AI team, discussion, deviations, verdict (sections 9 to 12)."""
    discussion = from_person(facts.notes, VALIDATION["limits"])
    team = ComputedText("Not applicable: the device definition claims no reader performance.")
    return (
        Section("9", "Human-AI team", (_reader_study(facts) or team,)),
        Section("10", "Discussion", (discussion,)),
        _deviations(facts),
        _verdict(facts),
    )


def _reader_study(facts: ValidationFacts) -> Block | None:
    claimed = [one.measure for one in facts.intended.claims if "reader" in one.measure]
    if not claimed:
        return None
    why = f"the device claims {', '.join(claimed)} and the records hold no reader study"
    return from_person(facts.notes, replace(VALIDATION["reader_study"], reason=why))


def _deviations(facts: ValidationFacts) -> Section:
    columns = (Column("Deviation", width=2), Column("Effect", width=2), Column("Record", width=1))
    rows = tuple(
        (Cell(one.description), cell(one.effect),
         cell(one.record, one.record, absent=NOT_APPLICABLE))
        for one in facts.deviations
    )  # fmt: skip
    said = ComputedText(
        f"Deviations from the plan on record: {len(facts.deviations)}.",
        tuple(one.record for one in facts.deviations if one.record),
    )
    table = (Table("Deviations from the plan", columns, rows),) if rows else ()
    return Section("11", "Deviations", (said, *table))


def _verdict(facts: ValidationFacts) -> Section:
    verdict = facts.verdict
    lines = tuple(
        SignatureLine(one.role, one.meaning, one.signed) for one in facts.edition.signers
    )
    statement = from_person(facts.notes, VALIDATION["verdict"])
    blocks: tuple[Block, ...] = (
        criteria_table(facts.plan, "Verdict by acceptance criterion"),
        ComputedText(
            f"Overall: {verdict.outcome}. {verdict.recommendation}",
            tuple(filter(None, (verdict.record,))),
        ),
        statement,
        *((SignatureBlock(lines),) if lines else ()),
    )
    return Section("12", "Verdict and recommendation", blocks)


_AREAS = (
    ("Title and abstract", "title/abstract", "0"),
    ("Role, hypothesis, criteria set beforehand", "introduction", "1"),
    ("Design and setting", "study design", "2"),
    ("Data, eligibility, flow, missing data", "data; participants", "3"),
    ("Reference standard", "reference standard", "4"),
    ("Partitions, independence, sample size", "data partitions; sample size", "5"),
    ("Model or index test, with version", "model; training; index test", "6"),
    ("Evaluation and analysis", "evaluation; analysis", "7"),
    ("Results", "results", "8"),
    ("Discussion", "discussion", "10"),
    ("Deviations and other information", "other information", "11"),
)


def guideline_areas(sections: tuple[Section, ...], notes: Notes) -> Section:
    """Annex A: where the report answers each area of the reporting guidelines, gaps said."""
    open_in = {
        one.number for one in sections if any(isinstance(block, Gap) for block in one.blocks)
    }
    rows = tuple(
        (Cell(area), Cell(theirs), Cell(section),
         Cell("in part: see the gap", tone="unknown") if section in open_in else Cell("answered"))
        for area, theirs, section in _AREAS
    )  # fmt: skip
    table = Table(
        "Areas of CLAIM 2024 and STARD-AI and where this report answers them",
        (Column("Area", width=2.4), Column("Name in the guidelines", width=2),
         Column("Section", align="right", width=0.7), Column("State", width=1.2)),
        rows,
    )  # fmt: skip
    items = from_person(notes, VALIDATION["guideline_items"])
    return Section("A", "Reporting guidelines", (table, items))
