"""DOC-33, the exceptions report: what was late, reopened, changed, overridden or suppressed.

It lists and counts; whether an exception matters is a person's judgement.
"""

from __future__ import annotations

from regulatory.documents.assembly import assemble, written_at
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Definitions, Section
from regulatory.documents.case_blocks import table_or
from regulatory.documents.content import Content
from regulatory.documents.places import PLACES
from regulatory.documents.review_facts import ExceptionsFacts, Remarkable, Window
from regulatory.documents.vigilance_kinds import EXCEPTIONS_REPORT
from regulatory.documents.wording import cell, grouped, instant

TEMPLATE = ("exceptions_report.py", "review_facts.py", "case_blocks.py")
KINDS = (
    ("2", "Late reports, decisions and steps", "late",
     "Compared are the last day by law of reportable incidents and corrections, and the days of "
     "CAPA steps."),
    ("3", "Records that went back to an earlier status", "reopened",
     "Every change of status that leads to an earlier one, as the audit trail tells it."),
    ("4", "Changed limits and references of monitoring", "limits",
     "Monitoring plans after a device's first, and references that were taken afresh."),
    ("5", "Overrides and unusual ways", "overrides",
     "Other days than the computed ones, decisions against the rules, awareness set aside, results "
     "of change rules stated otherwise, CAPAs not shown to be effective, reports without a form, "
     "gaps declared unknown."),
    ("6", "Alerts that were accounted for, and messages that were given up", "suppressed",
     "The program suppresses no alert. Listed are alerts that fall on an announced change of a "
     "site, and messages that reached nobody."),
)  # fmt: skip


def build(facts: ExceptionsFacts) -> Content:
    """The exceptions report for these facts.

    Raises Refused when the document does not fit the device's class.
    """
    lists = {name: tuple(getattr(facts, name)) for _, _, name, _ in KINDS}
    sections = (
        _scope(facts, lists),
        *(_listed(number, title, lists[name], what) for number, title, name, what in KINDS),
        Section("7", "Assessment",
                (written_at(facts.notes or {}, PLACES[EXCEPTIONS_REPORT]["assessment"]),)),
    )  # fmt: skip
    return assemble(EXCEPTIONS_REPORT, facts, sections, template=TEMPLATE)


def window_items(window: Window) -> Definitions:
    """What a review covers, with the count of events and of numbers that are absent."""
    absent = ", ".join(map(str, window.missing[:20]))
    return Definitions((
        ("Begins behind", cell(window.after, absent="nothing: no review was approved before")),
        ("First audit event", cell(window.first)),
        ("Last audit event", cell(window.last)),
        ("Events in between", cell(window.count)),
        ("Numbers that are absent", cell(absent or "0")),
        ("Since", cell(window.since, absent="the first event")),
    ))  # fmt: skip


def _scope(facts: ExceptionsFacts, lists: dict[str, tuple[Remarkable, ...]]) -> Section:
    columns = (Column("Kind of exception", width=3), Column("Section", width=0.8),
               Column("Exceptions", "n", "right", 1))  # fmt: skip
    rows = tuple(
        (Cell(title), Cell(number), cell(len(lists[name]))) for number, title, name, _ in KINDS
    )
    total = sum(map(len, lists.values()))
    return Section("1", "Scope and counts", (
        ComputedText("The records of the whole installation are covered, other devices included."),
        window_items(facts.window),
        table_or("Exceptions by kind", columns, rows, ""),
        ComputedText(f"Exceptions in all: {grouped(total)}, up to "
                     f"{instant(facts.edition.freeze.at)}."),
    ))  # fmt: skip


def remarkable_table(caption: str, found: tuple[Remarkable, ...], none: str) -> Block:
    """A table of what stands out, each with its record."""
    columns = (Column("Record", width=0.9), Column("What", width=2.4), Column("On", width=1.2),
               Column("By", width=1.1), Column("Why, or by how much", width=2.6))  # fmt: skip
    rows = (
        (cell(one.record, one.record), Cell(one.what), Cell(one.on), cell(one.by),
         cell(one.why, absent="no reason is recorded"))
        for one in found
    )  # fmt: skip
    return table_or(caption, columns, rows, none)


def _listed(number: str, title: str, found: tuple[Remarkable, ...], what: str) -> Section:
    table = remarkable_table(title, found, f"{title}: none on record (0).")
    return Section(number, title, (ComputedText(what), table), wide=bool(found))
