"""DOC-34, the input to the management review: each input of ISO 13485:2016, 5.6.2, counted."""

from __future__ import annotations

from typing import Final

from regulatory.documents.assembly import assemble, written_at
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Heading, Section
from regulatory.documents.case_blocks import table_or
from regulatory.documents.content import Content
from regulatory.documents.exceptions_report import remarkable_table, window_items
from regulatory.documents.places import PLACES
from regulatory.documents.review_facts import Counted, ManagementFacts, ReviewInput
from regulatory.documents.vigilance_kinds import MANAGEMENT_REVIEW
from regulatory.documents.wording import cell, grouped

TEMPLATE = ("management_review.py", "review_facts.py", "exceptions_report.py", "case_blocks.py")
OUTLINE: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("1", "Feedback", ("feedback",)), ("2", "Complaint handling", ()),
    ("3", "Reporting to regulatory authorities", ()),
    ("4", "Audits and nonconformities", ("audits",)),
    ("5", "Monitoring and measurement of processes", ()),
    ("6", "Monitoring and measurement of the product", ()),
    ("7", "Corrective action", ()), ("8", "Preventive action", ()),
    ("9", "Follow-up of previous reviews", ("follow_up",)), ("10", "Changes", ()),
    ("11", "Recommendations for improvement", ("improvements",)),
    ("12", "New or revised regulatory requirements", ("requirements",)),
    ("13", "Conclusion", ("suitability",)),
)  # fmt: skip
"""Each input with the places that a person fills."""


def build(facts: ManagementFacts) -> Content:
    """The input to the management review for these facts.

    Raises Refused when the document does not fit the device's class.
    """
    counted = {one.number: one for one in facts.inputs}
    sections = tuple(_section(facts, number, title, places, counted.get(number))
                     for number, title, places in OUTLINE)  # fmt: skip
    return assemble(MANAGEMENT_REVIEW, facts, sections, template=TEMPLATE)


def _section(
    facts: ManagementFacts, number: str, title: str, places: tuple[str, ...],
    counted: ReviewInput | None,
) -> Section:
    blocks: list[Block] = []
    if number == "1":
        blocks += [Heading("What this input covers"), window_items(facts.window),
                   ComputedText("Counted are records of this device. Reminders and rule sets are "
                                "of the whole installation.")]  # fmt: skip
    if number == "9":
        before = facts.window.after
        blocks.append(ComputedText(f"The last approved review: {before}." if before else
                                   "No earlier review was approved (0 on record)."))  # fmt: skip
    if counted is not None:
        blocks += [_counts(one) for one in counted.counted]
        if counted.number == "7":
            blocks.append(remarkable_table("CAPAs that are not closed", counted.lines,
                                           "Every CAPA is closed, or none is on record (0 "
                                           "open)."))  # fmt: skip
    wanted = PLACES[MANAGEMENT_REVIEW]
    blocks += [written_at(facts.notes or {}, wanted[place]) for place in places]
    return Section(number, title, tuple(blocks))


def _by(what: str) -> str:
    """What the rows of a count are told apart by, as its name says.

    >>> _by("Complaints by channel"), _by("Days of surveillance")
    ('Channel', 'State')
    """
    _, found, by = what.partition(" by ")
    return by[:1].upper() + by[1:] if found else "State"


def _counts(one: Counted) -> Block:
    columns = (Column(_by(one.what), width=2.4), Column("Records", "n", "right", 1))
    rows = [(Cell(state), cell(n, *one.records)) for state, n in one.counts]
    if rows:
        rows.append((Cell("total"), Cell(grouped(one.total), one.records)))
    return table_or(one.what, columns, rows, f"{one.what}: none on record (0).")
