"""A folder of readers' reports becomes truth under pseudonyms; what is left out has a reason."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from imaging.deidentify import Deidentifier
from journeys.receive_truth_reports import receive_truth_reports
from records.cases import ReferenceStandard, Study
from records.definition import TaskDefinition
from records.errors import InvalidInput
from records.keys import workspace_key
from records.product import Site
from records.store import Store
from tests.imaging.sources.test_sr_truth import ABSENT, PNEUMONIA, PRESENT, READER, coded, plain

TASK = TaskDefinition(kind="classification", finding="pneumonia", definition="seen by two")


def test_reports_are_recorded_by_reader_and_state(
    store: Store, now: datetime, tmp_path: Path
) -> None:
    uid = Deidentifier(workspace_key(store, "pseudonym")).study_pseudonym("1.2.3")
    with store.transaction("setup", now=now) as tx:
        tx.add(Site(name="north", registered_at=now))
        tx.flush()
        tx.add(Study(study_uid=uid, patient="P", site_id=1, purpose="clinical", rows=8, columns=8,
                     arrived_on=now.date(), received_at=now))  # fmt: skip
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, document in {
        "a": plain(coded(PNEUMONIA, PRESENT), VerificationFlag="UNVERIFIED"),
        "b": plain(coded(PNEUMONIA, PRESENT), StudyInstanceUID="1.2.4"),
        "c": plain(),
    }.items():
        document.save_as(folder / f"{name}.dcm", enforce_file_format=True)

    def receive(kind: str = "single reader") -> tuple[int, int, int, int]:
        found = receive_truth_reports(
            store, folder, task=TASK, kind=kind, actor="service:intake", now=now
        )
        assert len(found.refused) == 1
        assert "c.dcm: it says nothing coded" in found.refused[0]
        one = found.truths
        return one.recorded, one.known, one.without_study, one.corrected

    assert receive() == (1, 0, 1, 0)
    assert receive() == (0, 1, 1, 0)
    plain(coded(PNEUMONIA, ABSENT)).save_as(folder / "a.dcm", enforce_file_format=True)
    assert receive() == (1, 0, 1, 1)
    with store.reader() as reader:
        first, second = reader.exec(select(ReferenceStandard).order_by(col(ReferenceStandard.id)))
    assert (first.state, first.present, first.kind) == ("preliminary", True, "single reader")
    assert (second.state, second.present, second.supersedes_id) == ("final", False, first.id)
    assert not {"Okonkwo", READER} & {first.source, first.reader, first.evidence}
    assert "Okonkwo" not in first.source + first.reader + first.evidence


def test_a_device_of_several_findings_is_told_by_lists(
    store: Store, now: datetime, tmp_path: Path
) -> None:
    task = TaskDefinition(kind="multiclass", finding="lesion", definition="d",
                          findings=["mass", "cyst"], none="none")  # fmt: skip
    with pytest.raises(InvalidInput, match="tells several"):
        receive_truth_reports(store, tmp_path, task=task, kind="", actor="a", now=now)
