import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from imaging.secondary_capture import SECONDARY_CAPTURE, CaptureFacts, write_secondary_capture

FACTS = CaptureFacts("set/1.png", "set/1.png", "p1", "north", date(2026, 6, 1))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(4, 6), (3, 5)])
def test_pixels_come_back_as_they_went_in(
    tmp_path: Path, dtype: Any, shape: tuple[int, int]
) -> None:
    picture = np.random.default_rng(1).integers(0, np.iinfo(dtype).max, shape, dtype=dtype)
    write_secondary_capture(picture, FACTS, tmp_path / "x.dcm")
    dataset = pydicom.dcmread(tmp_path / "x.dcm")
    assert np.array_equal(dataset.pixel_array, picture)
    assert dataset.SOPClassUID == SECONDARY_CAPTURE
    assert dataset.StudyInstanceUID == FACTS.study_uid
    assert dataset.SOPInstanceUID == FACTS.instance_uid
    assert "BurnedInAnnotation" not in dataset, "nobody has looked"


def test_same_picture_same_bytes_and_no_half_written_file(tmp_path: Path) -> None:
    picture = np.full((4, 4), 7, dtype=np.uint8)
    for name in ("x.dcm", "y.dcm"):
        write_secondary_capture(picture, FACTS, tmp_path / name)
    assert (tmp_path / "x.dcm").read_bytes() == (tmp_path / "y.dcm").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.dcm", "y.dcm"]


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), dtype=np.float32),
        np.zeros((4, 4, 3), dtype=np.uint8),
        np.zeros((0, 4), dtype=np.uint8),
    ],
)
def test_any_other_array_is_refused(tmp_path: Path, picture: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="convert it before writing"):
        write_secondary_capture(picture, FACTS, tmp_path / "x.dcm")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is missing")
def test_the_dicom_validator_finds_no_error(tmp_path: Path) -> None:
    picture = np.full((4, 4), 7, dtype=np.uint8)
    write_secondary_capture(picture, FACTS, tmp_path / "x.dcm")
    told = subprocess.run(
        ["dciodvfy", "-new", tmp_path / "x.dcm"], capture_output=True, text=True, check=False
    )
    assert "Error" not in told.stderr
