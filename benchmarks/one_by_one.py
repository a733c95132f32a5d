"""One study at a time, as a MONAI Deploy application works; re-enacted: its package needs CUDA.

    python -m benchmarks.one_by_one MODEL SIDE OUT FOLDER

After the App SDK's own operators (github.com/Project-MONAI/monai-deploy-app-sdk, 3.x), in the order
of its ``examples/apps/breast_density_classifier_app``: ``dicom_data_loader_operator`` reads every
file of the folder and groups them into studies and series; ``dicom_series_selector_operator``
parses the rules and holds each series against them; ``dicom_series_to_volume_operator`` stacks the
pixels, applies the rescale and copies them as int16; the classifier operator loads its TorchScript
model, normalises, resizes, infers one picture and writes ``output.json``;
``dicom_text_sr_writer_operator`` writes a text report of DICOM and reads it back. Such an
application runs once (``CountCondition``) and ends: a process a study, with its imports and its
model. Left out, in its favour: Holoscan's scheduler, the container, MONAI's own import (4.7 s) and
its image wrappers, its printing.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

RULES = """{"selections": [{"name": "chest radiograph",
 "conditions": {"Modality": "(?i)DX", "BodyPartExamined": "(?i)CHEST"}}]}"""
STUDY = ((0x0020, 0x0010), (0x0008, 0x0020), (0x0008, 0x0030), (0x0008, 0x1030), (0x0008, 0x0050))
SERIES = (
    (0x0008, 0x0021), (0x0008, 0x0031), (0x0008, 0x0060), (0x0008, 0x103E), (0x0018, 0x0015),
    (0x0018, 0x5100), (0x0020, 0x0011), (0x0020, 0x0060), (0x0028, 0x0030), (0x0020, 0x0037),
)  # fmt: skip
COPIED = ("PatientName", "PatientID", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyID")


def loaded(folder: Path) -> list[dict[str, Any]]:
    """Every file of the folder, as series with their attributes and files."""
    from pydicom import dcmread

    files = [Path(root) / name for root, _, names in os.walk(folder) for name in names]
    series: dict[str, dict[str, Any]] = {}
    for one in [dcmread(file) for file in files]:
        facts = {place: one[place].value for place in (*STUDY, *SERIES) if place in one}
        found = series.setdefault(str(one.SeriesInstanceUID), {"facts": facts, "images": []})
        found["images"].append(one)
    return list(series.values())


def selected(series: list[dict[str, Any]]) -> dict[str, Any]:
    """The first series that the rules choose."""
    for selection in json.loads(RULES)["selections"]:
        for one in series:
            first = one["images"][0]
            if all(
                re.search(rule, str(first.get(name, "")))
                for name, rule in selection["conditions"].items()
            ):
                return one
    raise ValueError("no series fits")


def volume(series: dict[str, Any]) -> Any:
    """The pixels (1, rows, columns), int16, rescaled."""
    import numpy as np

    from imaging.decoders import decoded  # the pinned decoders, as in the other arm

    images = series["images"]
    pixels = np.stack([decoded(one) for one in images], axis=0).astype(np.int16)
    slope, intercept = (images[0].get(name, default) for name, default in (
        ("RescaleSlope", 1), ("RescaleIntercept", 0)
    ))  # fmt: skip
    if slope != 1:
        pixels = (slope * pixels.astype(np.float64)).astype(np.int16)
    pixels += np.int16(intercept)
    return np.array(pixels, dtype=np.int16)


def inferred(model: Any, pixels: Any, side: int) -> list[float]:
    """Normalised, resized by area, one picture through the network, sigmoid."""
    import torch

    with torch.no_grad():
        picture = torch.as_tensor(pixels, dtype=torch.float32)[None]
        picture = (picture - picture.mean()) / picture.std()
        small = torch.nn.functional.interpolate(picture, size=(side, side), mode="area")
        answer = model(small)
        first = answer[0] if isinstance(answer, tuple) else answer
        return [float(one) for one in torch.sigmoid(first).reshape(-1).numpy()]


def written(series: dict[str, Any], found: list[float], out: Path) -> None:
    """``output.json``, and the text report of DICOM, which is read back."""
    from pydicom import Dataset, dcmread
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import Comprehensive3DSRStorage, ImplicitVRLittleEndian, generate_uid

    out.mkdir(parents=True, exist_ok=True)
    said = " ".join(f"{at}: {one}" for at, one in enumerate(found))
    (out / "output.json").write_text(json.dumps(said))
    first, report = series["images"][0], Dataset()
    report.file_meta = FileMetaDataset()
    report.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    for name in COPIED:
        setattr(report, name, first.get(name, ""))
    report.SOPClassUID, report.SOPInstanceUID = Comprehensive3DSRStorage, generate_uid()
    report.SeriesInstanceUID, report.Modality = generate_uid(), "SR"
    report.VerificationFlag, report.ValueType = "UNVERIFIED", "TEXT"
    name = Dataset()
    name.CodeValue, name.CodingSchemeDesignator = "18748-4", "LN"
    name.CodeMeaning = "Diagnostic Imaging Report"
    report.ConceptNameCodeSequence, report.TextValue = [name], said
    path = out / f"{report.SeriesInstanceUID}_SR.dcm"
    report.save_as(path, enforce_file_format=True)
    dcmread(path)


def loaded_model(model: Path) -> Any:
    """The network from its file."""
    import torch

    return torch.jit.load(str(model), map_location="cpu")  # type: ignore[no-untyped-call]


def answered(model: Any, side: int, out: Path, folder: Path) -> None:
    """One study from its folder to its written result; with a loaded model."""
    series = selected(loaded(folder))
    written(series, inferred(model, volume(series), side), out)


def main() -> None:
    """One study, as one process of its own."""
    model, side, out, folder = sys.argv[1:5]
    answered(loaded_model(Path(model)), int(side), Path(out), Path(folder))


if __name__ == "__main__":
    main()
