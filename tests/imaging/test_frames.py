from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels import unpack_bits
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from imaging.frames import read_frames
from imaging.pixels import PixelRefusal, PixelsRefused, SizeLimits, parse_file
from tests.imaging.slices import enhanced, group, slice_at

THREE = np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5)


def several(array: np.ndarray[Any, Any], **changes: Any) -> dict[str, Any]:
    return {
        "array": array[0], "NumberOfFrames": len(array), "PixelData": array.tobytes(), **changes
    }  # fmt: skip


def refusal(dataset: Any, **options: Any) -> PixelRefusal:
    with pytest.raises(PixelsRefused) as caught:
        read_frames(dataset, **options).stored()
    return caught.value.reason


def test_each_frame_is_decoded_when_asked_for(make_radiograph: Callable[..., Any]) -> None:
    frames = read_frames(make_radiograph(**several(THREE)))
    assert len(frames) == 3
    assert np.array_equal(frames.stored(1), THREE[1])
    assert np.array_equal(list(frames), THREE)
    with pytest.raises(IndexError):
        frames.stored(3)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("signed", [False, True])
def test_compressed_frames_hold_the_same_values(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes],
    syntax: str, signed: bool,
) -> None:  # fmt: skip
    array = np.random.default_rng(3).integers(0, 4096, (2, 70, 66)).astype(np.uint16)
    if signed:
        array = (array.astype(np.int16) - 2048).astype(np.int16)
    dataset = make_radiograph(**several(array, PixelRepresentation=int(signed)))
    dataset.compress(syntax, generate_instance_uid=False)
    frames = read_frames(parse_file(write_file(dataset)))
    assert np.array_equal(list(frames), array)
    assert frames.stored().dtype == array.dtype


def test_spare_bits_are_no_values(make_radiograph: Callable[..., Any]) -> None:
    signed = np.array([[-2048, -1], [0, 2047]], np.int16)
    marked = (signed.view(np.uint16) & 0x0FFF) | 0x5000
    frames = read_frames(make_radiograph(array=marked, PixelRepresentation=1))
    assert np.array_equal(frames.stored(), signed)


@pytest.mark.parametrize("signed", [False, True])
def test_values_that_do_not_begin_at_the_lowest_bit_are_moved_down(
    make_radiograph: Callable[..., Any], signed: bool
) -> None:
    values = np.array([[-2048, -1], [5, 2047]], np.int16) if signed else np.array([[0, 4095]])
    words = (values.astype(np.int16).view(np.uint16) << 4) | np.uint16(0x3)
    frames = read_frames(
        make_radiograph(array=words, HighBit=15, PixelRepresentation=int(signed))
    )
    assert np.array_equal(frames.stored(), values)


def test_words_of_the_other_byte_order_become_native(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes]
) -> None:
    dataset = make_radiograph(**several(THREE))
    dataset.PixelData = THREE.astype(">u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    frames = read_frames(parse_file(write_file(dataset)))
    assert np.array_equal(list(frames), THREE)
    assert frames.stored().dtype.isnative


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_is_red_green_blue_last(make_radiograph: Callable[..., Any], planar: int) -> None:
    colour = np.random.default_rng(1).integers(0, 256, (6, 5, 3)).astype(np.uint8)
    stored = colour.transpose(2, 0, 1) if planar else colour
    dataset = make_radiograph(
        array=colour, PixelData=np.ascontiguousarray(stored).tobytes(), SamplesPerPixel=3,
        PhotometricInterpretation="RGB", PlanarConfiguration=planar,
    )  # fmt: skip
    frames = read_frames(dataset)
    assert np.array_equal(frames.stored(), colour)
    with pytest.raises(PixelsRefused, match="colour"):
        frames.values()


def test_brightness_and_colour_difference_become_red_green_blue(
    make_radiograph: Callable[..., Any],
) -> None:
    ybr = np.full((2, 4, 3), (76, 85, 255), np.uint8)  # PS3.3 C.7.6.3.1.2: pure red
    for interpretation, content in (
        ("YBR_FULL", ybr.tobytes()),
        ("YBR_FULL_422", bytes([76, 76, 85, 255]) * 4),
    ):
        frames = read_frames(make_radiograph(
            array=ybr, PixelData=content, SamplesPerPixel=3, PlanarConfiguration=0,
            PhotometricInterpretation=interpretation,
        ))  # fmt: skip
        assert np.abs(frames.stored().astype(int) - [254, 0, 0]).max() <= 1


def test_segmentations_of_one_bit_read(make_radiograph: Callable[..., Any]) -> None:
    packed = bytes([0b10110010, 0b01010101, 0b11110000, 0b00110011])
    dataset = make_radiograph(
        array=np.zeros((3, 5), np.uint8), BitsAllocated=1, BitsStored=1, HighBit=0,
        NumberOfFrames=2, PixelData=packed,
    )  # fmt: skip
    expected = np.asarray(unpack_bits(packed))[:30].reshape(2, 3, 5)
    assert np.array_equal(list(read_frames(dataset)), expected)


def test_floating_point_pixels_are_their_own_values(make_radiograph: Callable[..., Any]) -> None:
    array = np.array([[0.25, -3.5]], np.float32)
    dataset = make_radiograph(PixelData=None, Rows=1, Columns=2, BitsAllocated=32)
    dataset.FloatPixelData = array.tobytes()
    assert np.array_equal(read_frames(dataset).values(), array)


def test_modality_values_follow_the_rescale() -> None:
    frames = read_frames(slice_at(7.0))
    assert frames.facts().units == "HU"
    assert frames.values()[2, 3] == 7 + 200 + 3
    assert frames.values().dtype == np.float32
    large = slice_at(0.0, RescaleSlope="0.5", RescaleIntercept="-16777215.5")
    assert read_frames(large).values()[0, 0] == np.float32(1024 * 0.5 - 16777215.5)


@pytest.mark.parametrize("changes", [
    {"RescaleSlope": "0"}, {"RescaleSlope": None}, {"RescaleIntercept": None},
])  # fmt: skip
def test_a_rescale_that_is_none_is_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(PixelsRefused, match="Rescale"):
        read_frames(slice_at(0.0, **changes)).values()


def test_a_modality_table_comes_before_a_rescale(make_radiograph: Callable[..., Any]) -> None:
    table = group(LUTDescriptor=[4, 1, 16], ModalityLUTType="US", LUTData=[10, 20, 30, 40])
    dataset = make_radiograph(
        array=np.array([[0, 1, 3, 9]], np.uint16), ModalityLUTSequence=Sequence([table])
    )
    dataset.ModalityLUTSequence[0]["LUTDescriptor"].VR = "US"
    dataset.ModalityLUTSequence[0]["LUTData"].VR = "US"
    assert read_frames(dataset).values().tolist() == [[10, 10, 30, 40]]


def test_padding_is_told_from_values_one_or_a_range() -> None:
    one = read_frames(slice_at(0.0, PixelPaddingValue=1024))
    one.dataset["PixelPaddingValue"].VR = "US"
    assert one.padding(one.stored()).sum() == 1
    for ends in ((1020, 1026), (1026, 1020)):
        ranged = read_frames(
            slice_at(0.0, PixelPaddingValue=ends[0], PixelPaddingRangeLimit=ends[1])
        )
        assert ranged.padding(ranged.stored()).sum() == 3
    assert not read_frames(slice_at(0.0)).padding(np.arange(9)).any()


def test_negative_padding_is_found_whatever_its_representation_says(
    write_file: Callable[[Any], bytes],
) -> None:
    array = np.array([[-2000, 0, 5]], np.int16)
    for kind, value in (("SS", -2000), ("US", 0x10000 - 2000)):
        dataset = slice_at(
            0.0, array=array, PixelRepresentation=1, BitsStored=16, HighBit=15,
            PixelPaddingValue=value,
        )  # fmt: skip
        dataset["PixelPaddingValue"].VR = kind
        frames = read_frames(parse_file(write_file(dataset)))
        assert frames.padding(frames.stored()).tolist() == [[True, False, False]], kind


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PixelData": None}, "no_pixel_data"),
        ({"Rows": None}, "no_pixel_data"),
        ({"NumberOfFrames": 4}, "truncated"),
        ({"NumberOfFrames": -1}, "undecodable"),
        ({"NumberOfFrames": 10**9}, "too_large"),
        ({"Rows": 65535, "Columns": 65535}, "too_large"),
        ({"BitsAllocated": 12}, "unsupported_bits"),
        ({"BitsAllocated": 64, "BitsStored": 64, "HighBit": 63}, "unsupported_bits"),
        ({"BitsStored": 17}, "unsupported_bits"),
        ({"HighBit": 10}, "unsupported_bits"),
        ({"SamplesPerPixel": 2}, "colour"),
        ({"PhotometricInterpretation": "CMYK"}, "colour"),
        ({"syntax": "1.2.840.10008.1.2.4.100"}, "undecodable"),
    ],
)
def test_what_the_standard_does_not_know_is_refused(
    make_radiograph: Callable[..., Any], changes: dict[str, Any], reason: str
) -> None:
    assert refusal(make_radiograph(**several(THREE, **changes))) == reason


def test_fewer_compressed_frames_than_declared_are_truncated(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes]
) -> None:
    dataset = make_radiograph(**several(THREE))
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.NumberOfFrames = 5
    assert refusal(parse_file(write_file(dataset))) in ("truncated", "undecodable")


def test_limits_are_those_of_one_frame_and_of_the_number_of_frames(
    make_radiograph: Callable[..., Any],
) -> None:
    dataset = make_radiograph(**several(THREE))
    assert len(read_frames(dataset, limits=SizeLimits(max_pixels=20, max_frames=3))) == 3
    assert refusal(dataset, limits=SizeLimits(max_pixels=19)) == "too_large"
    assert refusal(dataset, limits=SizeLimits(max_frames=2)) == "too_large"


def test_an_enhanced_object_says_for_each_frame_what_a_classic_one_says_of_itself(
    write_file: Callable[[Any], bytes],
) -> None:
    frames = read_frames(parse_file(write_file(enhanced([0.0, 2.5, 5.0]))))
    for index, position in enumerate((0.0, 2.5, 5.0)):
        facts, classic = frames.facts(index), read_frames(slice_at(position)).facts()
        assert facts.position_mm == classic.position_mm == (-10.0, 20.0, position)
        assert facts.orientation == classic.orientation
        assert facts.spacing_mm == classic.spacing_mm == (0.5, 0.25)
        assert facts.thickness_mm == 2.0
        assert (facts.slope, facts.intercept, facts.units) == (1.0, -1024.0, "HU")
        assert facts.windows[0].center == 100 * index
        assert np.array_equal(frames.values(index), read_frames(slice_at(position)).values())


def test_offsets_of_a_grid_move_a_frame_along_its_normal() -> None:
    for start in (0.0, 30.0):  # relative and absolute offsets, PS3.3 C.8.8.3.2
        dataset = slice_at(30.0, NumberOfFrames=3, PixelData=b"\0" * 120)
        dataset.GridFrameOffsetVector = [start, start + 4, start + 9]
        found = [read_frames(dataset).facts(index).position_mm for index in range(3)]
        assert found == [(-10, 20, 30), (-10, 20, 34), (-10, 20, 39)]


def test_directions_that_are_none_are_not_believed() -> None:
    crooked = slice_at(0.0, ImageOrientationPatient=[1, 0, 0, 1, 0, 0])
    assert read_frames(crooked).facts().orientation is None
    assert read_frames(slice_at(0.0, PixelSpacing=[0, 0.5])).facts().spacing_mm is None


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 7), columns=st.integers(1, 7), frames=st.integers(1, 3),
    allocated=st.sampled_from([8, 16, 32]), signed=st.booleans(), data=st.data(),
)  # fmt: skip
def test_every_layout_of_bits_comes_back(
    make_radiograph: Callable[..., Any],
    rows: int, columns: int, frames: int, allocated: int, signed: bool, data: st.DataObject,
) -> None:  # fmt: skip
    """Values, their place in the word and rubbish around them: only the values come back."""
    stored = data.draw(st.integers(1, allocated))
    high = data.draw(st.integers(stored - 1, allocated - 1))
    low = -(1 << (stored - 1)) if signed else 0
    shape = (frames, rows, columns)
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    values = rng.integers(low, low + (1 << stored), shape, dtype=np.int64)
    mask = ((1 << stored) - 1) << (high + 1 - stored)
    words = (values << (high + 1 - stored)) & mask
    words |= rng.integers(0, 1 << allocated, shape, dtype=np.int64) & ~mask & ((1 << allocated) - 1)
    array = words.astype(f"u{allocated // 8}")
    content = array.tobytes()
    found = read_frames(make_radiograph(
        array=array[0], NumberOfFrames=frames, PixelData=content + b"\0" * (len(content) % 2),
        BitsAllocated=allocated, BitsStored=stored, HighBit=high, PixelRepresentation=int(signed),
    ))  # fmt: skip
    assert np.array_equal(list(found), values)


@settings(max_examples=60, deadline=None)
@given(changes=st.dictionaries(
    st.sampled_from([
        "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "BitsStored",
        "HighBit", "PixelRepresentation", "PlanarConfiguration",
    ]),
    st.integers(0, 65535) | st.sampled_from([0, 1, 3, 8, 16, 32]), max_size=4,
))  # fmt: skip
def test_no_header_raises_anything_but_a_refusal(
    make_radiograph: Callable[..., Any], changes: dict[str, int]
) -> None:
    dataset: Dataset = make_radiograph(**several(THREE), PhotometricInterpretation="MONOCHROME2")
    for name, value in changes.items():
        setattr(dataset, name, value)
    try:
        found = read_frames(dataset)
        assert found.stored().shape[:2] == (found.layout.rows, found.layout.columns)
    except PixelsRefused as refused:
        assert refused.reason
