"""The collection of real DICOM files beside GDCM and dcmtk, by the syntaxes that each reads."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from pydicom import uid

from imaging.frames import read_frames
from imaging.pixels import PixelsRefused, read_file
from imaging.volumes import assemble_volume
from tests.conftest import require
from tests.imaging.second_reader import by_dcmtk, by_gdcm

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings("ignore")]

PROGRAMS = {
    uid.RLELossless: "dcmdrle",
    uid.JPEGLSLossless: "dcmdjpls", uid.JPEGLSNearLossless: "dcmdjpls",
    uid.JPEGBaseline8Bit: "dcmdjpeg", uid.JPEGExtended12Bit: "dcmdjpeg",
    uid.JPEGLossless: "dcmdjpeg", uid.JPEGLosslessSV1: "dcmdjpeg",
}  # fmt: skip
GDCM_WRONG = {"pydicom__rtdose_expb.dcm", "pydicom__rtdose_expb_1frame.dcm"}


@pytest.fixture
def valid(data_folder: Path) -> list[Path]:
    """The files that the collection calls valid."""
    return sorted((data_folder / "dicom" / "valid").iterdir())


def test_every_valid_file_reads_and_equals_gdcm(valid: list[Path], tmp_path: Path) -> None:
    compared = read = 0
    for path in valid:
        dataset = read_file(path)
        if not dataset.get("Rows"):
            continue  # reports, plans, directories, curves
        ours = np.stack(list(read_frames(dataset)))
        read += 1
        theirs = None if path.name in GDCM_WRONG else by_gdcm(dataset, tmp_path)
        if theirs is not None:
            assert np.array_equal(ours, theirs), path.name
            compared += 1
    assert read >= 95
    assert compared >= 90


def test_what_dcmtk_decompresses_is_the_same(valid: list[Path], tmp_path: Path) -> None:
    require("dcmtk", shutil.which("dcmdjpeg") is not None, "dcmtk is absent")
    compared: set[str] = set()
    for path in valid:
        dataset = read_file(path)
        syntax = dataset.file_meta.TransferSyntaxUID
        theirs = by_dcmtk(path, PROGRAMS[syntax], tmp_path) if syntax in PROGRAMS else None
        if theirs is not None:
            assert np.array_equal(np.stack(list(read_frames(dataset))), theirs), path.name
            compared.add(syntax)
    assert compared >= {uid.RLELossless, uid.JPEGLSLossless, uid.JPEGLSNearLossless}
    assert compared & {uid.JPEGLossless, uid.JPEGLosslessSV1, uid.JPEGBaseline8Bit}


def test_what_is_broken_is_refused_or_read_but_never_raises(data_folder: Path) -> None:
    for path in sorted((data_folder / "dicom" / "odd_or_broken").iterdir()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert np.stack(list(read_frames(read_file(path)))).size
            except PixelsRefused as refused:
                assert refused.reason


def test_a_real_ct_becomes_a_volume(data_folder: Path) -> None:
    folder = data_folder / "dicom" / "valid"
    paths = sorted(folder.glob("dcmqi__segmentations__ct-3slice__*.dcm"))
    volume = assemble_volume([lambda path=path: read_file(path) for path in paths])
    assert volume.array.shape == (3, 512, 512)
    assert volume.spacing_mm == pytest.approx((1.0, 0.810547, 0.810547))
    assert volume.affine[:3, 3] == pytest.approx((-235.2, -226.8, -128.69), abs=1e-3)
    assert -1100 < np.median(volume.array[:, 256, 20:26]) < -900  # air beside the body, in HU
    stacked = [folder / f"dcmqi__segmentations__23x38x3__image__IMG000{n}.dcm" for n in (3, 1, 2)]
    classic = assemble_volume([lambda path=path: read_file(path) for path in stacked])
    enhanced = assemble_volume(
        [lambda: read_file(folder / "dcmqi__segmentations__23x38x3__multiframe__mf.dcm")]
    )
    assert np.array_equal(classic.array, enhanced.array)
    assert np.allclose(classic.affine, enhanced.affine)
