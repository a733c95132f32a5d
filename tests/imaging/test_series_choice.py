"""Which series is read is declared, and each series has its reason; a tie is never broken."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from imaging.series import Series, image_facts, plane_of, series_of
from imaging.series_choice import Choice, choose_series
from records.series_selection import SeriesSelection
from tests.imaging.conftest import radiograph
from tests.imaging.slices import slice_at

FRONTAL = {"name": "frontal", "modalities": ["DX", "CR"], "views": ["PA", "AP"]}


def projection(series: int, image: int = 1, **changes: Any) -> Dataset:
    values = {"SeriesInstanceUID": f"2.25.{series}", "SOPInstanceUID": f"2.25.{series}0{image}",
              "SeriesNumber": series, "InstanceNumber": image}  # fmt: skip
    return radiograph(**(values | changes))


def stack(series: int, positions: Sequence[float], **changes: Any) -> list[Dataset]:
    return [
        slice_at(one, **({
            "SeriesInstanceUID": f"2.25.{series}", "SOPInstanceUID": f"2.25.{series}0{at}",
            "SeriesNumber": series, "InstanceNumber": at + 1, "SliceThickness": 5,
        } | changes))
        for at, one in enumerate(positions)
    ]  # fmt: skip


def found(datasets: Sequence[Dataset]) -> list[Series]:
    openers = [lambda one=one: one for one in datasets]
    return series_of([image_facts(at, one) for at, one in enumerate(datasets)], openers)


def choose(
    datasets: Sequence[Dataset], *rules: dict[str, Any], **more: Any
) -> Choice:
    selection = SeriesSelection.model_validate({"rules": list(rules or (FRONTAL,)), **more})
    return choose_series(found(datasets), selection)


def reasons(choice: Choice) -> list[str]:
    return [one.why for one in choice.findings]


def test_the_one_series_that_meets_the_rule_is_read_and_the_others_say_why_not() -> None:
    choice = choose([projection(1, ViewPosition="LL"), projection(2), projection(3, Modality="US")])
    assert choice.source == 1
    assert [one.chosen for one in choice.findings] == [False, True, False]
    assert reasons(choice) == [
        "'frontal': view LL, not PA or AP", "meets 'frontal'",
        "'frontal': modality US, not DX or CR",
    ]  # fmt: skip


def test_what_is_not_recorded_is_not_what_was_asked_for() -> None:
    choice = choose([projection(1, ViewPosition=None)])
    assert choice.source is None
    assert choice.reason == "no series meets a rule"
    assert reasons(choice) == ["'frontal': view not recorded, not PA or AP"]


def test_equal_series_are_a_tie_and_none_is_read() -> None:
    choice = choose([projection(1), projection(2)])
    assert choice.source is None
    assert choice.reason == "a tie: 2 series meet 'frontal' and are equal (no preference)"
    assert reasons(choice) == [choice.reason, choice.reason]


def test_preferences_decide_one_after_the_other_and_say_so() -> None:
    both = [projection(1, 1), projection(1, 2), projection(2, 1)]
    newest = choose(both, prefer=["newest"])
    assert newest.source == 2
    assert reasons(newest)[0] == "meets 'frontal'; another is newer"
    most = choose(both, prefer=["most_images"], image="newest")
    assert most.source == 1
    assert reasons(most)[1] == "meets 'frontal'; another is of more images"
    same = [projection(4, SeriesInstanceUID=f"2.25.{one}") for one in (7, 8)]
    tie = choose(same, prefer=["most_images", "newest"])
    assert tie.source is None
    assert "equal (most_images, newest)" in tie.reason


def test_a_later_day_is_newer_than_a_higher_series_number() -> None:
    choice = choose(
        [projection(9, AcquisitionDate="20260213"), projection(2, AcquisitionDate="20260214")],
        prefer=["newest"],
    )
    assert choice.source == 1


def test_rules_are_asked_in_their_order() -> None:
    rules = ({"name": "ap", "views": ["AP"]}, {"name": "any", "modalities": ["DX"]})
    assert choose([projection(1), projection(2, ViewPosition="AP")], *rules).source == 1
    fallback = choose([projection(1)], *rules)
    assert fallback.source == 0
    assert reasons(fallback) == ["'ap': view PA, not AP; meets 'any'"]


def test_a_series_with_several_images_needs_a_rule_for_the_image() -> None:
    both = [projection(1, 1), projection(1, 2)]
    choice = choose(both)
    assert choice.source is None
    assert choice.reason == "meets 'frontal', but it holds 2 images, and the device reads one"
    assert not choice.findings[0].chosen
    assert choose(both, image="newest").source == 1
    equal = [projection(1, 1), projection(1, 1, SOPInstanceUID="2.25.77")]
    assert "equally new" in choose(equal, image="newest").reason


@pytest.mark.parametrize(
    ("changes", "rule", "why"),
    [
        ({"BodyPartExamined": "HAND"}, {"body_parts": ["CHEST"]}, "body part HAND, not CHEST"),
        ({"SeriesDescription": "Abdomen"}, {"description": "chest|thorax"},
         "description does not match 'chest|thorax'"),
        ({"SeriesDescription": "Scout"}, {"not_description": "scout"},
         "description matches 'scout'"),
        ({"ImageType": ["DERIVED", "PRIMARY"]}, {"image_type": ["ORIGINAL"]},
         "image type is not ORIGINAL"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, {"not_image_type": ["LOCALIZER"]},
         "image type LOCALIZER"),
        ({"SliceThickness": 5}, {"slice_thickness_mm": {"at_most": 3}}, "slice thickness 5 mm"),
        ({}, {"slice_thickness_mm": {"at_most": 3}}, "slice thickness not recorded"),
        ({}, {"images": {"at_least": 2}}, "images: 1"),
        ({}, {"orientation": "axial"}, "orientation not recorded, not axial"),
        ({}, {"contrast": True}, "without contrast agent"),
        ({"ContrastBolusVolume": 80}, {"contrast": False}, "with contrast agent"),
        ({}, {"volume": "whole"}, "a single image is no volume"),
    ],
)  # fmt: skip
def test_each_condition_refuses_by_name_and_its_opposite_is_met(
    changes: dict[str, Any], rule: dict[str, Any], why: str
) -> None:
    choice = choose([projection(1, **changes)], {"name": "r", **rule})
    assert choice.source is None
    assert reasons(choice) == [f"'r': {why}"]


def test_conditions_are_met_by_what_they_describe() -> None:
    thorax = stack(2, [0, 5, 10], BodyPartExamined="CHEST", SeriesDescription="Thorax axial",
                   ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], ContrastBolusAgent="CONTRAST",
                   ViewPosition=None)  # fmt: skip
    rule = {
        "name": "all", "modalities": ["ct"], "body_parts": ["chest"], "description": "tho*x",
        "not_description": "scout", "image_type": ["original", "AXIAL"],
        "not_image_type": ["LOCALIZER"], "slice_thickness_mm": {"at_least": 1, "at_most": 5},
        "images": {"at_least": 3, "at_most": 3}, "orientation": "axial", "contrast": True,
        "volume": "whole",
    }  # fmt: skip
    choice = choose(thorax, rule, image="middle_slice")
    assert choice.source == 1
    assert reasons(choice) == ["meets 'all'"]


def test_slices_are_read_in_the_patient_and_a_fault_of_the_volume_is_the_reason() -> None:
    """The middle lies in the middle of the body, whatever order the slices came in."""
    whole = {"name": "ct", "volume": "whole"}
    assert choose(stack(1, [20, 0, 10]), whole, image="middle_slice").source == 2
    with_gap = stack(1, [0, 5, 15, 20])
    assert reasons(choose(with_gap, whole)) == ["'ct': 4 slices, 1 missing"]
    allowed = choose(with_gap, {"name": "ct", "volume": "gaps_allowed"}, image="middle_slice")
    assert allowed.source == 2
    sagittal = slice_at(9, SeriesInstanceUID="2.25.1", ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    assert reasons(choose([*stack(1, [0, 5]), sagittal], whole)) == [
        "'ct': no volume: mixed_orientation"
    ]
    twice = [*stack(1, [0, 5]), *stack(1, [5], SOPInstanceUID="2.25.5")]
    assert found(twice)[0].slices is not None
    assert found(twice)[0].shown()["slices"] == "2 slices, 1 twice"


def test_planes_are_told_by_their_cosines() -> None:
    assert plane_of((1, 0, 0, 0, 0, -1)) == "coronal"
    assert plane_of((0.7071, 0.7071, 0, 0, 0, -1)) == "oblique"


@given(
    views=st.lists(st.sampled_from(["PA", "AP", "LL", None]), min_size=1, max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_changes_no_choice(views: list[str | None], order: Any) -> None:
    datasets = [projection(at + 1, ViewPosition=view) for at, view in enumerate(views)]
    mixed = datasets.copy()
    order.shuffle(mixed)
    one, other = (choose(some, prefer=["newest"]) for some in (datasets, mixed))
    assert [f.to_dict() for f in one.findings] == [f.to_dict() for f in other.findings]
    assert sum(f.chosen for f in one.findings) == any(v in ("PA", "AP") for v in views)
