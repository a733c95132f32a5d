"""Section 4 of a revalidation report: each claim beside its bound, what changed in the field."""

from __future__ import annotations

from dataclasses import replace

from records.counting import counted
from regulatory.documents.assembly import from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Gap,
    Heading,
    Section,
    Table,
)
from regulatory.documents.condensed import measures_cell, records_cell, shared_cell, together
from regulatory.documents.figures import forest_plot
from regulatory.documents.places import REVALIDATION
from regulatory.documents.revalidation_facts import (
    FieldData,
    JudgedBasis,
    JudgedRow,
    Repeated,
    RevalidationFacts,
    SiteRevalidation,
)
from regulatory.documents.wording import (
    cell,
    counts_cell,
    estimate_cell,
    measure_name,
    number,
    p_value,
    share,
    span,
    verdict_cell,
)


def site_heading(one: SiteRevalidation) -> Heading:
    """The heading under which a section tells of one site."""
    return Heading(f"{one.entry.site}, {one.entry.record}")


def differing_share(test: Repeated) -> str:
    """How many studies of a locked test are answered otherwise than in its evaluation."""
    return share(test.differing, test.studies)


def results_section(facts: RevalidationFacts) -> Section:
    """The rows of each judgement, then the estimates before and since, site by site."""
    blocks: list[Block] = []
    for one in facts.sites:
        blocks.append(site_heading(one))
        blocks += _judged(one) + _in_the_field(one)
    if not facts.sites:
        blocks.append(Gap("Results of a revalidation", "no revalidation of the device is on record "
                          "(0)", "quality manager", "ISO 13485 8.2.6"))  # fmt: skip
    blocks.append(from_person(facts.notes, REVALIDATION["interpretation"]))
    return Section("4", "Results", tuple(blocks), wide=True)


def _judged(one: SiteRevalidation) -> list[Block]:
    record = one.entry.record
    if not one.bases:
        claims = ", ".join(one.below_claim) or "none"
        return [ComputedText(
            f"The plan had no rules for revalidation when {record} was made: no claim was tested "
            f"against a bound. Point estimates below the bound of a claim: {claims}.", (record,),
        )]  # fmt: skip
    return [block for basis in one.bases for block in _basis(basis, record)]


def _basis(basis: JudgedBasis, record: str) -> list[Block]:
    left = f" Not judged: {basis.missing}." if basis.missing else ""
    blocks: list[Block] = [ComputedText(
        f"{basis.name[:1].upper()}{basis.name[1:]}: "
        f"{counted(basis.studies, 'study', 'studies')} of "
        f"{counted(basis.patients, 'patient')}.{left}", (record,),
    )]  # fmt: skip
    if not basis.rows:
        return blocks
    columns = (
        Column("Measure", width=1.3), Column("Group", width=1.1), Column("Estimate", width=2.2),
        Column("Claim", align="right", width=0.6), Column("Bound", align="right", width=0.6),
        Column("Needed", "studies", width=0.9), Column("Had", "studies", width=0.9),
        Column("p above the bound", align="right", width=0.8), Column("Verdict", width=0.9),
        Column("Why", width=1.5),
    )  # fmt: skip
    rows = tuple(_row(row, record) for row in basis.rows)
    note = ("Non-inferior: the one-sided test lies above the claim less its margin, with studies "
            "enough by the plan; subgroups by Holm, after all studies.")  # fmt: skip
    return [*blocks, Table(f"{record}, {basis.name}: each claim beside its bound", columns, rows,
                           note=note)]  # fmt: skip


def _row(row: JudgedRow, record: str) -> tuple[Cell, ...]:
    return (
        Cell(measure_name(row.estimate.measure)), Cell(row.estimate.subgroup.replace("=", ": ")),
        estimate_cell(row.estimate, record), cell(number(row.claim), record),
        cell(number(row.bound), record), cell(row.needed, record, absent="not applicable"),
        cell(row.had, record, absent="not applicable"),
        cell(p_value(row.p_above) if row.p_above is not None else None, record,
             absent="not tested"),
        verdict_cell(row.verdict, record), cell(row.reason, record, absent="none"),
    )  # fmt: skip


def _in_the_field(one: SiteRevalidation) -> list[Block]:
    record = one.entry.record
    blocks: list[Block] = []
    if not one.field_data:
        blocks.append(Gap(f"{record}: performance in the field before and since the onset",
                          "the revalidation names no evaluation", "quality manager",
                          "ISO 13485 8.2.6"))  # fmt: skip
    for data in one.field_data:
        blocks += _period(data, one)
    if one.differences:
        columns = (Column("Difference, since minus before", width=2),
                   Column("Estimate", width=2.6), Column("By", width=1.6))  # fmt: skip
        blocks.append(Table(
            f"{record}: what changed since the onset (other studies before and after: not paired)",
            columns, tuple(
                (Cell(measure_name(each.measure)), estimate_cell(each, record),
                 cell(each.method, record, absent="not applicable"))
                for each in one.differences
            ),
        ))  # fmt: skip
    else:
        blocks.append(ComputedText("No difference between before and since is on record (0).",
                                   (record,)))  # fmt: skip
    return blocks


def _period(data: FieldData, one: SiteRevalidation) -> list[Block]:
    if data.period is not None and data.period[0] > data.period[1]:
        return [ComputedText(
            f"Field data {data.when} the onset: none. The days on record begin on "
            f"{data.period[0]}, after the onset, {data.period[1]} ({data.record}).",
            (data.record,),
        )]  # fmt: skip
    when = f"{data.when} the onset, {span(data.period, absent='period not recorded')}"
    name = f"{one.entry.record}, {when}"
    blocks: list[Block] = [ComputedText(
        f"Field data {when}: {counted(data.studies, 'study', 'studies')} with known truth, of "
        f"{counted(data.patients, 'patient')} ({data.record}).", (data.record,),
    )]  # fmt: skip
    if not data.measures:
        return [*blocks, ComputedText("Estimates of all studies: none on record (0).",
                                      (data.record,))]  # fmt: skip
    columns = (
        Column("Group", width=1.3), Column("Measure", width=1.6), Column("Estimate", width=2.4),
        Column("Counts", width=1), Column("Interval by", width=1.6), Column("Record", width=0.9),
    )  # fmt: skip
    shown = (*data.measures, *data.subgroups)
    blocks.append(Table(f"{name}: measures", columns, tuple(
        (Cell(some[0].estimate.subgroup), measures_cell(some, shown), shared_cell(some),
         counts_cell(some[0].estimate),
         cell(some[0].estimate.method, absent="not applicable"), records_cell(some))
        for some in together(shown)
    )))  # fmt: skip
    return [*blocks, *_forest(data, name, one.below_claim)]


def _forest(data: FieldData, name: str, below: tuple[str, ...]) -> list[Block]:
    """The subgroups of one measure: of the first below its claim, else of the first that has any.
    """
    first = sorted(data.measures, key=lambda one: measure_name(one.estimate.measure) not in below)
    for main in first:
        groups = [one for one in data.subgroups
                  if one.estimate.measure == main.estimate.measure and one.estimate.estimable]
        if groups and main.estimate.estimable:
            words = measure_name(main.estimate.measure)
            return [replace(forest_plot(
                [(one.estimate.subgroup, one.estimate) for one in groups],
                caption=f"{name}: {words} by subgroup, n = {data.studies}, 95 % CI, "
                f"{main.estimate.method or 'method not recorded'}",
                axis=words, overall=main.estimate, records=tuple(one.record for one in groups),
            ), width=0.6)]  # fmt: skip
    return []
