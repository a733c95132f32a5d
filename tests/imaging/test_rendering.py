import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, apply_voi, apply_windowing
from pydicom.sequence import Sequence

from imaging.frame_facts import Window
from imaging.frames import read_frames
from imaging.pixels import PixelsRefused
from imaging.rendering import rendered, windowed
from tests.imaging.slices import enhanced, group, slice_at

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(40, 400), (-600.5, 1500.25), (0, 2)])
def test_windows_are_those_of_the_standard(function: str, center: float, width: float) -> None:
    """Beside pydicom's own, which gives the range of the stored bits."""
    dataset = slice_at(
        0.0, WindowCenter=center, WindowWidth=width, VOILUTFunction=function,
        RescaleIntercept=-2048,
    )  # fmt: skip
    values = np.linspace(-2048, 2047, 500)
    with np.errstate(over="ignore"):
        theirs = (apply_windowing(values, dataset) + 2048) / 4095
    assert windowed(values, Window(center, width, function)) == pytest.approx(theirs, abs=1e-6)


def test_a_window_of_width_one_is_a_threshold() -> None:
    shown = windowed(np.array([4.0, 4.4, 4.6, 5.0]), Window(5, 1))
    assert shown.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    "window", [Window(0, 0), Window(0, 0.5), Window(0, -1, "SIGMOID"), Window(0, 10, "CURVE")]
)
def test_no_other_window_is_applied(window: Window) -> None:
    with pytest.raises(ValueError, match="window"):
        windowed(np.zeros(3), window)


def test_a_proposed_window_is_taken_by_its_number() -> None:
    dataset = slice_at(0.0, WindowCenter=[0, 300], WindowWidth=[10, 100])
    frames = read_frames(dataset)
    values = frames.values()
    for number, window in enumerate((Window(0, 10), Window(300, 100))):
        assert np.array_equal(rendered(frames, window=number), windowed(values, window))
    with pytest.raises(ValueError, match="the file proposes 2"):
        rendered(frames, window=2)


def test_without_a_window_the_whole_range_is_shown_and_padding_is_black() -> None:
    frames = read_frames(slice_at(0.0, PixelPaddingValue=1024))
    shown = rendered(frames)
    assert shown[0, 0] == 0.0  # the padding, which is not the darkest value
    assert (shown[0, 1], shown.max()) == (0.0, 1.0)
    flat = read_frames(slice_at(0.0, array=np.full((3, 3), 7, np.uint16)))
    assert not rendered(flat).any()


def test_monochrome1_and_an_inverse_presentation_are_inverted() -> None:
    plain = rendered(read_frames(slice_at(0.0)))
    for changes in (
        {"PhotometricInterpretation": "MONOCHROME1"}, {"PresentationLUTShape": "INVERSE"},
    ):  # fmt: skip
        assert np.allclose(rendered(read_frames(slice_at(0.0, **changes))), 1 - plain)


def test_each_frame_of_an_enhanced_object_has_its_own_window() -> None:
    frames = read_frames(enhanced([0.0, 2.0]))
    assert np.array_equal(rendered(frames, 1), windowed(frames.values(1), Window(100, 50)))


def test_a_table_of_values_comes_before_windows() -> None:
    entries = [0, 1000, 4095, 2000]
    table = group(LUTDescriptor=[4, 1, 12], LUTData=entries)
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    dataset = slice_at(
        0.0, array=np.array([[0, 1, 2, 3], [4, 5, 9, 2]], np.uint16), RescaleIntercept=0,
        VOILUTSequence=Sequence([table]), WindowCenter=1, WindowWidth=2,
    )  # fmt: skip
    frames = read_frames(dataset)
    theirs = apply_voi(frames.stored(), dataset) / 4095
    assert rendered(frames) == pytest.approx(theirs)
    assert np.array_equal(rendered(frames, window=1), windowed(frames.values(), Window(1, 2)))


def test_a_palette_gives_colours() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(FOLDER / "examples_palette.dcm")
        theirs = apply_color_lut(dataset.pixel_array, dataset)
        shown = rendered(read_frames(dataset))
    assert shown.shape == (*dataset.pixel_array.shape, 3)
    assert np.allclose(shown, theirs / 65535, atol=1e-6)


def palette(entries: int, first: int, bits: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for at, name in enumerate(("Red", "Green", "Blue")):
        table = (np.arange(entries) * 10 + at).astype(np.uint16 if bits == 16 else np.uint8)
        values[f"{name}PaletteColorLookupTableDescriptor"] = [entries, first, bits]
        values[f"{name}PaletteColorLookupTableData"] = table.tobytes()
    return values


@pytest.mark.parametrize("bits", [8, 16])
def test_a_supplemental_palette_colours_only_what_it_names(bits: int) -> None:
    dataset = slice_at(
        0.0, array=np.array([[0, 50, 100, 101, 103]], np.uint16), PixelPresentation="COLOR",
        **palette(4, 100, bits),
    )  # fmt: skip
    shown = rendered(read_frames(dataset))
    full = (1 << bits) - 1
    assert shown.shape == (1, 5, 3)
    assert shown[0, :2] == pytest.approx(np.repeat([[0], [50 / 103]], 3, axis=1))
    assert shown[0, 3] * full == pytest.approx([10, 11, 12])
    assert shown[0, 4] * full == pytest.approx([30, 31, 32])


def test_a_palette_that_cannot_be_read_is_refused(make_radiograph: Callable[..., Any]) -> None:
    dataset = make_radiograph(
        array=np.zeros((4, 4), np.uint8), PhotometricInterpretation="PALETTE COLOR"
    )
    with pytest.raises(PixelsRefused, match="undecodable"):
        rendered(read_frames(dataset))
    short = slice_at(0.0, PixelPresentation="COLOR", **palette(4, 0, 16))
    short.RedPaletteColorLookupTableData = b"\0\0"
    with pytest.raises(PixelsRefused, match="palette"):
        rendered(read_frames(short))
