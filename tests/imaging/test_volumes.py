from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.volumes import VolumeRefusal, VolumeRefused, assemble_volume, plan_stack
from tests.imaging.slices import enhanced, slice_at


def openers(*datasets: Any) -> list[Callable[[], Any]]:
    return [lambda one=one: one for one in datasets]


def refusal(*datasets: Any, **options: Any) -> VolumeRefusal:
    with pytest.raises(VolumeRefused) as caught:
        assemble_volume(openers(*datasets), **options)
    return caught.value.reason


@settings(max_examples=30, deadline=None)
@given(order=st.permutations([0.0, 3.0, 6.0, 9.0]))
def test_slices_are_ordered_by_where_they_lie(order: list[float]) -> None:
    volume = assemble_volume(openers(*(slice_at(one) for one in order)))
    assert volume.array.shape == (4, 4, 5)
    assert volume.array[:, 0, 0].tolist() == [0, 3, 6, 9]
    assert volume.spacing_mm == (3.0, 0.5, 0.25)
    column, row, depth = 3, 2, 1
    assert (volume.affine @ [column, row, depth, 1])[:3].tolist() == [
        -10 + 3 * 0.25, 20 + 2 * 0.5, 3.0,
    ]  # fmt: skip
    assert volume.array[depth, row, column] == 3 + 200 + 3


def test_an_enhanced_object_makes_the_same_volume() -> None:
    positions = [6.0, 0.0, 3.0]
    classic = assemble_volume(openers(*(slice_at(one) for one in positions)))
    one = assemble_volume(openers(enhanced(positions)))
    assert np.array_equal(classic.array, one.array)
    assert np.array_equal(classic.affine, one.affine)


def test_slices_of_any_direction_make_a_volume() -> None:
    """Sagittal: rows run to the back, columns to the feet, slices to the right."""
    slices = [
        slice_at(
            float(at), ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
            ImagePositionPatient=[-2.0 * at, 5, 7],
        )
        for at in (1, 0, 2)
    ]  # fmt: skip
    volume = assemble_volume(openers(*slices))
    assert volume.array[:, 0, 0].tolist() == [0, 1, 2]
    assert volume.affine[:3, 2].tolist() == [-2, 0, 0]
    assert volume.affine[:3, 0].tolist() == [0, 0.25, 0]


def test_slices_of_a_tilted_gantry_keep_their_slant() -> None:
    slices = [slice_at(2.0 * at, ImagePositionPatient=[-10, 20 + at, 2.0 * at]) for at in range(3)]
    volume = assemble_volume(openers(*slices))
    assert volume.affine[:3, 2].tolist() == [0, 1, 2]


def test_a_missing_slice_is_named_and_only_left_open_when_asked() -> None:
    slices = [slice_at(one) for one in (0.0, 2.0, 6.0, 8.0)]
    assert plan_stack(openers(*slices)).missing == (2,)
    assert refusal(*slices) is VolumeRefusal.GAPS
    volume = assemble_volume(openers(*slices), allow_gaps=True)
    assert volume.array.shape[0] == 5
    assert np.isnan(volume.array[2]).all()
    assert volume.array[[0, 1, 3, 4], 0, 0].tolist() == [0, 2, 6, 8]


def test_the_same_slice_twice_is_used_once_and_named() -> None:
    again = slice_at(2.0, SOPInstanceUID="2.25.77")
    volume = assemble_volume(openers(slice_at(0.0), slice_at(2.0), again))
    assert volume.array.shape[0] == 2
    ((kept, dropped),) = volume.stack.duplicates
    assert (kept.source, dropped.source, dropped.instance_uid) == (1, 2, "2.25.77")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"SeriesInstanceUID": "2.25.9"}, "mixed_series"),
        ({"FrameOfReferenceUID": "2.25.9"}, "mixed_series"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0.8, 0.6]}, "mixed_orientation"),
        ({"array": np.zeros((5, 4), np.uint16)}, "mixed_size"),
        ({"PixelSpacing": [0.5, 0.5]}, "mixed_spacing"),
        ({"ImagePositionPatient": None}, "no_position"),
        ({"ImageOrientationPatient": None}, "no_position"),
        ({"PixelSpacing": None}, "no_position"),
        ({"ImagePositionPatient": [-10, 20, 3.4]}, "uneven_distances"),
        ({"ImagePositionPatient": [-10, 27, 4]}, "uneven_distances"),
        ({"ImagePositionPatient": [-10, 20, 1e9]}, "uneven_distances"),
        ({"ImagePositionPatient": [-10, 20, 2]}, "different_slices_in_one_place"),
    ],
)
def test_what_makes_no_volume_is_refused_by_name(changes: dict[str, Any], reason: str) -> None:
    odd = slice_at(4.0, **changes)
    assert refusal(slice_at(0.0), slice_at(2.0), odd) == reason


def test_colour_and_nothing_make_no_volume(make_radiograph: Callable[..., Any]) -> None:
    colour = slice_at(
        0.0, array=np.zeros((2, 2, 3), np.uint8), SamplesPerPixel=3,
        PhotometricInterpretation="RGB", PlanarConfiguration=0,
    )  # fmt: skip
    assert refusal(colour) is VolumeRefusal.NOT_GREY
    assert refusal() is VolumeRefusal.NO_SLICES


def test_a_volume_larger_than_allowed_is_refused_before_it_is_made() -> None:
    slices = [slice_at(one) for one in (0.0, 2.0)]
    assert refusal(*slices, max_voxels=39) is VolumeRefusal.TOO_LARGE
    assert assemble_volume(openers(*slices), max_voxels=40).array.size == 40


def test_one_slice_is_a_volume_of_one() -> None:
    volume = assemble_volume(openers(slice_at(4.0)))
    assert volume.array.shape == (1, 4, 5)
    assert volume.affine[:3, 2].tolist() == [0, 0, 1]


def test_one_file_at_a_time_is_open() -> None:
    opened: list[int] = []

    def opener(at: int) -> Callable[[], Any]:
        def open_one() -> Any:
            opened.append(at)
            return slice_at(float(at))

        return open_one

    assemble_volume([opener(at) for at in range(4)])
    assert opened == [0, 1, 2, 3, 0, 1, 2, 3]
