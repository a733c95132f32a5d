import io
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

from imaging.pixels import (
    PixelRefusal,
    PixelsRefused,
    SizeLimits,
    parse_file,
    read_file,
    read_pixels,
)

GRADIENT = np.linspace(0, 4095, 40 * 32).astype(np.uint16).reshape(40, 32)


def refusal(dataset: Any, **options: Any) -> PixelRefusal:
    with pytest.raises(PixelsRefused) as caught:
        read_pixels(dataset, **options)
    return caught.value.reason


def test_the_range_of_the_stored_bits_becomes_zero_to_one(
    make_radiograph: Callable[..., Any],
) -> None:
    pixels = read_pixels(make_radiograph(array=GRADIENT))
    assert pixels.array.dtype == np.float32
    assert pixels.array.shape == (40, 32)
    assert np.allclose(pixels.array, GRADIENT / 4095, atol=1e-6)
    assert pixels.spacing_mm == (0.5, 0.25)


def test_monochrome1_is_inverted(make_radiograph: Callable[..., Any]) -> None:
    upright = read_pixels(make_radiograph(array=GRADIENT)).array
    inverse = read_pixels(
        make_radiograph(array=GRADIENT, PhotometricInterpretation="MONOCHROME1")
    ).array
    assert np.allclose(upright + inverse, 1.0, atol=1e-6)


def test_signed_values_start_at_the_lowest(make_radiograph: Callable[..., Any]) -> None:
    array = np.full((4, 4), -2048, dtype=np.int16)
    array[0, 0] = 2047
    pixels = read_pixels(make_radiograph(array=array, PixelRepresentation=1)).array
    assert (pixels.min(), pixels.max()) == (0.0, 1.0)


def test_a_rescale_changes_nothing_but_its_direction_does(
    make_radiograph: Callable[..., Any],
) -> None:
    plain = read_pixels(make_radiograph(array=GRADIENT)).array
    up = make_radiograph(array=GRADIENT, RescaleSlope="2.5", RescaleIntercept="-100")
    down = make_radiograph(array=GRADIENT, RescaleSlope="-1", RescaleIntercept="4095")
    assert np.array_equal(read_pixels(up).array, plain)
    assert np.allclose(read_pixels(down).array, 1 - plain, atol=1e-6)


@pytest.mark.parametrize("bits", [9, 10, 12, 15, 16])
@pytest.mark.parametrize("slope", ["1", "-1"])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_the_picture_has_the_same_bits_for_every_depth_and_direction(
    make_radiograph: Callable[..., Any], bits: int, slope: str, photometric: str
) -> None:
    """Each level by the rounded factor, at most 1, and turned in 32 bits, once or twice."""
    span = (1 << bits) - 1
    stored = np.linspace(0, span, 40 * 32).astype(np.uint16).reshape(40, 32)
    expected = np.minimum(stored.astype(np.float32) * np.float32(1 / span), np.float32(1.0))
    turns = (slope == "-1") + (photometric == "MONOCHROME1")
    for _ in range(turns):
        expected = np.float32(1.0) - expected
    pixels = read_pixels(make_radiograph(
        array=stored, BitsStored=bits, HighBit=bits - 1, RescaleSlope=slope, RescaleIntercept="0",
        PhotometricInterpretation=photometric,
    ))  # fmt: skip
    assert np.array_equal(pixels.array, expected)
    assert pixels.levels is not None
    assert np.array_equal(pixels.levels, span - stored if turns == 1 else stored)
    assert pixels.shape == pixels.array.shape == (40, 32)


def test_a_window_is_not_applied(make_radiograph: Callable[..., Any]) -> None:
    windowed = make_radiograph(array=GRADIENT, WindowCenter="100", WindowWidth="10")
    assert np.array_equal(
        read_pixels(windowed).array, read_pixels(make_radiograph(array=GRADIENT)).array
    )


def test_spare_high_bits_are_ignored(make_radiograph: Callable[..., Any]) -> None:
    marked = GRADIENT | np.uint16(0x8000)
    assert np.array_equal(
        read_pixels(make_radiograph(array=marked)).array,
        read_pixels(make_radiograph(array=GRADIENT)).array,
    )


def test_a_grey_picture_stored_as_colour_is_read(make_radiograph: Callable[..., Any]) -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    colour = np.repeat(grey[:, :, None], 3, axis=2)
    stored = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    assert np.allclose(read_pixels(make_radiograph(array=colour, **stored)).array, grey / 255)
    colour = colour.copy()
    colour[3, 3, 0] = 200
    assert refusal(make_radiograph(array=colour, **stored)) is PixelRefusal.COLOUR


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PixelData": None}, PixelRefusal.NO_PIXEL_DATA),
        ({"Rows": None}, PixelRefusal.NO_PIXEL_DATA),
        ({"Rows": 0}, PixelRefusal.NO_PIXEL_DATA),
        ({"Rows": 41}, PixelRefusal.TRUNCATED),
        ({"NumberOfFrames": 2}, PixelRefusal.MULTI_FRAME),
        ({"Rows": 65535, "Columns": 65535}, PixelRefusal.TOO_LARGE),
        ({"NumberOfFrames": 10**9}, PixelRefusal.TOO_LARGE),
        ({"BitsAllocated": 32}, PixelRefusal.UNSUPPORTED_BITS),
        ({"BitsStored": 17}, PixelRefusal.UNSUPPORTED_BITS),
        ({"HighBit": 15}, PixelRefusal.UNSUPPORTED_BITS),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, PixelRefusal.COLOUR),
        ({"PhotometricInterpretation": "RGB"}, PixelRefusal.COLOUR),
        ({"SamplesPerPixel": 4}, PixelRefusal.COLOUR),
    ],
)
def test_what_is_not_one_grey_picture_is_refused(
    make_radiograph: Callable[..., Any], changes: dict[str, Any], reason: PixelRefusal
) -> None:
    assert refusal(make_radiograph(**changes)) is reason


def test_a_codestream_larger_than_the_header_admits_is_not_decoded(
    make_radiograph: Callable[..., Any],
) -> None:
    start = b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00\xff\xd9\x00"
    dataset = make_radiograph(
        array=np.zeros((8, 8), np.uint8), PixelData=encapsulate([start]), syntax=JPEGBaseline8Bit
    )
    dataset["PixelData"].is_undefined_length = True
    assert refusal(dataset) is PixelRefusal.TOO_LARGE
    small = SizeLimits(max_pixels=10**10)
    assert refusal(dataset, limits=small) is PixelRefusal.UNDECODABLE


def test_a_picture_that_costs_its_decoder_many_passes_is_not_decoded(
    make_radiograph: Callable[..., Any],
) -> None:
    """A few bytes a scan, each a pass over the whole picture: minutes for a small file."""
    stream = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(stream, "JPEG", progressive=True)
    picture = stream.getvalue()
    array = np.zeros((8, 8), np.uint8)

    def of(content: bytes) -> Any:
        value = encapsulate([content + b"\0" * (len(content) % 2)])
        dataset = make_radiograph(array=array, PixelData=value, syntax=JPEGBaseline8Bit)
        dataset["PixelData"].is_undefined_length = True
        return dataset

    assert read_pixels(of(picture)).array.shape == (8, 8)
    last = picture.rindex(b"\xff\xda")
    again = picture[last:-2] * 40
    with pytest.raises(PixelsRefused, match="too_large: scans"):
        read_pixels(of(picture[:last] + again + picture[-2:]))


def test_a_compressed_picture_reads_like_the_uncompressed_one(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes]
) -> None:
    dataset = make_radiograph(array=GRADIENT)
    plain = read_pixels(dataset).array
    dataset.compress(RLELossless, generate_instance_uid=False)
    assert np.array_equal(read_pixels(parse_file(write_file(dataset))).array, plain)


def test_a_deflated_file_that_would_burst_is_refused(
    make_file: Callable[..., bytes],
) -> None:
    content = make_file(syntax=DeflatedExplicitVRLittleEndian)
    assert read_pixels(parse_file(content)).array.shape == (40, 32)
    start = 144 + int.from_bytes(content[140:144], "little")
    packer = zlib.compressobj(wbits=-15)
    bomb = content[:start] + packer.compress(b"\0" * 3_000_000) + packer.flush()
    with pytest.raises(PixelsRefused) as caught:
        parse_file(bomb, limits=SizeLimits(max_bytes=1_000_000))
    assert caught.value.reason is PixelRefusal.TOO_LARGE


def test_what_is_not_dicom_is_named_so(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("a letter to a patient")
    with pytest.raises(PixelsRefused) as caught:
        read_file(path)
    assert caught.value.reason is PixelRefusal.NOT_DICOM
    assert "letter" not in str(caught.value)


def test_a_length_that_leads_past_the_end_of_the_file_is_truncated(
    make_file: Callable[..., bytes],
) -> None:
    content = make_file()
    at = content.index(b"CHEST") - 2
    assert content[at : at + 2] == b"\x06\x00"
    declared = content[:at] + b"\xff\xff" + content[at + 2 :]
    assert refusal(parse_file(declared)) is PixelRefusal.TRUNCATED


@settings(max_examples=80, deadline=None)
@given(at=st.integers(132, 1400), replaced=st.binary(min_size=1, max_size=12))
def test_no_file_raises_anything_but_a_refusal(
    make_file: Callable[..., bytes], at: int, replaced: bytes
) -> None:
    content = make_file()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            changed = content[:at] + replaced + content[at + len(replaced) :]
            pixels = read_pixels(parse_file(changed))
        except PixelsRefused as refused:
            assert refused.reason
        else:
            assert 0.0 <= pixels.array.min() <= pixels.array.max() <= 1.0


def test_real_pictures_are_between_zero_and_one(real_files: list[Path]) -> None:
    seen = 0
    for path in real_files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                array = read_pixels(read_file(path)).array
            except PixelsRefused:
                continue
        assert array.ndim == 2
        assert np.isfinite(array).all()
        assert 0.0 <= array.min() <= array.max() <= 1.0
        seen += 1
    assert seen >= 60
