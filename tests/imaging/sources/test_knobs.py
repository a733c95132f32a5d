"""Each knob turns one thing, and none of them changes what the others leave alone."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from imaging.sources.base import StudyPlan
from imaging.sources.cases import draw_case, uid
from imaging.sources.knobs import NEUTRAL, Knobs, site_with
from imaging.sources.simulator import (
    development_plan,
    lungs_of,
    operation_day_plan,
    picture_of,
    simulate,
    study_bytes,
)
from imaging.sources.sites import SITES
from measures.image_quality import clipping, quality
from records.errors import InvalidInput

TURNED: dict[str, Any] = {
    "noise": 6.0, "blur": 3.0, "gain": 1.6, "flattening": 0.5, "collimation": 0.4,
    "kilovolts_less": 40.0, "motion": 9.0, "clipping": 0.3, "extra_markers": 6, "marker": "L",
    "manufacturer": "Other", "model": "Other 1", "software": "O 9", "prevalence": 0.9,
    "female_share": 1.0, "age_mean": 30.0, "portable_share": 1.0, "subtler": 0.8,
    "reader_skill": -2.0, "label_delay": 30, "pneumothorax": 1.0, "children": True,
    "together": True,
}  # fmt: skip
OF_THE_IMAGE = ("noise", "blur", "gain", "flattening", "collimation", "kilovolts_less", "motion",
                "clipping", "extra_markers", "marker")  # fmt: skip


def plans(n: int = 60, **turned: Any) -> list[StudyPlan]:
    every = operation_day_plan(8, "northfield", 3, n, False, knobs=Knobs(**turned))
    return [one for one in every if one.defect is None]


def test_every_knob_is_tested_here() -> None:
    assert set(TURNED) == {one.name for one in fields(Knobs)}
    assert Knobs() == NEUTRAL
    assert NEUTRAL.turned == {}


def test_without_a_knob_turned_site_and_bytes_are_the_very_same() -> None:
    assert site_with("northfield", NEUTRAL) is SITES["northfield"]
    plan = development_plan(3, 1)[0]
    with_knobs = development_plan(3, 1, knobs=Knobs(noise=1.0))[0]
    assert study_bytes(draw_case(plan)) == study_bytes(draw_case(with_knobs))
    assert uid(plan, "file") == uid(with_knobs, "file")


@pytest.mark.parametrize("name", TURNED)
def test_the_same_turn_gives_the_same_bytes_and_a_name_of_its_own(name: str) -> None:
    one, again, before = (
        plans(1, **turned)[0] for turned in ({name: TURNED[name]}, {name: TURNED[name]}, {})
    )
    assert study_bytes(draw_case(one)) == study_bytes(draw_case(again))
    assert uid(one, "instance") != uid(before, "instance")


@pytest.mark.parametrize(
    "name", ["label_delay", "manufacturer", "model", "reader_skill", "software"]
)
def test_equipment_strings_and_readers_leave_the_picture_alone(name: str) -> None:
    turned, before = plans(1, **{name: TURNED[name]})[0], plans(1)[0]
    assert np.array_equal(picture_of(draw_case(turned))[0], picture_of(draw_case(before))[0])


@pytest.mark.parametrize("name", OF_THE_IMAGE)
def test_an_image_knob_changes_the_picture_and_never_who_comes(name: str) -> None:
    turned, before = draw_case(plans(1, **{name: TURNED[name]})[0]), draw_case(plans(1)[0])
    assert replace(turned, plan=before.plan) == before
    if name == "marker":  # this site burns an R by itself
        assert SITES["northfield"].marker == "R"
    assert not np.array_equal(picture_of(turned)[0], picture_of(before)[0])


def measured(**turned: Any) -> dict[str, float]:
    shown = [picture_of(draw_case(one))[0] / 4095 for one in plans(8, **turned)]
    rows = [{**quality(one), "clipping": clipping(one)} for one in shown]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


@pytest.mark.parametrize(
    ("name", "measure", "rises"),
    [("noise", "noise", True), ("blur", "sharpness", False), ("motion", "sharpness", False),
     ("gain", "brightness", True), ("flattening", "contrast", False),
     ("clipping", "clipping", True), ("collimation", "saturation", True),
     ("kilovolts_less", "noise", True)],
)  # fmt: skip
def test_a_knob_moves_its_measure(name: str, measure: str, rises: bool) -> None:
    before, after = measured()[measure], measured(**{name: TURNED[name]})[measure]
    assert (after > before) is rises


def test_the_header_says_what_the_equipment_knobs_say(tmp_path: Path) -> None:
    knobs = {"manufacturer": "Other", "model": "Other 1", "software": "O 9", "kilovolts_less": 40.0}
    (study,) = simulate(plans(1, **knobs)[:1], tmp_path, workers=1)
    found, usual = pydicom.dcmread(study.path), draw_case(plans(1)[0])
    assert (found.Manufacturer, found.ManufacturerModelName, found.SoftwareVersions) == (
        "Other", "Other 1", "O 9"
    )  # fmt: skip
    assert float(found.KVP) == picture_of(usual)[1].tube_voltage_kv - 40


def test_patient_knobs_change_who_comes() -> None:
    def cases(**turned: Any) -> list[Any]:
        return [draw_case(one) for one in plans(150, **turned)]

    assert np.mean([one.finding for one in cases(prevalence=0.9)]) > 0.8
    assert {one.patient.sex for one in cases(female_share=1.0)} == {"F"}
    assert np.mean([one.age_years for one in cases(age_mean=30.0)]) < 45
    assert all(one.portable for one in cases(portable_share=1.0))
    usual, subtler = cases(), cases(subtler=0.8)
    assert [one.finding for one in usual] == [one.finding for one in subtler]
    assert min(one.subtlety for one in subtler if one.finding) >= 0.8


def test_children_are_small_and_on_a_smaller_field(tmp_path: Path) -> None:
    cases = [draw_case(one) for one in plans(40, children=True)]
    assert {one.age_years for one in cases} <= {1, 2, 3, 4, 5}
    assert len({one.age_years for one in cases}) > 2
    (child,), (adult,) = (
        simulate(plans(1, **turned), tmp_path, workers=1) for turned in ({"children": True}, {})
    )
    spacing = [float(pydicom.dcmread(one.path).ImagerPixelSpacing[0]) for one in (child, adult)]
    assert spacing == pytest.approx([280 / 160, 430 / 160], abs=1e-3)


def test_a_pneumothorax_may_come_beside_a_pneumonia_and_is_drawn_on_top_of_it() -> None:
    usual, both = ([draw_case(one) for one in plans(60, **turned)]
                   for turned in ({}, {"pneumothorax": 1.0, "together": True}))
    ill = [(before, after) for before, after in zip(usual, both, strict=True) if before.finding]
    assert ill
    for before, after in ill:
        assert after.findings == ("pneumonia", "pneumothorax")
        assert after.subtlety == before.subtlety
        assert after.subtlety_beside > 0
    before, after = (picture_of(one)[0] for one in ill[0])
    assert not np.array_equal(before, after)


def test_a_pneumothorax_comes_to_those_without_pneumonia_and_darkens_a_side() -> None:
    usual, air = ([draw_case(one) for one in plans(80, **turned)]
                  for turned in ({}, {"pneumothorax": 1.0}))
    for before, after in zip(usual, air, strict=True):
        assert after.findings == (before.findings or ("pneumothorax",))
        assert after.finding == 1
        assert after.patient == before.patient
    at = next(at for at, one in enumerate(air) if one.findings == ("pneumothorax",) and
              one.grade == "obvious" and not one.portable)
    before, after = (picture_of(cases[at])[0] / 4095.0 for cases in (usual, air))
    inside = lungs_of(usual[at])
    halves = [np.where(side, before - after, 0)[inside] for side in (
        np.arange(160)[None, :] < 80, np.arange(160)[None, :] >= 80)]
    darker = sorted(float(np.mean(half > 0.08)) for half in halves)
    assert darker[1] > 0.05 > 4 * darker[0]


def test_reader_skill_and_label_delay(tmp_path: Path) -> None:
    def readings(**turned: Any) -> list[Any]:
        return simulate(plans(60, **turned), tmp_path, workers=1)

    def right(found: list[Any]) -> float:
        return float(np.mean([one.reading.finding == one.truth.finding for one in found]))

    usual, poor, late = readings(), readings(reader_skill=-2.0), readings(label_delay=30)
    assert right(poor) < right(usual) - 0.15
    for before, after in zip(usual, late, strict=True):
        if before.truth.delay_days is None:
            assert after.truth.delay_days is None
        else:
            assert after.truth.delay_days == before.truth.delay_days + 30


@pytest.mark.parametrize(
    ("name", "value"), [("noise", 0.5), ("clipping", 0.6), ("prevalence", 0.0), ("marker", "X"),
                        ("gain", float("nan"))],
)  # fmt: skip
def test_a_knob_out_of_its_range_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=f"The knob {name} stands at"):
        Knobs(**{name: value})
