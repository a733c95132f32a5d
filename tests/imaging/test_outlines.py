"""Outlines are recorded once, and are never taken for the truth about a finding."""

from pathlib import Path

from imaging.outlines import record_regions
from records.cases import ReferenceStandard
from records.lookup import list_records
from records.outlines import regions_of
from records.queries import case_rows
from records.store import Store
from records.truth import truths_on_record
from tests.journeys.returning import NOW, in_care

REGION = "ab" * 32


def record(store: Store, outlines: dict[str, str], structure: str = "lungs") -> int:
    with store.transaction("service:training", "outlines", now=NOW) as tx:
        return record_regions(
            tx, outlines, structure=structure, known_on=NOW.date(), now=NOW
        )


def test_an_outline_is_recorded_once_and_says_nothing_of_a_finding(
    store: Store, tmp_path: Path
) -> None:
    one, other = in_care(store, tmp_path / "in", studies=2)
    assert record(store, {one.study_uid: REGION, "1.2.3": REGION}) == 1
    assert record(store, {one.study_uid: "cd" * 32}) == 0
    assert record(store, {one.study_uid: "cd" * 32}, "heart") == 1
    with store.reader() as reader:
        known = regions_of(reader, "lungs")
        (first, second) = list_records(reader, ReferenceStandard)
        assert known == {one.study_uid: (REGION, first.label)}
        assert regions_of(reader, "heart")[one.study_uid] == ("cd" * 32, second.label)
        # or every image of a segmenter would count as diseased for a classifier beside it
        assert truths_on_record(reader) == {}
        assert {row["truth"] for row in case_rows(reader, purposes=("clinical",))} == {None}
    assert other.study_uid not in known
