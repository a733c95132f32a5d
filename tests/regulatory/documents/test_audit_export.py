"""The audit-trail export is complete, says so only when it is, and stays readable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regulatory.documents import audit_export
from regulatory.documents.blocks import Block, ComputedText, Definitions, Table
from regulatory.documents.content import Content
from tests.regulatory.documents.sample_others import audit_facts


def blocks(content: Content) -> list[Block]:
    """All blocks of a document."""
    return [one for section in content.sections for one in section.blocks]


def table(content: Content, caption: str) -> Table:
    """The table whose caption begins so."""
    found = (one for one in blocks(content) if isinstance(one, Table))
    return next(one for one in found if one.caption.startswith(caption))


def test_counted_and_printed_events_add_up_to_all_events() -> None:
    facts = audit_facts(3000)
    content = audit_export.build(facts)
    by_day = table(content, "Events by day")
    assert sum(int(row[5].text.replace(",", "")) for row in by_day.rows) == 3000
    printed = table(content, "Events that are not routine")
    assert len(printed.rows) == sum(not one.routine for one in facts.events)
    by_kind = {row[0].text: row[1].text for row in table(content, "Events by kind").rows}
    assert by_kind["total"] == "3,000"
    assert by_kind["deletions"] == "0"


def test_acts_of_people_and_changes_of_status_are_printed_in_full_order() -> None:
    facts = audit_facts(500)
    printed = table(audit_export.build(facts), "Events that are not routine")
    shown = [int(row[0].text) for row in printed.rows]
    assert shown == sorted(shown)
    people = {one.sequence for one in facts.events if one.actor_kind == "person"}
    changes = {one.sequence for one in facts.events if one.action != "create"}
    assert people | changes == set(shown)


def test_a_statement_of_completeness_that_is_not_true_is_refused() -> None:
    facts = audit_facts(100)
    with pytest.raises(ValueError, match="scope states events 1 to 100"):
        audit_export.build(replace(facts, events=facts.events[:-1]))
    with pytest.raises(ValueError, match="machine copy holds 99"):
        audit_export.build(replace(facts, copy=replace(facts.copy, events=99)))
    hole = facts.events[:40] + facts.events[41:]
    scope = replace(facts.scope, count=99)
    copy = replace(facts.copy, events=99)
    with pytest.raises(ValueError, match=r"missing sequence numbers \(41,\)"):
        audit_export.build(replace(facts, events=hole, scope=scope, copy=copy))
    said = replace(scope, missing=(41,))
    content = audit_export.build(replace(facts, events=hole, scope=said, copy=copy))
    first = content.sections[0].blocks[0]
    assert isinstance(first, ComputedText)
    assert "missing from the range: 1" in first.text


def test_a_broken_chain_is_told_with_the_first_bad_event() -> None:
    facts = audit_facts(100)
    broken = replace(facts.check, whole=False, first_bad=57, findings=("event 57 was altered",))
    section = audit_export.build(replace(facts, check=broken)).sections[1]
    told = next(one for one in section.blocks if isinstance(one, Definitions))
    assert dict(told.items)["Result"].text == "broken"
    assert dict(told.items)["First event that does not fit"].text == "57"
    assert any(isinstance(one, Table) for one in section.blocks)


def test_long_values_are_cut_openly() -> None:
    facts = audit_facts(100)
    long = replace(facts.events[0], actor_kind="person", new='{"note":"' + "x" * 5000 + '"}')
    content = audit_export.build(replace(facts, events=(long, *facts.events[1:])))
    shown = table(content, "Events that are not routine").rows[0][6].text
    assert shown.endswith("4,826 more characters")
    assert len(shown) < 220


def test_an_empty_trail_is_exported_as_empty() -> None:
    facts = audit_facts(1)
    scope = replace(facts.scope, first=0, last=0, count=0)
    copy = replace(facts.copy, events=0)
    content = audit_export.build(replace(facts, events=(), scope=scope, copy=copy))
    assert table(content, "Events that are not routine").rows == ()
