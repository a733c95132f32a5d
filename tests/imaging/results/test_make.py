"""Result objects say what they must, are tied to every image, and lie as the image lies."""

import io
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pytest
from pydicom.dataset import Dataset

from imaging.boxes import Box
from imaging.results.make import ResultObject, make_results
from imaging.results.naming import ResultKind
from imaging.results.statement import FOR_REVIEW, Mark
from records.cases import FindingSaid
from records.errors import InvalidInput
from tests.conftest import require
from tests.imaging.results.readings import READING, parsed, simulated, slices
from tests.imaging.sources.test_simulator import TOO_NEW

ALLOWED = ("DeviceUID", "needed to build DICOMDIR", "99RADVIGIL", TOO_NEW)
"""What the validator may remark on: IHE AI Results asks for the DeviceUID of the contributing
equipment, which the edition of the standard that the validator knows lacks; a source without a
StudyID has none to pass on; a finding that the table of codes lacks has one of our own. These are
warnings; no error is allowed but the one of an attribute that is newer than the validator, on
results of simulated images."""


MARKED = replace(
    READING, regions=(Mark(Box(20.5, 30, 40, 25.25), 0.8731), Mark(Box(100, 60, 30, 30), 0.5))
)
"""A reading of a device that marks lesions: two marks at or above the operating point."""


@pytest.fixture(scope="module")
def made() -> list[ResultObject]:
    image, mask = simulated()
    uid = str(image.SOPInstanceUID)
    heat = mask.astype(np.float32) * 0.8
    return make_results(READING, [image], masks={uid: mask}, maps={uid: heat})


def of_kind(made: list[ResultObject], kind: ResultKind) -> list[Dataset]:
    return [parsed(one) for one in made if one.kind is kind]


def test_one_call_makes_report_segmentation_and_heat_map_of_the_same_study(
    made: list[ResultObject],
) -> None:
    image, _ = simulated()
    assert [one.kind for one in made] == [
        ResultKind.REPORT, ResultKind.SEGMENTATION, ResultKind.HEAT_MAP
    ]
    for one in map(parsed, made):
        assert one.StudyInstanceUID == image.StudyInstanceUID
        assert one.PatientID == image.PatientID
        assert str(image.SOPInstanceUID) in named(one), "tied to its source"
        assert one.SpecificCharacterSet == "ISO_IR 192"
        assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID
        assert one.SyntheticData == "YES", "what is derived of synthetic data is synthetic"
    assert len({one.SeriesInstanceUID for one in map(parsed, made)}) == 3
    assert [one.SeriesNumber for one in map(parsed, made)] == [9001, 9101, 9201]


def named(dataset: Dataset) -> set[str]:
    """Every source instance that the object refers to, wherever."""
    return {str(e.value) for e in dataset.iterall() if e.keyword == "ReferencedSOPInstanceUID"}


def test_the_report_is_complete_unverified_and_says_by_what_and_with_which_limits(
    made: list[ResultObject],
) -> None:
    (report,) = of_kind(made, ResultKind.REPORT)
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    assert report.PreliminaryFlag == "PRELIMINARY"
    read = highdicom.sr.srread(io.BytesIO(made[0].content))
    (group,) = read.content.get_image_measurement_groups()
    assert group.finding_type.value == "233604007"
    (certainty,) = group.get_measurements()
    assert certainty.value == pytest.approx(87.31)
    assert presence(group) == "Present"
    spoken = texts(report)
    assert READING.trade_name in spoken
    assert READING.model_version in spoken
    assert "Operating point: probability 0.412" in spoken
    assert FOR_REVIEW in spoken
    assert set(READING.limits) <= spoken


def presence(group: Any) -> str:
    """What a report says of the finding under its RadLex code."""
    coded = {one.name.value: one for one in group.get_qualitative_evaluations()}
    assert coded["RID5350"].name.scheme_designator == "RADLEX"
    return str(coded["RID5350"].value.meaning)


def texts(dataset: Dataset) -> set[str]:
    return {str(e.value) for e in dataset.iterall() if e.keyword == "TextValue"}


def test_what_is_derived_of_a_patients_images_is_not_called_synthetic() -> None:
    for one in make_results(READING, slices(series=1)):
        assert "SyntheticData" not in parsed(one)


def test_below_the_operating_point_the_finding_is_said_to_be_absent() -> None:
    image, _ = simulated()
    (only,) = make_results(replace(READING, score=0.1, decision=False), [image])
    read = highdicom.sr.srread(io.BytesIO(only.content))
    (group,) = read.content.get_image_measurement_groups()
    assert presence(group) == "Absent"


def test_the_segmentation_is_the_mask_pixel_for_pixel_and_not_flipped(
    made: list[ResultObject],
) -> None:
    image, mask = simulated()
    (dataset,) = of_kind(made, ResultKind.SEGMENTATION)
    assert mask.any()
    assert not np.array_equal(mask, mask[::-1]), "a flip would show"
    assert not np.array_equal(mask, mask[:, ::-1])
    assert np.array_equal(dataset.pixel_array.reshape(mask.shape).astype(bool), mask)
    read = highdicom.seg.Segmentation.from_dataset(dataset)
    again = read.get_pixels_by_source_instance([image.SOPInstanceUID], combine_segments=False)
    assert np.array_equal(again[0, :, :, 0].astype(bool), mask)
    segment = read.get_segment_description(1)
    assert segment.algorithm_type.value == "AUTOMATIC"
    assert segment.algorithm_identification.version == READING.model_version
    assert segment.algorithm_identification.parameters["operating point"] == "0.412"


@pytest.mark.parametrize(
    "orientation",
    [(1, 0, 0, 0, 1, 0), (-1, 0, 0, 0, -1, 0), (0, 1, 0, 0, 0, -1), (1, 0, 0, 0, 0.8, -0.6)],
    ids=["axial", "axial, turned half round", "sagittal", "tilted"],
)
def test_masks_of_slices_stay_with_their_slices_however_these_lie(
    orientation: tuple[float, ...],
) -> None:
    images = slices(series=1, orientation=orientation)
    rng = np.random.default_rng(5)
    masks = {str(one.SOPInstanceUID): rng.random((24, 32)) > 0.7 for one in images[:2]}
    made = make_results(READING, images[::-1], masks=masks)
    (dataset,) = of_kind(made, ResultKind.SEGMENTATION)
    read = highdicom.seg.Segmentation.from_dataset(dataset)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    found = shared.PlaneOrientationSequence[0].ImageOrientationPatient
    assert [float(one) for one in found] == pytest.approx(orientation)
    for image in images:
        uid = str(image.SOPInstanceUID)
        mask = masks.get(uid, np.zeros((24, 32), dtype=bool))
        again = read.get_pixels_by_source_instance([uid])
        assert np.array_equal(again[0, :, :, 0].astype(bool), mask)
    where = {
        tuple(float(p) for p in frame.PlanePositionSequence[0].ImagePositionPatient)
        for frame in dataset.PerFrameFunctionalGroupsSequence
    }
    assert where == {tuple(float(p) for p in one.ImagePositionPatient) for one in images}


def test_every_series_is_used_and_each_is_segmented_in_its_own_space() -> None:
    images = [*slices(series=1), *slices(series=2, orientation=(0, 1, 0, 0, 0, -1))]
    mask = np.zeros((24, 32), dtype=bool)
    mask[2:7, 3:20] = True
    made = make_results(
        READING, images, masks={str(images[0].SOPInstanceUID): mask,
                                str(images[-1].SOPInstanceUID): mask},
    )
    (report,) = of_kind(made, ResultKind.REPORT)
    series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert {one.SeriesInstanceUID for one in series} == {"1.2.3.2.1", "1.2.3.2.2"}
    assert named(report) == {str(one.SOPInstanceUID) for one in images}
    first, second = of_kind(made, ResultKind.SEGMENTATION)
    assert (first.FrameOfReferenceUID, second.FrameOfReferenceUID) == ("1.2.3.4.1", "1.2.3.4.2")
    assert (first.SeriesNumber, second.SeriesNumber) == (9101, 9102)


def test_the_heat_map_shows_image_and_map_and_carries_the_marks(
    made: list[ResultObject],
) -> None:
    image, mask = simulated()
    (picture,) = of_kind(made, ResultKind.HEAT_MAP)
    colours = picture.pixel_array[: image.Rows, : image.Columns].astype(int)
    red_over_blue = colours[..., 0] - colours[..., 2]
    assert (red_over_blue[mask] > 60).all()
    assert (red_over_blue[~mask] == 0).all(), "grey where the map is 0"
    assert picture.pixel_array.shape[0] > image.Rows, "the caption lies below the image"
    assert picture.pixel_array[image.Rows :].any()
    for said in (FOR_REVIEW, READING.model_version, "0.412", *READING.limits):
        assert said in picture.ImageComments


@pytest.mark.parametrize("said", ["NO", "YES", None])
def test_the_heat_map_says_of_letters_what_the_image_under_it_says(said: str | None) -> None:
    image, mask = simulated()
    del image.BurnedInAnnotation
    if said:
        image.BurnedInAnnotation = said
    made = make_results(READING, [image], maps={str(image.SOPInstanceUID): mask * 0.5})
    (picture,) = (parsed(one) for one in made if one.kind is ResultKind.HEAT_MAP)
    assert picture.get("BurnedInAnnotation") == said


def test_the_same_reading_gives_the_same_bytes_and_another_version_other_objects() -> None:
    image, mask = simulated()
    uid = str(image.SOPInstanceUID)
    drawn: dict[str, Any] = {"masks": {uid: mask}, "maps": {uid: mask * 1.0}}
    first, again = (make_results(READING, [image], **drawn) for _ in range(2))
    assert [one.content for one in first] == [one.content for one in again]
    retrained = make_results(replace(READING, version="cd" * 32), [image], **drawn)
    assert not {one.uid for one in first} & {one.uid for one in retrained}
    old, new = (parsed(one[0]).ContributingEquipmentSequence[0] for one in (first, retrained))
    assert old.DeviceUID != new.DeviceUID
    later = make_results(replace(READING, read_at=READING.read_at + timedelta(1)), [image])
    assert later[0].uid == first[0].uid


def test_a_demonstration_is_marked_on_every_object() -> None:
    image, mask = simulated()
    uid = str(image.SOPInstanceUID)
    shown = replace(READING, demonstration=True)
    made = make_results(shown, [image], masks={uid: mask}, maps={uid: mask * 1.0})
    for one in map(parsed, made):
        assert one.SeriesDescription.startswith("DEMONSTRATION ")
    assert "DEMONSTRATION" in texts(parsed(made[0]))
    assert "DEMONSTRATION" in parsed(made[1]).ContentDescription
    assert "DEMONSTRATION" in parsed(made[2]).ImageComments


def test_what_fits_no_image_is_refused() -> None:
    image, mask = simulated()
    uid = str(image.SOPInstanceUID)
    with pytest.raises(InvalidInput, match="does not fit"):
        make_results(READING, [image], masks={uid: mask[:-1]})
    with pytest.raises(InvalidInput, match="belong to no image"):
        make_results(READING, [image], maps={"1.2": mask * 1.0})
    with pytest.raises(InvalidInput, match="of 0"):
        make_results(READING, [])
    with pytest.raises(InvalidInput, match="of 2"):
        make_results(READING, [image, *slices(series=1)])
    unplaced = slices(series=1)
    for one in unplaced:
        del one.ImageOrientationPatient
    with pytest.raises(InvalidInput, match="lack what places them"):
        make_results(READING, unplaced, masks={"1.2.3.3.1.1": np.ones((24, 32), dtype=bool)})


def test_an_image_with_a_poor_header_still_gets_a_report() -> None:
    image, _ = simulated()
    for name in ("PatientOrientation", "StudyID", "ReferringPhysicianName", "BodyPartExamined"):
        if name in image:
            delattr(image, name)
    (only,) = make_results(READING, [image])
    assert str(image.SOPInstanceUID) in named(parsed(only))
    assert "StudyID" not in image, "the source is not altered"


def cases() -> Iterator[tuple[str, list[ResultObject]]]:
    image, mask = simulated()
    uid = str(image.SOPInstanceUID)
    yield "radiograph", make_results(
        READING, [image], masks={uid: mask}, maps={uid: mask * 1.0}
    )
    yield "marks", make_results(MARKED, [image])
    images = [*slices(series=1), *slices(series=2, orientation=(0, 1, 0, 0, 0, -1))]
    drawn = {str(one.SOPInstanceUID): np.ones((24, 32), dtype=bool) for one in images}
    yield "two series", make_results(
        replace(READING, demonstration=True, finding="something new"), images, masks=drawn,
        maps={uid: mask * 1.0 for uid, mask in drawn.items()},
    )  # fmt: skip


def test_each_mark_is_a_closed_line_over_the_image_with_its_own_certainty() -> None:
    image, _ = simulated()
    (report,) = make_results(MARKED, [image])
    said = highdicom.sr.srread(io.BytesIO(report.content)).content
    groups = said.get_planar_roi_measurement_groups()
    assert [float(one.get_measurements()[0].value) for one in groups] == [87.31, 50.0]
    corners = [[20.5, 30], [60.5, 30], [60.5, 55.25], [20.5, 55.25], [20.5, 30]]
    (first, second) = (one.roi for one in groups)
    assert np.allclose(first.value, corners)
    assert first.graphic_type.value == second.graphic_type.value == "POLYLINE"
    (source,) = {one.roi.ContentSequence[0].referenced_sop_instance_uid for one in groups}
    assert source == image.SOPInstanceUID
    assert len({str(one.tracking_uid) for one in groups}) == 2
    assert len(said.get_image_measurement_groups()) == 1  # the study as a whole, as ever
    assert "2 marks at or above the operating point 0.412" in MARKED.answer
    (none,) = make_results(replace(MARKED, regions=(), decision=False), [image])
    read = highdicom.sr.srread(io.BytesIO(none.content)).content
    assert read.get_planar_roi_measurement_groups() == []


def test_marks_are_never_said_of_several_images() -> None:
    with pytest.raises(InvalidInput, match="the one image that was read, not of 3"):
        make_results(MARKED, slices(series=1))


@pytest.mark.service
def test_an_independent_validator_finds_no_error(tmp_path: Path) -> None:
    validator = shutil.which("dciodvfy")
    require("dcmtk", validator is not None, "dicom3tools is not installed")
    for name, made in cases():
        for at, one in enumerate(made):
            path = tmp_path / f"{name} {at} {one.kind}.dcm"
            path.write_bytes(one.content)
            done = subprocess.run(
                [str(validator), "-new", str(path)], capture_output=True, text=True, timeout=120
            )
            said = [x for x in done.stderr.splitlines() if x.startswith(("Error", "Warning"))]
            left = [x for x in said if not any(word in x for word in ALLOWED)]
            assert (done.returncode, left) == (0, []), f"{path.name}: {left}"


def test_a_triage_result_says_how_urgent_and_which_finding() -> None:
    said = replace(
        READING, finding="finding that cannot wait", urgent=True, named="pneumothorax",
        classes=(("pneumothorax", 0.81), ("pneumonia", 0.1), ("nothing that cannot wait", 0.09)),
    )
    assert said.answer == (
        "finding that cannot wait: urgency 0.873, at or above the operating point 0.412; "
        "pneumothorax; probabilities pneumothorax 0.810, pneumonia 0.100, nothing that cannot wait "
        "0.090"
    )
    assert said.operating == "urgency 0.412"
    assert "below" in replace(said, decision=False).answer


def test_findings_present_together_have_a_group_each_with_code_certainty_and_presence() -> None:
    said = replace(
        READING, finding="finding of the chest", named="pneumothorax, pneumonia", decision=True,
        classes=(("pneumothorax", 0.81), ("pneumonia", 0.31), ("oedema", 0.02)),
        findings=(
            FindingSaid("pneumothorax", 0.81, 0.2, True), FindingSaid("pneumonia", 0.31, 0.3, True),
            FindingSaid("oedema", 0.02, 0.1, False),
        ),
    )  # fmt: skip
    assert said.answer == (
        "finding of the chest: pneumothorax, pneumonia; probabilities: pneumothorax 0.810, at or "
        "above its operating point 0.200; pneumonia 0.310, at or above its operating point 0.300; "
        "oedema 0.020, below its operating point 0.100"
    )
    (made, *_) = make_results(said, slices(series=1)[:1])
    read = highdicom.sr.srread(io.BytesIO(made.content))
    groups = read.content.get_image_measurement_groups()
    assert [one.finding_type.value for one in groups] == ["36118008", "233604007", "OEDEMA"]
    assert [one.get_measurements()[0].value for one in groups] == pytest.approx([81, 31, 2])
    present = [one.get_qualitative_evaluations()[-1].value.meaning for one in groups]
    assert present == ["Present", "Present", "Absent"]
    assert len({one.tracking_uid for one in groups}) == 3
    points = "probability of pneumothorax 0.2, of pneumonia 0.3, of oedema 0.1"
    assert f"Operating point: {points}" in texts(parsed(made))
