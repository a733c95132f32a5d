"""DOC-16, the traceability matrix: need, requirement, risk control, design, code, test, result."""

from __future__ import annotations

from regulatory.documents.assembly import assemble, from_person
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Paragraph,
    Section,
    Table,
    Tone,
)
from regulatory.documents.content import Content
from regulatory.documents.places import TRACE
from regulatory.documents.registry import TRACE_MATRIX
from regulatory.documents.trace_facts import (
    NO_RUN,
    ControlEntry,
    RequirementEntry,
    TestRunFacts,
    TraceMatrixFacts,
)
from regulatory.documents.wording import cell, digest_cell, grouped, one_of, share

TEMPLATE = ("trace_matrix.py", "trace_facts.py")
CLAUSE = "IEC 62304 5.1.1 and 7.3.3"
NO_TEST_RUN = Gap(
    "Results of the automated tests", "no run of tests was imported ('radvigil trace results')",
    "engineering", "IEC 62304 5.7",
)  # fmt: skip
WHOLE_COUNT = "Counts of the whole list, no sample: no interval applies."
TONES: dict[str, Tone] = {"passed": "good", "failed": "bad"}


def build(facts: TraceMatrixFacts) -> Content:
    """The matrix for these facts, both ways, with coverage, orphans and waivers.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _coverage(facts), _needs(facts), _matrix(facts), _tests(facts), _controls(facts),
        _orphans(facts), _waivers(facts),
    )
    return assemble(TRACE_MATRIX, facts, sections, template=TEMPLATE)


def no_risk_file(why: str) -> Gap:
    """The gap that a device without a risk file in force leaves."""
    return Gap("Risk file in force", why, "quality and regulatory affairs", "ISO 14971 4.5")


def _coverage(facts: TraceMatrixFacts) -> Section:
    if not facts.risk_file:
        return Section("1", "Coverage", (no_risk_file(facts.why_not), *run_blocks(facts.run)))
    rows, controls = facts.requirements, facts.controls
    shown = [one for one in controls if one.verified]
    waiting = sum(one.waits for one in controls)
    counted = (
        ("User needs that became a requirement",
         share(sum(bool(one.requirements) for one in facts.needs), len(facts.needs))),
        ("Requirements with a control in the design",
         share(sum(bool(one.design) for one in rows), len(rows))),
        ("Requirements shown by a test", _of_run(
            facts, share(sum(bool(one.tests) for one in rows), len(rows)))),
        ("Requirements of which a test passed and none failed", _of_run(
            facts, share(sum(one.verified for one in rows), len(rows)))),
        ("Risk controls that became a requirement",
         share(sum(bool(one.requirements) for one in controls), len(controls))),
        ("Risk controls verified: passed test, criterion met, or chart in the plan; nothing open",
         share(len(shown), len(controls))),
        ("Risk controls that wait for results of tests, and for nothing else",
         share(waiting, len(controls))),
        ("Gaps of the matrix", grouped(len(facts.gaps))),
    )  # fmt: skip
    table = Table(
        "Coverage of the matrix", (Column("What", width=3), Column("How many", width=1.4)),
        tuple((Cell(name), Cell(said, (facts.risk_file,))) for name, said in counted),
        note=WHOLE_COUNT,
    )  # fmt: skip
    said = Paragraph(
        "Needs and risk controls are those of the risk file in force; requirements are rows of the "
        "catalogue that comes with this software; tests name the rows that they show; results are "
        "those of the run that was imported last."
    )
    file = Definitions((("Risk file", cell(facts.risk_file_words, facts.risk_file)),))
    return Section("1", "Coverage", (said, file, *run_blocks(facts.run), table))


def _of_run(facts: TraceMatrixFacts, said: str) -> str:
    """Tests name the rows that they show in their results: without these nobody knows, which is not
    none."""
    return said if facts.run else f"not known for {grouped(len(facts.requirements))}: {NO_RUN}"


def run_blocks(run: TestRunFacts | None) -> tuple[Block, ...]:
    """The run that results are read from, or the gap that its absence leaves."""
    if run is None:
        return (NO_TEST_RUN,)
    counted = "; ".join(f"{name} {grouped(number)}" for name, number in run.counted.items())
    return (
        Definitions((
            ("Run of tests", cell(run.record, run.record)),
            ("Software version", cell(run.software_version, run.record)),
            ("Results", cell(counted, run.record)),
            ("Imported", cell(run.imported_at, run.record)),
            ("Imported by", cell(run.imported_by, run.record)),
            ("Digest of the file of results", digest_cell(run.source_digest, run.record)),
        )),
    )  # fmt: skip


def _none(facts: TraceMatrixFacts, words: str) -> Block:
    return ComputedText(words) if facts.risk_file else no_risk_file(facts.why_not)


def _needs(facts: TraceMatrixFacts) -> Section:
    columns = (Column("Need", width=0.6), Column("In words", width=3),
               Column("Requirements", width=1.6))  # fmt: skip
    rows = tuple(
        (cell(one.id, facts.risk_file), cell(one.text, facts.risk_file),
         cell(one_of(one.requirements, absent="none"), facts.risk_file))
        for one in facts.needs
    )  # fmt: skip
    block = (Table("User needs", columns, rows) if rows
             else _none(facts, "The risk file names no user need (0 on record)."))  # fmt: skip
    return Section("2", "User needs", (block,))


def _matrix(facts: TraceMatrixFacts) -> Section:
    columns = (
        Column("Requirement", width=0.8), Column("In words", width=1.5),
        Column("Needs", width=0.6), Column("Risks", width=0.6), Column("Controls", width=0.7),
        Column("Design", width=2.7), Column("Code", width=1.2), Column("Tests", width=0.9),
    )  # fmt: skip
    rows = tuple(_row(one, facts) for one in facts.requirements)
    block = (Table("From need and risk to requirement, design, code and test", columns, rows)
             if rows else _none(facts, "No requirement is named (0 on record)."))  # fmt: skip
    return Section("3", "Matrix", (block,), wide=True)


def _row(one: RequirementEntry, facts: TraceMatrixFacts) -> tuple[Cell, ...]:
    known = facts.risk_file
    return (
        cell(one.id), cell(one.title, absent="no row of the catalogue"),
        cell(one_of(one.needs, absent="none"), known),
        cell(one_of(one.risks, absent="none"), known),
        cell(one_of(one.controls, absent="none"), known),
        cell(one.design + (f" Missing: {one.missing}" if one.missing else ""), absent="not built"),
        cell(one_of(one.code, absent="named in the design"), known),
        tests_cell(one, facts.run),
    )


def tests_cell(one: RequirementEntry, run: TestRunFacts | None) -> Cell:
    """How many tests show a requirement, and how they went."""
    if run is None:
        return Cell("no results", tone="unknown")
    if not one.tests:
        return Cell("none", tone="bad")
    others = len(one.tests) - one.passed - one.failed
    said = f"{one.passed} passed, {one.failed} failed, {others} other"
    return Cell(said, (run.record,), tone="good" if one.verified else "bad")


def _tests(facts: TraceMatrixFacts) -> Section:
    return Section("4", "Tests and results", (tests_table(facts.requirements, facts.run),),
                   wide=True)  # fmt: skip


def tests_table(rows: tuple[RequirementEntry, ...], run: TestRunFacts | None) -> Block:
    """Every test that shows a requirement with its last result, or why there is none."""
    columns = (Column("Requirement", width=0.7), Column("Test", width=4.5),
               Column("Result", width=0.9))  # fmt: skip
    if run is None:
        return NO_TEST_RUN
    made = tuple(
        (cell(one.id), Cell(test, (run.record,), code=True),
         Cell(said, (run.record,), tone=TONES.get(said, "unknown")))
        for one in rows for test, said in one.tests
    )  # fmt: skip
    if not made:
        return Gap("Tests of the requirements", "no test names one of them", "engineering", CLAUSE)
    return Table(f"Every test and its result in {run.record}", columns, made)


def _controls(facts: TraceMatrixFacts) -> Section:
    block = (controls_table(facts.controls) if facts.controls
             else _none(facts, "The risk file names no control (0 on record)."))  # fmt: skip
    return Section("5", "Risk controls and their verification", (block,), wide=True)


def controls_table(controls: tuple[ControlEntry, ...]) -> Table:
    """Each risk control with its risk, requirements, place in the code, and verification."""
    columns = (
        Column("Control", width=0.7), Column("Risk", width=0.6), Column("Kind", width=1),
        Column("In words", width=2.2), Column("Done in", width=1.3),
        Column("Requirements", width=0.9), Column("Verified by, with the outcome", width=2.8),
    )  # fmt: skip
    rows = tuple(
        (cell(one.id, one.record), cell(one.risk, one.record), cell(one.kind, one.record),
         cell(one.text, one.record), cell(one.implements, one.record, absent="not stated"),
         cell(one_of(one.requirements, absent="none"), one.record),
         Cell("; ".join(f"{named}: {said}" for named, said in one.verified_by) or "nothing",
              (one.record,), tone="plain" if one.verified else "bad"))
        for one in controls
    )  # fmt: skip
    return Table("Risk controls and what verifies them", columns, rows)


def _orphans(facts: TraceMatrixFacts) -> Section:
    blocks: list[Block] = []
    for words, found in (
        ("Forward: what leads to nothing", facts.orphans.forward),
        ("Backward: requirements that no need and no control of this device names",
         facts.orphans.backward),
        ("Gaps of the matrix", facts.gaps),
    ):  # fmt: skip
        if found:
            blocks.append(Table(
                words, (Column("No.", width=0.4), Column("What", width=6)),
                tuple((Cell(str(place)), Cell(said)) for place, said in enumerate(found, start=1)),
            ))  # fmt: skip
        else:
            blocks.append(_none(facts, f"{words}: none (0)."))
    if facts.risk_file:
        blocks.append(Paragraph(
            "Requirements that come from law or standard, and not from a need or a risk of this "
            "device, stand in the second table: they are no fault by themselves."
        ))
        return Section("6", "Orphans and gaps", tuple(blocks))
    return Section("6", "Orphans and gaps", (no_risk_file(facts.why_not),))


def _waivers(facts: TraceMatrixFacts) -> Section:
    if facts.risk_file and not facts.gaps:
        return Section("7", "Waivers", (
            ComputedText("The matrix has 0 gaps: there is nothing to waive."),
        ))  # fmt: skip
    return Section("7", "Waivers", (from_person(facts.notes, TRACE["waivers"]),))
