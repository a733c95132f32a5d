"""Simulated CT studies as a site hands them over: series, outlines, and the list of truths."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from imaging.sources.base import SourceRefused
from imaging.sources.ct_studies import CtOrder, plans_of, simulate_ct
from imaging.sources.lesion_outlines import read_outlines
from imaging.sources.slices import draw_ct, uid_of
from imaging.sources.truth import read_truth_csv

SMALL = CtOrder(2, "northfield", 3, visits=2, slices=30, pixels=64)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ct")
    assert simulate_ct([SMALL], folder) == 6
    return folder


def test_the_outlines_lie_on_the_slices_that_they_name(written: Path) -> None:
    truths = {one.study_uid: one for one, _ in read_truth_csv(written / "truth.csv")}
    shown = 0
    for plan in plans_of(SMALL):
        truth, lesions = truths[uid_of(plan, "study")], draw_ct(plan).lesions
        assert truth.finding == int(lesions.any()) == bool(truth.outline)
        if not truth.outline:
            continue
        shown += 1
        found = read_outlines(written / truth.outline, where="here")
        for number in range(plan.slices):
            inside = found.get(uid_of(plan, f"instance {number}"), np.zeros((64, 64), dtype=bool))
            assert np.array_equal(inside, lesions[number] > 0)
        segments = pydicom.dcmread(written / truth.outline).SegmentSequence
        assert len(segments) == lesions.max()
    assert 0 < shown < 6


def test_the_same_order_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    simulate_ct([SMALL], tmp_path / "again")
    for file in sorted(one for one in written.rglob("*") if one.is_file()):
        assert file.read_bytes() == (tmp_path / "again" / file.relative_to(written)).read_bytes()
    with pytest.raises(SourceRefused, match="already"):
        simulate_ct([SMALL], written)


def test_what_is_no_outline_of_slices_is_refused(written: Path, tmp_path: Path) -> None:
    slice_ = next((written / "northfield").rglob("*.dcm"))
    with pytest.raises(SourceRefused, match="no DICOM segmentation"):
        read_outlines(slice_, where="row 1")
    dataset = pydicom.dcmread(next((written / "outlines").iterdir()))
    dataset.SegmentationType = "FRACTIONAL"
    dataset.save_as(tmp_path / "shares.dcm")
    with pytest.raises(SourceRefused, match="shares of voxels"):
        read_outlines(tmp_path / "shares.dcm", where="row 1")
    dataset.SegmentationType = "BINARY"
    del dataset.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence
    dataset.save_as(tmp_path / "nowhere.dcm")
    with pytest.raises(SourceRefused, match=r"row 1.*names 0 images"):
        read_outlines(tmp_path / "nowhere.dcm", where="row 1")
    (tmp_path / "text.dcm").write_text("no image")
    with pytest.raises(SourceRefused, match="cannot be read"):
        read_outlines(tmp_path / "text.dcm", where="row 1")


def test_an_order_of_nothing_or_from_nowhere_is_refused() -> None:
    with pytest.raises(SourceRefused, match="unknown site"):
        CtOrder(1, "nowhere", 3)
    with pytest.raises(SourceRefused, match="0 patients"):
        CtOrder(1, "northfield", 0)
