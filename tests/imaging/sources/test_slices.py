"""Chest CT whose nodules are known to the voxel, in files that lie where they should."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from imaging.sources.base import SourceRefused
from imaging.sources.slices import CtPlan, draw_ct, uid_of, write_ct
from tests.conftest import require

PLAN = CtPlan(seed=4, index=1, lesions=3)
TOO_NEW = "</(0008,001c)>"
"""Synthetic Data is newer than the validator's dictionary, which names it an unknown attribute."""


def test_each_lesion_has_its_volume_and_its_density_within_a_lung() -> None:
    plan = replace(PLAN, dose_mgy=1e9, radius_mm=(12.0, 12.0), thickness_mm=2.0, slices=60)
    drawn = draw_ct(plan)
    voxel_ml = np.prod(drawn.spacing_mm) / 1000
    assert set(np.unique(drawn.lesions)) == {0, 1, 2, 3}
    for number, volume in enumerate(drawn.volumes_ml, start=1):
        inside = drawn.lesions == number
        assert volume == pytest.approx(4 / 3 * np.pi * 1.2**3, rel=0.12)  # its edge is lobulated
        assert inside.sum() * voxel_ml == pytest.approx(volume, rel=0.06)
        assert np.median(drawn.hounsfield[inside]) == pytest.approx(30, abs=8)


def test_a_voxel_holds_the_mean_of_what_lies_in_it() -> None:
    thin = draw_ct(replace(PLAN, dose_mgy=1e9, thickness_mm=1.0, slices=120))
    thick = draw_ct(replace(PLAN, dose_mgy=1e9, thickness_mm=8.0, interval_mm=5.0))
    assert sum(thick.volumes_ml) > 0 < sum(thin.volumes_ml)
    inside = [one.hounsfield[one.lesions == 1] for one in (thin, thick)]
    assert inside[1].std() > inside[0].std(), "the edge of a thick slice is half lung"


def test_noise_falls_with_dose_and_thickness_and_rises_with_a_sharp_kernel() -> None:
    quiet = draw_ct(replace(PLAN, dose_mgy=1e9))
    for changes in ({}, {"dose_mgy": 1.0}, {"thickness_mm": 2.5, "slices": 48}):
        plan = replace(PLAN, **changes)
        body = draw_ct(replace(plan, dose_mgy=1e9)).hounsfield
        noise = (draw_ct(plan).hounsfield - body)[body > -900]
        assert noise.std() == pytest.approx(plan.noise_hu, rel=0.03)
    assert PLAN.noise_hu == pytest.approx(replace(PLAN, dose_mgy=16.0).noise_hu * 2)
    standard, sharp = (
        (draw_ct(replace(PLAN, kernel=kernel)).hounsfield - draw_ct(  # type: ignore[arg-type]
            replace(PLAN, kernel=kernel, dose_mgy=1e9)).hounsfield).astype(float)
        for kernel in ("standard", "sharp")
    )  # fmt: skip
    assert sharp.std() > 1.5 * standard.std()
    assert _neighbours(standard) > 0.4 > _neighbours(sharp), "and makes it fine"
    assert quiet.lesions.any()


def _neighbours(noise: np.ndarray) -> float:
    """Correlation of noise in a voxel with that beside it."""
    return float(np.corrcoef(noise[:, :, 1:].ravel(), noise[:, :, :-1].ravel())[0, 1])


def test_a_second_take_shows_the_same_person_elsewhere_on_the_grid() -> None:
    first, second = draw_ct(PLAN), draw_ct(replace(PLAN, take=1))
    assert first.volumes_ml == pytest.approx(second.volumes_ml, rel=0.02)
    assert not np.array_equal(first.lesions, second.lesions)
    assert not np.array_equal(first.hounsfield, second.hounsfield)


def test_a_lesion_grows_between_visits_as_it_is_told() -> None:
    first, later = draw_ct(PLAN), draw_ct(replace(PLAN, visit=1, growth=(2.0,)))
    ratios = np.divide(later.volumes_ml, first.volumes_ml)
    assert ratios == pytest.approx([2.0, 1.0, 1.0], rel=0.03)
    assert (replace(PLAN, visit=1).day - PLAN.day).days == 182


def test_the_same_plan_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one, again = write_ct(PLAN, tmp_path / "a"), write_ct(PLAN, tmp_path / "b")
    other = write_ct(replace(PLAN, seed=5), tmp_path / "c")
    for first, second, third in zip(one.paths, again.paths, other.paths, strict=True):
        assert first.read_bytes() == second.read_bytes() != third.read_bytes()
    assert one.series_uid != other.series_uid == uid_of(replace(PLAN, seed=5), "series")


def test_the_files_stack_to_the_volume(tmp_path: Path) -> None:
    plan = replace(PLAN, site="northfield", thickness_mm=5.0, interval_mm=4.0)
    study = write_ct(plan, tmp_path)
    files = [pydicom.dcmread(path) for path in study.paths]
    assert {str(one.SeriesInstanceUID) for one in files} == {study.series_uid}
    assert len({str(one.SOPInstanceUID) for one in files}) == plan.slices
    assert {one.SyntheticData for one in files} == {"YES"}
    heights = [float(one.ImagePositionPatient[2]) for one in files]
    assert np.allclose(np.diff(heights), 4.0)
    stacked = np.stack([one.pixel_array for one in files])
    assert np.array_equal(stacked, study.volume.hounsfield)
    assert files[0].SOPClassUID.name == "CT Image Storage"
    later = write_ct(replace(plan, visit=3), tmp_path / "later")
    born = {pydicom.dcmread(one.paths[0]).PatientBirthDate for one in (study, later)}
    assert len(born) == 1


def test_the_dicom_validator_has_nothing_to_say(tmp_path: Path) -> None:
    require("dcmtk", shutil.which("dciodvfy") is not None, "dciodvfy (dicom3tools) is missing")
    study = write_ct(replace(PLAN, slices=6, lesions=0), tmp_path)
    told = subprocess.run(
        ["dciodvfy", "-new", study.paths[0]], capture_output=True, text=True, check=False
    )
    of_it = [line for line in told.stderr.splitlines() if TOO_NEW not in line]
    assert of_it == ["CTImage"]


def test_what_has_no_room_is_refused() -> None:
    with pytest.raises(SourceRefused, match="at most 20 lesions"):
        CtPlan(1, 1, lesions=21)
    with pytest.raises(SourceRefused, match="above 0"):
        CtPlan(1, 1, dose_mgy=0.0)
    with pytest.raises(SourceRefused, match="have room"):
        draw_ct(CtPlan(1, 1, lesions=20, radius_mm=(30.0, 30.0)))
