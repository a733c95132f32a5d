"""What a validation found beyond the locked tests: a part of section 8 of the validation report."""

from __future__ import annotations

from regulatory.documents.beyond_facts import (
    BeyondFacts,
    Cut,
    GroupTest,
    Interval,
    PairAt,
    Part,
)
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Heading,
    Table,
)
from regulatory.documents.condensed import (
    measures_cell,
    records_cell,
    shared_cell,
    together,
)
from regulatory.documents.curve_figures import precision_and_calibration
from regulatory.documents.facts import Measured
from regulatory.documents.failure_figure import failure_figures
from regulatory.documents.validation_features import stability_tables
from regulatory.documents.validation_further import further_blocks
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    cell,
    estimate_cell,
    measure_name,
    number,
    p_value,
    spaced,
)


def beyond_blocks(beyond: BeyondFacts | None) -> list[Block]:
    """Training, tuning, tests and use side by side; degraded images and failures with pictures;
    intersections, clinicians' readings and shortcut tests; what was not made, with the reason; then
    thresholds, other rules, other prevalences; whether subgroups differ; separation and calibration
    in full."""
    blocks: list[Block] = [Heading("Beyond the locked tests")]
    if beyond is None:
        said = "No validation beyond the locked tests is on record for this version."
        return [*blocks, ComputedText(said)]
    if beyond.parts:
        blocks.append(_parts(beyond.parts, beyond.record))
    blocks += [_conditions(beyond.conditions), *stability_tables(beyond)]
    if beyond.failures:
        blocks.append(_failures(beyond))
        blocks += failure_figures(beyond.failures, record=beyond.record)
    elif beyond.parts:
        said = "The version failed in no study of the internal test."
        blocks.append(ComputedText(said, (beyond.record,)))
    blocks += further_blocks(beyond)
    if beyond.not_asked:
        blocks.append(_not_asked(beyond))
    blocks.append(Heading("Thresholds, prevalence, subgroups and calibration"))
    if beyond.unavailable:
        said = f"No further tables of the internal test: {beyond.unavailable}."
        return [*blocks, ComputedText(said, (beyond.record,))]
    said = (
        f"The tables below rest on {beyond.studies} studies of the internal test, one a patient: "
        "their intervals take studies as independent. They describe; no criterion was set on them."
    )
    blocks.append(ComputedText(said, (beyond.record,)))
    if beyond.cuts:
        blocks.append(_cuts(beyond.cuts, beyond.record))
    if beyond.rules:
        blocks.append(_rules(beyond.rules))
    if beyond.prevalences:
        blocks.append(_prevalences(beyond.prevalences))
    if beyond.groups:
        blocks.append(_groups(beyond.groups, beyond.record))
    else:
        said = "No declared characteristic splits these studies into two groups to compare."
        blocks.append(ComputedText(said, (beyond.record,)))
    if beyond.further:
        blocks.append(_further(beyond.further))
    if beyond.own:
        blocks.append(_own(beyond.own))
    if beyond.curves is not None:
        blocks.append(precision_and_calibration(beyond.curves, records=(beyond.record,)))
    return blocks


def _parts(parts: tuple[Part, ...], record: str) -> Table:
    columns = (
        Column("Part", width=1.0), Column("Measure", width=1.7), Column("Estimate", width=2.4),
        Column("Gap to the part before", width=2.4),
    )  # fmt: skip
    rows = tuple(row for part in parts for row in _part_rows(part, record))
    note = (
        "Training: of the studies that the version learnt from, no more than were asked about. "
        "Tuning chose calibration and threshold: both flatter. A gap is flagged where its 95 % "
        "confidence interval leaves out 0; no flag is no proof of equality."
    )
    return Table("Training, tuning, tests and use side by side", columns, rows, note=note)


def _part_rows(part: Part, record: str) -> list[tuple[Cell, ...]]:
    if not part.studies:
        none = Cell(f"not available: {part.reason}", (record,), tone="unknown")
        return [(Cell(part.name), Cell(NOT_APPLICABLE), none, Cell(NOT_APPLICABLE))]
    gap = Cell(NOT_APPLICABLE)
    if part.gap is not None:
        gap = estimate_cell(part.gap.estimate, part.gap.record)
        if part.flagged:
            gap = Cell(f"flagged: {gap.text}", gap.records, tone="bad", estimate=gap.estimate)
    main = part.gap.estimate.measure.removesuffix("_difference") if part.gap else ""
    return [
        (
            Cell(part.name), Cell(_measure_of(one)), estimate_cell(one.estimate, one.record),
            gap if one.estimate.measure == main else Cell(NOT_APPLICABLE),
        )
        for one in part.measures
    ]


def _measure_of(one: Measured) -> str:
    """The measure, and of one class which."""
    group = one.estimate.subgroup
    name = measure_name(one.estimate.measure)
    return name if group == "all" else f"{name}: {group}"


def _not_asked(beyond: BeyondFacts) -> Table:
    columns = (Column("Part of a validation", width=1.2), Column("Why it was not made", width=3.0))
    parts: dict[str, list[str]] = {}
    for name, reason in beyond.not_asked:
        parts.setdefault(reason, []).append(name)
    rows = tuple(
        (Cell((words := ", ".join(names))[:1].upper() + words[1:]), Cell(reason, (beyond.record,)))
        for reason, names in parts.items()
    )
    return Table("What was not made, and why", columns, rows)


_UNITS = {
    ("noise",): "Noise: standard deviation, share of full scale.",
    ("blur", "motion"): "Blur, motion: pixels of 160.",
    ("gain",): "Gain: times the grey value.",
    ("compression",): "Compression: quality of a JPEG.",
    ("rotation",): "Rotation: degrees.",
}


def _conditions(conditions: tuple[Measured, ...]) -> Table:
    columns = (
        Column("Condition", width=1.7), Column("Measure", width=1.7),
        Column("Estimate", width=2.6), Column("Record", width=0.9),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(some[0].estimate.subgroup), measures_cell(some, conditions),
            shared_cell(some), records_cell(some),
        )
        for some in together(conditions)
    )
    tried = {one.estimate.subgroup.partition(" at ")[0] for one in conditions}
    note = " ".join([
        *(words for kinds, words in _UNITS.items() if tried & set(kinds)),
        "A difference is the first minus the second; for degraded images, degraded minus as they "
        "were, paired.",
    ])  # fmt: skip
    blind = any(one.estimate.subgroup == "without any fact" for one in conditions)
    if any(one.estimate.subgroup == "retaken" for one in conditions):
        note += (
            " Retaken: each image twice more, a little turned, moved, exposed and noisy anew; two "
            "such takes differ by less than the coefficient in 95 of 100 studies. Breathing and "
            "positioning are not in it, so it is a lower bound."
        )
    if any(one.estimate.subgroup.startswith("outline ") for one in conditions):
        note += (
            " Outline: grown, shrunk or moved by the declared share of the diameter of a disc of "
            "the region's area."
        )
    told = "missing facts and earlier version" if blind else "earlier version"
    return Table(
        f"Degraded images{',' if blind else ' and'} {told}", columns, rows, note=note
    )


def _failures(beyond: BeyondFacts) -> Table:
    told = any(one.words for one in beyond.failures)
    named = (
        Column("Failure", width=1.0), Column("Image", width=1.0), Column("Site", width=1.0),
        *((Column("What happened", width=2.2),) if told else ()),
        Column("How far off", align="right", width=1.4),
    )  # fmt: skip
    lines = tuple(
        (
            Cell(one.kind), Cell(one.image), Cell(one.site),
            *((Cell(one.words or NOT_APPLICABLE),) if told else ()),
            Cell(f"{measure_name(one.measure)} {number(one.value)}", (beyond.record,)),
        )
        for one in beyond.failures
    )  # fmt: skip
    return Table("Worst failures on the internal test", named, lines)


def _cuts(cuts: tuple[Cut, ...], record: str) -> Table:
    columns: tuple[Column, ...] = (
        Column("Threshold", width=1.0), Column("Flagged, missed", "studies", width=1.0),
        Column("Sensitivity", width=1.2), Column("Specificity", width=1.2),
        Column("Positive predictive value", width=1.2),
        Column("Negative predictive value", width=1.2),
    )  # fmt: skip
    told = any(one.act_on_all is not None for one in cuts)
    if told:
        columns += (
            Column("Net benefit", width=1.4), Column("Net benefit of acting on all", width=0.9),
        )  # fmt: skip
    rows = tuple(
        (
            Cell(number(one.threshold) + (" (operating point)" if one.operating_point else "")),
            Cell(f"{one.flagged}, {one.missed}", (record,)),
            *(_interval_cell(share, record) for share in one.shares),
            *(_benefit_cells(one, record) if told else ()),
        )
        for one in cuts
    )
    note = "95 % confidence intervals, one threshold at a time."
    if told:
        note += (
            " Net benefit: hits less false alarms per study, a false alarm weighing t / (1 − t) at "
            "threshold t; acting on none is 0. It holds at the prevalence of these studies "
            "(Vickers and Elkin 2006)."
        )
    return Table("What other thresholds would do, internal test", columns, rows, note=note)


def _benefit_cells(one: Cut, record: str) -> tuple[Cell, Cell]:
    acting_on_all = None if one.act_on_all is None else number(one.act_on_all)
    return (
        _interval_cell(one.net_benefit, record),
        cell(acting_on_all, record, absent="not estimable"),
    )


def _interval_cell(found: Interval, record: str) -> Cell:
    value, low, high = found
    if value is None or low is None or high is None:
        return Cell("not estimable", (record,), tone="unknown")
    return Cell(f"{number(value)} ({number(low)} to {number(high)})", (record,))


def _rules(rules: tuple[PairAt, ...]) -> Table:
    columns = (
        Column("Rule", width=1.3), Column("Threshold", align="right", width=0.8),
        Column("Sensitivity", width=2.2), Column("Specificity", width=2.2),
    )  # fmt: skip
    rows = tuple(
        (Cell(one.name), Cell("flags nothing" if one.value is None else number(one.value)),
         estimate_cell(one.first.estimate, one.first.record),
         estimate_cell(one.second.estimate, one.second.record))
        for one in rules
    )  # fmt: skip
    note = "Each threshold was chosen on the tuning split, and judged on the internal test."
    if any(one.name == "least cost" for one in rules):
        note += (
            " Least cost weighs a missed finding and a false alarm as the operating point does."
        )
    caption = "Where other rules would have set the threshold"
    return Table(caption, columns, rows, note=note)


def _prevalences(conditions: tuple[PairAt, ...]) -> Table:
    columns = (
        Column("Prevalence of the finding", width=1.0),
        Column("Positive predictive value", width=2.4),
        Column("Negative predictive value", width=2.4),
    )
    rows = tuple(
        (Cell(one.name), estimate_cell(one.first.estimate, one.first.record),
         estimate_cell(one.second.estimate, one.second.record))
        for one in conditions
    )  # fmt: skip
    note = (
        "Sensitivity and specificity of the internal test carried to a prevalence that is taken as "
        "known (Mercaldo et al. 2007); n is the number of studies of the internal test."
    )
    return Table("What a result means at other prevalences", columns, rows, note=note)


def _groups(groups: tuple[GroupTest, ...], record: str) -> Table:
    columns = (
        Column("Characteristic, measure", width=1.5), Column("Largest gap", width=2.0),
        Column("Worst group", width=2.0), Column("p", align="right", width=0.7),
        Column("p, Holm", align="right", width=0.8),
        Column("p, Benjamini-Hochberg", align="right", width=0.9),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(f"{spaced(one.characteristic)}: {measure_name(one.measure)}"),
            _gap_cell(one, record),
            _worst_cell(one.worst),
            *(
                Cell("not estimable", (record,), tone="unknown") if p is None
                else Cell(p_value(p), (record,))
                for p in (one.p, one.holm, one.benjamini_hochberg)
            ),
        )
        for one in groups
    )
    note = (
        "p: chance of differences this large between groups that are served alike (Pearson's "
        "chi-square, by permutation where counts are small; Cochran's Q for the AUC). Holm's holds "
        "for a claim over all questions of the table, Benjamini-Hochberg's for a list of leads. "
        "Gaps and worst groups were picked after looking: their intervals allow for it. No "
        "difference found is not equality."
    )
    return Table("Whether the declared subgroups differ, internal test", columns, rows, note=note)


def _gap_cell(one: GroupTest, record: str) -> Cell:
    """The largest gap; where nothing could be compared, why."""
    if one.gap is not None:
        return estimate_cell(one.gap.estimate, one.gap.record)
    if one.p is None:
        return Cell(f"not compared: {one.reason}", (record,), tone="unknown")
    return Cell(NOT_APPLICABLE)


def _worst_cell(worst: Measured | None) -> Cell:
    if worst is None:
        return Cell(NOT_APPLICABLE)
    found = estimate_cell(worst.estimate, worst.record)
    if not worst.estimate.estimable:
        return found
    return Cell(
        f"{worst.estimate.subgroup}: {found.text}", found.records, estimate=worst.estimate
    )


def _own(own: tuple[Measured, ...]) -> Table:
    columns = (
        Column("Measure", width=2.0), Column("Estimate", width=2.6),
        Column("Interval by", width=1.6), Column("Record", width=0.9),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(_measure_of(one)), estimate_cell(one.estimate, one.record),
            cell(one.estimate.method, absent=NOT_APPLICABLE), cell(one.record),
        )
        for one in own
    )
    return Table("Calibration of each class, agreement of sizes, internal test", columns, rows)


def _further(further: tuple[Measured, ...]) -> Table:
    columns = (
        Column("Measure", width=1.8), Column("Estimate", width=2.6),
        Column("Interval by", width=1.8), Column("Record", width=0.9),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(measure_name(one.estimate.measure)), estimate_cell(one.estimate, one.record),
            cell(one.estimate.method, absent=NOT_APPLICABLE), cell(one.record),
        )
        for one in further
    )
    if not any(one.estimate.measure == "brier" or "calibration" in one.estimate.measure
               for one in further):  # fmt: skip
        return Table("Separation in full, internal test", columns, rows)
    note = (
        "Calibration errors over ten bins of equal count; the integrated "
        "index by local parabolas (Austin and Steyerberg 2019)."
    )
    caption = "Separation and calibration in full, internal test"
    return Table(caption, columns, rows, note=note)
