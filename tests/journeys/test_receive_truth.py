"""A list for a device of several classes names one in every line, without contradiction."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from imaging.deidentify import Deidentifier
from imaging.identity import Identity, identity_store, keep_identities
from imaging.sources.base import SourceRefused
from journeys.receive_truth import receive_truth_list
from records.cases import ReferenceStandard, Study
from records.definition import TaskDefinition
from records.errors import InvalidInput
from records.keys import workspace_key
from records.store import Store
from tests.regulatory.gathering import small_store as small

CLASSES = ("normal", "benign", "malignant")
TOGETHER = ("none", "mass", "calcification")
"""Of a device whose findings may be present together."""
HEADER = "study_uid,site,study_date,finding,source,readers,delay_days,reader,reader_finding"


def task_of(classes: tuple[str, ...]) -> TaskDefinition:
    if classes == TOGETHER:
        return TaskDefinition(
            kind="multilabel", finding="lesion", definition="seen by two",
            findings=["mass", "calcification"], none="none",
        )
    if not classes:
        return TaskDefinition(kind="classification", finding="lesion", definition="seen by two")
    none, *findings = classes
    return TaskDefinition(
        kind="multiclass", finding="lesion", definition="seen by two", findings=findings, none=none
    )


def receive(store: Store, path: Path, lines: list[str], classes: tuple[str, ...]) -> int:
    column = ",class" if any(line.count(",") > 8 for line in lines) else ""
    path.write_text("\n".join([HEADER + column, *lines]) + "\n")
    return receive_truth_list(
        store, path, task=task_of(classes), until=date(2026, 7, 9), actor="service:intake",
        now=datetime(2026, 7, 9, 8, tzinfo=UTC), adjudicated=True,
    ).recorded


@pytest.mark.parametrize(
    ("lines", "classes", "said"),
    [
        (["2.25.1,a,2026-06-28,1,table,,3,,,cyst"], CLASSES, "line 2: .*'cyst'"),
        (["2.25.1,a,2026-06-28,1,table,,3,,"], CLASSES, "column class holds ''"),
        (["2.25.1,a,2026-06-28,1,table,,3,,,normal"], CLASSES, "contradict each other"),
        (["2.25.1,a,2026-06-28,0,table,,3,,,benign"], CLASSES, "contradict each other"),
        (["2.25.1,a,2026-06-28,1,table,,3,,,benign"], (), "the device has no classes"),
        (["2.25.1,a,2026-06-28,1,table,,3,,,mass|cyst"], TOGETHER, "'cyst' is no finding"),
        (["2.25.1,a,2026-06-28,1,table,,3,,,mass?"], TOGETHER, "contradict each other"),
        (["2.25.1,a,2026-06-28,0,table,,3,,,mass|calcification?"], TOGETHER, "contradict each"),
    ],
)
def test_a_line_that_names_no_class_rightly_stops_the_list(
    store: Store, tmp_path: Path, lines: list[str], classes: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SourceRefused, match=said):
        receive(store, tmp_path / "truth.csv", lines, classes)
    with store.reader() as reader:
        assert reader.exec(select(ReferenceStandard)).first() is None


def test_a_truth_that_is_older_than_its_study_stops_the_list(store: Store, tmp_path: Path) -> None:
    """By the true day of the study, which the mapping keeps; not by that of its arrival."""
    uid = Deidentifier(workspace_key(store, "pseudonym")).study_pseudonym("1.2.840.1")
    kept = Identity(uid, "study", (("StudyInstanceUID", "1.2.840.1"), ("StudyDate", "20260214")))
    keep_identities(store, identity_store(store), [kept])
    with store.transaction("service:intake", "take in", now=small.at(7)) as tx:
        small.add_device(tx)
        number = small.add_study(tx, 1, site_id=1, purpose="development", day=small.at(7))
        tx.get_one(Study, number).study_uid = uid
    line = "1.2.840.1,a,{day},1,table,,{delay},,"
    for day, delay in (("2026-02-10", 3), ("2026-02-13", "")):
        with pytest.raises(InvalidInput, match="line 2, columns study_date and delay_days"):
            receive(store, tmp_path / "truth.csv", [line.format(day=day, delay=delay)], ())
    assert receive(store, tmp_path / "truth.csv", [line.format(day="2026-02-14", delay=0)], ()) == 1
