from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.sequence import Sequence

from imaging.elements import tag
from imaging.headers import ScopeRequirements, out_of_scope, study_header


def with_raw(dataset: Any, name: str, value: bytes, vr: str = "LO") -> Any:
    dataset[tag(name)] = RawDataElement(tag(name), vr, len(value), value, 0, False, True)
    return dataset


def test_a_clean_header_is_read_completely(make_radiograph: Callable[..., Any]) -> None:
    header = study_header(make_radiograph())
    assert header.invalid_tags == ()
    assert (header.age_years, header.sex, header.view, header.modality) == (64.0, "F", "PA", "DX")
    assert (header.tube_voltage_kv, header.exposure_mas) == (120.0, 2.0)
    assert header.spacing_mm == (0.5, 0.25)
    assert (header.rows, header.columns) == (40, 32)
    assert header.software_version == "3.1\\build 7"
    assert header.study_date == date(2026, 2, 14)


@pytest.mark.parametrize(
    ("stored", "years"),
    [("064Y", 64.0), ("018M", 1.5), ("010D", 0.027), ("26W", 0.498), ("120Y", 120.0)],
)
def test_age_is_read_in_every_unit(
    make_radiograph: Callable[..., Any], stored: str, years: float
) -> None:
    dataset = with_raw(make_radiograph(), "PatientAge", stored.encode(), "AS")
    assert study_header(dataset).age_years == pytest.approx(years, abs=1e-3)


@pytest.mark.parametrize("stored", [b"N-A", b"155Y", b"47", b"-03Y", b"\xff\xfeY"])
def test_a_dirty_age_is_not_recorded_and_listed(
    make_radiograph: Callable[..., Any], stored: bytes
) -> None:
    dataset = with_raw(make_radiograph(PatientBirthDate=None), "PatientAge", stored, "AS")
    header = study_header(dataset)
    assert header.age_years is None
    assert "PatientAge" in header.invalid_tags


def test_a_missing_age_comes_from_the_birth_date(make_radiograph: Callable[..., Any]) -> None:
    header = study_header(make_radiograph(PatientAge=None))
    assert header.age_years == pytest.approx(64.73, abs=0.01)


def test_a_birth_date_after_the_study_is_not_believed(
    make_radiograph: Callable[..., Any],
) -> None:
    header = study_header(make_radiograph(PatientAge=None, PatientBirthDate="20300101"))
    assert header.age_years is None
    assert header.invalid_tags == ("PatientBirthDate",)


@pytest.mark.parametrize(
    ("name", "vr", "value", "field"),
    [
        ("PatientSex", "CS", b"0000", "sex"),
        ("ViewPosition", "CS", b"p/a!", "view"),
        ("KVP", "DS", b"high", "tube_voltage_kv"),
        ("KVP", "DS", b"0", "tube_voltage_kv"),
        ("Exposure", "IS", b"-4", "exposure_mas"),
        ("ImagerPixelSpacing", "DS", b"0.1", "spacing_mm"),
        ("ImagerPixelSpacing", "DS", b"0\\0", "spacing_mm"),
        ("StudyDate", "DA", b"31122026", "study_date"),
    ],
)
def test_a_dirty_value_is_not_recorded_and_listed(
    make_radiograph: Callable[..., Any], name: str, vr: str, value: bytes, field: str
) -> None:
    header = study_header(with_raw(make_radiograph(), name, value, vr))
    assert getattr(header, field) is None
    assert name in header.invalid_tags


def test_an_absent_value_is_not_invalid(make_radiograph: Callable[..., Any]) -> None:
    absent = dict.fromkeys(
        ("PatientAge", "PatientBirthDate", "PatientSex", "ViewPosition", "KVP", "Exposure",
         "ImagerPixelSpacing", "StudyDate", "Manufacturer")
    )  # fmt: skip
    header = study_header(make_radiograph(**absent))
    assert header.invalid_tags == ()
    found = (header.age_years, header.sex, header.view, header.spacing_mm, header.manufacturer)
    assert found == (None,) * 5


def test_the_finer_exposure_attribute_wins(make_radiograph: Callable[..., Any]) -> None:
    assert study_header(make_radiograph(ExposureInuAs="2345")).exposure_mas == 2.345


def test_the_view_code_stands_in_for_a_missing_view(make_radiograph: Callable[..., Any]) -> None:
    code = Dataset()
    code.CodeValue = "399348003"
    header = study_header(make_radiograph(ViewPosition=None, ViewCodeSequence=Sequence([code])))
    assert header.view == "AP"


@pytest.mark.parametrize(
    ("requirements", "reason"),
    [
        (ScopeRequirements(), None),
        (ScopeRequirements(modalities=("CR", "DX"), views=("PA",), body_parts=("CHEST",)), None),
        (ScopeRequirements(modalities=("SC", "OT")), "modality"),
        (ScopeRequirements(views=("AP",)), "view"),
        (ScopeRequirements(body_parts=("KNEE",)), "body_part"),
        (ScopeRequirements(min_rows=41), "rows"),
        (ScopeRequirements(min_columns=33), "columns"),
        (ScopeRequirements(min_age_years=65), "age"),
        (ScopeRequirements(max_age_years=18), "age"),
    ],
)
def test_the_broken_requirement_is_named(
    make_radiograph: Callable[..., Any], requirements: ScopeRequirements, reason: str | None
) -> None:
    assert out_of_scope(study_header(make_radiograph()), requirements) == reason


def test_what_is_not_recorded_breaks_nothing_but_the_modality(
    make_radiograph: Callable[..., Any],
) -> None:
    strict = ScopeRequirements(
        modalities=("DX",), views=("PA",), body_parts=("CHEST",), min_age_years=18
    )
    bare = make_radiograph(
        ViewPosition=None, BodyPartExamined=None, PatientAge=None, PatientBirthDate=None
    )
    assert out_of_scope(study_header(bare), strict) is None
    assert out_of_scope(study_header(make_radiograph(Modality=None)), strict) == "modality"


def test_an_animal_is_out_of_scope(make_radiograph: Callable[..., Any]) -> None:
    header = study_header(make_radiograph(PatientSpeciesDescription="Canine species"))
    assert out_of_scope(header, ScopeRequirements()) == "species"


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(
        ["PatientAge", "PatientSex", "KVP", "ImagerPixelSpacing", "StudyDate", "Rows",
         "ViewPosition", "Manufacturer", "StudyInstanceUID", "ExposureInuAs"]
    ),
    vr=st.sampled_from(["LO", "DS", "US", "UN", "AS", "CS", "SQ"]),
    value=st.binary(max_size=40),
)  # fmt: skip
def test_no_value_whatsoever_raises(
    make_radiograph: Callable[..., Any], name: str, vr: str, value: bytes
) -> None:
    study_header(with_raw(make_radiograph(), name, value, vr))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_real_header_is_read(real_files: list[Path]) -> None:
    read = 0
    for path in real_files:
        try:
            dataset = pydicom.dcmread(path)
        except InvalidDicomError:
            continue
        study_header(dataset)
        read += 1
    assert read > 150
