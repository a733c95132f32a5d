"""The change log tells each version's changes, decisions, signatures and places."""

from __future__ import annotations

from regulatory.documents import change_log
from regulatory.documents.blocks import ComputedText, Definitions, Table
from regulatory.documents.content import placed_gaps
from tests.regulatory.documents.sample_others import change_log_facts


def test_a_refused_version_is_recorded_with_reason_signatures_and_shadow_sites() -> None:
    section = change_log.build(change_log_facts()).sections[2]
    facts = dict(pair for one in section.blocks if isinstance(one, Definitions)
                 for pair in one.items)  # fmt: skip
    assert facts["Outcome"].text == "refused"
    assert facts["Reason for the outcome"].text == "Criterion AC-4 not estimable"
    tables = {one.caption: one for one in section.blocks if isinstance(one, Table)}
    assert len(tables["CHR-0001: signatures"].rows) == 2
    assert {row[2].text for row in tables["Deployments of pneumonia-cxr 1.0.0"].rows} == {"shadow"}


def test_an_undecided_change_is_not_shown_as_decided() -> None:
    section = change_log.build(change_log_facts()).sections[1]
    facts = dict(pair for one in section.blocks if isinstance(one, Definitions)
                 for pair in one.items)  # fmt: skip
    assert facts["Decided"].text == "not decided"
    assert facts["Release record"].text == "not decided"
    said = " ".join(one.text for one in section.blocks if isinstance(one, ComputedText))
    assert "nobody has signed (0 signatures on record)" in said


def test_a_change_without_a_decision_on_its_significance_is_a_gap() -> None:
    gaps = placed_gaps(change_log.build(change_log_facts()))
    assert [(where, gap.missing.split(":")[0]) for where, gap in gaps] == [("2", "CHR-0002")]


def test_a_log_of_nothing_says_zero() -> None:
    content = change_log.build(change_log_facts(versions=(), definitions=()))
    first = content.sections[0].blocks[0]
    assert isinstance(first, ComputedText)
    assert "Model versions on record: 0" in first.text


def test_no_field_of_a_change_stays_unanswered() -> None:
    section = change_log.build(change_log_facts()).sections[2]
    facts = dict(pair for one in section.blocks if isinstance(one, Definitions)
                 for pair in one.items)  # fmt: skip
    assert facts["Risk review of the change"].text == "none was written"
    assert "not recorded" not in {cell.text for cell in facts.values()}
