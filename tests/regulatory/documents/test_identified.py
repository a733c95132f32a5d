"""Each statement has an identifier that stays, and leads to records."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from records.errors import NotFound
from regulatory.documents.blocks import Cell, Column, ComputedText, Definitions, Section, Table
from regulatory.documents.content import Content
from regulatory.documents.identified import NUMBER, Identified, identify, row_keys
from regulatory.held_figures import find_item
from tests.regulatory.documents.test_documents import KINDS, built


@pytest.fixture(scope="module")
def identified() -> dict[str, tuple[Content, Identified]]:
    contents = {kind: built(kind) for kind in KINDS}
    return {kind: (content, identify(content)) for kind, content in contents.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_each_statement_has_an_identifier_of_its_own(
    kind: str, identified: dict[str, tuple[Content, Identified]]
) -> None:
    content, found = identified[kind]
    assert all(key == item.id for key, item in found.items.items())
    assert all(re.fullmatch(r"[A-Za-z0-9/.~-]{3,200}", key) for key in found.items)
    cells = sum(
        len(block.rows) * len(block.columns) if isinstance(block, Table) else len(block.items)
        for section in content.sections for block in section.blocks
        if isinstance(block, Table | Definitions)
    )  # fmt: skip
    listed = [one for one in found.items.values() if one.kind == "cell"]
    own = {section.number for section in content.sections}
    assert len([one for one in listed if one.section in own]) == cells


@pytest.mark.requirement("REG-033")
@pytest.mark.parametrize("kind", KINDS)
def test_each_number_of_a_section_leads_to_records_or_is_about_the_document_itself(
    kind: str, identified: dict[str, tuple[Content, Identified]]
) -> None:
    content, found = identified[kind]
    own = {section.number for section in content.sections} - {"A"}  # the map of a standard
    without = [
        one.id for one in found.items.values()
        if one.kind in ("cell", "number", "figure", "series") and not one.records
        and NUMBER.search(one.text) and one.section in own
    ]  # fmt: skip
    assert [one for one in without if not one.startswith(BY_THE_FREEZE[kind])] == []


BY_THE_FREEZE = {
    "audit_export": ("1/", "2/", "3/", "5/sentence/"),  # counts of events
    "change_log": ("2/sentence/",),  # 'no criterion is judged (0 on record)'
    "validation_report": ("7/",),  # definitions of measures
    "performance_monitoring_report": ("2/studies-not-accepted",),  # its section has them
}
"""Where a number of the sample has no record of its own, and why."""


def test_an_identifier_stays_when_figures_change_and_rows_and_sentences_come() -> None:
    content = built("performance_monitoring_report")
    before = identify(content).items
    first = content.sections[0]
    table = next(one for one in first.blocks if isinstance(one, Table))
    new = tuple(Cell("0") for _ in table.columns[1:])
    grown = replace(table, rows=((Cell("Another clinic"), *new), *table.rows))
    said = ComputedText("Another sentence, of 7.")
    blocks = (said, *(grown if one is table else one for one in first.blocks))
    after = identify(
        replace(content, sections=(replace(first, blocks=blocks), *content.sections[1:]))
    ).items
    assert set(before) <= set(after)
    changed = {key for key, item in before.items() if after[key].text != item.text}
    assert changed == set()


def test_rows_are_told_apart_by_their_words_and_never_by_their_figures() -> None:
    columns = (Column("Site"), Column("Share"), Column("Group"), Column("Record"))
    rows = (
        (Cell("North"), Cell("0.5"), Cell("all"), Cell("EVR-0001")),
        (Cell("North"), Cell("0.6"), Cell("men"), Cell("EVR-0002")),
        (Cell("South"), Cell("0.7"), Cell("all"), Cell("EVR-0003")),
        (Cell("South"), Cell("0.7"), Cell("all"), Cell("EVR-0003")),
    )
    assert row_keys(Table("x", columns, rows)) == [
        "north.all", "north.men", "south.all.evr-0003", "south.all.evr-0003~2"
    ]


def test_numbers_of_a_sentence_are_found_and_labels_and_days_are_none() -> None:
    said = "CHR-0001: 1,234 of 5 (67.9 %), \N{MINUS SIGN}0.5 on 2026-01-05, model 1.0.0, 12."
    assert NUMBER.findall(said)[:4] == ["1,234", "5", "67.9", "\N{MINUS SIGN}0.5"]
    assert "0001" not in NUMBER.findall(said)
    assert NUMBER.findall(said)[-1] == "12"


def test_a_wrong_cell_is_answered_by_the_nearest() -> None:
    content = built("change_log")
    right = next(iter(identify(content).items))
    assert find_item(content, right).id == right
    with pytest.raises(NotFound, match="has no cell") as caught:
        find_item(content, f"{right}x")
    assert right in str(caught.value.hint)


def test_two_tables_of_one_caption_are_told_apart_by_their_headings() -> None:
    found = identify(built("validation_report")).items
    tables = {key.split("/")[1] for key in found if "device-decision-against" in key}
    assert len(tables) == 2
    assert not any("~" in one for one in tables)


def test_a_section_without_questions_leads_to_the_freeze() -> None:
    content = built("change_log")
    bare = replace(
        content, sections=(Section("9", "Words", (ComputedText("It ran 3 times."),)),)
    )
    item = identify(bare).items["9/sentence/it-ran-times"]
    assert (item.records, item.nearest) == ((), "document")
