"""Where the model looked, as a picture that any viewer shows: a colour secondary capture."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.pixels import read_pixels
from imaging.results.attributes import copy_anatomy, copy_orientation, finish, source_item
from imaging.results.naming import SERIES_NUMBERS, ResultKind, result_uid
from imaging.results.statement import Statement

Maps = Mapping[str, NDArray[np.floating[Any]]]
_STRONGEST: Final = 0.55
"""How much of the colour covers the image where the map is 1: the anatomy stays to be seen."""


def make_heat_maps(
    statement: Statement, sources: Sequence[Any], study: str, maps: Maps
) -> list[Any]:
    """A picture for each image that has a map, all in one series, with the marks written on it.

    maps: by SOPInstanceUID of its source, rows x columns as stored there, 0 (nothing) to 1.
    """
    mapped = [one for one in sources if str(one.SOPInstanceUID) in maps]
    return [
        _heat_map(statement, one, study, maps[str(one.SOPInstanceUID)], number)
        for number, one in enumerate(mapped, start=1)
    ]


def coloured(grey: NDArray[Any], heat: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """The image in grey with the map over it from yellow to red: rows x columns x 3, 0 to 255."""
    low, high = np.percentile(grey, (0.5, 99.5))
    scaled = np.clip((grey.astype(np.float32) - low) / max(float(high - low), 1e-6), 0, 1)
    share = np.clip(heat, 0, 1).astype(np.float32)[..., None]
    colour = np.concatenate(
        [np.ones_like(share), 1 - share, np.zeros_like(share)], axis=-1
    )
    mixed = scaled[..., None] * (1 - _STRONGEST * share) + colour * _STRONGEST * share
    whole: NDArray[np.uint8] = np.round(mixed * 255).astype(np.uint8)
    return whole


def _heat_map(
    statement: Statement, source: Any, study: str, heat: NDArray[np.floating[Any]], number: int
) -> Any:
    from highdicom.sc import SCImage

    kind = ResultKind.HEAT_MAP
    names = (study, statement.version, str(kind), *statement.explained)
    picture = _captioned(coloured(read_pixels(source).array, heat), statement)
    dataset = SCImage.from_ref_dataset(
        source, pixel_array=picture, photometric_interpretation="RGB", bits_allocated=8,
        coordinate_system="PATIENT", series_instance_uid=result_uid(*names, "series"),
        series_number=SERIES_NUMBERS[kind],
        sop_instance_uid=result_uid(*names, str(source.SOPInstanceUID)), instance_number=number,
        manufacturer=statement.manufacturer[:64], patient_orientation=("L", "F"),
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.ConversionType = "WSD"  # workstation
    # the library wants one; only what the source says is true
    copy_orientation(dataset, source)
    copy_anatomy(dataset, source)
    dataset.DateOfSecondaryCapture = statement.read_at.strftime("%Y%m%d")
    dataset.TimeOfSecondaryCapture = statement.read_at.strftime("%H%M%S.%f")
    if source.get("BurnedInAnnotation"):  # the caption names nobody; the image under it may
        dataset.BurnedInAnnotation = source.BurnedInAnnotation
    dataset.DerivationDescription = " ".join(
        ("Heat map.", *statement.marks, *statement.explained)
    )
    dataset.ImageComments = " ".join((statement.comment, *statement.explained))
    dataset.SourceImageSequence = [source_item(source)]
    return finish(dataset, statement, what="AI heat map")


def _captioned(picture: NDArray[np.uint8], statement: Statement) -> NDArray[np.uint8]:
    """The picture with the marks, the version and the answer in a band below it."""
    from PIL import Image, ImageDraw

    lines = [
        *statement.marks, *statement.explained, statement.model_version, statement.answer
    ]  # fmt: skip
    height, width = picture.shape[:2]
    font_height = 12
    whole = np.zeros((height + font_height * len(lines) + 4, max(width, 420), 3), dtype=np.uint8)
    whole[:height, :width] = picture
    image = Image.fromarray(whole)
    draw = ImageDraw.Draw(image)
    for at, line in enumerate(lines):
        draw.text((2, height + 2 + at * font_height), line, fill=(255, 255, 255))
    return np.asarray(image)
