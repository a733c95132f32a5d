"""Sections 3 and 5 of the validation report: the data, how they were divided, what they lack."""

from __future__ import annotations

from regulatory.documents.assembly import from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    Section,
    Table,
)
from regulatory.documents.figures import counts_bar
from regulatory.documents.flow_figure import flow_diagram
from regulatory.documents.places import VALIDATION
from regulatory.documents.validation_checks import checks_blocks
from regulatory.documents.validation_facts import (
    DatasetFacts,
    PartitionFacts,
    SiteCount,
    ValidationFacts,
)
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    NOT_RECORDED,
    cell,
    grouped,
    number,
    share,
    spaced,
)


def data_section(facts: ValidationFacts) -> Section:
    """Where the data came from, what left on the way and why, who is in them, what is missing."""
    data = facts.dataset
    blocks: tuple[Block, ...] = (
        flow_diagram(data.flow, caption=_counted_of("Flow of studies into the dataset", data),
                     records=(data.record,)),
        removed_table(data),
        Heading("By site"),
        site_table(data),
        equipment_table(data),
        counts_bar(
            [(one.site, one.studies) for one in data.sites],
            caption=_counted_of("Studies by site", data),
            axis="studies in the dataset version",
            records=(data.record,),
        ),
        Heading("De-identification"),
        deidentification_block(data),
        Heading("Acceptance check of the data"),
        gate_block(data),
        *checks_blocks(data),
        Heading("Missing data"),
        missing_table(data),
    )
    return Section("3", "Data", blocks)


def _counted_of(what: str, data: DatasetFacts) -> str:
    """A caption of counts, with the number counted, until when, and from which record."""
    studies = sum(one.studies for one in data.sites)
    return (f"{what}; n = {grouped(studies)} studies; frozen {data.frozen_at:%Y-%m-%d}; "
            f"counted from {data.record}")  # fmt: skip


def removed_table(data: DatasetFacts) -> Table:
    """What left at each step of the flow, and why."""
    rows = tuple(
        (Cell(step.label), cell(reason), cell(count, data.record), cell(step.count, data.record))
        for step in data.flow
        for reason, count in (step.removed or (("nothing left at this step", 0),))
    )
    columns = (
        Column("Step", width=2),
        Column("Left at this step, because", width=2.6),
        Column("Left", "n", "right", 0.8),
        Column("Before", "n", "right", 0.8),
    )
    return Table("What left the data, with reasons", columns, rows)


def site_table(data: DatasetFacts) -> Table:
    """Studies, patients, positives, sex and age by site and part."""
    columns = (
        Column("Site", width=1.4),
        Column("Split", width=1.3),
        Column("Studies", align="right", width=0.9),
        Column("Patients", align="right", width=0.9),
        Column(data.positives, align="right", width=1.7),
        Column("Sex, F / M / not recorded", width=1.7),
        Column("Age, median", "years", width=1.7),
    )
    rows = tuple(
        (
            Cell(one.site),
            Cell(spaced(one.split)),
            cell(one.studies, data.record),
            cell(one.patients, data.record),
            cell(share(one.positives, one.studies), data.record),
            Cell(" / ".join(_or_unrecorded(n) for n in (one.female, one.male, one.sex_missing))),
            Cell(_age(one)),
        )
        for one in data.sites
    )
    return Table("Studies and patients by site", columns, rows)


def equipment_table(data: DatasetFacts) -> Table:
    """Makers and models of scanners by site."""
    columns = (Column("Site", width=1), Column("Equipment", width=4))
    rows = tuple(
        (
            Cell(one.site),
            Cell(", ".join(one.equipment) or NOT_RECORDED),
        )
        for one in data.sites
    )
    return Table("Equipment by site", columns, rows)


def _or_unrecorded(count: int | None) -> str:
    return NOT_RECORDED if count is None else grouped(count)


def _age(one: SiteCount) -> str:
    middle = NOT_RECORDED if one.age_median is None else number(one.age_median, 0)
    return f"{middle} ({grouped(one.age_missing)} not recorded)"


def deidentification_block(data: DatasetFacts) -> Block:
    """How the files were de-identified, or the gap."""
    if not data.deidentification:
        return Gap("De-identification summary", "no record of it for this dataset", "data steward")
    items = tuple(
        (name, cell(text, data.deidentification_record)) for name, text in data.deidentification
    )
    return Definitions(items)


def gate_block(data: DatasetFacts) -> Block:
    """What the acceptance check said, or the gap."""
    if data.gate_passed is None or data.gate_total is None:
        return Gap("Acceptance check of the dataset", "no record of its result", "data steward")
    said = (
        f"Expectations met by the dataset: {data.gate_passed} of {data.gate_total}. "
        "Files that failed their own check are in the flow above, with the reason."
    )
    return ComputedText(said, tuple(filter(None, (data.gate_record,))))


def missing_table(data: DatasetFacts) -> Table:
    """Facts that studies lack, and what follows."""
    columns = (
        Column("Fact", width=1.2),
        Column("Missing", width=1.6),
        Column("Consequence", width=3),
    )
    rows = tuple(
        (
            Cell(spaced(one.field)),
            cell(share(one.missing, one.total), data.record),
            cell(one.consequence),
        )
        for one in data.missing
    )
    return Table("Facts that studies lack", columns, rows)


def partition_section(facts: ValidationFacts) -> Section:
    """How development and test data were kept apart, checked patient by patient."""
    parts, data = facts.partition, facts.dataset
    items = (
        ("Divided by", cell(parts.unit, parts.record)),
        ("Method", cell(parts.method, parts.record)),
        ("Seed", cell(str(parts.seed) if parts.seed is not None else None, parts.record)),
        ("External test", cell(parts.external, parts.record, absent="not available")),
        ("Earlier evaluations on these test sets", cell(parts.earlier_uses, parts.record)),
    )
    size = from_person(facts.notes, VALIDATION["sample_size"])
    blocks = (Definitions(items), parts_table(data), *overlap_check(parts), size)
    return Section("5", "Partitions and independence", blocks)


def parts_table(data: DatasetFacts) -> Table:
    """Studies, patients and positives of each part of the dataset."""
    return Table(
        "Parts of the dataset",
        (Column("Part"), Column("Studies", align="right"), Column("Patients", align="right"),
         Column(data.positives, align="right"), Column("Sites", width=5)),
        tuple(
            (Cell(spaced(one.split)), cell(one.studies, data.record),
             cell(one.patients, data.record), cell(share(one.positives, one.studies), data.record),
             Cell(", ".join(one.sites) or NOT_APPLICABLE))
            for one in data.splits
        ),
    )  # fmt: skip


def overlap_check(parts: PartitionFacts) -> tuple[Block, ...]:
    """Patients shared between parts, at the freeze and now, or the gap."""
    if not parts.overlaps:
        return (Gap("Check that no patient is in two parts", "no record of it", "data steward"),)
    records = (parts.record,) if parts.record else ()
    table = Table(
        "Patients shared between parts",
        (Column("Part"), Column("and part"), Column("Patients known"),
         Column("Patients in both", align="right"), Column("Their studies", align="right")),
        tuple(
            (Cell(spaced(one.first)), Cell(spaced(one.second)), Cell(one.known),
             Cell(grouped(one.patients), records, tone="bad" if one.patients else "good"),
             Cell(grouped(len(one.studies)), one.studies) if one.studies
             else Cell(NOT_APPLICABLE))
            for one in parts.overlaps
        ),
    )  # fmt: skip
    said = "Patients found in more than one part, over all pairs compared: " + "; ".join(
        f"{known} {grouped(sum(one.patients for one in parts.overlaps if one.known == known))}"
        for known in dict.fromkeys(one.known for one in parts.overlaps)
    )
    return (table, ComputedText(f"{said}. {_moved_words(parts.moved)}", records))


def _moved_words(moved: int | None) -> str:
    if moved is None:
        return "Whether patients were merged since the freeze was not looked at."
    if not moved:
        return "No study of the dataset was moved to another patient since its freeze."
    return (
        f"{grouped(moved)} of its studies are of another patient now than at its freeze, by merges "
        "and corrections on record. Where a patient stands in a part that was learnt from and in a "
        "test, the figures of that test are not those of patients who were never seen."
    )
