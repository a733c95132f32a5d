"""The page of requirements is true: every row has its test or says what it waits for."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from records.errors import InvalidInput
from records.settings import REPOSITORY
from regulatory.traceability import (
    Catalogue,
    Standing,
    Tag,
    faults,
    find_tags,
    read_catalogue,
    shown_by,
    standing_of,
)  # fmt: skip


def a_catalogue(**fields: str) -> Catalogue:
    row = {"id": "REG-001", "title": "One account a person", "citation": "11.100(a)"} | fields
    return Catalogue.model_validate(
        {"version": 1, "sections": [{"id": "A", "title": "Access", "rows": [row]}]}
    )


TAGGED = [Tag("tests/test_x.py::test_y", "REG-001")]


@pytest.mark.requirement("REG-123", "R-P11-10k")
def test_the_page_is_what_the_rows_and_the_tests_say() -> None:
    write = runpy.run_path(str(REPOSITORY / "scripts" / "write_part_11.py"))
    page = (REPOSITORY / "docs" / "part-11.md").read_text(encoding="utf-8")
    assert page == write["part_11_page"](), (
        "docs/part-11.md is stale: run .venv/bin/python scripts/write_part_11.py"
    )


def test_every_row_has_a_test_or_says_what_it_waits_for_and_every_tag_has_a_row() -> None:
    assert faults(read_catalogue(), find_tags(REPOSITORY)) == []


def test_the_specification_is_listed_whole() -> None:
    listed = {row.id for row in read_catalogue().rows}
    counted = [(1, 8), (10, 19), (20, 26), (30, 40), (45, 54), (60, 70), (75, 87), (90, 97),
               (100, 106), (110, 114), (120, 129), (140, 143)]  # fmt: skip
    wanted = {f"REG-{number:03d}" for first, end in counted for number in range(first, end)}
    clauses = [f"10{letter}" for letter in "abcdefghijk"]
    clauses += ["30", "50", "70", "100", "200", "300"]
    assert listed == wanted | {f"R-P11-{clause}" for clause in clauses}


@pytest.mark.parametrize(
    ("fields", "tags", "words"),
    [
        ({}, [], "has no test and is not due"),
        ({}, TAGGED, "has a test and no control"),
        ({"due_with": "x"}, [], "needs both"),
        ({"control": "c"}, [*TAGGED, Tag("tests/test_x.py::test_z", "REG-999")], "is no row"),
    ],
)
def test_a_contradiction_is_named(fields: dict[str, str], tags: list[Tag], words: str) -> None:
    (found,) = faults(a_catalogue(**fields), tags)
    assert words in found


def test_a_row_named_twice_is_a_fault() -> None:
    (section,) = a_catalogue(control="c").sections
    both = Catalogue(version=1, sections=(section, section))
    assert "REG-001 is listed 2 times" in faults(both, TAGGED)


def test_a_row_is_shown_partly_or_due() -> None:
    (shown,) = a_catalogue(control="c").rows
    (partly,) = a_catalogue(control="c", due_with="x", missing="y").rows
    tests = shown_by(shown, TAGGED)
    assert standing_of(shown, tests) is Standing.SHOWN
    assert standing_of(partly, tests) is Standing.PARTLY
    assert standing_of(partly, []) is Standing.DUE


def test_tags_are_found_without_importing_the_test_and_must_be_plain_text(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    file = folder / "test_x.py"
    body = "raise RuntimeError\n@pytest.mark.requirement({})\n@pytest.mark.slow\ndef test_y(): ..."
    file.write_text(body.format('"REG-001", "REG-002"'))
    assert [tag.requirement for tag in find_tags(tmp_path)] == ["REG-001", "REG-002"]
    assert {tag.test for tag in find_tags(tmp_path)} == {"tests/test_x.py::test_y"}
    file.write_text(body.format("*ROWS"))
    with pytest.raises(InvalidInput, match=r"test_x\.py, line 2: a tag is not plain text"):
        find_tags(tmp_path)


def test_importing_it_loads_no_heavy_library() -> None:
    code = (
        "import regulatory.traceability, sys\n"
        "print({'typst', 'matplotlib', 'pandas', 'numpy', 'sqlmodel'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert done.stdout.strip() == "set()"
