"""Sections 9 to 12 of the validation report: discussion, deviations, verdict."""

from __future__ import annotations

from dataclasses import replace

from regulatory.documents.assembly import from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Section,
    SignatureBlock,
    SignatureLine,
    Table,
)
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
