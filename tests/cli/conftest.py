"""A command line to call in the same process, and a folder of good and bad files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from records.settings import Workspace

Run = Callable[..., Result]

WORD = "correct horse battery"
OWN = "an own word of mine"
"""What a person sets in place of the first password."""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test; wide output, so that words are not wrapped."""
    for name in ("HOME", "DATABASE_URL", "PASSWORD", "NEW_PASSWORD", "PASSWORD_DAYS", "ANCHORS",
                 "BACKUP_PASSPHRASE", "TOKEN", "OPENID", "KEYS", "EXPORT_PASSPHRASE"):
        monkeypatch.delenv(f"RADVIGIL_{name}", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("RADVIGIL_WORKERS", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run() -> Run:
    """Call ``radvigil`` with these words; ``password`` and ``new`` are what would be typed."""

    def call(
        *words: str | Path, password: str | None = None, new: str | None = None
    ) -> Result:
        environment = {"RADVIGIL_PASSWORD": password}
        if new is not None:
            environment["RADVIGIL_NEW_PASSWORD"] = new
        return CliRunner().invoke(app, [str(word) for word in words], env=environment)

    return call


@pytest.fixture
def home(workspace: Workspace) -> Path:
    """A live, empty workspace."""
    return workspace.home


@pytest.fixture
def run_as(run: Run, home: Path) -> Run:
    """Call a verb in the workspace as Ada, its first account, administrator and quality."""
    roles = ("--role", "administrator", "--role", "quality")
    added = run("--home", home, "user", "add", "ada", "--full-name", "Ada Quality", *roles,
                password=WORD)
    assert added.exit_code == 0, added.output
    assert run("user", "login", "ada", "--home", home, password=WORD).exit_code == 0
    return lambda *words: run("--home", home, *words, password=WORD)


def write_radiograph(path: Path, number: int, **changes: Any) -> Path:
    """A small, complete DX file of an invented person."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    array = np.random.default_rng(number).integers(0, 4096, (64, 48), dtype=np.uint16)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    root = "1.2.826.0.1.3680043.2.1125"
    values: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "SOPInstanceUID": f"{root}.3.{number}",
        "StudyInstanceUID": f"{root}.1.{number}", "SeriesInstanceUID": f"{root}.2.{number}",
        "PatientID": f"QX-{number}", "PatientName": "Zwetschkenbaum^Ottilie", "PatientSex": "F",
        "PatientAge": "064Y", "StudyDate": "20260214", "Modality": "DX", "ViewPosition": "PA",
        "BodyPartExamined": "CHEST", "Manufacturer": "Example Imaging", "KVP": "120",
        "PresentationIntentType": "FOR PRESENTATION", "BurnedInAnnotation": "NO",
        "Rows": 64, "Columns": 48, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
        "PixelRepresentation": 0, "BitsAllocated": 16, "BitsStored": 12, "HighBit": 11,
        "PixelData": array.tobytes(),
    }  # fmt: skip
    for name, value in (values | changes).items():
        setattr(dataset, name, value)
    dataset["PixelData"].VR = "OW"
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def arrivals(tmp_path: Path) -> Path:
    """Four files: two good ones, a text, and a DICOM file cut off in the middle."""
    folder = tmp_path / "arrivals"
    (folder / "deep").mkdir(parents=True)
    write_radiograph(folder / "a.dcm", 1)
    write_radiograph(folder / "deep" / "Zwetschkenbaum.dcm", 2)
    (folder / "note.txt").write_text("not a radiograph")
    whole = write_radiograph(folder / "c.dcm", 3).read_bytes()
    (folder / "c.dcm").write_bytes(whole[: len(whole) // 2])
    return folder
