"""Lists of truths: another source stands beside, another answer is a correction only if said so."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from imaging.sources.base import SourceRefused, TruthRow
from imaging.sources.truth import read_truth_csv
from imaging.truth import KnownTruth, TruthReport, record_truth
from records.cases import ReferenceStandard
from records.reference_kinds import DEFAULT_RULE
from records.store import Store
from tests.records.test_truth import START, add_studies, truths

HEADER = "study_uid,site,study_date,finding,source,readers,delay_days,reader,reader_finding"


def row(
    finding: int, source: str, kind: str = "", state: str = "final", delay: int = 3
) -> KnownTruth:
    return KnownTruth("2.25.0", TruthRow(
        "1.2.3", "north", START, finding, source, (), delay, kind=kind, state=state
    ), None)  # fmt: skip


def receive(
    store: Store, now: datetime, *rows: KnownTruth, day: int = 10, **more: Any
) -> TruthReport:
    with store.transaction("intake", now=now) as tx:
        return record_truth(
            tx, rows, finding="f", until=START + timedelta(days=day), now=now, **more
        )


def known(store: Store, day: int) -> bool | None:
    with store.reader() as reader:
        return truths(reader, START + timedelta(days=day), DEFAULT_RULE).get(1)


@pytest.fixture
def one(store: Store, now: datetime) -> Store:
    with store.transaction("setup", now=now) as tx:
        add_studies(tx, now, 1)
    return store


def test_a_stronger_source_stands_beside_and_counts(one: Store, now: datetime) -> None:
    assert receive(one, now, row(1, "panel", "consensus")).recorded == 1
    found = receive(one, now, row(0, "lab", "histology", delay=8))
    assert (found.recorded, found.beside, found.disagreeing) == (1, 1, 1)
    assert (known(one, 5), known(one, 8)) == (True, False)
    assert receive(one, now, row(0, "lab", "histology", delay=8)).known == 1


def test_another_answer_of_a_source_needs_to_be_called_a_correction(
    one: Store, now: datetime
) -> None:
    receive(one, now, row(1, "lab", "histology"))
    found = receive(one, now, row(0, "lab", "histology"))
    assert (found.recorded, found.known, found.contradicting) == (0, 1, 1)
    assert known(one, 20) is True
    found = receive(one, now, row(0, "lab", "histology"), day=12, corrects=True)
    assert (found.recorded, found.corrected, found.contradicting) == (1, 1, 0)
    assert (known(one, 11), known(one, 12)) == (True, False)
    receive(one, now, row(0, "lab", "histology", "withdrawn"), day=15, corrects=True)
    assert (known(one, 14), known(one, 15)) == (False, None)
    with one.reader() as reader:
        versions = reader.exec(select(ReferenceStandard).order_by(col(ReferenceStandard.id)))
        assert [(each.version, each.supersedes_id) for each in versions] == [
            (1, None), (2, 1), (3, 2)
        ]  # fmt: skip


def test_a_preliminary_answer_becomes_final_by_itself(one: Store, now: datetime) -> None:
    early = row(1, "lab", "histology", "preliminary", delay=1)
    receive(one, now, early, day=2)
    assert known(one, 2) is None
    found = receive(one, now, early, row(0, "lab", "histology", delay=6), day=6)
    assert (found.corrected, found.contradicting) == (1, 0)
    assert (known(one, 5), known(one, 6)) == (None, False)
    again = receive(one, now, early, row(0, "lab", "histology", delay=6), day=9)
    assert (again.recorded, again.contradicting) == (0, 0)


def test_a_list_says_kind_and_state_or_is_refused_by_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"

    def read(source: str, kind: str, state: str) -> TruthRow:
        line = f"1.2.3,north,2026-02-14,1,{source},,3,,,{kind},{state}"
        path.write_text(f"{HEADER},kind,state\n{line}\n")
        return read_truth_csv(path)[0][0]

    assert (read("lab 3", "pathology", "").kind, read("lab 3", "", "").kind) == ("histology", "")
    assert read("report", "", "Preliminary").kind == "report text"
    assert read("report", "", "Preliminary").state == "preliminary"
    assert read("x", "", "").known_on == date(2026, 2, 17)
    with pytest.raises(SourceRefused, match=r"line 2: column kind holds 'rumour'.*single reader"):
        read("x", "rumour", "")
    with pytest.raises(SourceRefused, match=r"line 2: column state holds 'maybe'.*withdrawn"):
        read("x", "", "maybe")
