"""A reading, and images to lay its results over: a simulated radiograph, slices of series."""

import io
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from imaging.results.make import ResultObject
from imaging.results.statement import Statement
from imaging.sources.acquisition import draw_exposure
from imaging.sources.cases import draw_case, stream
from imaging.sources.opacities import pneumonia
from imaging.sources.phantom import draw_chest
from imaging.sources.simulator import development_plan, study_bytes
from imaging.sources.sites import SITES

READING = Statement(
    trade_name="Pneumonia Finder", manufacturer="Example Devices", finding="pneumonia",
    model="chest-radiograph-pneumonia 1", version="ab" * 32, operating_point=0.412, score=0.8731,
    decision=True, limits=("Flags frontal radiographs.", "Not for: lateral radiographs."),
    read_at=datetime(2026, 2, 14, 10, 0, 1, 5, tzinfo=UTC), demonstration=False,
)


def simulated() -> tuple[Dataset, NDArray[np.bool_]]:
    """A simulated radiograph with pneumonia, and where the simulator put the opacity in it."""
    cases = (draw_case(plan) for plan in development_plan(3, 20))
    case = next(one for one in cases if one.finding and one.subtlety < 0.5)
    image = dcmread(io.BytesIO(study_bytes(case)))
    exposure = draw_exposure(case, SITES[case.plan.site], stream(case.plan, "exposure"))
    chest = draw_chest(
        case.patient.anatomy, exposure.pose, stream(case.plan, "chest"), pixels=case.plan.pixels
    )
    added = pneumonia(case, chest.lungs, stream(case.plan, "pneumonia"))
    mask: NDArray[np.bool_] = added > 0.25 * float(added.max())
    return image, mask


def slices(
    *, series: int, count: int = 3, orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0),
    rows: int = 24, columns: int = 32,
) -> list[Dataset]:
    """CT slices of one series of the study 1.2.3.1; each series has its own frame of reference."""
    across = np.cross(orientation[:3], orientation[3:])
    return [
        _slice(series, number, orientation, across * 2.5 * number, (rows, columns))
        for number in range(count)
    ]


def _slice(
    series: int, number: int, orientation: tuple[float, ...], position: NDArray[Any],
    shape: tuple[int, int],
) -> Dataset:
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    values: dict[str, Any] = {
        "SOPClassUID": CTImageStorage, "SOPInstanceUID": f"1.2.3.3.{series}.{number + 1}",
        "StudyInstanceUID": "1.2.3.1", "SeriesInstanceUID": f"1.2.3.2.{series}",
        "FrameOfReferenceUID": f"1.2.3.4.{series}", "PatientID": "P1", "PatientName": "P1^Q",
        "Modality": "CT", "BodyPartExamined": "CHEST", "SeriesNumber": series,
        "InstanceNumber": number + 1, "PixelSpacing": [0.7, 0.7], "SliceThickness": "2.5",
        "ImagePositionPatient": [float(one) for one in position], "RescaleSlope": "1",
        "ImageOrientationPatient": list(orientation), "RescaleIntercept": "-1024",
        "Rows": shape[0], "Columns": shape[1], "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "PixelRepresentation": 0, "BitsAllocated": 16,
        "BitsStored": 12, "HighBit": 11,
    }  # fmt: skip
    for name, value in values.items():
        setattr(image, name, value)
    pixels = np.random.default_rng(number).integers(0, 4096, shape, dtype=np.uint16)
    image.PixelData = pixels.tobytes()
    image["PixelData"].VR = "OW"
    return image


def parsed(one: ResultObject) -> Dataset:
    """The result as another reader sees it."""
    return dcmread(io.BytesIO(one.content))
