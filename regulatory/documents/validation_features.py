"""The tables of a model of radiomic features: which it reads, with what weight, and how each holds
when the outline is drawn a little otherwise."""

from __future__ import annotations

from regulatory.documents.beyond_facts import BeyondFacts
from regulatory.documents.blocks import Block, Cell, Column, Table
from regulatory.documents.validation_facts import ModelFacts
from regulatory.documents.wording import NOT_APPLICABLE, cell, estimate_cell, number


def feature_tables(model: ModelFacts) -> tuple[Block, ...]:
    """What the model reads and what it does not; nothing of a model of pixels."""
    if not model.features:
        return ()
    record = model.version.record
    read = Table(
        "Radiomic features that the model reads",
        (
            Column("IBSI", width=0.7), Column("Feature", width=2.2),
            Column("Unit", width=0.8), Column("Mean (SD), training", width=1.5),
            Column("Weight", "log odds a SD", align="right", width=1.0),
            Column("ICC, training", width=1.9),
        ),
        tuple(
            (
                cell(one.ibsi, absent=NOT_APPLICABLE), Cell(f"{one.name} ({one.key})"),
                Cell(one.unit or "no unit"),
                Cell(f"{number(one.mean)} ({number(one.standard_deviation)})", (record,)),
                Cell(number(one.coefficient), (record,)), estimate_cell(one.stability, record),
            )
            for one in model.features
        ),
        note="ICC(A,1) between the outline as drawn, grown, shrunk and moved, of training regions.",
    )  # fmt: skip
    left = Table(
        "Radiomic features that the model may not read",
        (Column("Feature", width=1.0), Column("Why", width=3.0)),
        tuple((Cell(key), Cell(why, (record,))) for key, why in model.left_out),
    )
    return (read, left) if model.left_out else (read,)


def stability_tables(beyond: BeyondFacts) -> tuple[Block, ...]:
    """How the model's features hold on the internal test; nothing of a model of pixels."""
    if not beyond.stability:
        return ()
    return (
        Table(
            "Radiomic features when the outline is drawn otherwise, internal test",
            (Column("Feature", width=1.2), Column("ICC(A,1)", width=2.4),
             Column("Record", width=0.9)),
            tuple(
                (Cell(one.estimate.subgroup), estimate_cell(one.estimate, one.record),
                 cell(one.record))
                for one in beyond.stability
            ),
            note="Between the outline as drawn, grown, shrunk and moved.",
        ),
    )  # fmt: skip
