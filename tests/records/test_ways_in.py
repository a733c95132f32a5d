"""A document may only read what somebody can enter: by a command, a page, a table."""

import ast
from functools import cache
from pathlib import Path

import pytest

from cli.app import NOUNS, load_noun
from records.fact_kinds import FACT_KINDS, FACTS
from records.settings import REPOSITORY
from records.tables import RECORDS
from records.ways_in import WAYS, Way, records_with_a_way_in

LISTED = """
    DEV ORG IU LBL MV DS EV SG RS MON DR ALT EXP SAL CMP INC RPT CLK SUB FSCA FSN CAPA NC CR CIA
    PCCP REL DEP RISK RC REQ TST ANOM SOUP SBOM VULN PLAN LIT EXT PMCF SIG AUD DOC RET
"""
"""The codes of the records that documents are made of."""
EVERY_WAY = [(code, one) for code, ways in WAYS.items() for one in ways]


@cache
def verbs() -> set[str]:
    found = set(NOUNS)
    for name in NOUNS:
        found |= {f"{name} {verb}" for verb in getattr(load_noun(name), "commands", {})}
    return found


def test_every_code_has_a_way_in() -> None:
    assert set(WAYS) == set(LISTED.split())
    assert all(WAYS.values())


@pytest.mark.parametrize("code, one", EVERY_WAY, ids=lambda one: getattr(one, "what", one))
def test_each_way_leads_somewhere(code: str, one: Way) -> None:
    from dashboards.navigation import all_pages

    tables = {each.__name__ for each in RECORDS}
    assert set(one.records) <= tables
    for command in filter(None, (one.command, one.table)):
        words = command.split()
        assert " ".join(words[:2]) in verbs(), command
        assert not words[2:] or words[2] in FACT_KINDS, command
    assert one.page in {"", *(page.address for page in all_pages())}
    assert bool(one.table) != bool(one.no_table), "a table, or why none"


def test_each_kind_of_fact_is_reached_under_its_code() -> None:
    for table in FACTS:
        (way,) = [one for one in WAYS[table.CODE] if table.__name__ in one.records]
        assert way.command == f"fact add {table.KIND}"


def records_read(folder: Path) -> dict[str, str]:
    """Class of record and a file that names it."""
    names = {one.__name__ for one in RECORDS}
    found = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("records."):
                found |= {one.name: path.name for one in node.names if one.name in names}
    return found


def test_no_document_reads_a_record_that_nobody_can_enter() -> None:
    read = records_read(REPOSITORY / "regulatory")
    assert len(read) > 30
    assert {name: file for name, file in read.items() if name not in records_with_a_way_in()} == {}


def test_a_document_that_read_one_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "psur.py").write_text("from records.message_routes import MessageRoute\n")
    assert set(records_read(tmp_path)) - records_with_a_way_in() == {"MessageRoute"}
