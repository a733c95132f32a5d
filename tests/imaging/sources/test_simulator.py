import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from imaging.sources import simulator
from imaging.sources.base import Defect, Phase, SimulatedStudy, SourceRefused, StudyPlan
from imaging.sources.cases import OPERATION_START, PNEUMONIA, development_day, draw_case, uid
from imaging.sources.simulator import (
    development_plan,
    operation_day_plan,
    picture_of,
    region_of,
    simulate,
    study_bytes,
    study_path,
)
from imaging.sources.sites import DEVELOPMENT_SITES, EXTERNAL_SITE, OPERATION_SITES, SITES
from measures.image_quality import quality


def _plan(index: int, *, site: str = "northfield", seed: int = 3, **changes: object) -> StudyPlan:
    day = development_day(seed, site, index)
    plan = StudyPlan(seed, site, Phase.DEVELOPMENT, day, -1, index)
    return replace(plan, **changes)  # type: ignore[arg-type]


def test_every_site_is_known_by_its_name_and_a_whole_one_is_held_out() -> None:
    assert all(name == site.name for name, site in SITES.items())
    assert set(DEVELOPMENT_SITES) | set(OPERATION_SITES) <= set(SITES)
    assert EXTERNAL_SITE in DEVELOPMENT_SITES


def test_a_plan_gives_each_site_its_share_with_dates_before_operation() -> None:
    plans = development_plan(1, 50)
    good = [plan for plan in plans if plan.defect is None]
    assert len(good) == 150
    assert all(plan.day < OPERATION_START for plan in plans)
    assert all(plan.phase is Phase.DEVELOPMENT for plan in plans)


def test_a_longer_development_plan_begins_with_the_same_studies() -> None:
    short = [p for p in development_plan(1, 10) if p.defect is None]
    long = [p for p in development_plan(1, 30) if p.defect is None]
    assert set(short) <= set(long)


def test_operation_counts_days_from_the_start() -> None:
    plans = operation_day_plan(1, "eastbrook", 34, 20, True)
    assert sum(plan.defect is None for plan in plans) == 20
    assert {(plan.day - OPERATION_START).days for plan in plans} == {34}
    assert all(plan.degraded for plan in plans)


def test_an_unknown_site_and_a_tiny_image_are_refused() -> None:
    with pytest.raises(SourceRefused, match="Known: northfield"):
        operation_day_plan(1, "nowhere", 0, 20, False)
    with pytest.raises(SourceRefused, match="at least 128"):
        development_plan(1, 2, pixels=64)
    with pytest.raises(SourceRefused, match="at least 1"):
        simulate([], Path(), workers=0)


def test_same_seed_same_bytes_and_another_seed_other_bytes() -> None:
    once, again = study_bytes(draw_case(_plan(4))), study_bytes(draw_case(_plan(4)))
    assert once == again
    assert once != study_bytes(draw_case(_plan(4, seed=4)))
    assert once != study_bytes(draw_case(_plan(5)))


def test_processes_write_the_same_bytes_as_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator, "POOL_FROM", 1)
    plans = development_plan(9, 3)
    done: list[int] = []
    alone = simulate(plans, tmp_path / "one", workers=1)
    shared = simulate(plans, tmp_path / "two", workers=2, progress=done.append)
    assert done == list(range(1, len(plans) + 1))
    assert [s.truth for s in alone] == [s.truth for s in shared]
    for one, two in zip(alone, shared, strict=True):
        assert one.path.read_bytes() == two.path.read_bytes()


def test_an_interrupted_run_goes_on_and_leaves_finished_files_alone(tmp_path: Path) -> None:
    plans = development_plan(9, 2)
    simulate(plans[:2], tmp_path, workers=1)
    kept = study_path(plans[0], tmp_path)
    before = kept.stat().st_mtime_ns
    half = study_path(plans[2], tmp_path).with_suffix(".part")
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    studies = simulate(plans, tmp_path, workers=1)
    assert kept.stat().st_mtime_ns == before
    assert all(study.path.exists() for study in studies)
    assert not list(tmp_path.rglob("*.part"))
    assert studies == simulate(plans, tmp_path, workers=1)


def test_files_lie_below_their_site_and_day_under_names_that_name_nobody(
    development: list[SimulatedStudy],
) -> None:
    study = development[0]
    assert study.path.parent.parts[-2:] == ("northfield", "development")
    operated = operation_day_plan(1, "eastbrook", 2, 1, False)[0]
    assert study_path(operated, Path("x")).parts[:3] == ("x", "eastbrook", "2026-06-03")
    dataset = pydicom.dcmread(study.path)
    assert dataset.PatientID not in study.path.name


def test_a_file_is_a_radiograph_of_a_simulated_person(development: list[SimulatedStudy]) -> None:
    studies = [study for study in development if study.defect is None]
    for study in studies[::15]:
        dataset = pydicom.dcmread(study.path)
        assert dataset.SOPClassUID.name == "Digital X-Ray Image Storage - For Presentation"
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
        assert dataset.StudyInstanceUID == study.study_uid
        assert (dataset.Modality, dataset.BodyPartExamined) == ("DX", "CHEST")
        assert dataset.ViewPosition in ("PA", "AP")
        assert dataset.StudyDate == study.day.strftime("%Y%m%d")
        assert dataset.PatientName and dataset.PatientBirthDate
        assert dataset.pixel_array.shape == (160, 160)
        assert dataset.pixel_array.max() <= 4095
        assert "simulated" in dataset.InstitutionName
        assert dataset.SyntheticData == "YES", "a live workspace refuses it by that"


TOO_NEW = "</(0008,001c)>"
"""Synthetic Data is newer than the validator's dictionary, which names it an unknown attribute."""


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is missing")
def test_the_dicom_validator_has_nothing_to_say(development: list[SimulatedStudy]) -> None:
    good = [study for study in development if study.defect is None]
    for study in good[::30]:
        told = subprocess.run(
            ["dciodvfy", "-new", study.path], capture_output=True, text=True, check=False
        )
        of_it = [line for line in told.stderr.splitlines() if TOO_NEW not in line]
        assert of_it == ["DXImageForPresentation"]


def test_bone_is_bright_in_every_site_whatever_the_photometric_interpretation() -> None:
    for site in DEVELOPMENT_SITES:
        picture, _ = picture_of(draw_case(_plan(1, site=site)))
        shown = 4095 - picture if SITES[site].monochrome1 else picture
        spine, lung = shown[90:120, 76:86].mean(), shown[60:90, 45:60].mean()
        assert spine > lung + 800


def test_the_changed_software_says_so_and_shows_the_same_patient(tmp_path: Path) -> None:
    plans = [operation_day_plan(2, "eastbrook", 40, 1, changed)[0] for changed in (False, True)]
    before, after = (pydicom.dcmread(s.path) for s in simulate(plans, tmp_path, workers=1))
    assert before.PatientID == after.PatientID
    assert before.SoftwareVersions != after.SoftwareVersions
    assert before.StudyInstanceUID != after.StudyInstanceUID


def test_the_changed_software_shifts_quality_by_one_to_three_deviations() -> None:
    site = SITES["eastbrook"]
    assert not site.monochrome1
    rows: dict[bool, list[dict[str, float]]] = {}
    for changed in (False, True):
        plans = operation_day_plan(2, site.name, 3, 60, changed)
        good = [draw_case(plan) for plan in plans if plan.defect is None]
        rows[changed] = [quality(picture_of(c)[0].astype(np.float32) / 4095) for c in good]
    moved = {}
    for name in ("brightness", "contrast", "sharpness", "noise"):
        before, after = (np.array([row[name] for row in rows[c]]) for c in (False, True))
        moved[name] = abs(after.mean() - before.mean()) / before.std()
    assert sum(shift > 0.8 for shift in moved.values()) >= 3, moved
    assert max(moved.values()) < 4, moved


def test_operation_is_exchangeable_with_development() -> None:
    developed = [draw_case(_plan(i, site="eastbrook")) for i in range(1500)]
    operated = [
        draw_case(plan)
        for day in (0, 20, 59)
        for plan in operation_day_plan(3, "eastbrook", day, 500, False)
    ]
    for fact in ("age_years", "finding", "portable", "subtlety"):
        one = np.array([float(getattr(case, fact)) for case in developed])
        two = np.array([float(getattr(case, fact)) for case in operated])
        error = np.hypot(one.std() / np.sqrt(one.size), two.std() / np.sqrt(two.size))
        assert abs(one.mean() - two.mean()) < 4 * error, fact


def test_a_few_patients_come_twice_and_stay_themselves() -> None:
    cases = [draw_case(_plan(i)) for i in range(3000)]
    by_number: dict[str, list[str]] = {}
    for case in cases:
        by_number.setdefault(case.patient.patient_id, []).append(case.patient.name)
    assert all(len(set(names)) == 1 for names in by_number.values())
    share = sum(len(names) > 1 for names in by_number.values()) / len(by_number)
    assert 0.015 < share < 0.045
    visits = {case.plan.index: uid(case.plan, "study") for case in cases}
    assert len(set(visits.values())) == 3000


def test_returning_patients_of_operation_came_within_three_weeks() -> None:
    numbers: dict[str, set[int]] = {}
    for day in range(40):
        for plan in operation_day_plan(3, "northfield", day, 20, False):
            if plan.defect is None:
                numbers.setdefault(draw_case(plan).patient.patient_id, set()).add(day)
    again = [days for days in numbers.values() if len(days) > 1]
    assert again
    assert all(max(days) - min(days) <= 42 for days in again)


def test_prevalence_lies_where_each_site_has_it() -> None:
    for name in OPERATION_SITES:
        found = [draw_case(_plan(i, site=name)).finding for i in range(1200)]
        assert abs(np.mean(found) - SITES[name].prevalence) < 0.06


def test_readers_miss_subtle_findings_more_often(tmp_path: Path) -> None:
    missed: dict[str, list[int]] = {"obvious": [], "subtle": []}
    wrong: list[int] = []
    for index in range(1500):
        case = draw_case(_plan(index))
        truth, reading = simulator.read_by_people(case)
        assert truth.study_uid == reading.study_uid
        if case.grade in missed:
            missed[case.grade].append(1 - reading.finding)
        if not case.finding:
            wrong.append(reading.finding)
    assert np.mean(missed["subtle"]) > np.mean(missed["obvious"]) + 0.1
    assert 0.02 < np.mean(wrong) < 0.13


def test_truth_comes_late_and_in_operation_sometimes_never() -> None:
    plans = operation_day_plan(3, "northfield", 5, 600, False)
    delays = [
        simulator.read_by_people(draw_case(p))[0].delay_days for p in plans if p.defect is None
    ]
    known = [delay for delay in delays if delay is not None]
    assert min(known) == 2 and max(known) == 10
    assert 0.005 < delays.count(None) / len(delays) < 0.06
    settled = [simulator.read_by_people(draw_case(_plan(i)))[0] for i in range(300)]
    assert all(truth.delay_days is not None for truth in settled)


def test_about_one_file_in_two_hundred_is_bad() -> None:
    plans = development_plan(1, 4000)
    bad = [plan.defect for plan in plans if plan.defect]
    assert 30 < len(bad) < 95
    assert set(bad) == set(Defect)


def test_each_bad_file_is_bad_in_its_own_way(tmp_path: Path) -> None:
    plans = [_plan(i, defect=defect) for i, defect in enumerate(Defect)]
    studies = {s.defect: s for s in simulate(plans, tmp_path, workers=1)}
    assert all(s.truth is None and s.reading is None for s in studies.values())
    with pytest.raises(pydicom.errors.InvalidDicomError):
        pydicom.dcmread(studies[Defect.NOT_DICOM].path)
    assert pydicom.dcmread(studies[Defect.LATERAL].path).ViewPosition == "LL"
    assert pydicom.dcmread(studies[Defect.WRONG_BODY_PART].path).BodyPartExamined == "HAND"
    assert not pydicom.dcmread(studies[Defect.EMPTY_PIXELS].path).PixelData
    cut = studies[Defect.TRUNCATED].path.stat().st_size
    assert cut < studies[Defect.LATERAL].path.stat().st_size - 20_000


def test_the_true_region_lies_where_the_picture_differs_from_the_same_one_without() -> None:
    shared = []
    for plan in development_plan(7, 20):
        case = draw_case(plan)
        if plan.defect or PNEUMONIA not in case.findings or case.subtlety > 0.5:
            continue
        ill, well = (
            picture_of(one)[0].astype(float) for one in (case, replace(case, findings=()))
        )
        apart, region = ndimage.gaussian_filter(np.abs(ill - well), 2), region_of(case)
        most = apart >= np.sort(apart.ravel())[-int(region.sum())]
        shared.append((most & region).sum() / (most | region).sum())
    assert len(shared) >= 6
    assert np.median(shared) > 0.7
