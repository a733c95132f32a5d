import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.pixels import pack_bits

from imaging.frames import read_frames
from imaging.overlays import overlays
from imaging.pixels import PixelsRefused, SizeLimits
from tests.imaging.slices import slice_at

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"


def with_overlay(dataset: Any, group: int, masks: np.ndarray[Any, Any], **changes: Any) -> Any:
    values = {
        0x0010: ("US", masks.shape[-2]), 0x0011: ("US", masks.shape[-1]), 0x0040: ("CS", "R"),
        0x0050: ("SS", [2, -1]), 0x0100: ("US", 1), 0x0102: ("US", 0),
        0x3000: ("OW", pack_bits(masks.astype(np.uint8).ravel())),
    }  # fmt: skip
    if masks.ndim == 3:
        values |= {0x0015: ("IS", len(masks)), 0x0051: ("US", 1)}
    values |= changes.get("values", {})
    for number, (kind, value) in values.items():
        if value is not None:
            dataset.add_new((group, number), kind, value)
    return dataset


def test_a_real_overlay_equals_pydicoms_and_is_no_part_of_the_values() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(FOLDER / "examples_overlay.dcm")
        frames = read_frames(dataset)
        (found,) = overlays(frames)
        assert np.array_equal(found.mask, dataset.overlay_array(0x6000).astype(bool))
        assert np.array_equal(frames.stored(), dataset.pixel_array)
    assert found.mask.any()


def test_an_overlay_says_where_it_lies() -> None:
    mask = np.random.default_rng(2).random((3, 7)) > 0.5
    (found,) = overlays(read_frames(with_overlay(slice_at(0.0), 0x6002, mask)))
    assert (found.group, found.kind, found.origin) == (0x6002, "R", (2, -1))
    assert np.array_equal(found.mask, mask)


def test_each_frame_has_its_own_overlay() -> None:
    masks = np.random.default_rng(2).random((2, 3, 5)) > 0.5
    array = np.zeros((3, 4, 5), np.uint16)
    dataset = slice_at(0.0, array=array[0], NumberOfFrames=3, PixelData=array.tobytes())
    frames = read_frames(with_overlay(dataset, 0x6000, masks, values={0x0051: ("US", 2)}))
    assert overlays(frames, 0) == ()
    for index in (1, 2):
        assert np.array_equal(overlays(frames, index)[0].mask, masks[index - 1])


def test_an_overlay_in_a_spare_bit_is_found_and_taken_off_the_values() -> None:
    mask = np.random.default_rng(2).random((4, 5)) > 0.5
    plain = slice_at(0.0)
    words = np.frombuffer(plain.PixelData, np.uint16).reshape(4, 5) | (mask.astype(np.uint16) << 13)
    dataset = with_overlay(
        slice_at(0.0, array=words), 0x6000, mask,
        values={0x0100: ("US", 16), 0x0102: ("US", 13), 0x3000: ("OW", None)},
    )  # fmt: skip
    frames = read_frames(dataset)
    (found,) = overlays(frames)
    assert np.array_equal(found.mask, mask)
    assert np.array_equal(frames.values(), read_frames(plain).values())


def test_a_bit_of_the_values_is_no_overlay() -> None:
    values = {0x0100: ("US", 16), 0x0102: ("US", 11), 0x3000: ("OW", None)}
    dataset = with_overlay(slice_at(0.0), 0x6000, np.zeros((4, 5), bool), values=values)
    assert overlays(read_frames(dataset)) == ()


def test_an_overlay_that_is_cut_or_too_large_is_refused() -> None:
    mask = np.ones((4, 5), bool)
    cut = with_overlay(slice_at(0.0), 0x6000, mask, values={0x3000: ("OW", b"\xff\xff")})
    with pytest.raises(PixelsRefused, match="truncated: overlay"):
        overlays(read_frames(cut))
    large = with_overlay(slice_at(0.0), 0x6000, mask)
    with pytest.raises(PixelsRefused, match="too_large: overlay"):
        overlays(read_frames(large), limits=SizeLimits(max_pixels=19))
