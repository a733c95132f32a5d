"""Intersections of subgroups, clinicians' readings and shortcut tests: a part of section 8 of the
validation report."""

from __future__ import annotations

from regulatory.documents.beyond_facts import BeyondFacts, Meeting, OfReaders, ShortcutTest
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Heading, Table
from regulatory.documents.facts import Measured
from regulatory.documents.wording import (
    NOT_APPLICABLE,
    cell,
    estimate_cell,
    grouped,
    measure_name,
    p_value,
    spaced,
)

_MOST_MEASURES = 4
_DEVICE, _APART = ": device alone", (": device minus reader", ": device minus readers")


def further_blocks(beyond: BeyondFacts) -> list[Block]:
    """Of each part what was found and what a reader is to conclude; a part that was not made stands
    with its reason in the table of what was not made."""
    blocks: list[Block] = []
    if beyond.meetings:
        blocks.append(Heading("Intersections of subgroups"))
        for meeting in beyond.meetings:
            blocks += _meeting(meeting, beyond.record)
    if beyond.readers:
        blocks += _readers(beyond.readers, beyond.record)
    if beyond.shortcuts:
        blocks += _shortcuts(beyond.shortcuts, beyond.record)
    return blocks


def _meeting(meeting: Meeting, record: str) -> list[Block]:
    said = (
        f"{meeting.part.capitalize()}: {grouped(meeting.groups)} intersections of two "
        f"characteristics, {grouped(meeting.too_small)} of them not estimable: fewer studies than "
        f"the device asks for. {meeting.conclusion}"
    )
    blocks: list[Block] = [ComputedText(said, (record,))]
    names = list(dict.fromkeys(one.estimate.measure for one in meeting.measures))
    shown, left = names[:_MOST_MEASURES], names[_MOST_MEASURES:]
    groups = list(dict.fromkeys(one.estimate.subgroup for one in meeting.measures))
    by_name = {(one.estimate.subgroup, one.estimate.measure): one for one in meeting.measures}
    note = "One study a patient."
    if left:
        note += f" On record besides: {', '.join(measure_name(one).lower() for one in left)}."
    if groups:
        blocks.append(Table(
            f"Intersections of subgroups, {meeting.part}",
            (Column("Intersection", width=1.6),
             *(Column(measure_name(one), width=1.6) for one in shown)),
            tuple(
                (Cell(group), *(_estimate(by_name.get((group, one))) for one in shown))
                for group in groups
            ),
            note=note,
        ))  # fmt: skip
    blocks.append(_tests(meeting, record))
    return blocks


def _estimate(one: Measured | None) -> Cell:
    return Cell(NOT_APPLICABLE) if one is None else estimate_cell(one.estimate, one.record)


def _tests(meeting: Meeting, record: str) -> Table:
    """Whether intersections differ, then the worst of all pairs for each share."""
    columns = (
        Column("Pair, measure", width=1.8), Column("Largest gap", width=2.0),
        Column("Worst intersection", width=2.4), Column("p", align="right", width=0.7),
        Column("p, Holm", align="right", width=0.8),
    )  # fmt: skip
    rows = [
        (
            Cell(f"{one.characteristic}: {measure_name(one.measure)}"),
            _estimate(one.gap) if one.gap or one.p is not None
            else Cell(f"not compared: {one.reason}", (record,), tone="unknown"),
            _named(one.worst),
            *(Cell("not estimable", (record,), tone="unknown") if p is None
              else Cell(p_value(p), (record,)) for p in (one.p, one.holm)),
        )
        for one in meeting.tests
    ]  # fmt: skip
    none = Cell(NOT_APPLICABLE)
    rows += [
        (Cell(f"all pairs: {measure_name(one.estimate.measure)}"), none, _named(one), none, none)
        for one in meeting.worst
    ]
    note = (
        "Gaps and worst intersections were picked after looking: their intervals allow for it "
        "(Bonferroni), in the last rows for the choice among all pairs. p, Holm: over all "
        "questions of the table."
    )
    caption = f"Whether intersections of subgroups differ, {meeting.part}"
    return Table(caption, columns, tuple(rows), note=note)


def _named(one: Measured | None) -> Cell:
    found = _estimate(one)
    if one is None or not one.estimate.estimable:
        return found
    words = f"{one.estimate.subgroup}: {found.text}"
    return Cell(words, found.records, estimate=one.estimate)


def _readers(readers: tuple[OfReaders, ...], record: str) -> list[Block]:
    said = [
        f"{one.name.capitalize()}: {one.conclusion}." for one in readers if one.conclusion
    ]  # fmt: skip
    columns = (
        Column("Reader", width=2.4), Column("Measure", width=1.5), Column("Reader's", width=1.8),
        Column("Device, same studies", width=1.8), Column("Device minus reader", width=1.9),
    )  # fmt: skip
    rows = tuple(row for one in readers for row in _reader_rows(one))
    note = (
        "Readings of clinicians on record for studies of the locked tests, one study a patient; "
        "unaided: without the device's output in view. Of one reader: paired on the same studies "
        "(Newcombe), for that reader. Average: for other readers and other studies too; balanced "
        "accuracy by Obuchowski and Rockette where every reader read every study."
    )
    return [
        Heading("Clinicians' readings beside the device"),
        *(ComputedText(one, (record,)) for one in said),
        Table("Clinicians' readings beside the device", columns, rows, note=note),
    ]


def _reader_rows(one: OfReaders) -> list[tuple[Cell, ...]]:
    own, device, apart = {}, {}, {}
    for each in one.measures:
        subgroup, measure = each.estimate.subgroup, each.estimate.measure
        if subgroup.endswith(_DEVICE):
            device[measure] = each
        elif subgroup.endswith(_APART):
            apart[measure.removesuffix("_difference")] = each
        else:
            own[measure] = each
    name = cell(f"{one.name} ({grouped(one.studies)} studies)")
    return [
        (name, Cell(measure_name(measure)), *map(_estimate, (
            own.get(measure), device.get(measure), apart.get(measure))))
        for measure in dict.fromkeys((*own, *device, *apart))
    ]  # fmt: skip


def _shortcuts(tests: tuple[ShortcutTest, ...], record: str) -> list[Block]:
    follows = Table(
        "Shortcut tests: what to conclude",
        (Column("Test", width=1.3), Column("Conclusion", width=3.8)),
        tuple(
            (Cell(one.name.capitalize()), Cell(one.conclusion, (record,))) for one in tests
        ),
    )  # fmt: skip
    columns = (
        Column("Test", width=1.5), Column("Measure", width=1.6), Column("Of", width=1.7),
        Column("Estimate", width=2.4),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(one.name), Cell(measure_name(each.estimate.measure)),
            Cell(spaced(each.estimate.subgroup)), estimate_cell(each.estimate, each.record),
        )
        for one in tests for each in one.measures
    )  # fmt: skip
    note = (
        "Facts beside the picture: cross-validated ridge classifier, whole patients held out. "
        "Within strata: only studies of one site, view and so on are compared. What was masked is "
        "filled with the mean grey value of the rest; changes are of the same studies, masked "
        "minus as they were, paired."
    )
    return [
        Heading("Shortcut tests"), follows,
        Table("Shortcut tests, internal test", columns, rows, note=note),
    ]
