"""A simulated chest CT: axial slices in Hounsfield units, with a mask of the lesions in its lungs.

For segmentation: what is drawn is known to the voxel. Plain geometry and noise, the same bytes
for the same plan; no anatomy of a patient went in.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.sources.base import SourceRefused

CT_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.2"
_AIR, _LUNG, _TISSUE, _BONE = -1000.0, -850.0, 40.0, 450.0  # Hounsfield units
_BODY_MM: Final = (170.0, 120.0)  # half axes, left-right and front-back
_LUNG_MM: Final = (52.0, 82.0)
_LUNG_FROM_MIDDLE_MM: Final = 78.0
_FIELD_MM: Final = 360.0


@dataclass(frozen=True, slots=True)
class CtPlan:
    """One series to be drawn; everything about it follows from these facts.

    ``lesions``: how many lie in the lungs, each a ball of ``radius_mm`` (smallest, largest).
    ``contrast_hu``: how much denser than lung they are. ``noise_hu``: standard deviation.
    Raises SourceRefused where the picture would be too small or hold more than 20 lesions.
    """

    seed: int
    index: int
    lesions: int = 2
    slices: int = 24
    pixels: int = 128
    thickness_mm: float = 5.0
    radius_mm: tuple[float, float] = (6.0, 14.0)
    contrast_hu: float = 880.0
    noise_hu: float = 15.0

    def __post_init__(self) -> None:
        if self.pixels < 64 or self.slices < 4 or not 0 <= self.lesions <= 20:
            raise SourceRefused(
                f"{self.slices} slices of {self.pixels} pixels with {self.lesions} lesions",
                where=f"CT plan {self.index}",
                hint="Ask for at least 4 slices of 64 pixels and at most 20 lesions",
            )


@dataclass(frozen=True, slots=True, eq=False)
class CtVolume:
    """The drawn volume, feet to head: values in HU, and which lesion each voxel is of.

    Both have the shape (slices, rows, columns). ``lesions`` is 0 outside and 1, 2, … inside.
    ``spacing_mm``: between slices, rows and columns.
    """

    hounsfield: NDArray[np.int16]
    lesions: NDArray[np.uint8]
    spacing_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class CtStudy:
    """A series that was written: a file a slice in the order of the volume."""

    paths: tuple[Path, ...]
    study_uid: str
    series_uid: str
    volume: CtVolume


def draw_ct(plan: CtPlan) -> CtVolume:
    """The volume of a plan; lesions keep apart from each other and lie within a lung."""
    rng = np.random.default_rng(np.random.SeedSequence([plan.seed, 5, plan.index]))
    z, y, x = _coordinates(plan)
    body = (x / _BODY_MM[0]) ** 2 + (y / _BODY_MM[1]) ** 2 < 1
    size = float(rng.normal(1.0, 0.05))
    lungs = np.broadcast_to(_lung_depth(x, y, size) > 0, (plan.slices, plan.pixels, plan.pixels))
    values = np.full(lungs.shape, _AIR, dtype=np.float32)
    values[:, body] = _TISSUE
    values[lungs] = _LUNG
    spine = x**2 + (y - 75.0) ** 2 < 20.0**2
    shell = (x / (_BODY_MM[0] - 12)) ** 2 + (y / (_BODY_MM[1] - 12)) ** 2
    ribs = (np.abs(shell - 1) < 0.06) & (np.cos(z / 12.0 + np.abs(x) / 40.0) > 0.6)
    values[np.broadcast_to(spine, values.shape) | ribs] = _BONE
    mask = np.zeros(values.shape, dtype=np.uint8)
    for number, (centre, radius) in enumerate(_places(plan, rng, size), start=1):
        inside = (z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2 < radius**2
        mask[inside] = number
        values[inside] = _LUNG + plan.contrast_hu
    values += np.float32(plan.noise_hu) * rng.standard_normal(values.shape, dtype=np.float32)
    whole = np.clip(np.round(values), -1024, 3071).astype(np.int16)
    across = _FIELD_MM / plan.pixels
    return CtVolume(whole, mask, (plan.thickness_mm, across, across))


def write_ct(plan: CtPlan, folder: Path, *, day: date = date(2026, 6, 1)) -> CtStudy:
    """Write the series as CT Image Storage (PS3.3 A.3), one file a slice, into ``folder``."""
    volume = draw_ct(plan)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(plan.slices):
        path = folder / f"ct-{plan.index:05d}-{number:03d}.dcm"
        part = path.with_suffix(".part")
        _slice(plan, volume, number, day).save_as(part, enforce_file_format=True)
        part.replace(path)
        paths.append(path)
    return CtStudy(tuple(paths), _uid(plan, "study"), _uid(plan, "series"), volume)


def _coordinates(plan: CtPlan) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Millimetres from the middle: z upwards, y to the back, x to the patient's left."""
    line = (np.arange(plan.pixels) + 0.5) / plan.pixels * _FIELD_MM - _FIELD_MM / 2
    z = (np.arange(plan.slices) - (plan.slices - 1) / 2) * plan.thickness_mm
    return z[:, None, None], line[:, None], line[None, :]


def _lung_depth(x: NDArray[Any], y: NDArray[Any], size: float) -> NDArray[Any]:
    """Above 0 inside the nearer lung, 1 in its middle."""
    from_middle = (np.abs(x) - _LUNG_FROM_MIDDLE_MM) / (_LUNG_MM[0] * size)
    depth: NDArray[Any] = 1 - from_middle**2 - (y / (_LUNG_MM[1] * size)) ** 2
    return depth


def _places(
    plan: CtPlan, rng: np.random.Generator, size: float
) -> list[tuple[tuple[float, float, float], float]]:
    found: list[tuple[tuple[float, float, float], float]] = []
    reach = plan.slices * plan.thickness_mm / 2
    for _ in range(2000):
        if len(found) == plan.lesions:
            return found
        radius = float(rng.uniform(*plan.radius_mm))
        x, y = rng.choice([-1, 1]) * rng.uniform(30.0, 125.0), rng.uniform(-75.0, 75.0)
        z = rng.uniform(-1, 1) * max(0.0, reach - radius)
        shrunk = np.array([_lung_depth(np.array(x + dx), np.array(y + dy), size)
                           for dx, dy in ((radius, 0), (-radius, 0), (0, radius), (0, -radius))])
        apart = all(
            np.hypot(np.hypot(z - c[0], y - c[1]), x - c[2]) > radius + r + 3 for c, r in found
        )
        if shrunk.min() > 0.05 and apart:
            found.append(((float(z), float(y), float(x)), radius))
    raise SourceRefused(
        f"only {len(found)} of {plan.lesions} lesions have room", where=f"CT plan {plan.index}",
        hint="Ask for fewer or smaller lesions",
    )


def _slice(plan: CtPlan, volume: CtVolume, number: int, day: date) -> Any:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    thickness, across, _ = volume.spacing_mm
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    corner = -_FIELD_MM / 2 + across / 2
    height = (number - (plan.slices - 1) / 2) * thickness
    written: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "SyntheticData": "YES", "SOPClassUID": CT_IMAGE,
        "SOPInstanceUID": _uid(plan, f"instance {number}"),
        "StudyInstanceUID": _uid(plan, "study"), "SeriesInstanceUID": _uid(plan, "series"),
        "FrameOfReferenceUID": _uid(plan, "frame of reference"), "PositionReferenceIndicator": "",
        "StudyDate": f"{day:%Y%m%d}", "StudyTime": "101500", "ContentDate": f"{day:%Y%m%d}",
        "ContentTime": "101500", "AccessionNumber": f"C{plan.index:07d}", "StudyID": "1",
        "Modality": "CT", "Manufacturer": "Simulated Imaging", "ManufacturerModelName": "SimCT 64",
        "SoftwareVersions": "SCT 1.0", "ReferringPhysicianName": "", "SeriesNumber": 1,
        "AcquisitionNumber": 1, "InstanceNumber": number + 1, "PatientName": "Simulated^Person",
        "PatientID": f"CT{plan.index:07d}", "PatientBirthDate": "19600101", "PatientSex": "O",
        "PatientComments": "Simulated person, simulated image", "BodyPartExamined": "CHEST",
        "PatientPosition": "HFS", "KVP": "120", "SliceThickness": f"{thickness:g}",
        "ImagePositionPatient": [f"{corner:.4f}", f"{corner:.4f}", f"{height:.4f}"],
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "PixelSpacing": [f"{across:.4f}", f"{across:.4f}"], "SliceLocation": f"{height:.4f}",
        "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "Rows": plan.pixels,
        "Columns": plan.pixels, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15,
        "PixelRepresentation": 1, "RescaleIntercept": "0", "RescaleSlope": "1",
        "RescaleType": "HU", "WindowCenter": "-500", "WindowWidth": "1500",
        "PixelData": volume.hounsfield[number].astype("<i2").tobytes(),
    }  # fmt: skip
    for name, value in written.items():
        setattr(dataset, name, value)
    dataset["PixelData"].VR = "OW"
    return dataset


def _uid(plan: CtPlan, kind: str) -> str:
    digest = hashlib.sha256(repr((plan, kind)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
