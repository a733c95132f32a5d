"""Facts: all rows or none, each fault by row and column, once, corrected by a later version."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from records.distribution import Sales
from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.fact_cells import read_cells, written
from records.fact_kinds import FACTS, fact_kind
from records.facts import Fact, columns_of
from records.known_facts import standing_facts
from records.literature import LiteratureSearch
from records.nonconformities import Nonconformity
from records.recorded_facts import (
    Taken,
    correct_fact,
    facts_by_kind,
    find_fact,
    take_facts,
    versions_of,
    withdraw_fact,
)  # fmt: skip
from records.store import Store
from records.verify import verify_records
from tests.records.each_fact import example_cells
from tests.records.facts_workspace import DEVICE, TODAY, device_and, opened_for_facts


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = opened_for_facts(tmp_path_factory.mktemp("w"))
    yield store
    store.close()


def take(
    store: Store, table: type[Fact], *rows: dict[str, str], who: str = "ada", **more: Any
) -> Taken:
    with store.transaction(who, "quarterly", now=TODAY) as tx:
        device, person = device_and(tx, who)
        return take_facts(tx, table, device, list(enumerate(rows, start=2)), by=person, now=TODAY,
                          **more)  # fmt: skip


def refused(store: Store, table: type[Fact], *rows: dict[str, str], **more: Any) -> str:
    with pytest.raises(InvalidInput) as said:
        take(store, table, *rows, **more)
    return said.value.message


@pytest.mark.parametrize("table", FACTS, ids=lambda one: one.KIND)
def test_a_fact_of_every_kind_is_recorded_once_and_says_what_its_example_says(
    facts: Store, table: type[Fact]
) -> None:
    cells = example_cells(table, key="first")
    (made,) = take(facts, table, cells).made
    assert (made.version, made.recorded_by, made.recorded_at) == (1, "ada", TODAY)
    assert {name: written(value) for name, value in made.told.items()} == cells
    again = take(facts, table, cells)
    assert (again.made, again.corrected) == ([], [])
    assert again.unchanged[0].label == made.label
    with facts.reader() as reader:
        assert find_fact(reader, made.label).key == "first"
        assert fact_kind(table.KIND) is table
        assert verify_records(reader).whole


@pytest.mark.requirement("REG-069")
def test_every_fault_of_a_table_is_told_at_once_and_nothing_is_taken(facts: Store) -> None:
    good = example_cells(Sales, key="good")
    said = refused(
        facts, Sales, good,
        example_cells(Sales, key="a", since="1.7.2025", number="12,5", region="Mars"),
        example_cells(Sales, key="good", unit="", counting=" "),
        example_cells(Sales, key="b", until="2026-12-31"),
        example_cells(Sales, key="Zwetschkenbaum Ottilie", until="2026-05-01"),
    )  # fmt: skip
    assert said.splitlines() == [
        "Nothing was recorded.",
        "row 3, column since: Write a day as 2026-06-30.",
        "row 3, column region: Write EEA+TR+XI, worldwide, or a country by its two letters such "
        "as DE.",
        "row 3, column number: Write a whole number from 0 on, in up to 9 digits, such as 1200.",
        "row 4, column unit: It is empty: write what is counted.",
        "row 4, column counting: It is empty: write how it was counted.",
        "row 4, column key: It stands in row 2, too.",
        "row 5, column until: 2026-12-31 has not come yet.",
        "row 6, column key: Write up to 80 letters, digits, dots, hyphens, strokes and _, no "
        "blank.",
    ]
    with facts.reader() as reader:
        assert "good" not in {one.key for one in standing_facts(reader, Sales, DEVICE)}


@pytest.mark.requirement("REG-069")
@pytest.mark.parametrize(("kind", "changed", "words"), [
    ("sales", {"since": "2025-06-01"}, "More than 12 months: they end on 2026-05-31."),
    ("sales", {"until": "2025-06-30"}, "lies before 2025-07-01"),
    ("exposure", {"patients": "", "studies": ""}, "give one of them"),
    ("exposure", {"group": ""}, "Say which age band."),
    ("exposure", {"studies": "4000"}, "4000 studies of 4100 patients"),
    ("literature-search", {"included": "7"}, "111 were left out, and the reasons add up to 112."),
    ("literature-search", {"screened": "119"}, "119 of 118 hits"),
    ("literature-search", {"left_out": "other organ"}, "Write what and how many"),
    ("literature-search", {"left_out": "x: 1; x: 111"}, "counted twice"),
    ("database-search", {"relevant": "10"}, "10 of 9 hits"),
    ("gspr", {"requirement": "24"}, "a number of Annex I from 1 to 23"),
    ("gspr", {"applies": "no"}, "It does not apply: say why."),
    ("gspr", {"solution": ""}, "say by what it is met"),
    ("gspr", {"evidence": "EVA-0099"}, "There is no record EVA-0099."),
    ("gspr", {"evidence": "the report"}, "Write labels of records"),
    ("claim", {"evidence": "DEV-1, XYZ-3"}, "There is no record XYZ-0003."),
    ("standard", {"extent": "in part"}, "say which clauses were not"),
    ("standard", {"harmonised": "perhaps"}, "Write yes or no."),
    ("pmcf-activity", {"state": "finished"}, "say its result"),
    ("pmcf-activity", {"state": "stopped"}, "say why"),
    ("pmcf-activity", {"state": "soon"}, "None of: planned; running; finished; stopped."),
    ("reader-study", {"low": ""}, "both limits"),
    ("reader-study", {"estimate": "0.06"}, "0.06 does not lie between 0.01 and 0.05."),
    ("reader-study", {"diseased": "241"}, "241 of 240"),
    ("certificate", {"valid_until": "2025-05-01"}, "lies before 2025-06-01"),
    ("organisation", {"role": "contact", "contact": ""}, "needs a mail address"),
    ("organisation", {"contact": "Ottilie Zwetschkenbaum"}, "one mail address"),
    ("nonconformity", {"disposition": "not decided"}, "say how it was disposed of"),
    ("nonconformity", {"no_action": ""}, "Name its CAPA"),
    ("nonconformity", {"closed_on": "2026-04-19"}, "lies before 2026-04-20"),
    ("plan-indicator", {"threshold": "1e3"}, "Write a number with a point"),
])  # fmt: skip
def test_what_contradicts_itself_is_a_fault(
    facts: Store, kind: str, changed: dict[str, str], words: str
) -> None:
    table = fact_kind(kind)
    said = refused(facts, table, example_cells(table, key="wrong") | changed)
    assert words in said
    assert "Zwetschkenbaum" not in said


def test_labels_of_records_that_are_here_are_taken_as_labels(facts: Store) -> None:
    table = fact_kind("claim")
    (made,) = take(facts, table, example_cells(table, key="shown", evidence="dev-1 DEV-0001")).made
    assert made.told["evidence"] == ["DEV-0001"]


def test_another_text_under_a_key_is_a_correction_only_where_it_is_meant(facts: Store) -> None:
    first = example_cells(Sales, key="corrected")
    (made,) = take(facts, Sales, first).made
    said = refused(facts, Sales, first | {"number": "13", "region": "DE"})
    assert f"{made.label} stands under this key with another region, number" in said
    with pytest.raises(InvalidInput, match="No reason"):
        take(facts, Sales, first | {"number": "13"}, correct=True)
    done = take(facts, Sales, first | {"number": "13"}, correct=True, because="recount")
    (later,) = done.corrected
    assert (done.made, later.version, later.because) == ([], 2, "recount")
    with facts.reader() as reader:
        assert [one.told["number"] for one in versions_of(reader, later)] == [12, 13]
        assert {one.key: one.told["number"] for one in standing_facts(reader, Sales, DEVICE)}[
            "corrected"] == 13  # fmt: skip


def test_one_fact_is_corrected_withdrawn_and_recorded_again(facts: Store) -> None:
    (made,) = take(facts, Sales, example_cells(Sales, key="one")).made
    with facts.transaction("ada", "recount", now=TODAY) as tx:
        _, ada = device_and(tx)
        one = find_fact(tx, made.label)
        for cells, words in (({"number": "12"}, "says that already"),
                             ({"numbr": "12"}, "has no column numbr"),
                             ({"key": "two"}, "the same in every version")):  # fmt: skip
            with pytest.raises(InvalidInput, match=words):
                correct_fact(tx, one, cells, by=ada, now=TODAY, because="recount")
        later = correct_fact(tx, one, {"number": "14"}, by=ada, now=TODAY, because="recount")
        with pytest.raises(Refused, match="is not the newest version"):
            withdraw_fact(tx, one, by=ada, now=TODAY, because="twice")
        gone = withdraw_fact(tx, later, by=ada, now=TODAY, because="twice")
        assert (gone.version, gone.withdrawn, gone.because) == (3, True, "twice")
        with pytest.raises(Refused, match="is withdrawn already"):
            withdraw_fact(tx, gone, by=ada, now=TODAY, because="twice")
        assert "one" not in {f.key for f in standing_facts(tx, Sales, DEVICE)}
    said = refused(facts, Sales, example_cells(Sales, key="one"))
    assert "was withdrawn: say that it is corrected." in said
    back = take(facts, Sales, example_cells(Sales, key="one"), correct=True, because="it was right")
    assert back.corrected[0].version == 4
    assert not back.corrected[0].withdrawn


def test_what_was_recorded_after_a_freeze_is_not_seen(facts: Store) -> None:
    later = TODAY + timedelta(days=1)
    with facts.transaction("ada", "late", now=later) as tx:
        device, ada = device_and(tx)
        take_facts(tx, Sales, device, [(0, example_cells(Sales, key="late"))], by=ada, now=later)
    with facts.reader() as reader:
        assert "late" not in {f.key for f in standing_facts(reader, Sales, DEVICE, at=TODAY)}
        assert "late" in {f.key for f in standing_facts(reader, Sales, DEVICE, at=later)}


def test_who_may_not_records_nothing(facts: Store) -> None:
    with pytest.raises(NotAllowed, match="may not record facts"):
        take(facts, Sales, example_cells(Sales, key="cleo"), who="cleo")


def test_a_fact_that_names_a_patient_is_not_recorded(facts: Store) -> None:
    for column in ("description", "effect"):
        with pytest.raises(InvalidInput, match=f"The {column} seems to hold") as said:
            take(facts, Nonconformity, example_cells(
                Nonconformity, key="named", **{column: "film of patient Zwetschkenbaum"}
            ))  # fmt: skip
        assert "Zwetschkenbaum" not in said.value.message
    with pytest.raises(InvalidInput, match="The left out seems to hold"):
        take(facts, LiteratureSearch, example_cells(
            LiteratureSearch, key="named", left_out="patient Zwetschkenbaum: 112"
        ))  # fmt: skip


def test_kinds_are_counted_and_strange_labels_said(facts: Store) -> None:
    with facts.reader() as reader:
        rows = {one.table.KIND: one for one in facts_by_kind(reader, DEVICE)}
        assert rows["sales"].standing == len(standing_facts(reader, Sales, DEVICE))
        assert all(one.newest is None for one in facts_by_kind(reader, "other"))
        for label, kind, words in (("ALT-0001", InvalidInput, "is no label of a fact"),
                                   ("SAL-9999", NotFound, "There is no sales SAL-9999")):
            with pytest.raises(kind, match=words):
                find_fact(reader, label)
    with pytest.raises(InvalidInput, match="'sale' is no kind of fact"):
        fact_kind("sale")


@pytest.mark.parametrize("table", FACTS, ids=lambda one: one.KIND)
def test_whatever_is_written_in_a_cell_is_a_value_or_a_sentence(table: type[Fact]) -> None:
    strange = (
        "", "x", "9999-12-31", "0001-01-01", "20260630", "-1", "2026-02-30", "١٢", "1e400", "nan",
        "a: b", "; ;", "ABC-99999999999", "yes", "=1+1", "\x00", "x" * 10_001,
    )
    good = example_cells(table)
    for column in columns_of(table):
        for text in strange:
            values, faults = read_cells(table, good | {column.name: text}, today=date.max)
            assert column.name in values or any(name == column.name for name, _ in faults)
            assert "\x00" not in text or column.name not in values
