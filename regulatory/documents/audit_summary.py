"""Section 3 of the audit-trail export: all events, counted by kind, actor and day."""

from __future__ import annotations

from collections import Counter

from regulatory.documents.audit_facts import CREATIONS, AuditFacts
from regulatory.documents.blocks import Cell, Column, Section, Table
from regulatory.documents.wording import cell

EXPECTED = (
    ("creations", CREATIONS),
    ("changes", ("change",)),
    ("changes of status", ("change status",)),
    ("deletions", ("delete",)),
    ("sign-ins", ("sign in",)),
    ("sign-outs", ("sign out",)),
    ("sign-ins refused", ("sign-in refused",)),
    ("exports", ("export",)),
    ("refusals", ("refuse",)),
)


def summary_section(facts: AuditFacts) -> Section:
    """Every event of the scope, counted three ways; each table adds up to all of them."""
    blocks = (
        _by_kind(facts),
        _by_action(facts),
        _by_day(facts),
    )
    return Section("3", "Summary of all events", blocks)


def _by_kind(facts: AuditFacts) -> Table:
    actions = Counter(one.action for one in facts.events)
    rows = [(Cell(name), cell(sum(actions[one] for one in which))) for name, which in EXPECTED]
    named = {one for _, which in EXPECTED for one in which}
    other = sum(count for action, count in actions.items() if action not in named)
    rows.append((Cell("all other actions"), cell(other)))
    rows.append((Cell("total"), cell(len(facts.events))))
    columns = (Column("Kind of event", width=3), Column("Events", "n", "right", 1))
    note = "Records cannot be deleted: the store and the database refuse it."
    return Table("Events by kind", columns, tuple(rows), note=note)


def _by_action(facts: AuditFacts) -> Table:
    counted = Counter(
        (one.action, one.subject.partition(":")[0], one.actor, one.actor_kind, one.routine)
        for one in facts.events
    )
    rows = tuple(
        (Cell(action), cell(made), cell(actor), Cell(kind),
         Cell("counted" if routine else "printed"), cell(count))
        for (action, made, actor, kind, routine), count in sorted(counted.items())
    )  # fmt: skip
    columns = (
        Column("Action", width=1.4),
        Column("Kind of record", width=1.6),
        Column("Actor", width=1.6),
        Column("Person or service", width=1.1),
        Column("In this document", width=1.1),
        Column("Events", "n", "right", 0.9),
    )
    return Table("Events by action, record and actor", columns, rows)


def _by_day(facts: AuditFacts) -> Table:
    counted: dict[str, Counter[str]] = {}
    for one in facts.events:
        day = counted.setdefault(one.at.date().isoformat(), Counter())
        day[one.actor_kind] += 1
        day["printed"] += not one.routine
        day["all"] += 1
    rows = tuple(
        (Cell(day), cell(n["person"]), cell(n["service"]),
         cell(n["all"] - n["person"] - n["service"]), cell(n["printed"]), cell(n["all"]))
        for day, n in sorted(counted.items())
    )  # fmt: skip
    columns = (
        Column("Day (UTC)", width=1.4),
        Column("By people", "n", "right", 1),
        Column("By services", "n", "right", 1),
        Column("By unknown", "n", "right", 1),
        Column("Printed here", "n", "right", 1),
        Column("All", "n", "right", 1),
    )
    return Table("Events by day", columns, rows)
