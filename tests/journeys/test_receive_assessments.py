"""Clinicians' readings come on record once, whole, and under the studies' pseudonyms."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from imaging.deidentify import Deidentifier
from imaging.identity import Identity, identity_store, keep_identities
from imaging.sources.assessments import ANSWERED, COLUMNS
from journeys.receive_assessments import AssessmentsReport, receive_assessments
from monitoring.clinical_readings import Reading, readings_on_record
from records.cases import ReaderAssessment, Study
from records.errors import InvalidInput
from records.keys import workspace_key
from records.store import Store
from tests.regulatory.gathering import small_store as small

NOW = datetime(2026, 7, 9, 8, tzinfo=UTC)


@pytest.fixture
def studies(store: Store) -> Store:
    """Two studies on record; the second known to the hospital as 1.2.840.1."""
    uid = Deidentifier(workspace_key(store, "pseudonym")).study_pseudonym("1.2.840.1")
    kept = Identity(uid, "study", (("StudyInstanceUID", "1.2.840.1"), ("StudyDate", "20260214")))
    keep_identities(store, identity_store(store), [kept])
    with store.transaction("service:intake", "take in", now=small.at(7)) as tx:
        small.add_device(tx)
        for number in (1, 2):
            small.add_study(tx, number, site_id=1, purpose="development", day=small.at(7))
        tx.get_one(Study, 2).study_uid = uid
    return store


def receive(store: Store, path: Path, *lines: str, finding: str = "pneumonia") -> AssessmentsReport:
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    return receive_assessments(store, path, finding=finding, actor="service:intake", now=NOW)


def test_readings_are_recorded_once_under_pseudonyms(studies: Store, tmp_path: Path) -> None:
    lines = ("STU-0001,R07,1,0,2026-06-14", "1.2.840.1,R07,0,1,2026-06-15",
             "1.2.840.9,R07,1,0,2026-06-15")  # fmt: skip
    path = tmp_path / "readings.csv"
    assert receive(studies, path, *lines) == AssessmentsReport(2, 0, 1)
    assert receive(studies, path, *lines) == AssessmentsReport(0, 2, 1)
    with studies.reader() as reader:
        rows = reader.exec(select(ReaderAssessment)).all()
        uids = [one.study_uid for one in reader.exec(select(Study))]
        found = readings_on_record(reader, uids, "pneumonia")
        assert readings_on_record(reader, uids[:0], "pneumonia") == []
        assert readings_on_record(reader, uids, "effusion") == []
    assert [(one.study_id, one.saw_output) for one in rows] == [(1, False), (2, True)]
    assert Reading(uids[0], "R07", present=True, aided=False) in found
    assert "1.2.840.1" not in {one.study for one in found}


@pytest.mark.parametrize(
    ("line", "said"),
    [("STU-0001,R07,0,0,2026-06-14", "line 2: another reading of this study"),
     ("STU-0002,R09,0,0,2026-07-10", "line 2, column read_on: lies in the future"),
     ("1.2.840.1,R09,0,0,2026-02-13", "line 2, column read_on: lies before its study was made"),
     ("STU-0002,R09,0,0,2026-02-13", "line 2, column read_on: lies before its study was made")],
)  # fmt: skip
def test_what_contradicts_the_record_or_lies_ahead_stops_the_whole_table(
    studies: Store, tmp_path: Path, line: str, said: str
) -> None:
    receive(studies, tmp_path / "a.csv", "STU-0001,R07,1,0,2026-06-14")
    with pytest.raises(InvalidInput, match=said):
        receive(studies, tmp_path / "b.csv", line, "STU-0002,R08,1,0,2026-06-14")
    with studies.reader() as reader:
        assert len(reader.exec(select(ReaderAssessment)).all()) == 1


def test_one_study_named_in_two_ways_is_one_study(studies: Store, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="line 3: study and reader as in line 2"):
        receive(studies, tmp_path / "a.csv", "STU-0002,R07,1,0,2026-06-14",
                "1.2.840.1,R07,1,0,2026-06-14")


def test_both_readings_of_a_reader_stand_and_a_correction_is_a_new_version(
    studies: Store, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    assert receive(studies, path, "STU-0001,R07,1,0,2026-06-14",
                   "STU-0001,R07,0,1,2026-06-15") == AssessmentsReport(2, 0, 0)  # fmt: skip
    path.write_text(",".join(COLUMNS) + "\nSTU-0001,R07,1,1,2026-06-16\n")
    done = receive_assessments(
        studies, path, finding="pneumonia", actor="service:intake", now=NOW, corrections=True
    )
    assert done == AssessmentsReport(1, 0, 0, corrections=1)
    assert receive(studies, path, "STU-0001,R07,1,1,2026-06-16") == AssessmentsReport(0, 1, 0)
    with studies.reader() as reader:
        rows = reader.exec(select(ReaderAssessment)).all()
        uids = [one.study_uid for one in reader.exec(select(Study))]
        found = readings_on_record(reader, uids, "pneumonia")
    assert [(one.version, one.supersedes_id) for one in rows] == [(1, None), (1, None), (2, 2)]
    assert found == [Reading(uids[0], "R07", present=True, aided=False),
                     Reading(uids[0], "R07", present=True, aided=True)]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [("STU-0001,R07,1,1,2026-06-14,perhaps,,PRE-0001", "column response: none of"),
     ("STU-0001,R07,1,1,2026-06-14,accepted,,", "column prediction: empty"),
     ("STU-0001,R07,1,0,2026-06-14,accepted,,PRE-0001", "column saw_output: 0, and an output"),
     ("STU-0001,R07,1,0,2026-06-14,,after,PRE-0001", "column reading_order: with or after"),
     ("STU-0001,R07,1,1,2026-06-14,accepted,,PRE-0404", "column prediction: no result of this"),
     ("STU-0001,R07,1,1,2026-06-14,accepted,Eva,PRE-0001", "column reading_order: none of")],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_refused_by_line(
    studies: Store, tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join((*COLUMNS, *ANSWERED)) + f"\n{line}\n")
    with pytest.raises(InvalidInput, match=f"line 2, {said}"):
        receive_assessments(studies, path, finding="pneumonia", actor="service:intake", now=NOW)
