"""A query gets the items that its keys ask for, and of them what it asks for (PS3.4 C.2.2.2)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from imaging.node.matching import _wild, answer, matches, unknown_keys


def item() -> Dataset:
    step = dataset(Modality="SR", ScheduledProcedureStepStartDate="20260214",
                   ScheduledProcedureStepStartTime="101500", ScheduledStationName="")  # fmt: skip
    return dataset(
        PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう",
        PatientID="QX-17",
        AccessionNumber="",
        StudyInstanceUID="1.2.3",
        ScheduledProcedureStepPriority="HIGH",
        ScheduledProcedureStepStartDateTime="20260214101500+0000",
        ScheduledProcedureStepSequence=[step],
        ScheduledWorkitemCodeSequence=[],
    )


def dataset(**values: Any) -> Dataset:
    found = Dataset()
    for name, value in values.items():
        setattr(found, name, value)
    return found


@pytest.mark.parametrize(("name", "value", "fits"), [
    ("PatientID", "", True), ("PatientID", "QX-17", True), ("PatientID", "qx-17", False),
    ("PatientID", "QX-*", True), ("PatientID", "QX-1?", True), ("PatientID", "QX-?", False),
    ("PatientID", "*", True),
    ("PatientName", "YAMADA^TAROU", True), ("PatientName", "山田^太郎", True),
    ("PatientName", "yamada*", True), ("PatientName", "Yamada^Tarou^", True),
    ("PatientName", "Tanaka*", False),
    ("AccessionNumber", "", True), ("AccessionNumber", "A1", False),
    ("StudyInstanceUID", ["1.2.9", "1.2.3"], True), ("StudyInstanceUID", "1.2", False),
    ("ScheduledProcedureStepPriority", "HIGH", True),
    ("ScheduledProcedureStepPriority", "MEDIUM", False),
    ("ScheduledProcedureStepStartDateTime", "20260214", True),
    ("ScheduledProcedureStepStartDateTime", "20260213-20260214", True),
    ("ScheduledProcedureStepStartDateTime", "20260214111500+0100", True),
    ("ScheduledProcedureStepStartDateTime", "20260214101500-0500", False),
    ("ScheduledProcedureStepStartDateTime", "20260214051500-0500-", True),
    ("ScheduledProcedureStepStartDateTime", "-20260214101459", False),
    ("ScheduledProcedureStepStartDateTime", "2025-2026", True),
])  # fmt: skip
def test_each_kind_of_key_matches_in_its_own_way(name: str, value: Any, fits: bool) -> None:
    assert matches(item(), dataset(**{name: value})) is fits


@pytest.mark.parametrize(("keys", "fits"), [
    ({}, True), ({"Modality": ""}, True), ({"Modality": "SR"}, True), ({"Modality": "DX"}, False),
    ({"ScheduledStationName": "CT1"}, False), ({"ScheduledStationName": ""}, True),
    ({"ScheduledProcedureStepStartDate": "20260214"}, True),
    ({"ScheduledProcedureStepStartDate": "20260215-"}, False),
    ({"ScheduledProcedureStepStartDate": "20260213-20260214",
      "ScheduledProcedureStepStartTime": "180000-110000"}, True),
    ({"ScheduledProcedureStepStartDate": "20260213-20260214",
      "ScheduledProcedureStepStartTime": "180000-100000"}, False),
    ({"ScheduledProcedureStepStartDate": "20260214-",
      "ScheduledProcedureStepStartTime": "1015-"}, True),
])  # fmt: skip
def test_a_sequence_matches_by_its_one_item(keys: dict[str, str], fits: bool) -> None:
    wanted = dataset(ScheduledProcedureStepSequence=[dataset(**keys)])
    assert matches(item(), wanted) is fits


def test_an_empty_sequence_fits_no_value_and_every_empty_one() -> None:
    assert matches(item(), dataset(ScheduledWorkitemCodeSequence=[dataset(CodeValue="")]))
    assert not matches(item(), dataset(ScheduledWorkitemCodeSequence=[dataset(CodeValue="X")]))


def test_only_what_was_asked_is_told_and_unknown_keys_are_named_as_such() -> None:
    wanted = dataset(
        PatientID="",
        PatientSize=None,
        ScheduledProcedureStepSequence=[dataset(Modality="", RequestedContrastAgent="")],
    )
    told = answer(item(), wanted)
    assert told.PatientID == "QX-17"
    assert "PatientName" not in told
    assert "PatientSize" not in told
    (step,) = told.ScheduledProcedureStepSequence
    assert [one.keyword for one in step] == ["Modality"]
    assert (told.SpecificCharacterSet, told.TimezoneOffsetFromUTC) == ("ISO_IR 192", "+0000")
    assert unknown_keys(item(), wanted)
    assert not unknown_keys(item(), dataset(PatientID="", SpecificCharacterSet="ISO_IR 100"))
    inner = dataset(ScheduledProcedureStepSequence=[dataset(RequestedContrastAgent="")])
    assert unknown_keys(item(), inner)
    whole = answer(item(), dataset(ScheduledProcedureStepSequence=[]))
    assert whole.ScheduledProcedureStepSequence[0].Modality == "SR"


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wild_cards_mean_what_they_do_elsewhere(pattern: str, value: str) -> None:
    import fnmatch

    assert _wild(value, pattern) == fnmatch.fnmatchcase(value, pattern)


def test_no_pattern_takes_long() -> None:
    assert not _wild("a" * 20000, "*a" * 30 + "b")
