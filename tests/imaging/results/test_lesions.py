"""Lesions of a volume as a segmentation with a segment each, and measured in a report."""

import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from imaging.results.make import ResultObject, make_results
from imaging.results.statement import Lesion
from imaging.sources.lesion_outlines import read_outlines
from imaging.sources.slices import CtPlan, write_ct
from measures.lesion_sizes import lesion_sizes, numbered_lesions
from tests.conftest import require
from tests.imaging.results.readings import READING

TOO_NEW = "</(0008,001c)>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[ResultObject], np.ndarray]:
    study = write_ct(CtPlan(3, 1, lesions=2, slices=24, pixels=64), tmp_path_factory.mktemp("ct"))
    numbered = numbered_lesions(study.volume.lesions > 0)
    sizes = lesion_sizes(numbered, study.volume.spacing_mm)
    statement = replace(
        READING, finding="pulmonary nodule",
        lesions=tuple(Lesion(one.volume_ml, one.longest_mm, 0.9) for one in sizes),
    )
    images = [dcmread(path) for path in study.paths]
    masks = {
        str(image.SOPInstanceUID): inside
        for image, inside in zip(images, numbered, strict=True) if inside.any()
    }
    return make_results(statement, images, masks=masks), numbered


def test_each_lesion_is_a_segment_on_its_own_slices(
    made: tuple[list[ResultObject], np.ndarray], tmp_path: Path
) -> None:
    objects, numbered = made
    segmentation = next(one for one in objects if one.kind == "segmentation")
    dataset = dcmread(io.BytesIO(segmentation.content))
    assert [one.SegmentLabel for one in dataset.SegmentSequence] == [
        "pulmonary nodule 1", "pulmonary nodule 2",
    ]  # fmt: skip
    (tmp_path / "seg.dcm").write_bytes(segmentation.content)
    found = read_outlines(tmp_path / "seg.dcm", where="here")
    assert len(found) == (numbered > 0).any(axis=(1, 2)).sum()
    assert sum(one.sum() for one in found.values()) == (numbered > 0).sum()


def test_the_report_measures_each_and_names_its_segment(
    made: tuple[list[ResultObject], np.ndarray],
) -> None:
    objects, numbered = made
    content = next(one for one in objects if one.kind == "report").content
    report = dcmread(io.BytesIO(content))
    segmentation = next(one for one in objects if one.kind == "segmentation")
    text = str(report)
    volumes = [int(np.sum(numbered == at)) for at in (1, 2)]
    voxel = 5.0 * 5.625**2 / 1000
    for at in volumes:
        assert f"{round(at * voxel, 3):g}" in text
    assert segmentation.uid in text
    assert b"2 outlined; 1: " in content


def test_the_dicom_validator_finds_no_fault(
    made: tuple[list[ResultObject], np.ndarray], tmp_path: Path
) -> None:
    require("dcmtk", shutil.which("dciodvfy") is not None, "dciodvfy (dicom3tools) is missing")
    for one in made[0]:
        path = tmp_path / f"{one.kind}.dcm"
        path.write_bytes(one.content)
        told = subprocess.run(
            ["dciodvfy", "-new", path], capture_output=True, text=True, check=False
        )
        errors = [line for line in told.stderr.splitlines()
                  if line.startswith("Error") and TOO_NEW not in line]  # fmt: skip
        assert errors == []
