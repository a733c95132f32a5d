"""DOC-32, the review of the audit trail: what happened since the last approved one, and whether the
trail is whole. It counts and lists; the finding is a person's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from regulatory.documents.assembly import assemble, written_at
from regulatory.documents.audit_facts import AuditRow
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Definitions, Section
from regulatory.documents.case_blocks import table_or
from regulatory.documents.content import Content
from regulatory.documents.exceptions_report import window_items
from regulatory.documents.places import PLACES
from regulatory.documents.review_facts import TrailReviewFacts
from regulatory.documents.vigilance_kinds import TRAIL_REVIEW
from regulatory.documents.wording import cell, digest_cell, grouped, instant, verdict_cell

TEMPLATE = ("trail_review.py", "review_facts.py", "exceptions_report.py", "audit_facts.py",
            "case_blocks.py")  # fmt: skip
SHOWN = 100
"""Events of a class that are printed; more are counted, and the document says so."""
Holds = Callable[[AuditRow], bool]
_ACCOUNTS = ("Actor", "IdentityLink", "ServiceToken", "IdentityGrant", "AuditGrant", "Absence")
CLASSES: tuple[tuple[str, Holds], ...] = (
    ("Sign-ins and passwords refused",
     lambda one: one.action.startswith(("sign-in refused", "password refused"))),
    ("Acts and changes of status refused",
     lambda one: "refuse" in one.action
     and not one.action.startswith(("sign-in refused", "password refused"))),
    ("Accounts, roles, links, tokens and grants",
     lambda one: one.subject.partition(":")[0] in _ACCOUNTS
     and one.action in ("create", "change", "change status")),
    ("Exports", lambda one: one.action == "export"),
    ("Deletions of bytes", lambda one: one.subject.startswith("Deletion:")),
    ("The clock was set back, or damage was noticed",
     lambda one: "clock" in one.action or one.subject.startswith("Notice:")),
    ("Backups, restores, migrations",
     lambda one: one.action in ("back up", "restore", "migrate")),
)  # fmt: skip
"""The classes of events that a reviewer looks at one by one."""


def build(facts: TrailReviewFacts) -> Content:
    """The review of the audit trail for these facts.

    Raises Refused when the document does not fit the device's class.
    """
    sections = (
        Section("1", "Scope and completeness", (
            ComputedText("The trail is one for the whole installation."),
            window_items(facts.window),
            ComputedText(f"Signatures in the window: {grouped(facts.signed)}."),
        )),
        _chain(facts), _counts(facts), _classes(facts), _reasons(facts),
        Section("6", "Finding of the review",
                (written_at(facts.notes or {}, PLACES[TRAIL_REVIEW]["review"]),)),
    )  # fmt: skip
    printed = sum(min(SHOWN, sum(map(holds, facts.events))) for _, holds in CLASSES)
    left_out = (f"{grouped(len(facts.events))} events are counted, {grouped(printed)} of them are "
                "printed in section 4; the audit-trail export holds all",)  # fmt: skip
    return assemble(TRAIL_REVIEW, facts, sections, template=TEMPLATE, exclusions=left_out)


def _chain(facts: TrailReviewFacts) -> Section:
    check = facts.check
    items = (
        ("Result", verdict_cell("verified" if check.whole else "broken")),
        ("Events and records compared", cell(f"{grouped(check.events)} events, "
                                             f"{grouped(check.records)} records")),
        ("First event that does not hold", cell(check.first_bad, absent="none")),
        ("Head of the chain", digest_cell(check.head)),
        ("Anchors outside", cell("; ".join(check.anchors),
                                 absent="none: events cut off at the end would not be seen")),
        ("Checked", cell(f"{instant(check.checked_at)} by {check.software}")),
    )  # fmt: skip
    columns = (Column("Finding", width=1),)
    found = table_or("What verification found", columns, ((Cell(one),) for one in check.findings),
                     "Verification found nothing that differs (0 findings).")  # fmt: skip
    return Section("2", "The chain of events", (Definitions(items), found))


def _counts(facts: TrailReviewFacts) -> Section:
    counted = Counter((one.action, one.actor_kind) for one in facts.events)
    actions = sorted({action for action, _ in counted})
    columns = (Column("Action", width=2.4), Column("By people", "n", "right", 1),
               Column("By services", "n", "right", 1), Column("By unknown", "n", "right", 1),
               Column("All", "n", "right", 1))  # fmt: skip
    rows = [_count_row(action, counted) for action in actions]
    rows.append(_count_row("total", Counter({
        ("total", kind): sum(n for (_, of), n in counted.items() if of == kind)
        for kind in ("person", "service", "unknown")
    })))  # fmt: skip
    people = Counter(one.actor for one in facts.events if one.actor_kind == "person")
    of_people = table_or(
        "Events by person", (Column("Account", width=2), Column("Events", "n", "right", 1)),
        ((Cell(name), cell(n)) for name, n in sorted(people.items())),
        "No person acted in the window (0 events).",
    )
    return Section("3", "What happened",
                   (table_or("Events by action", columns, rows, ""), of_people))  # fmt: skip


def _count_row(action: str, counted: Counter[tuple[str, str]]) -> tuple[Cell, ...]:
    numbers = [counted[action, kind] for kind in ("person", "service", "unknown")]
    return (Cell(action), *(cell(n) for n in numbers), cell(sum(numbers)))


def _classes(facts: TrailReviewFacts) -> Section:
    blocks: list[Block] = []
    for name, holds in CLASSES:
        blocks += _events(name, [one for one in facts.events if holds(one)])
    return Section("4", "Events to look at", tuple(blocks), wide=True)


def _events(name: str, found: list[AuditRow]) -> list[Block]:
    columns = (Column("Event", align="right", width=0.6), Column("At", width=1.3),
               Column("Actor", width=1.2), Column("Action", width=1.4),
               Column("Record", width=1.3), Column("Reason", width=2.4))  # fmt: skip
    rows = (
        (cell(one.sequence), Cell(instant(one.at)), Cell(f"{one.actor} ({one.actor_kind})"),
         Cell(one.action), Cell(one.named), cell(one.reason, absent="no reason"))
        for one in found[:SHOWN]
    )  # fmt: skip
    blocks = [table_or(name, columns, rows, f"{name}: none in the window (0 events).")]
    if len(found) > SHOWN:
        blocks.append(ComputedText(f"{name}: the first {SHOWN} of {grouped(len(found))} events are "
                                   "printed; the audit-trail export holds all."))  # fmt: skip
    return blocks


def _reasons(facts: TrailReviewFacts) -> Section:
    changes = [one for one in facts.events if one.actor_kind == "person"
               and one.action in ("change", "change status", "delete")]  # fmt: skip
    silent = [one for one in changes if not any(letter.isalnum() for letter in one.reason)]
    after = set(facts.after_signature)
    changed = [one for one in facts.events if one.sequence in after]
    listed = bool(silent or changed)
    return Section("5", "Reasons, and changes after a signature", (
        ComputedText(f"Changes by people: {grouped(len(changes))}, of which without a reason: "
                     f"{grouped(len(silent))}. Changes of a signed field after a signature: "
                     f"{grouped(len(changed))}; each makes that signature not count for the "
                     "record as it is now."),
        *_events("Changes by people without a reason", silent),
        *_events("Changes of a signed field after a signature", changed),
    ), wide=listed)  # fmt: skip
