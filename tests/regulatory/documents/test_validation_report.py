"""The validation report says what the records hold, and no more."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from measures.estimate import Estimate
from regulatory.documents import validation_report
from regulatory.documents.blocks import Block, Cell, ComputedText, Figure, Gap, HumanText, Table
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.guideline_items import GUIDELINES
from regulatory.documents.validation_beyond import beyond_blocks
from regulatory.documents.validation_checks import checks_blocks
from regulatory.documents.validation_facts import DatasetCheck, SplitResult, Verdict
from regulatory.documents.validation_guidelines import NEEDS, guideline_annex
from regulatory.gathering.task_words import reliability_words, score_words
from tests.regulatory.documents.sample_validation import criteria, validation_facts
from tests.regulatory.documents.samples import at, note


@cache
def sample() -> Content:
    """The sample report, built once."""
    return validation_report.build(validation_facts())


def blocks(content: Content, number: str) -> tuple[Block, ...]:
    """The blocks of a section."""
    return next(one.blocks for one in content.sections if one.number == number)


def cells(content: Content, number: str) -> list[Cell]:
    """All table cells of a section."""
    tables = (one for one in blocks(content, number) if isinstance(one, Table))
    return [cell for table in tables for row in table.rows for cell in row]


def test_sections_follow_the_outline_of_the_document_type() -> None:
    content = sample()
    numbers = [one.number for one in content.sections]
    assert numbers == [*map(str, range(13)), "A"]


@pytest.mark.requirement("REG-125")
def test_a_place_for_human_judgement_is_a_gap_until_a_person_fills_it() -> None:
    open_places = {gap.missing for _, gap in placed_gaps(sample())}
    assert any("Clinical role" in missing for missing in open_places)
    notes = {"clinical_role": note("Read first.")}
    content = validation_report.build(validation_facts(notes=notes))
    assert "Clinical role and study hypothesis" not in {g.missing for _, g in placed_gaps(content)}
    assert any(isinstance(one, HumanText) for one in blocks(content, "1"))


def test_criteria_younger_than_the_evaluation_leave_a_gap() -> None:
    late = replace(criteria(), declared_at=at(3))
    content = validation_report.build(validation_facts(plan=late))
    assert any("fixed before" in g.missing for where, g in placed_gaps(content) if where == "1")
    good = sample()
    assert not any("fixed before" in g.missing for _, g in placed_gaps(good))


def test_an_overall_verdict_that_contradicts_a_criterion_is_refused() -> None:
    with pytest.raises(ValueError, match="contradicts the criteria: AC-4"):
        validation_report.build(validation_facts(verdict=Verdict("met", "Release.", "CHR-0001")))


def test_a_subgroup_that_cannot_be_judged_says_why_and_is_not_zero() -> None:
    content = sample()
    found = [
        one for one in cells(content, "8")
        if one.estimate is not None and one.estimate.subgroup == "age: 18 to 39"
    ]  # fmt: skip
    assert found
    assert all(one.text.startswith("not estimable") for one in found)
    assert all("fewer than 10 studies" in one.text for one in found)
    assert all(one.tone == "unknown" for one in found)


@pytest.mark.requirement("REG-033")
def test_every_estimate_names_its_record_and_carries_its_number() -> None:
    content = sample()
    estimates = [one for one in cells(content, "8") if one.estimate is not None]
    assert len(estimates) == 18 + 28 - 2 + 28  # two rows say of two measures why there is none
    assert all(one.records for one in estimates)


def test_measures_of_a_group_that_lack_for_one_reason_share_a_row_with_all_their_records() -> None:
    facts = validation_facts()
    table = next(one for one in blocks(sample(), "8")
                 if isinstance(one, Table) and one.caption.startswith("Measures by"))  # fmt: skip
    (row,) = [one for one in table.rows if one[0].text == "age: 18 to 39"]
    lacking = [
        one for one in facts.results[0].subgroups if one.estimate.subgroup == "age: 18 to 39"
    ]
    assert row[1].text == f"all {len(lacking)} measures"
    assert row[2].records == row[4].records == tuple(one.record for one in lacking)
    assert row[4].text == f"{lacking[0].record} and 1 more"


def test_a_truth_that_nobody_reads_off_an_image_lacks_no_readers() -> None:
    truth = replace(validation_facts().reference, readers=None, agreement=None, unread="a register")
    content = validation_report.build(validation_facts(reference=truth))
    assert not [one for one in blocks(content, "4") if isinstance(one, Gap)]


def test_a_reliability_figure_says_what_was_predicted_and_seen_in_the_tasks_own_words() -> None:
    across, up = reliability_words("prognosis")
    assert "chance" in across and "event" in up
    assert "finding" not in across + up
    assert [score_words(one) for one in ("triage", "classification")] == ["urgency", "score"]


def test_without_a_second_institution_the_external_test_is_not_available() -> None:
    internal = validation_facts().results[0]
    absent = SplitResult("external_test", "", unavailable="no second institution in the data")
    content = validation_report.build(validation_facts(results=(internal, absent)))
    said = [one.text for one in blocks(content, "8") if isinstance(one, ComputedText)]
    assert "Not available: no second institution in the data." in said
    figures = [one for one in blocks(content, "8") if isinstance(one, Figure)]
    assert len(figures) == 5


@pytest.mark.requirement("REG-047")
def test_a_patient_in_two_parts_is_shown_as_bad() -> None:
    facts = validation_facts()
    shared = replace(facts.partition.overlaps[1], patients=2)
    parts = replace(facts.partition, overlaps=(shared,))
    content = validation_report.build(validation_facts(partition=parts))
    assert [one.tone for one in cells(content, "5") if one.text == "2"] == ["bad"]


@pytest.mark.requirement("REG-125")
def test_each_item_of_a_guideline_is_answered_in_a_section_or_open() -> None:
    content = sample()
    tables = [one for one in blocks(content, "A") if isinstance(one, Table)]
    assert [len(one.rows) for one in tables] == [44, 48, 52]
    numbers = {section.number for section in content.sections}
    for table in tables:
        assert {row[2].text for row in table.rows} <= numbers | {"none"}
        assert all(row[3].text == "answered" or row[3].text.startswith("open: ")
                   for row in table.rows)  # fmt: skip
    claim = {row[0].text: row[3].text for row in tables[0].rows}
    assert claim["44"] == "open: no record answers it"
    assert claim["29"] == "answered"
    (gap,) = [one for one in blocks(content, "A") if isinstance(one, Gap)]
    assert gap.place == "guideline_items"
    assert all(name in gap.missing for name in ("CLAIM 2024, items", "STARD-AI", "TRIPOD+AI"))
    waiting = [number for number, said in claim.items() if said != "answered"]
    assert f"CLAIM 2024, items {', '.join(waiting)};" in gap.missing


def test_an_item_is_open_where_its_section_lacks_what_it_needs() -> None:
    facts = validation_facts()
    used = {need for _, items in GUIDELINES for *_, need in items if need}
    assert used == set(NEEDS)
    bare = replace(facts, notes={}, beyond=None, dataset=replace(facts.dataset, source=""))
    table = next(one for one in guideline_annex(bare).blocks if isinstance(one, Table))
    states = {row[0].text: row[3].text for row in table.rows}
    assert states["40"] == "open: limits not written"
    assert states["7"] == "open: source not recorded"
    assert states["30"] == "open: not tested beyond the locked tests"


def test_what_was_found_beyond_the_locked_tests_has_a_table_each_with_its_records() -> None:
    beyond = validation_facts().beyond
    assert beyond is not None
    tables = {one.caption: one for one in blocks(sample(), "8") if isinstance(one, Table)}
    cuts = tables["What other thresholds would do, internal test"]
    assert [row[0].text for row in cuts.rows][1] == "0.313 (operating point)"
    assert all(one.records == (beyond.record,) for row in cuts.rows for one in row[1:])
    assert cuts.rows[2][4].text == "not estimable"
    rules = tables["Where other rules would have set the threshold"]
    assert [row[1].text for row in rules.rows] == ["0.313", "flags nothing"]
    groups = tables["Whether the declared subgroups differ, internal test"]
    assert [one.text for one in groups.rows[1]][3:] == ["< 0.001", "0.001", "< 0.001"]
    assert "sex: female: " in groups.rows[0][2].text
    assert groups.rows[2][3].text == "not estimable"
    assert groups.rows[3][1].text == "not compared: groups with an AUC and its variance: 0"


def test_intersections_readers_shortcuts_and_pictures_stand_in_section_8() -> None:
    tables = {one.caption: one for one in blocks(sample(), "8") if isinstance(one, Table)}
    meeting = tables["Intersections of subgroups, internal test"]
    assert meeting.rows[0][0].text == "sex and age: F, old"
    assert meeting.rows[0][2].estimate is not None
    asked = tables["Whether intersections of subgroups differ, internal test"]
    assert asked.rows[-1][0].text == "all pairs: Sensitivity"
    readers = tables["Clinicians' readings beside the device"]
    first = readers.rows[0]
    assert first[0].text == "R07, unaided (120 studies)"
    assert [one.estimate is not None for one in first] == [False, False, True, True, True]
    follows = tables["Shortcut tests: what to conclude"]
    assert follows.rows[0][1].text.startswith("The AUC falls")
    said = [one.text for one in blocks(sample(), "8") if isinstance(one, ComputedText)]
    assert any("10 of them not estimable" in one for one in said)
    (pictures,) = [one for one in blocks(sample(), "8") if isinstance(one, Figure)
                   and one.caption.startswith("Worst failures")]  # fmt: skip
    assert "INS-0044 of STU-0044: truth pneumonia, score 0.11, image deleted" in pictures.alt
    assert "letters found in them are blackened" in pictures.caption


def test_checks_of_a_rule_that_none_could_make_are_a_sentence_and_not_a_page() -> None:
    facts = validation_facts()
    silent = tuple(
        DatasetCheck("shortcuts", one, "not estimable", 90, "not estimable",
                     Estimate.not_estimable("auc", "0 patients without the finding", n=90))
        for one in ("site", "view", "sex")
    )  # fmt: skip
    data = replace(facts.dataset, checks=(facts.dataset.checks[0], *silent))
    found = checks_blocks(data)
    (table,) = [one for one in found if isinstance(one, Table)]
    assert len(table.rows) == 1
    (said,) = [one.text for one in found
               if isinstance(one, ComputedText) and one.text.startswith("Shortcuts")]  # fmt: skip
    assert said == (
        "Shortcuts: not estimable for any of 3 facts (site, view, sex), n = 90: 0 patients without "
        "the finding."
    )
    mixed = checks_blocks(replace(data, checks=facts.dataset.checks[:2]))
    assert not any(isinstance(one, ComputedText) and "any of" in one.text for one in mixed)


def test_a_validation_without_further_tables_says_why() -> None:
    beyond = validation_facts().beyond
    assert beyond is not None
    found = beyond_blocks(replace(beyond, unavailable="fewer than 20 studies"))
    said = [one.text for one in found if isinstance(one, ComputedText)]
    assert said[-1] == "No further tables of the internal test: fewer than 20 studies."
    (said_so,) = [one.text for one in beyond_blocks(None) if isinstance(one, ComputedText)]
    assert said_so == "No validation beyond the locked tests is on record for this version."
