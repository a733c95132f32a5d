"""What the coverage of a traceability matrix says of tests when no run of them is on record."""

from datetime import UTC, datetime

from regulatory.documents.blocks import Table
from regulatory.documents.trace_facts import (
    NO_RUN,
    ControlEntry,
    NeedEntry,
    Orphans,
    RequirementEntry,
    TestRunFacts,
    TraceMatrixFacts,
)
from regulatory.documents.trace_matrix import build
from tests.regulatory.documents.samples import edition

EDITION = edition("DOC-16-chest")
TEST = "tests/test_a.py::test_a"
RUN = TestRunFacts("TRN-0001", "radvigil 0.1.0", "demo.quality", datetime(2026, 6, 1, tzinfo=UTC),
                   "d" * 64, {"passed": 0, "failed": 0, "skipped": 1})  # fmt: skip


def coverage(run: TestRunFacts | None, said: str) -> dict[str, str]:
    """The table of coverage, by what is counted."""
    facts = TraceMatrixFacts(
        EDITION, (), "RKF-0001", "RKF-0001, version 1, in force", "", run,
        (NeedEntry("UN-01", "need", ("REG-001",)),),
        (RequirementEntry("REG-001", "One account", "21 CFR 11", ("UN-01",), ("R-01",),
                          ("RC-01",), "design", (), ()),),
        (ControlEntry("RC-01", "R-01", "RSK-0001", "protective measure", "words", "records",
                      ("REG-001",), ((TEST, said),)),),
        Orphans(), (),
    )  # fmt: skip
    first = build(facts).sections[0]
    (table,) = (one for one in first.blocks if isinstance(one, Table))
    return {name.text: told.text for name, told in table.rows}


def test_without_a_run_nobody_knows_which_is_not_none() -> None:
    told = coverage(None, NO_RUN)
    assert told["Requirements shown by a test"] == f"not known for 1: {NO_RUN}"
    assert told["Requirements of which a test passed and none failed"].startswith("not known")
    assert told["Risk controls that wait for results of tests, and for nothing else"] == (
        "1 of 1 (100.0 %)"
    )


def test_with_a_run_what_no_test_shows_is_none() -> None:
    told = coverage(RUN, "no result")
    assert told["Requirements shown by a test"] == "0 of 1 (0.0 %)"
    assert told["Risk controls that wait for results of tests, and for nothing else"] == (
        "0 of 1 (0.0 %)"
    )


def test_a_page_is_turned_for_a_table_and_not_for_a_sentence() -> None:
    facts = TraceMatrixFacts(EDITION, (), "", "", "no risk file", None, (), (), (), Orphans(), ())
    assert not any(section.wide for section in build(facts).sections)
