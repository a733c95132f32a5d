"""A simulated chest CT: axial slices in Hounsfield units, with the nodules in its lungs.

What is drawn is known to the voxel: for segmentation and measurement. The same plan gives the same
bytes. A second take of a person differs from the first in noise, position and the grid of slices
alone, as a scan repeated after minutes would.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from imaging.sources.base import SourceRefused
from imaging.sources.thorax import (
    LUNG,
    Asked,
    Grid,
    Thorax,
    draw_body,
    draw_person,
    nodule_share,
)

CT_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.2"
_FIELD_MM: Final = 360.0
_NOISE_HU: Final = 15.0  # standard deviation at 4 mGy, 4 mm, the standard kernel
_BLUR_MM: Final = {"standard": 0.9, "sharp": 0.5}
_LOUDER: Final = {"standard": 1.0, "sharp": 1.7}  # a sharp kernel lets more noise through
_MOVED_MM: Final = 2.0  # how far a person lies elsewhere in another take


@dataclass(frozen=True)
class CtPlan:
    """One series to be drawn; everything about it follows from these facts.

    ``seed``, ``index`` name the person. ``lesions``: how many lie in the lungs, each of
    ``radius_mm`` (smallest, largest), ``contrast_hu`` denser than lung. ``thickness_mm`` of a
    slice; ``interval_mm`` from one to the next, the thickness by default. ``dose_mgy``: CTDIvol;
    noise falls with its root and with that of the thickness. ``kernel``: of reconstruction.
    ``take``: 0, or a repeated scan of the same visit. ``visit``: how often the person came before;
    ``growth``: times its volume each lesion has since the first visit, in their order, 1 for the
    further ones. ``site``: the hospital.
    Raises SourceRefused where the picture would be too small or hold more than 20 lesions.
    """

    seed: int
    index: int
    lesions: int = 2
    slices: int = 24
    pixels: int = 128
    thickness_mm: float = 5.0
    interval_mm: float | None = None
    radius_mm: tuple[float, float] = (6.0, 14.0)
    contrast_hu: float = 880.0
    dose_mgy: float = 4.0
    kernel: Literal["standard", "sharp"] = "standard"
    take: int = 0
    visit: int = 0
    growth: tuple[float, ...] = ()
    site: str = ""

    def __post_init__(self) -> None:
        where = f"CT plan {self.index}"
        if self.pixels < 64 or self.slices < 4 or not 0 <= self.lesions <= 20:
            raise SourceRefused(
                f"{self.slices} slices of {self.pixels} pixels with {self.lesions} lesions",
                where=where, hint="Ask for at least 4 slices of 64 pixels and at most 20 lesions",
            )
        if min(self.thickness_mm, self.step_mm, self.dose_mgy, *self.radius_mm, *self.growth) <= 0:
            raise SourceRefused(
                "a length, a dose or a growth is not above 0", where=where,
                hint="Give millimetres, mGy and factors above 0",
            )

    @property
    def step_mm(self) -> float:
        """From the middle of a slice to that of the next."""
        return self.thickness_mm if self.interval_mm is None else self.interval_mm

    @property
    def noise_hu(self) -> float:
        """Standard deviation of the noise."""
        share = np.sqrt(4.0 / self.dose_mgy * 4.0 / self.thickness_mm)
        return float(_NOISE_HU * share * _LOUDER[self.kernel])

    @property
    def day(self) -> date:
        """The day of the scan: visits are half a year apart."""
        drawn = int(self.rng("day").integers(0, 200))
        return date(2025, 10, 1) + timedelta(days=drawn + 182 * self.visit)

    @cached_property
    def person(self) -> Thorax:
        """Who lies on the table: the same in each take and visit, but for the growth."""
        reach = self.slices * self.step_mm - 2 * self.step_mm - 2 * _MOVED_MM
        asked = Asked(self.lesions, self.radius_mm, reach)
        found = draw_person(asked, self.rng("person"), where=f"CT plan {self.index}")
        growth = (*self.growth, *(1.0,) * self.lesions)
        grown = (one.grown(times) for one, times in zip(found.nodules, growth, strict=False))
        return Thorax(found.size, found.vessels, tuple(grown))

    def rng(self, what: str, *more: int) -> np.random.Generator:
        """Draws for one thing about the person, or with more numbers of one visit and take."""
        words = [self.seed, 5, self.index, *what.encode(), *more]
        return np.random.default_rng(np.random.SeedSequence(words))


@dataclass(frozen=True, slots=True, eq=False)
class CtVolume:
    """The scan, feet to head: values in HU, and which lesion each voxel is of.

    Both have the shape (slices, rows, columns). ``lesions`` is 0 outside and 1, 2, … where a lesion
    fills half of a voxel or more. ``spacing_mm``: between slices, rows and columns. ``volumes_ml``:
    of each lesion, as it was drawn.
    """

    hounsfield: NDArray[np.int16]
    lesions: NDArray[np.uint8]
    spacing_mm: tuple[float, float, float]
    volumes_ml: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CtStudy:
    """A series that was written: a file a slice in the order of the volume."""

    paths: tuple[Path, ...]
    study_uid: str
    series_uid: str
    volume: CtVolume


def draw_ct(plan: CtPlan) -> CtVolume:
    """The scan of a plan: the body as its voxels average it, the kernel's blur, quantum noise."""
    from scipy import ndimage

    across = _FIELD_MM / plan.pixels
    voxel = (plan.thickness_mm, across, across)
    grid, person = _grid(plan), plan.person
    values = draw_body(person, grid, voxel)
    mask = np.zeros(values.shape, dtype=np.uint8)
    volumes = []
    for number, one in enumerate(person.nodules, start=1):
        found = nodule_share(one, grid, voxel)
        volumes.append(0.0 if found is None else float(found[1].sum()))
        if found is not None:
            box, share = found
            values[box] += share * (np.float32(LUNG + plan.contrast_hu) - values[box])
            mask[box][share >= 0.5] = number
    blurred = ndimage.gaussian_filter(
        values, (0, *(_BLUR_MM[plan.kernel] / across,) * 2), mode="nearest"
    )
    whole = np.clip(np.round(blurred + _noise(plan, values.shape)), -1024, 3071).astype(np.int16)
    a_voxel = plan.step_mm * across * across / 1000  # a slice stands for the way to the next
    sizes = tuple(one * a_voxel for one in volumes)
    return CtVolume(whole, mask, (plan.step_mm, across, across), sizes)


def _grid(plan: CtPlan) -> Grid:
    """Where the voxels' middles lie in the person: elsewhere in each take and visit."""
    rng = plan.rng("position", plan.visit, plan.take)
    moved = rng.uniform(-_MOVED_MM, _MOVED_MM, 3)
    moved[0] = rng.uniform(-0.5, 0.5) * plan.step_mm
    if plan.take == plan.visit == 0:
        moved[:] = 0.0
    line = (np.arange(plan.pixels) + 0.5) / plan.pixels * _FIELD_MM - _FIELD_MM / 2
    z = (np.arange(plan.slices) - (plan.slices - 1) / 2) * plan.step_mm
    return (
        (z + moved[0])[:, None, None], (line + moved[1])[None, :, None],
        (line + moved[2])[None, None, :],
    )  # fmt: skip


def _noise(plan: CtPlan, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Quantum noise, correlated in the slice as the kernel has it: coarse, or fine and louder."""
    from scipy import ndimage

    rng = plan.rng("noise", plan.visit, plan.take)
    white = rng.standard_normal(shape, dtype=np.float32)
    smooth = ndimage.gaussian_filter(white, (0, 0.7, 0.7), mode="wrap")
    noise = smooth if plan.kernel == "standard" else white - np.float32(0.6) * smooth
    whole: NDArray[np.float32] = noise * np.float32(plan.noise_hu / noise.std())
    return whole


def write_ct(plan: CtPlan, folder: Path) -> CtStudy:
    """Write the series as CT Image Storage (PS3.3 A.3), one file a slice, into ``folder``."""
    volume = draw_ct(plan)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(plan.slices):
        path = folder / f"ct-{plan.index:05d}-{number:03d}.dcm"
        part = path.with_suffix(".part")
        _slice(plan, volume, number).save_as(part, enforce_file_format=True)
        part.replace(path)
        paths.append(path)
    return CtStudy(tuple(paths), uid_of(plan, "study"), uid_of(plan, "series"), volume)


def _slice(plan: CtPlan, volume: CtVolume, number: int) -> Any:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for name, value in {**_visit(plan, number), **_scanner(plan), **_image(plan, number)}.items():
        setattr(dataset, name, value)
    dataset.PixelData = volume.hounsfield[number].astype("<i2").tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def _visit(plan: CtPlan, number: int) -> dict[str, Any]:
    """Who was scanned and when; the person's facts are the same in each visit."""
    day, rng = f"{plan.day:%Y%m%d}", plan.rng("patient")
    age, sex = int(rng.integers(45, 85)), "FM"[int(rng.integers(2))]
    came = f"{plan.site}-{plan.index:06d}"
    name = "".join(one for one in plan.site if one.isalpha()).capitalize()
    return {
        "SpecificCharacterSet": "ISO_IR 192", "SyntheticData": "YES", "SOPClassUID": CT_IMAGE,
        "SOPInstanceUID": uid_of(plan, f"instance {number}"),
        "StudyInstanceUID": uid_of(plan, "study"), "SeriesInstanceUID": uid_of(plan, "series"),
        "FrameOfReferenceUID": uid_of(plan, "frame of reference"), "PositionReferenceIndicator": "",
        **{f"{what}Date": day for what in ("Study", "Series", "Acquisition", "Content")},
        **{f"{what}Time": "101500" for what in ("Study", "Series", "Acquisition", "Content")},
        "AccessionNumber": f"C{uid_of(plan, 'accession')[-12:]}", "StudyID": "1",
        "ReferringPhysicianName": "", "SeriesNumber": 1, "AcquisitionNumber": 1,
        "InstanceNumber": number + 1, "PatientName": f"Simulated^Person{name}{plan.index}",
        "PatientID": f"CT{came}", "PatientBirthDate": f"{2025 - age}0101",
        "PatientSex": sex, "PatientAge": f"{age + plan.day.year - 2025:03d}Y",
        "PatientComments": "Simulated person, simulated image",
        "StudyDescription": "Chest CT, simulated", "SeriesDescription": "Chest axial",
    }  # fmt: skip


def _scanner(plan: CtPlan) -> dict[str, Any]:
    from pydicom.dataset import Dataset

    phantom = Dataset()
    phantom.CodeValue, phantom.CodingSchemeDesignator = "113691", "DCM"
    phantom.CodeMeaning = "IEC Body Dosimetry Phantom"
    return {
        "Modality": "CT", "Manufacturer": "Simulated Imaging", "ManufacturerModelName": "SimCT 64",
        "SoftwareVersions": "SCT 2.0", "InstitutionName": plan.site.capitalize(),
        "BodyPartExamined": "CHEST", "PatientPosition": "HFS", "KVP": "120",
        "CTDIvol": plan.dose_mgy, "CTDIPhantomTypeCodeSequence": [phantom],
        "ConvolutionKernel": plan.kernel.upper(),
        "SliceThickness": f"{plan.thickness_mm:g}", "SpacingBetweenSlices": f"{plan.step_mm:g}",
        "ReconstructionDiameter": f"{_FIELD_MM:g}",
    }


def _image(plan: CtPlan, number: int) -> dict[str, Any]:
    across = _FIELD_MM / plan.pixels
    corner = -_FIELD_MM / 2 + across / 2
    height = (number - (plan.slices - 1) / 2) * plan.step_mm
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "ImagePositionPatient": [f"{corner:.4f}", f"{corner:.4f}", f"{height:.4f}"],
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "PixelSpacing": [f"{across:.4f}", f"{across:.4f}"], "SliceLocation": f"{height:.4f}",
        "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "Rows": plan.pixels,
        "Columns": plan.pixels, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15,
        "PixelRepresentation": 1, "RescaleIntercept": "0", "RescaleSlope": "1",
        "RescaleType": "HU", "WindowCenter": "-500", "WindowWidth": "1500",
    }


def uid_of(plan: CtPlan, kind: str) -> str:
    """An identifier of the study, its series or one of its images, from the plan alone."""
    digest = hashlib.sha256(repr((plan, kind)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
