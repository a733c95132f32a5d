"""Rows of a table in which several measures of a group are not estimable for one reason."""

from __future__ import annotations

from collections.abc import Sequence

from regulatory.documents.blocks import Cell
from regulatory.documents.facts import Measured
from regulatory.documents.wording import estimate_cell, measure_name

_Some = Sequence[Measured]


def together(measures: Sequence[Measured]) -> list[list[Measured]]:
    """The measures in their order, each in a row of its own; those of a group that are not
    estimable for the same reason and n share the row of the first."""
    rows: list[list[Measured]] = []
    shared: dict[tuple[str, str, int], list[Measured]] = {}
    for one in measures:
        said = one.estimate
        row: list[Measured] = []
        if not said.estimable:
            row = shared.setdefault((said.subgroup, said.reason, said.n), row)
        row.append(one)
        if len(row) == 1:
            rows.append(row)
    return rows


def measures_cell(some: _Some, among: _Some) -> Cell:
    """The names of the measures of a row; among: all of the table, of whose group it may lack all.
    """
    group = some[0].estimate.subgroup
    if len(some) > 1 and len(some) == sum(one.estimate.subgroup == group for one in among):
        return Cell(f"all {len(some)} measures")
    return Cell("; ".join(measure_name(one.estimate.measure) for one in some))


def shared_cell(some: _Some) -> Cell:
    """The estimate of a row, or why there is none, traced to the record of each measure."""
    return estimate_cell(some[0].estimate, *(one.record for one in some))


def records_cell(some: _Some) -> Cell:
    """The records of a row; of several the first, and how many more."""
    first, *others = (one.record for one in some)
    return Cell(f"{first} and {len(others)} more" if others else first, (first, *others))
