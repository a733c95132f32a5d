"""Annex A of the validation report: item by item where CLAIM 2024, STARD-AI and TRIPOD+AI are
answered, and which items are open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from regulatory.documents.assembly import from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Paragraph,
    Section,
    Table,
)
from regulatory.documents.guideline_items import GUIDELINES, Item
from regulatory.documents.places import VALIDATION
from regulatory.documents.validation_facts import ValidationFacts

ANSWERED: Final = "answered"
OPEN: Final = "open: no record answers it"


def _found(facts: ValidationFacts, split: str) -> bool:
    return any(one.split == split and not one.unavailable for one in facts.results)


def _written(key: str) -> Callable[[ValidationFacts], bool]:
    return lambda facts: key in facts.notes


NEEDS: Final[dict[str, tuple[str, Callable[[ValidationFacts], bool]]]] = {
    "role": ("clinical role and hypothesis not written", _written("clinical_role")),
    "size": ("sample size not written", _written("sample_size")),
    "limits": ("limits not written", _written("limits")),
    "interpretation": ("interpretation not written", _written("clinical_interpretation")),
    "source": ("source not recorded", lambda f: bool(f.dataset.source)),
    "basis": ("legal basis not recorded", lambda f: bool(f.dataset.legal_basis)),
    "deidentified": ("de-identification not recorded", lambda f: bool(f.dataset.deidentification)),
    "readers": ("readers not recorded", lambda f: f.reference.readers is not None),
    "agreement": ("agreement not recorded", lambda f: f.reference.agreement is not None),
    "blinded": ("blinding not recorded", lambda f: f.reference.blinded is not None),
    "parted": ("method of the parts not recorded", lambda f: bool(f.partition.method)),
    "disjoint": ("no check of patients on record", lambda f: bool(f.partition.overlaps)),
    "software": ("software not recorded", lambda f: bool(f.model.software)),
    "trained": ("the maker trained it elsewhere", lambda f: bool(f.model.dataset_record)),
    "threshold": ("choice not recorded", lambda f: bool(f.model.operating_split)),
    "robustness": ("not tested beyond the locked tests", lambda f: bool(
        f.beyond and not f.beyond.unavailable and (f.beyond.conditions or f.beyond.parts))),
    "failures": ("failures not looked at", lambda f: bool(f.beyond and f.beyond.failures)),
    "internal": ("no internal test", lambda f: _found(f, "internal_test")),
    "external": ("no external test", lambda f: _found(f, "external_test")),
    "sites": ("counts by site not recorded", lambda f: bool(f.dataset.sites)),
    "equipment": ("equipment not recorded", lambda f: any(
        one.equipment for one in f.dataset.sites)),
    "checks": ("population not compared", lambda f: any(
        one.rule == "population" for one in f.dataset.checks)),
    "counts": ("no counts of decisions against truth", lambda f: any(
        one.counts or one.classes or one.findings for one in f.results)),
    "groups": ("no results by group", lambda f: any(one.subgroups for one in f.results)),
    "protocol": ("criteria not signed", lambda f: bool(f.plan.signed)),
}  # fmt: skip
"""What a section needs to hold the answer to an item, and what is said where it lacks it."""


def guideline_annex(facts: ValidationFacts) -> Section:
    """Annex A: a table a guideline, with a row an item, and one gap for all that is open."""
    blocks: list[Block] = [Paragraph(
        "Topics are in own words. The numbers are those of the checklists as published; those of "
        "STARD-AI were taken from a copy and not compared with the publication. 'Answered' says "
        "that the section holds what the item asks for, and not that it is enough."
    )]  # fmt: skip
    left: list[str] = []
    for name, items in GUIDELINES:
        states = [_state(one, facts) for one in items]
        waiting = [one[0] for one, said in zip(items, states, strict=True) if said != ANSWERED]
        blocks.append(ComputedText(
            f"{name}: items {len(items)}, of which answered {len(items) - len(waiting)} and open "
            f"{len(waiting)}."
        ))  # fmt: skip
        blocks.append(_table(name, items, states))
        left += [f"{name}, items {', '.join(waiting)}"] if waiting else []
    if left:
        place = replace(VALIDATION["guideline_items"], missing=(
            f"Items of reporting guidelines that are open: {'; '.join(left)}"
        ))  # fmt: skip
        blocks.append(from_person(facts.notes, place))
    return Section("A", "Reporting guidelines, item by item", tuple(blocks))


def _state(item: Item, facts: ValidationFacts) -> str:
    _, _, section, need = item
    if not section:
        return OPEN
    if need:
        words, holds = NEEDS[need]
        if not holds(facts):
            return f"open: {words}"
    return ANSWERED


def _table(name: str, items: tuple[Item, ...], states: list[str]) -> Table:
    columns = (
        Column("Item", width=0.5), Column("Topic", width=2.8),
        Column("Section", align="right", width=0.7), Column("State", width=1.9),
    )  # fmt: skip
    rows = tuple(
        (Cell(number), Cell(topic), Cell(section or "none"),
         Cell(said, tone="plain" if said == ANSWERED else "unknown"))
        for (number, topic, section, _), said in zip(items, states, strict=True)
    )  # fmt: skip
    return Table(f"{name}: where each item is answered", columns, rows)
