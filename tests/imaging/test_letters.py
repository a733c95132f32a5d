import io
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest

from imaging.deidentification_run import Pixels, Verdict
from imaging.deidentify import Deidentifier
from imaging.encoding import encode_file
from imaging.letters import find_letters, mask
from imaging.masking import masked_pixels
from imaging.pixels import PixelsRefused, parse_file
from imaging.reception import Received, examine_bytes
from tests.imaging.planted_letters import Plant, anatomy, left_over, planted

PLANT = Plant("KOWALSKI^JAN", cv2.FONT_HERSHEY_SIMPLEX, 20, 1.0, "top left", 12, 320, False)


@pytest.fixture(scope="module")
def picture() -> tuple[Any, Any]:
    return planted(PLANT, 3)


@pytest.mark.requirement("REG-110")
def test_a_name_in_the_pixels_is_found_and_anatomy_and_markers_are_not(
    picture: tuple[Any, Any],
) -> None:
    array, letters = picture
    assert left_over(letters, find_letters(array)) < 0.05
    assert find_letters((anatomy(320, 5) * 4095).astype(np.uint16)) == ()
    marker = (anatomy(320, 6) * 255).astype(np.uint8)
    cv2.putText(marker, "LEFT", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2)
    assert find_letters(marker) == ()
    assert len(find_letters(marker, names={"LEFT"})) == 1


def test_an_empty_or_even_picture_has_no_letters() -> None:
    assert find_letters(np.zeros((40, 40), np.uint8)) == ()


def test_the_mask_covers_every_frame_and_channel_and_nothing_else() -> None:
    frames = np.full((2, 10, 10, 3), 9, np.uint8)
    masked = mask(frames, [(1, 2, 3, 4)], 0)
    assert (masked[:, 1:4, 2:6] == 0).all()
    assert int((masked == 0).sum()) == 2 * 3 * 4 * 3
    assert (frames == 9).all()


@pytest.mark.requirement("REG-110")
@pytest.mark.parametrize("syntax", [
    pydicom.uid.ExplicitVRLittleEndian, pydicom.uid.ImplicitVRLittleEndian,
    pydicom.uid.RLELossless,
])  # fmt: skip
def test_the_file_is_written_with_the_letters_masked(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes], key: bytes,
    picture: tuple[Any, Any], syntax: Any,
) -> None:  # fmt: skip
    array, letters = picture
    compressed = syntax.is_compressed
    dataset = make_radiograph(
        array=array, Modality="OT", syntax=pydicom.uid.ExplicitVRLittleEndian if compressed
        else syntax,
    )  # fmt: skip
    if compressed:
        dataset.compress(syntax)
    result = Deidentifier(key).deidentify(parse_file(write_file(dataset)))
    assert (result.run.pixels, result.run.verdict) == (Pixels.MASKED, Verdict.LETTERS_MASKED)
    after = pydicom.dcmread(io.BytesIO(encode_file(result.dataset)))
    covered = np.zeros(array.shape, bool)
    for row, column, rows, columns in result.run.masked:
        covered[row : row + rows, column : column + columns] = True
    assert (letters & ~covered).sum() / letters.sum() < 0.05
    assert (after.pixel_array[covered] == array.min()).all()
    assert np.array_equal(after.pixel_array[~covered], array[~covered])
    assert after.BurnedInAnnotation == "NO"
    assert "113101" in [item.CodeValue for item in after.DeidentificationMethodCodeSequence]


def test_letters_of_any_frame_are_found_in_a_film_of_colours(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes],
    picture: tuple[Any, Any],
) -> None:  # fmt: skip
    grey = (picture[0] >> 4).astype(np.uint8)
    still = (anatomy(320, 3) * 255).astype(np.uint8)
    film = np.stack([np.stack([one] * 3, axis=-1) for one in (still, grey, still)])
    dataset = make_radiograph(
        array=film, NumberOfFrames=3, Rows=320, Columns=320, SamplesPerPixel=3,
        PhotometricInterpretation="RGB", PlanarConfiguration=0, Modality="US",
    )  # fmt: skip
    masked = masked_pixels(parse_file(write_file(dataset)))
    assert masked.frames is not None
    assert masked.frames.shape == film.shape
    assert left_over(picture[1], masked.regions) < 0.05


def test_pixels_that_cannot_be_decoded_are_refused_not_waved_through(
    make_radiograph: Callable[..., Any], write_file: Callable[[Any], bytes], key: bytes
) -> None:
    dataset = make_radiograph(Modality="US", syntax=pydicom.uid.ExplicitVRLittleEndian)
    dataset.BitsAllocated = 7
    with pytest.raises(PixelsRefused):
        Deidentifier(key).deidentify(parse_file(write_file(dataset)))


@pytest.mark.requirement("REG-110")
def test_an_arriving_ultrasound_picture_is_kept_without_the_name_in_its_pixels(
    make_file: Callable[..., bytes], key: bytes, picture: tuple[Any, Any]
) -> None:
    content = make_file(array=picture[0], Modality="US", Rows=320, Columns=320)
    received = examine_bytes(content, Deidentifier(key), prepare=np.array)
    assert isinstance(received, Received)
    assert received.prepared is None  # of the picture that arrived, which is not the one kept
    said = received.deidentification
    assert (said["pixels"], said["verdict"]) == ("masked", "letters_masked")
    assert find_letters(pydicom.dcmread(io.BytesIO(received.content)).pixel_array) == ()
    assert "KOWALSKI" not in repr(received)
