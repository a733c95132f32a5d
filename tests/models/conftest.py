"""A dataset of 72 tiny DICOM pictures, bright squares for the finding, and a model made from it."""

import hashlib
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from models.artefacts import write_columns
from models.params import DecodeParams, FitParams, Params, params_text
from models.train import STAGES, run_stage
from tests.conftest import made_once

SPLITS = ("train", "train", "train", "tuning", "internal_test", "external_test")
DX = "1.2.840.10008.5.1.4.1.1.1.1"


def picture(rng: np.random.Generator, finding: int, *, side: int = 40) -> np.ndarray:
    """Noise of 12 bits, and for the finding a brighter square somewhere in it."""
    array = rng.normal(1500, 150, (side, side))
    if finding:
        top, left = rng.integers(4, side - 20, 2)
        array[top : top + 16, left : left + 16] += 900
    return np.clip(array, 0, 4095).astype(np.uint16)


def dicom_bytes(array: np.ndarray, uid: str) -> bytes:
    """The picture as a DICOM file, MONOCHROME2, 12 of 16 bits."""
    dataset = pydicom.Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.StudyInstanceUID = DX, uid, uid + ".1"
    dataset.Modality, dataset.PatientID = "DX", "P" + uid[-3:]
    dataset.Rows, dataset.Columns = array.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation, dataset.PixelData = 0, array.tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def write_dataset(folder: Path, *, studies: int = 72, seed: int = 5) -> Path:
    """A frozen dataset folder: manifest and one shard, rows sorted by instance."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    uids = [f"2.25.{1000 + number}" for number in range(studies)]
    finding = np.arange(studies) // len(SPLITS) % 2
    members = []
    with tarfile.open(folder / "shard-0000.tar", "w") as tar:
        for uid, positive in zip(uids, finding, strict=True):
            content = dicom_bytes(picture(rng, positive), uid)
            members.append(hashlib.sha256(content).hexdigest() + ".dcm")
            entry = tarfile.TarInfo(members[-1])
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    split = np.array([SPLITS[number % len(SPLITS)] for number in range(studies)])
    columns = {
        "instance_uid": np.array(uids),
        "study_uid": np.array([uid + ".1" for uid in uids]),
        "patient": np.array([f"P{number:03d}" for number in range(studies)]),
        "site": np.where(split == "external_test", "westhaven", "northfield"),
        "split": split,
        "finding": finding.astype(np.int8),
        "age_years": np.full(studies, np.nan),
        "shard": np.full(studies, "shard-0000.tar"),
        "member": np.array(members),
    }
    write_columns(folder / "manifest.parquet", columns)
    return folder


@pytest.fixture(scope="session")
def tiny_params() -> Params:
    fit = replace(
        FitParams(), width=4, image_passes=400, min_epochs=1, max_epochs=12, batch_size=12
    )
    return Params(seed=3, threads=1, decode=DecodeParams(32, 1), fit=fit)


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def write(folder: Path) -> None:
        write_dataset(folder / "dataset")

    return made_once(tmp_path_factory, "frozen", write) / "dataset"


@pytest.fixture(scope="session")
def training_folder(
    tiny_dataset: Path, tiny_params: Params, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder in which all five stages ran. Read only."""

    def train(folder: Path) -> None:
        (folder / "dataset").symlink_to(tiny_dataset)
        (folder / "params.yaml").write_text(params_text(tiny_params))
        for stage in STAGES:
            run_stage(stage, folder)

    return made_once(tmp_path_factory, "training", train)


@pytest.fixture(scope="session")
def model_folder(training_folder: Path) -> Path:
    return training_folder / "model"
