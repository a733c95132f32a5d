"""CT-like slices whose lesions are known to the voxel, in files that lie where they should."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from imaging.sources.base import SourceRefused
from imaging.sources.slices import CtPlan, draw_ct, write_ct

PLAN = CtPlan(seed=4, index=1, lesions=3)


def test_each_lesion_is_a_ball_of_its_density_within_a_lung() -> None:
    plan = replace(PLAN, noise_hu=0.0, radius_mm=(12.0, 12.0), thickness_mm=2.0, slices=60)
    drawn = draw_ct(plan)
    voxel = np.prod(drawn.spacing_mm)
    assert set(np.unique(drawn.lesions)) == {0, 1, 2, 3}
    for number in (1, 2, 3):
        inside = drawn.lesions == number
        assert inside.sum() * voxel == pytest.approx(4 / 3 * np.pi * 12.0**3, rel=0.06)
        assert set(np.unique(drawn.hounsfield[inside])) == {30}
    rim = np.zeros_like(drawn.lesions, dtype=bool)
    rim[:, 1:] |= (drawn.lesions[:, :-1] > 0) & (drawn.lesions[:, 1:] == 0)
    assert (drawn.hounsfield[rim] == -850).mean() > 0.9


def test_the_noise_is_what_was_asked_for() -> None:
    quiet, noisy = draw_ct(replace(PLAN, noise_hu=0.0)), draw_ct(replace(PLAN, noise_hu=25.0))
    difference = (noisy.hounsfield - quiet.hounsfield)[quiet.hounsfield > -900]
    assert difference.std() == pytest.approx(25.0, rel=0.02)
    assert np.array_equal(quiet.lesions, noisy.lesions)


def test_the_same_plan_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one, again = write_ct(PLAN, tmp_path / "a"), write_ct(PLAN, tmp_path / "b")
    other = write_ct(replace(PLAN, seed=5), tmp_path / "c")
    for first, second, third in zip(one.paths, again.paths, other.paths, strict=True):
        assert first.read_bytes() == second.read_bytes() != third.read_bytes()
    assert one.series_uid != other.series_uid


def test_the_files_stack_to_the_volume(tmp_path: Path) -> None:
    study = write_ct(PLAN, tmp_path)
    files = [pydicom.dcmread(path) for path in study.paths]
    assert {str(one.SeriesInstanceUID) for one in files} == {study.series_uid}
    assert len({str(one.SOPInstanceUID) for one in files}) == PLAN.slices
    assert {one.SyntheticData for one in files} == {"YES"}
    heights = [float(one.ImagePositionPatient[2]) for one in files]
    assert np.allclose(np.diff(heights), PLAN.thickness_mm)
    stacked = np.stack([one.pixel_array for one in files])
    assert np.array_equal(stacked, study.volume.hounsfield)
    assert files[0].SOPClassUID.name == "CT Image Storage"


def test_what_has_no_room_is_refused() -> None:
    with pytest.raises(SourceRefused, match="at most 20 lesions"):
        CtPlan(1, 1, lesions=21)
    with pytest.raises(SourceRefused, match="have room"):
        draw_ct(CtPlan(1, 1, lesions=20, radius_mm=(30.0, 30.0)))
