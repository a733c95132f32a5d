"""The modification protocol of a retraining and its execution record, as a section of a document.

Quotes the device's declaration and the runs on record (FDA, PCCP guidance, December 2024: a
modification protocol covers data management, re-training, performance evaluation and update).
"""

from __future__ import annotations

from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Heading,
    Section,
    Table,
)
from regulatory.documents.retraining_facts import LimitEntry, RetrainingFacts, RetrainingRunEntry
from regulatory.documents.wording import (
    cell,
    estimate_cell,
    instant,
    measure_name,
    one_of,
    verdict_cell,
)

BROKEN, KEPT = "broken", "kept"


def retraining_section(facts: RetrainingFacts, number: int) -> Section:
    """The protocol part by part, then one run after the other."""
    columns = (Column("Part of the protocol", width=1), Column("As declared", width=3.4))
    rows = tuple((Cell(part), cell(words, facts.device)) for part, words in facts.protocol)
    blocks: list[Block] = [
        ComputedText(
            f"The protocol is declared in {facts.device}, before any retraining. Runs on record: "
            f"{len(facts.runs)}.", (facts.device,),
        ),
        Table("Retraining protocol (modification protocol of the PCCP)", columns, rows),
    ]  # fmt: skip
    for run in facts.runs:
        blocks += _run(run)
    return Section(str(number), "Retraining", tuple(blocks))


def _run(run: RetrainingRunEntry) -> list[Block]:
    records, name = dict(run.steps), run.name[:1].upper() + run.name[1:]
    items = (
        ("Begun on", cell(f"{run.trigger}, {instant(run.begun_at)}", records["begun"])),
        ("Steps on record", cell(one_of(tuple(f"{step} {label}" for step, label in run.steps)))),
        ("Dataset", cell(run.dataset, run.dataset, absent="none was frozen")),
        ("Candidate", cell(run.candidate, run.candidate, absent="none was trained")),
        ("Comparison", cell(run.evaluation, run.evaluation, absent="none was made")),
        ("Outcome", verdict_cell(run.outcome, records.get("ended", ""))),
        ("Reason", cell(run.reason, records.get("ended", ""), absent="under way")),
        ("Change request", cell(run.change, run.change, absent="none")),
    )
    chosen = tuple(
        (Cell(reason), cell(count), cell(records["selected"])) for reason, count in run.selected
    )
    blocks: list[Block] = [Heading(name), Definitions(items)]
    if chosen:
        columns = (Column("Reason", width=3), Column("Studies", align="right", width=0.8),
                   Column("Record", width=1))  # fmt: skip
        blocks.append(Table(f"{name}: every study looked at, by reason", columns, chosen))
    if run.limits:
        blocks += [_summary(run), _limits(run, name)]
    if run.learnt:
        blocks.append(ComputedText(f"{'; '.join(run.learnt)}.", (run.evaluation,)))
    return blocks


def _summary(run: RetrainingRunEntry) -> Block:
    counts = {one: sum(limit.verdict == one for limit in run.limits) for one in (KEPT, BROKEN)}
    rest = len(run.limits) - sum(counts.values())
    return ComputedText(
        f"Comparisons with earlier versions: {len(run.limits)}; kept {counts[KEPT]}, broken "
        f"{counts[BROKEN]}, not estimable {rest}.", (run.evaluation,),
    )  # fmt: skip


def _limits(run: RetrainingRunEntry, name: str) -> Block:
    columns = (
        Column("Limit", width=2.2),
        Column("Group, against", width=1.7),
        Column("Difference", width=1.7),
        Column("Verdict", width=0.8),
        Column("Record", width=0.9),
    )
    return Table(
        f"{name}: candidate minus each earlier version, paired", columns,
        tuple(_limit(one) for one in run.limits),
    )  # fmt: skip


def _limit(one: LimitEntry) -> tuple[Cell, ...]:
    return (
        Cell(one.statement), Cell(f"{measure_name(one.difference.measure)}, {one.group}"),
        estimate_cell(one.difference, one.record), verdict_cell(one.verdict, one.record),
        cell(one.record),
    )  # fmt: skip
