"""Section E of a change control plan: each candidate that was held against it, line by line."""

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
from regulatory.documents.places import PLAN
from regulatory.documents.plan_facts import ExecutedLine, Execution, PlanFacts
from regulatory.documents.wording import (
    cell,
    digest_cell,
    meant,
    one_of,
    signed_at,
)


def execution_section(facts: PlanFacts) -> Section:
    """Every check by number; of the newest of each change every line, and who signed."""
    if not facts.executions:
        said = ComputedText("No candidate was held against the plan (0 checks on record).",
                            (facts.record,))  # fmt: skip
        return Section("E", "Execution record", (said,))
    columns = (
        Column("Record", width=0.9), Column("Change", width=0.9), Column("Candidate", width=1.6),
        Column("Modification", width=1), Column("Result", width=1.3),
        Column("Checked at", width=1.5), Column("By", width=1.1), Column("Newest", width=0.7),
    )  # fmt: skip
    rows = tuple(
        (cell(one.record, one.record), cell(one.change, one.change), Cell(one.candidate),
         cell(one.modification, one.record, absent="none named"), cell(one.result, one.record),
         cell(one.checked_at, one.record), cell(one.checked_by, one.record), cell(one.latest))
        for one in facts.executions
    )  # fmt: skip
    blocks: list[Block] = [Table("Candidates held against the plan (R-PCCP-01)", columns, rows)]
    for one in facts.executions:
        if one.latest:
            blocks += _execution(one)
    blocks.append(from_person(facts.notes, PLAN["execution"]))
    return Section("E", "Execution record", tuple(blocks), wide=True)


def _execution(one: Execution) -> list[Block]:
    items = (
        ("Change", cell(f"{one.change}: {one.title}", one.change)),
        ("Result", cell(one.result, one.record)),
        ("Attempts: versions seen on the same locked tests", cell(one.attempts, one.record)),
        ("Deviations", cell(one_of(one.deviations, absent="none stated"), one.record)),
        ("Digest of what was read", digest_cell(one.inputs_digest, one.record)),
        ("Decision", cell(f"{one.decision}: {one.decision_status}" if one.decision else None,
                          one.decision, absent="none on record")),
    )  # fmt: skip
    columns = (
        Column("Line of the plan", width=1.8), Column("Found", width=1.2),
        Column("Breaks the plan as", width=1.3), Column("Why", width=3),
    )  # fmt: skip
    rows = tuple(
        (Cell(line.fact), cell(line.found, one.record),
         _broken(one, line),
         cell(line.because, one.record))
        for line in one.lines
    )  # fmt: skip
    name = f"{one.record}, {one.candidate}"
    blocks: list[Block] = [
        Heading(name), Definitions(items),
        Table(f"{name}: every line", columns, rows,
              note="What is not known is never in bounds."),
    ]  # fmt: skip
    blocks += _decided(one, name)
    if not one.approvals:
        blocks.append(Gap(f"{one.record}: signatures of assessor and reviewer",
                          "the decision under the plan carries none", "quality manager",
                          "FD&C Act 515C"))  # fmt: skip
        return blocks
    signed = (Column("Name", width=1.4), Column("Role", width=1.1), Column("Meaning", width=1.4),
              Column("Signed at", width=1.5), Column("Record", width=1))  # fmt: skip
    blocks.append(Table(f"{name}: signatures", signed, tuple(
        (Cell(by.name), cell(by.role), Cell(meant(by)), Cell(signed_at(by)),
         cell(by.record, by.record))
        for by in one.approvals
    )))  # fmt: skip
    return blocks


def _decided(one: Execution, name: str) -> list[Block]:
    """What else was decided of the change, UDI too, and whether a way back was a correction."""
    made: list[Block] = []
    if one.decided:
        made.append(Table(f"{name}: decided of the change", (
            Column("Regime and result", width=2.4), Column("Settled by", width=2.4),
            Column("Record", width=1),
        ), tuple((cell(said, record), cell(settled, record), cell(record, record))
                 for said, settled, record in one.decided)))  # fmt: skip
    else:
        made.append(ComputedText("No regime was decided for the change (0 on record).",
                                 (one.change,)))  # fmt: skip
    back = "; ".join(f"{said} ({record})" for said, record in one.corrections)
    made.append(ComputedText(
        "Use stopped or version taken back, assessed as a correction (21 CFR 806.2; EU MDR Art. "
        f"87(1)(b)): {back or 'none on record (0)'}.",
        tuple(record for _, record in one.corrections) or (one.change,),
    ))  # fmt: skip
    return made


def _broken(one: Execution, line: ExecutedLine) -> Cell:
    if line.breaks:
        return Cell(line.breaks, (one.decision,), tone="bad")
    if line.found == "not known":
        return Cell("not known: blocks", (one.record,), tone="unknown")
    return Cell("does not", (one.record,))
