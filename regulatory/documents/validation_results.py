"""Section 8 of the validation report: two-by-two tables, measures, curves, subgroups."""

from __future__ import annotations

from regulatory.documents.assembly import from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Figure,
    Heading,
    Section,
    Table,
)
from regulatory.documents.condensed import (
    measures_cell,
    records_cell,
    shared_cell,
    together,
)
from regulatory.documents.facts import Measured
from regulatory.documents.figures import forest_plot, reliability_diagram, roc_curve
from regulatory.documents.froc_figure import froc_figure
from regulatory.documents.places import VALIDATION
from regulatory.documents.validation_beyond import beyond_blocks
from regulatory.documents.validation_facts import (
    ClassCounts,
    SplitResult,
    TwoByTwo,
    ValidationFacts,
)
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    cell,
    counts_cell,
    estimate_cell,
    measure_name,
    rests_on,
    spaced,
)


def results_section(facts: ValidationFacts) -> Section:
    """Two-by-two tables, measures with intervals, curves, and every declared subgroup."""
    blocks: list[Block] = []
    for result in facts.results:
        blocks.append(Heading(spaced(result.split).capitalize()))
        if result.unavailable:
            blocks.append(ComputedText(f"Not available: {result.unavailable}."))
            continue
        blocks += _split_blocks(result)
    blocks += _curves(facts)
    for result in facts.results:
        if result.subgroups:
            blocks += subgroup_blocks(result, facts.main_measure)
    blocks += beyond_blocks(facts.beyond)
    blocks.append(from_person(facts.notes, VALIDATION["clinical_interpretation"]))
    return Section("8", "Results", tuple(blocks))


def _split_blocks(result: SplitResult) -> list[Block]:
    name = spaced(result.split)
    blocks: list[Block] = []
    if result.counts is not None:
        blocks.append(two_by_two_table(name, result.counts, result.record))
    if result.findings:
        blocks.append(_by_finding(name, result.findings, result.record))
    if result.classes is not None:
        blocks.append(_by_class(name, result.classes, result.record))
    blocks.append(measures_table(f"Measures on the {name}", result.measures))
    return blocks


def two_by_two_table(name: str, counts: TwoByTwo, record: str) -> Table:
    """Decision of the device against the truth, in studies."""
    found = counts.true_positive + counts.false_negative
    free = counts.false_positive + counts.true_negative
    lines = (
        ("Flagged", counts.true_positive, counts.false_positive),
        ("Not flagged", counts.false_negative, counts.true_negative),
        ("Total with output", found, free),
    )
    rows = tuple(
        (Cell(label), cell(a, record), cell(b, record), cell(a + b, record))
        for label, a, b in lines
    )
    columns = (
        Column("Device decision"),
        Column("Finding present", "studies", "right"),
        Column("Finding absent", "studies", "right"),
        Column("Total", "studies", "right"),
    )
    note = f"Studies without an output of the device, not in the table: {counts.without_output}."
    if counts.not_known:
        note += (
            " Studies of which it is not known whether they show any finding, not in it: "
            f"{counts.not_known}."
        )
    return Table(f"Device decision against reference standard, {name}", columns, rows, note=note)


def _by_finding(
    name: str, findings: tuple[tuple[str, TwoByTwo], ...], record: str
) -> Table:
    columns = (
        Column("Finding"),
        Column("Present, named", "studies", "right"),
        Column("Present, not named", "studies", "right"),
        Column("Absent, named", "studies", "right"),
        Column("Absent, not named", "studies", "right"),
        Column("Not known", "studies", "right"),
    )
    rows = tuple(
        (Cell(finding), *(cell(one, record) for one in (
            counts.true_positive, counts.false_negative, counts.false_positive,
            counts.true_negative, counts.not_known,
        )))
        for finding, counts in findings
    )  # fmt: skip
    note = "Several findings may be present in one study: each stands for itself."
    return Table(
        f"Findings named against reference standard, {name}", columns, rows, note=note
    )


def _by_class(name: str, counted: ClassCounts, record: str) -> Table:
    columns = (
        Column("Reference standard"),
        *(Column(f"Put into: {one}", "studies", "right") for one in counted.classes),
        Column("Total", "studies", "right"),
    )
    rows = tuple(
        (Cell(label), *(cell(one, record) for one in (*row, sum(row))))
        for label, row in zip(counted.classes, counted.counts, strict=True)
    )
    return Table(f"Class decided against reference standard, {name}", columns, rows)


def measures_table(caption: str, measures: tuple[Measured, ...]) -> Table:
    """Estimates with counts, method of the interval and record."""
    columns = (
        Column("Measure", width=1.6),
        Column("Estimate", width=2.7),
        Column("Counts", width=1.15),
        Column("Interval by", width=1.7),
        Column("Record", width=0.9),
    )
    rows = tuple(
        (
            Cell(measure_name(one.estimate.measure)),
            estimate_cell(one.estimate, one.record),
            counts_cell(one.estimate),
            cell(one.estimate.method, absent=NOT_APPLICABLE),
            cell(one.record),
        )
        for one in measures
    )
    return Table(caption, columns, rows)


def _curves(facts: ValidationFacts) -> list[Block]:
    blocks: list[Block] = []
    marks = [one.froc for one in facts.results if one.froc is not None]
    if marks:
        blocks.append(Heading("Lesions found and false positives"))
        caption = "Free-response ROC curve with the operating point, by test set; "
        caption += rests_on([one.score for one in marks], _measured_on(facts.results))
        of = tuple(one.record for one in facts.results if one.froc is not None)
        blocks.append(froc_figure(marks, caption=caption, records=of))
    curves = [one.roc for one in facts.results if one.roc is not None]
    records = tuple(one.record for one in facts.results if one.roc is not None)
    if curves:
        blocks.append(Heading("Studies" if marks else "Discrimination and calibration"))
        caption = f"ROC curve{' of studies' if marks else ''} with the operating point, by test set"
        caption += f"; {rests_on([one.auc for one in curves], _measured_on(facts.results))}"
        blocks.append(roc_curve(curves, caption=caption, records=records))
    bins = [one.reliability for one in facts.results if one.reliability is not None]
    if bins:
        caption = "Calibration: what was observed by what was predicted; a bin has "
        observed = [point for one in bins for point in one.observed]
        caption += rests_on(observed, _measured_on(facts.results))
        blocks.append(reliability_diagram(bins, caption=caption, records=records))
    return blocks


def _measured_on(results: tuple[SplitResult, ...]) -> str:
    """When the test sets were measured; the period of their studies is in the section on data."""
    days = sorted({f"{one.at:%Y-%m-%d}" for one in results if one.at is not None})
    return f"measured {' to '.join(dict.fromkeys((days[0], days[-1])))}" if days else "not dated"


def subgroup_blocks(result: SplitResult, measure: str) -> list[Block]:
    """Measures by declared subgroup on a test, with a forest plot of one of them."""
    name = spaced(result.split)
    columns = (
        Column("Group", width=1.7),
        Column("Measure", width=1.7),
        Column("Estimate", width=2.6),
        Column("Counts", width=1.25),
        Column("Record", width=0.9),
    )
    rows = tuple(
        (
            Cell(some[0].estimate.subgroup),
            measures_cell(some, result.subgroups),
            shared_cell(some),
            counts_cell(some[0].estimate),
            records_cell(some),
        )
        for some in together(result.subgroups)
    )
    classes = any("class=" in one.estimate.subgroup for one in result.subgroups)
    groups = "classes and declared subgroups" if classes else "declared subgroups"
    by = "class and declared subgroup" if classes else "declared subgroup"
    blocks: list[Block] = [
        Heading(f"{groups.capitalize()}, {name}"),
        Table(f"Measures by {by}, {name}", columns, rows),
    ]
    figure = _subgroup_forest(result, measure)
    return [*blocks, figure] if figure else blocks


def _subgroup_forest(result: SplitResult, measure: str) -> Figure | None:
    shown = [one for one in result.subgroups if one.estimate.measure == measure]
    if not shown:
        return None
    whole = (one.estimate for one in result.measures)
    overall = next((one for one in whole if one.measure == measure), None)
    return forest_plot(
        [(one.estimate.subgroup, one.estimate) for one in shown],
        caption=f"{measure_name(measure)} by subgroup, {spaced(result.split)}; "
        + rests_on([one.estimate for one in shown], _measured_on((result,))),
        axis=measure_name(measure),
        overall=overall,
        records=tuple(one.record for one in shown),
    )
