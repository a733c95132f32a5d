"""DOC-21, the datasheet of the datasets that versions in use rest on: where from, who is in them,
how the truth was found, what they were used for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from regulatory.documents.assembly import assemble, from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Figure,
    Gap,
    Heading,
    Section,
    Table,
)
from regulatory.documents.content import Content
from regulatory.documents.datasheet_facts import DatasheetFacts, SheetFacts
from regulatory.documents.figures import counts_bar
from regulatory.documents.flow_figure import flow_diagram
from regulatory.documents.places import DATASHEET
from regulatory.documents.registry import DATASET_DATASHEET
from regulatory.documents.validation_checks import checks_blocks, population_blocks
from regulatory.documents.validation_data import (
    deidentification_block,
    equipment_table,
    gate_block,
    missing_table,
    overlap_check,
    parts_table,
    removed_table,
    site_table,
)
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    cell,
    digest_cell,
    estimate_cell,
    grouped,
    one_of,
    share,
)

TEMPLATE = ("dataset_datasheet.py", "datasheet_facts.py", "validation_checks.py",
            "validation_data.py", "flow_figure.py")  # fmt: skip
NO_DATASET = "no dataset version of the device is on record"
_Told = Callable[[SheetFacts], Sequence[Block]]


def build(facts: DatasheetFacts) -> Content:
    """The datasheet for these facts; each section goes through every dataset in use.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _each(facts, "1", "Identity and purpose", _identity),
        _each(facts, "2", "Motivation and legal basis", _origin, "motivation"),
        _each(facts, "3", "Composition", _composition),
        _each(facts, "4", "Collection", _collection(facts), "collection"),
        _each(facts, "5", "Reference standard and labels", _labels, "labels"),
        _each(facts, "6", "De-identification and checks", _quality),
        _each(facts, "7", "Independence", _independence),
        _representative(facts),
        _each(facts, "9", "Uses so far", _uses),
        _each(facts, "10", "Maintenance and retention", _kept(facts), "maintenance"),
    )
    return assemble(DATASET_DATASHEET, facts, sections, template=TEMPLATE)


def _each(
    facts: DatasheetFacts, number: str, title: str, told: _Told, place: str = ""
) -> Section:
    """The part of every dataset, one after the other, then what a person writes of them."""
    blocks: list[Block] = []
    for one in facts.sheets:
        blocks += [Heading(f"{one.data.name} ({one.data.record})"), *_named(facts, one, told(one))]
    if not facts.sheets:
        blocks.append(Gap(title, NO_DATASET, "data steward"))
    if place:
        blocks.append(from_person(facts.notes, DATASHEET[place]))
    return Section(number, title, tuple(blocks))


def _named(facts: DatasheetFacts, one: SheetFacts, blocks: Sequence[Block]) -> list[Block]:
    """Where there are several datasets, each table and figure names its own."""
    record = one.data.record
    return [
        replace(block, caption=f"{record}: {block.caption}")
        if len(facts.sheets) > 1 and isinstance(block, Table | Figure)
        and record not in block.caption else block
        for block in blocks
    ]  # fmt: skip


def _identity(one: SheetFacts) -> Sequence[Block]:
    data, record = one.data, one.data.record
    items = (
        ("Record", cell(record, record)),
        ("Name", cell(data.name, record)),
        ("Digest of its list of studies", digest_cell(data.digest, record)),
        ("Digest of its files", digest_cell(one.content_digest, record)),
        ("Frozen at", cell(data.frozen_at, record)),
        ("Frozen for the definition", cell(one.device, one.device)),
        ("Frozen files", cell(one.files, record)),
        ("Folder and commit in controlled storage",
         cell(f"{one.folder}, {one.commit[:12] or 'commit not recorded'}", record)),
        ("Used by", cell(one_of(one.used_by, absent="no version so far"), record)),
    )  # fmt: skip
    return Definitions(items), parts_table(data)


def _origin(one: SheetFacts) -> Sequence[Block]:
    data, record = one.data, one.data.record
    known = (("Source", data.source), ("Legal basis", data.legal_basis), ("Consent", data.consent))
    blocks: list[Block] = [Definitions(tuple((name, cell(said, record)) for name, said in known))]
    blocks += [
        Gap(f"{record}: {name.lower()} of the studies", "not stated when the dataset was frozen",
            "data steward", "AI Act Art. 10(2)(b)")
        for name, said in known if not said
    ]  # fmt: skip
    return blocks


def _composition(one: SheetFacts) -> Sequence[Block]:
    data = one.data
    if one.run and not data.sites:
        return (
            Gap(f"{data.record}: sex, age and equipment of its studies",
                f"chosen from operation by run {one.run}, which left no record of what it took",
                "data steward", "CLAIM 2024, data"),
            missing_table(data),
        )  # fmt: skip
    sites = [(site.site, site.studies) for site in data.sites]
    figure = counts_bar(
        sites, caption=f"Studies by site, {data.record}, as frozen on {data.frozen_at:%Y-%m-%d}, "
        f"n = {grouped(sum(count for _, count in sites))}; a count of records",
        axis="studies in the dataset version", records=(data.record,),
    )  # fmt: skip
    return site_table(data), equipment_table(data), figure, _composed(one), missing_table(data)


def _composed(one: SheetFacts) -> Table:
    columns = (
        Column("Characteristic", width=1.4), Column("Value", width=1.6),
        Column("Development", "studies", "right", 1.4),
        Column("External test", "studies", "right", 1.4),
        Column("All", "studies", "right", 1.4),
    )  # fmt: skip
    inside, outside = one.studied
    record = one.data.record
    rows = tuple(
        (Cell(row.characteristic), Cell(row.value),
         cell(share(row.development, inside), record), cell(share(row.external, outside), record),
         cell(share(row.development + row.external, inside + outside), record))
        for row in one.composed
    )  # fmt: skip
    return Table(f"Who and what is in {record}", columns, rows,
                 note="Shares of the studies of the column, counted; no estimate.")  # fmt: skip


def _collection(facts: DatasheetFacts) -> _Told:
    def told(one: SheetFacts) -> Sequence[Block]:
        data, record = one.data, one.data.record
        items = (
            ("Design", cell(data.design, record)),
            ("Days of arrival", cell(_arrived(one), record)),
            ("Included are", cell(one_of(data.eligibility or facts.eligibility), record)),
            ("Sampling", cell(f"chosen by run {one.run} of the retraining protocol" if one.run
                              else "every study that was taken in and is eligible", record)),
            ("Facts assigned, not recorded at the source",
             cell(one_of(data.assigned, absent="none"), record)),
        )  # fmt: skip
        if one.run:
            return Definitions(items), _chosen(one)
        flow = flow_diagram(
            data.flow, caption=f"Flow of studies into {record}, by {data.frozen_at:%Y-%m-%d}, "
            f"n = {grouped(data.flow[0].count)} files received; counts of records",
            records=(record,),
        )  # fmt: skip
        return Definitions(items), flow, removed_table(data)

    return told


def _arrived(one: SheetFacts) -> str:
    return "; ".join(f"{part}: {first} to {last}" for part, first, last in one.collected)


def _chosen(one: SheetFacts) -> Block:
    if not one.chosen:
        return Gap(f"{one.data.record}: why studies in operation were left out",
                   f"run {one.run} keeps no counts by reason", "data steward")  # fmt: skip
    columns = (Column("Reason", width=3), Column("Studies", "n", "right", 0.8))
    rows = tuple((Cell(reason), cell(count, one.data.record)) for reason, count in one.chosen)
    return Table(f"Every study looked at by run {one.run}, by reason", columns, rows)


def _labels(one: SheetFacts) -> Sequence[Block]:
    truth = one.reference
    none = f"{NOT_APPLICABLE}: {truth.unread}" if truth.unread else ""
    items = (
        ("Definition", cell(truth.definition, truth.record)),
        ("Source", cell(truth.source, truth.record)),
        ("Readers of each study", cell(none or truth.readers, truth.record)),
        ("Blinded to the device's output", cell(truth.blinded, truth.record)),
        ("Adjudication", cell(truth.adjudication, truth.record)),
        ("Agreement between readers",
         estimate_cell(truth.agreement.estimate, truth.agreement.record) if truth.agreement
         else cell(none or None)),
    )  # fmt: skip
    blocks: list[Block] = [Definitions(items)]
    lacking = [
        name for name, absent in (
            ("number of readers", truth.readers is None), ("agreement", truth.agreement is None)
        ) if absent and not none
    ]  # fmt: skip
    if lacking:
        blocks.append(Gap(
            f"{one.data.record}: {' and '.join(lacking)} of the reference standard",
            "the source of the truth does not record it", "data steward",
            "CLAIM 2024, reference standard",
        ))  # fmt: skip
    return blocks


def _quality(one: SheetFacts) -> Sequence[Block]:
    data = one.data
    return deidentification_block(data), gate_block(data), *checks_blocks(data, population=False)


def _independence(one: SheetFacts) -> Sequence[Block]:
    parts = one.partition
    items = (
        ("Divided by", cell(parts.unit, parts.record)),
        ("Method", cell(parts.method, parts.record)),
        ("Seed", cell(str(parts.seed) if parts.seed is not None else None, parts.record)),
        ("External test", cell(parts.external, parts.record, absent="not available")),
        ("Days of arrival, by part", cell(_arrived(one), parts.record)),
    )  # fmt: skip
    pictures = ComputedText(
        "Equal and similar pictures in more than one part, conflicting labels and shortcuts: "
        "see section 6.", (parts.record,),
    )  # fmt: skip
    return Definitions(items), *overlap_check(parts), pictures


def _representative(facts: DatasheetFacts) -> Section:
    items = (
        ("Intended population", cell(facts.population, facts.device)),
        ("Intended purpose", cell(facts.purpose, facts.device)),
    )
    blocks: list[Block] = [Definitions(items)]
    if facts.expected:
        columns = (Column("Group", width=1.6), Column("Share expected of the studies", width=1.6))
        rows = tuple((Cell(name), cell(words, facts.device)) for name, words in facts.expected)
        blocks.append(Table("Population that the device is declared for", columns, rows))
    else:
        blocks.append(Gap("Shares expected of the intended population",
                          f"{facts.device} declares none", "clinical lead",
                          "AI Act Art. 10(3)"))  # fmt: skip
    for one in facts.sheets:
        blocks += [Heading(f"{one.data.name} ({one.data.record})"),
                   *_named(facts, one, population_blocks(one.data))]  # fmt: skip
    if not facts.sheets:
        blocks.append(Gap("The data beside the intended population", NO_DATASET, "data steward"))
    blocks.append(from_person(facts.notes, DATASHEET["representativeness"]))
    return Section("8", "Representativeness", tuple(blocks))


def _uses(one: SheetFacts) -> Sequence[Block]:
    looks = [each for each in one.uses if each.attempt is not None]
    said = ComputedText(
        f"Versions made with it: {sum(each.attempt is None for each in one.uses)}. Looks at a part "
        f"of it: {len(looks)}. Its locked tests are never learnt from.", (one.data.record,),
    )  # fmt: skip
    if not one.uses:
        return (said,)
    columns = (
        Column("Record", width=0.9), Column("Use", width=1.4), Column("Version", width=1.8),
        Column("Attempt", "count of looks", "right", 0.9), Column("Studies", "n", "right", 0.8),
        Column("When", width=1.6),
    )  # fmt: skip
    rows = tuple(
        (cell(each.record, each.record), Cell(each.purpose), Cell(each.version),
         cell(each.attempt, each.record, absent=NOT_APPLICABLE),
         cell(each.studies, each.record, absent=NOT_APPLICABLE), cell(each.at, each.record))
        for each in one.uses
    )  # fmt: skip
    return said, Table(f"Uses of {one.data.record}", columns, rows)


def _kept(facts: DatasheetFacts) -> _Told:
    def told(one: SheetFacts) -> Sequence[Block]:
        record = one.data.record
        holds = tuple(f"{hold.record}: {hold.reason}" for hold in facts.holds)
        items = (
            ("The record is kept until", cell(one.kept_until, record,
                                              absent="not computable: it is kept")),
            ("Because", cell(one.kept_because, record)),
            ("Its files", cell("kept whole: a frozen dataset is never deleted", record)),
            ("Legal holds that stand", cell(one_of(holds, absent="none on record"),
                                            *(hold.record for hold in facts.holds))),
            ("Changes after the freeze", cell("none: another content is another version", record)),
        )  # fmt: skip
        return (Definitions(items),)

    return told
