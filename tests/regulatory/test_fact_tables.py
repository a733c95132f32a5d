"""Tables of facts: the template can be filled, what stands is read again, damage is a sentence."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from records.distribution import Sales
from records.errors import InvalidInput, NotAllowed
from records.fact_kinds import FACTS
from records.facts import Fact, columns_of
from records.known_facts import standing_facts
from records.recorded_facts import Taken
from records.store import Store
from regulatory.fact_import import import_fact_table
from regulatory.fact_tables import fact_template, facts_as_table, read_fact_rows
from regulatory.table_files import CSV, XLSX
from tests.records.each_fact import example_cells
from tests.records.facts_workspace import DEVICE, TODAY, device_and, opened_for_facts

HEAD = "key,since,until,region,unit,number,counting,source\n"
ROW = "a,2025-07-01,2026-06-30,worldwide,licences,3,contracts,ledger\n"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = opened_for_facts(tmp_path_factory.mktemp("w"))
    yield store
    store.close()


def taken(store: Store, table: type[Fact], content: bytes, who: str = "ada", **more: Any) -> Taken:
    with store.transaction(who, "import", now=TODAY) as tx:
        device, person = device_and(tx, who)
        return import_fact_table(tx, table, device, content, by=person, now=TODAY, **more)


def workbook(*rows: list[Any]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("form", [CSV, XLSX])
@pytest.mark.parametrize("table", FACTS, ids=lambda one: one.KIND)
def test_a_template_explains_itself_and_its_example_is_taken(
    facts: Store, table: type[Fact], form: str
) -> None:
    empty = fact_template(table, form)
    with pytest.raises(InvalidInput, match="has no row"):
        read_fact_rows(empty, table)
    if form == XLSX:
        return
    head, words, example = empty.decode("utf-8-sig").splitlines()
    assert words.lstrip('"').startswith("# own key")
    cells = example_cells(table, key="from-template")
    filled = f"{head}\n{words}\n{example.removeprefix('# ')}\n"
    assert len(read_fact_rows(filled.encode(), table)) == 1
    lines = io.StringIO()
    csv.writer(lines).writerows([list(cells), list(cells.values())])
    assert len(taken(facts, table, lines.getvalue().encode()).made) == 1


@pytest.mark.parametrize("form", [CSV, XLSX])
def test_what_stands_is_written_and_read_again_without_a_change(facts: Store, form: str) -> None:
    for table in FACTS:
        rows = [list(example_cells(table, key="stands")), list(
            example_cells(table, key="stands").values())]  # fmt: skip
        taken(facts, table, workbook(*rows))
        with facts.reader() as reader:
            content = facts_as_table(table, standing_facts(reader, table, DEVICE), form)
        again = taken(facts, table, content)
        assert (again.made, again.corrected) == ([], []), table.KIND
        assert again.unchanged


def test_a_spreadsheet_keeps_days_numbers_and_truths_in_its_own_way(facts: Store) -> None:
    content = workbook(
        [one.name for one in columns_of(Sales)], [None], ["# a remark"],
        ["xl", datetime(2025, 7, 1, tzinfo=UTC).replace(tzinfo=None), date(2026, 6, 30), "DE",
         "licences", 3.0, "count", "ledger", None, None],
    )  # fmt: skip
    (made,) = taken(facts, Sales, content).made
    assert (made.told["since"], made.told["number"]) == (date(2025, 7, 1), 3)
    ((number, cells),) = read_fact_rows(content, Sales)
    assert (number, cells["number"]) == (4, "3")


def test_other_separators_and_quoted_lines_are_read(facts: Store) -> None:
    semi = (HEAD + ROW).replace(",", ";").replace("contracts", '"contracts;\nrunning"')
    ((number, cells),) = read_fact_rows(semi.encode("utf-8-sig"), Sales)
    assert (number, cells["counting"]) == (3, "contracts;\nrunning")


@pytest.mark.parametrize(("content", "words"), [
    (b"", "It lacks key, since"), (b"\xff\xfe\x00", "neither XLSX nor CSV"),
    (HEAD.encode(), "has no row"), ((HEAD + '"a,').encode(), "Line 2 is no line"),
    ((HEAD.replace("unit", "Zwetschkenbaum") + ROW).encode(), "It lacks unit. 1 of its columns"),
    ((HEAD.replace("unit,", "unit,unit,") + ROW).encode(), "There twice: unit"),
    ((HEAD + ROW.strip() + ",more\n").encode(), "Row 2 has more cells"),
    (b"PK\x03\x04broken", "no XLSX workbook"), (b"x" * (20 * 2**20 + 1), "larger than 20 MiB"),
])  # fmt: skip
def test_no_such_table_is_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as said:
        read_fact_rows(content, Sales)
    assert "Zwetschkenbaum" not in str(said.value)


def test_a_short_row_lacks_its_last_cells_and_rows_are_numbered_as_in_the_file(
    facts: Store,
) -> None:
    with pytest.raises(InvalidInput, match="row 4, column source: It is empty") as said:
        taken(facts, Sales, f"{HEAD}# a remark\n{ROW}c,2025-07-01\n".encode())
    assert "row 3" not in said.value.message


def test_who_may_not_imports_nothing(facts: Store) -> None:
    with pytest.raises(NotAllowed):
        taken(facts, Sales, (HEAD + ROW).encode(), who="cleo")


def test_a_table_is_csv_or_xlsx() -> None:
    with pytest.raises(InvalidInput, match=r"is .csv or .xlsx"):
        fact_template(Sales, "ods")
