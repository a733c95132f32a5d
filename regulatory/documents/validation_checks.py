"""Part of section 3 of the validation report: leakage, shortcuts, labels and population."""

from __future__ import annotations

from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Gap, Heading, Table, Tone
from regulatory.documents.validation_facts import DatasetCheck, DatasetFacts
from regulatory.documents.wording import cell, estimate_cell, grouped, spaced

_TONES: dict[str, Tone] = {"met": "good", "refused": "bad", "not estimable": "unknown"}
_POPULATION = "population"


def checks_blocks(data: DatasetFacts, *, population: bool = True) -> tuple[Block, ...]:
    """What was checked before the dataset was frozen, and what it states as its limitations.

    population: whether the shares of the population are told here too.
    """
    if not data.checks:
        gap = Gap("Checks of leakage, shortcuts, labels and population", "no record of them",
                  "data steward")  # fmt: skip
        return (Heading("Leakage, shortcuts and labels"), gap)
    rules = [one for one in data.checks if one.rule != _POPULATION]
    silent, told = _silent(rules)
    return (
        Heading("Leakage, shortcuts and labels"),
        _table("Rules that the dataset was held against before it was frozen", told, data),
        *(ComputedText(one, (data.record,)) for one in silent),
        *((Heading("Population and cases for the claims"), *population_blocks(data))
          if population else ()),
    )  # fmt: skip


def population_blocks(data: DatasetFacts) -> tuple[Block, ...]:
    """The data beside the declared population, and what falls short; the gap without a check."""
    if not data.checks:
        return (Gap("The data beside the declared population", "no record of the check",
                    "data steward"),)  # fmt: skip
    return _population([one for one in data.checks if one.rule == _POPULATION], data)


def _silent(checks: list[DatasetCheck]) -> tuple[list[str], list[DatasetCheck]]:
    """A sentence for each rule of which no check could be made, for one and the same reason; and
    the other checks."""
    by_rule: dict[str, list[DatasetCheck]] = {}
    for one in checks:
        by_rule.setdefault(one.rule, []).append(one)
    said, told = [], []
    for rule, some in by_rule.items():
        reasons = {one.estimate.reason if one.estimate else "" for one in some}
        if len(some) > 1 and len(reasons) == 1 and "" not in reasons:
            subjects = ", ".join(spaced(one.subject) for one in some)
            words = spaced(rule)
            said.append(
                f"{words[:1].upper()}{words[1:]}: not estimable for any of {len(some)} facts "
                f"({subjects}), n = {grouped(some[0].n)}: {reasons.pop()}."
            )
        else:
            told += some
    return said, told


def _population(found: list[DatasetCheck], data: DatasetFacts) -> tuple[Block, ...]:
    short = [one for one in found if one.state != "met"]
    said = (
        f"Shares of the population and cases for the claims that were compared: "
        f"{grouped(len(found))}. Those that fall short of what is declared or needed: "
        f"{grouped(len(short))}."
    )
    told: tuple[Block, ...] = (ComputedText(said, (data.record,)),)
    if not short:
        return told
    return (*told, _table("Limitations of the data, and studies to collect", short, data))


def _table(caption: str, checks: list[DatasetCheck], data: DatasetFacts) -> Table:
    """A row a check; what is the same in all of them has no column."""
    several = len({one.rule for one in checks}) > 1
    estimated = any(one.estimate is not None for one in checks)
    columns = (
        *((Column("Rule", width=1.3),) if several else ()),
        Column("About", width=1.4),
        Column("Outcome", width=1),
        Column("Images", "n", "right", 0.7),
        *((Column("Estimate", "95 % interval", width=1.5),) if estimated else ()),
        Column("Found", width=3.8),
    )
    rows = tuple(
        (
            *((Cell(spaced(one.rule)),) if several else ()),
            Cell(spaced(one.subject)),
            Cell(one.state, (data.record,), tone=_TONES.get(one.state, "plain")),
            cell(one.n, data.record),
            *((_estimated(one, data.record),) if estimated else ()),
            Cell(one.said, (data.record,)),
        )
        for one in checks
    )
    return Table(caption, columns, rows)


def _estimated(one: DatasetCheck, record: str) -> Cell:
    """The estimate; of one that could not be made the reason stands beside it, in 'Found'."""
    if one.estimate is not None and not one.estimate.estimable:
        return Cell(
            f"not estimable (n = {one.estimate.n})", (record,), tone="unknown",
            estimate=one.estimate,
        )
    return estimate_cell(one.estimate, record, absent="a count")
