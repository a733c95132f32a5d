"""A derived image says of what it is made, keeps size and depth, and is for review."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pydicom
import pytest

from imaging.pixels import read_pixels
from imaging.results.enhanced_picture import make_enhanced
from imaging.results.statement import FOR_REVIEW
from records.errors import InvalidInput
from tests.imaging.results.readings import READING, simulated

ENHANCED = replace(READING, enhanced=True, score=0.0412, operating_point=0.08, decision=False)


def made() -> tuple[Any, np.ndarray, Any]:
    source, _ = simulated()
    picture = read_pixels(source).array
    return source, picture, pydicom.dcmread(io.BytesIO(make_enhanced(ENHANCED, source, picture)))


def test_it_is_derived_from_its_source_under_a_name_of_its_own() -> None:
    source, _, derived = made()
    assert list(derived.ImageType) == ["DERIVED", "SECONDARY"]
    (item,) = derived.SourceImageSequence
    assert item.ReferencedSOPInstanceUID == source.SOPInstanceUID != derived.SOPInstanceUID
    assert derived.SeriesInstanceUID != source.SeriesInstanceUID
    assert derived.StudyInstanceUID == source.StudyInstanceUID
    assert derived.PatientID == source.PatientID
    assert derived.SyntheticData == source.SyntheticData == "YES"


def test_it_names_the_device_and_is_for_review() -> None:
    _, _, derived = made()
    assert FOR_REVIEW in derived.ImageComments and FOR_REVIEW in derived.DerivationDescription
    assert "noise of the image as it came 0.0412 of the grey range, inside" in derived.ImageComments
    assert "probability" not in derived.ImageComments
    (equipment,) = derived.ContributingEquipmentSequence
    assert equipment.ManufacturerModelName == READING.trade_name
    assert equipment.SoftwareVersions == READING.model_version


def test_size_and_depth_are_those_of_the_source_and_the_same_call_gives_the_same_bytes() -> None:
    source, picture, derived = made()
    assert (derived.Rows, derived.Columns) == (source.Rows, source.Columns)
    assert derived.BitsStored == source.BitsStored == 12
    assert np.abs(read_pixels(derived).array - picture).max() <= 0.5 / 4095 + 1e-6
    assert make_enhanced(ENHANCED, source, picture) == make_enhanced(ENHANCED, source, picture)


def test_a_picture_of_another_size_is_refused() -> None:
    source, picture, _ = made()
    with pytest.raises(InvalidInput, match="is not made of an image of"):
        make_enhanced(ENHANCED, source, picture[1:])
