"""CT-like slices and an enhanced object of the same slices, with values that tell where one is."""

from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage

from tests.imaging.conftest import radiograph

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def slice_at(position: float, **changes: Any) -> Dataset:
    """An axial slice, 4 rows of 5, whose values in HU are its position + 100 row + column."""
    stored = np.add.outer(100 * np.arange(4), np.arange(5)) + round(position) + 1024
    values: dict[str, Any] = {
        "array": stored.astype(np.uint16), "SOPClassUID": CTImageStorage, "Modality": "CT",
        "SOPInstanceUID": f"2.25.{round(1000 * (position + 1000))}", "ImagerPixelSpacing": None,
        "PixelSpacing": [0.5, 0.25], "ImageOrientationPatient": list(AXIAL),
        "ImagePositionPatient": [-10.0, 20.0, position], "RescaleSlope": 1,
        "RescaleIntercept": -1024, "RescaleType": "HU",
    }  # fmt: skip
    return radiograph(**(values | changes))


def enhanced(positions: list[float], **changes: Any) -> Dataset:
    """The same slices as the frames of one object, each fact in a functional group."""
    classic = [slice_at(one) for one in positions]
    array = np.stack([np.frombuffer(one.PixelData, np.uint16).reshape(4, 5) for one in classic])
    dataset = slice_at(
        positions[0], SOPClassUID=EnhancedCTImageStorage, NumberOfFrames=len(positions),
        PixelData=array.tobytes(), PixelSpacing=None, ImageOrientationPatient=None,
        ImagePositionPatient=None, RescaleSlope=None, RescaleIntercept=None, RescaleType=None,
    )  # fmt: skip
    shared = Dataset()
    shared.PixelMeasuresSequence = Sequence([group(PixelSpacing=[0.5, 0.25], SliceThickness=2)])
    shared.PlaneOrientationSequence = Sequence([group(ImageOrientationPatient=list(AXIAL))])
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for at, position in enumerate(positions):
        frame = Dataset()
        frame.PlanePositionSequence = Sequence([group(ImagePositionPatient=[-10, 20, position])])
        frame.PixelValueTransformationSequence = Sequence(
            [group(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")]
        )
        frame.FrameVOILUTSequence = Sequence([group(WindowCenter=100 * at, WindowWidth=50)])
        frames.append(frame)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(frames)
    for name, value in changes.items():
        setattr(dataset, name, value)
    return dataset


def group(**values: Any) -> Dataset:
    """An item with these attributes."""
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return item
