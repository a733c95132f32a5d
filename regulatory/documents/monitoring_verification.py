"""DOC-31, the monitoring verification: how often the watch speaks in vain, how soon it finds what.

Quotes the newest run of drills on record; nothing is computed here.
"""

from __future__ import annotations

from regulatory.documents.assembly import assemble
from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Section,
    Table,
)
from regulatory.documents.content import Content
from regulatory.documents.registry import MONITORING_VERIFICATION
from regulatory.documents.verification_facts import ShiftFound, VerificationFacts
from regulatory.documents.wording import (
    cell,
    digest_cell,
    estimate_cell,
    number,
    one_of,
    verdict_cell,
)

TEMPLATE = ("monitoring_verification.py", "verification_facts.py")
LIMITS = (
    "The trials replay the charts, limits and rule of alerts of operation on simulated summary "
    "data, without images. Studies are independent of each other; seasons, trends and patients who "
    "come again are not simulated. What a change of the image does to measures of image quality is "
    "measured on simulated radiographs. A figure here is a property of the plan under these "
    "conditions, and no statement about patients."
)


def build(facts: VerificationFacts) -> Content:
    """The document for these facts: the run, the plan without a shift, each shift, the limits.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        _run(facts), _quiet(facts), _shifts(facts),
        Section("4", "What this does not show", (ComputedText(LIMITS),)),
    )  # fmt: skip
    return assemble(MONITORING_VERIFICATION, facts, sections, template=TEMPLATE)


def _run(facts: VerificationFacts) -> Section:
    if not facts.run:
        missing = Gap(
            "Trial of the monitoring plan with simulated shifts",
            "no monitoring verification is on record (0 trials); 'radvigil monitor verify' makes "
            "one",
            "quality manager",
            "ISO 13485 4.1.6; FDA draft guidance on AI-enabled device software functions (2025), "
            "XI",
        )
        return Section("1", "What was run", (missing,))
    state = "the newest definition's" if facts.current else "not the newest definition's: run again"
    items = (
        ("Run", Cell(facts.run)),
        ("Device definition", cell(facts.device, facts.device)),
        ("Digest of the definition with the plan", digest_cell(
            facts.definition_digest, facts.device
        )),
        ("The plan is", verdict_cell(state)),
        *((name, Cell(said)) for name, said in facts.arranged),
        ("Earlier runs on record", cell(facts.earlier)),
    )
    return Section("1", "What was run", (Definitions(items),))


def _quiet(facts: VerificationFacts) -> Section:
    if not facts.quiet:
        said = ComputedText("No trial without a shift is on record (0).")
        return Section("2", "Without a shift", (said,))
    columns = (
        Column("Chart", width=1.6),
        Column("Allowed a year", width=0.8),
        Column("False alerts a year", width=2),
        Column("Repeats with one or more", width=2),
        Column("Within what is allowed", width=1.1),
    )
    rows = tuple(
        (Cell(one.name), Cell(number(one.budget)),
         estimate_cell(one.false_alerts, facts.quiet_record),
         estimate_cell(one.disturbed, facts.quiet_record),
         verdict_cell(one.verdict, facts.quiet_record))
        for one in facts.quiet
    )  # fmt: skip
    blocks: list[Block] = [
        Table("False alerts where nothing changed (95 % intervals, exact Poisson)", columns, rows)
    ]
    silent = tuple(f"{one.name}: {one.reason}" for one in facts.quiet if one.reason)
    if any(one.verdict == "not decided" for one in facts.quiet):
        blocks.append(
            ComputedText(
                "Not decided: the interval holds what is allowed. More repeats narrow it: a year "
                "without an alert shows no rate below 3.7 a year, 200 years show 0.02."
            )
        )
    if silent:
        blocks.append(ComputedText(f"Charts that did not judge all of the time: {one_of(silent)}."))
    return Section("2", "Without a shift", tuple(blocks))


def _shifts(facts: VerificationFacts) -> Section:
    if not facts.shifts:
        said = ComputedText("No trial with a shift is on record (0).")
        return Section("3", "With a shift at one site", (said,))
    columns = (
        Column("Shift", width=1.9),
        Column("Found", width=1.6),
        Column("Days until", width=1.5),
        Column("Studies until", width=1.5),
        Column("By", width=1.4),
        Column("Elsewhere", width=0.8),
    )
    rows = tuple(_row(one) for one in facts.shifts)
    return Section("3", "With a shift at one site", (
        Table("What was found, and how soon: medians over the repeats (95 % intervals)",
              columns, rows),
    ))  # fmt: skip


def _row(one: ShiftFound) -> tuple[Cell, ...]:
    return (
        cell(f"{one.title}{f', {one.size}' if one.size else ''}", one.record),
        estimate_cell(one.detected, one.record), estimate_cell(one.days, one.record),
        estimate_cell(one.studies, one.record),
        cell(one_of(one.charts, absent="no chart in half of the repeats")),
        cell(one.elsewhere),
    )  # fmt: skip
