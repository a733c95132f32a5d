"""Where the finding lies, as a segmentation object over the images that were read."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.results import codes
from imaging.results.attributes import by_series, copy_orientation, finish
from imaging.results.codes import Coded, finding_named
from imaging.results.naming import SERIES_NUMBERS, ResultKind, result_uid
from imaging.results.statement import Statement
from records.errors import InvalidInput

Masks = Mapping[str, NDArray[Any]]


def make_segmentations(
    statement: Statement, sources: Sequence[Any], study: str, masks: Masks
) -> list[Any]:
    """A binary segmentation a series that has a mask; one frame an image, as the image lies.

    masks: by SOPInstanceUID of its source, rows x columns as stored there, True where the finding
    is; of a statement with lesions the number of the lesion, from 1, 0 outside: then each lesion is
    a segment, and frames without it are left out. Row 0 of a mask is row 0 of its image: nothing is
    flipped, turned or resampled. An image without a mask, of a series that has some, has an empty
    one.
    """
    found: list[Any] = []
    for images in by_series(sources).values():
        if any(str(one.SOPInstanceUID) in masks for one in images):
            found.append(_segmentation(statement, images, study, masks, len(found)))
    return found


def _segmentation(
    statement: Statement, images: list[Any], study: str, masks: Masks, at: int
) -> Any:
    from highdicom.seg import Segmentation, SegmentationTypeValues

    kind = ResultKind.SEGMENTATION
    names = (study, statement.version, str(kind), str(images[0].SeriesInstanceUID))
    stack = np.stack(
        [
            masks.get(str(one.SOPInstanceUID), np.zeros((one.Rows, one.Columns), dtype=bool))
            for one in images
        ]
    )
    lesions = statement.lesions is not None
    stack = stack.astype(np.uint16 if lesions else np.uint8)
    numbers = range(1, (int(stack.max()) if lesions else 1) + 1)
    try:
        dataset = Segmentation(
            source_images=images, pixel_array=stack,
            segmentation_type=SegmentationTypeValues.BINARY,
            segment_descriptions=[
                _segment(statement, images[0], names, one if lesions else None) for one in numbers
            ],
            series_instance_uid=result_uid(*names, "series"),
            series_number=SERIES_NUMBERS[kind] + at, sop_instance_uid=result_uid(*names),
            instance_number=1, manufacturer=statement.manufacturer[:64],
            manufacturer_model_name=statement.trade_name[:64],
            software_versions=statement.model_version, device_serial_number=statement.version[:16],
            content_description=" ".join(statement.marks)[:64], content_label="FINDING",
            omit_empty_frames=lesions,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise InvalidInput(
            f"No segmentation can be laid over a series of {len(images)} images: "
            f"they lack what places them ({type(wrong).__name__}).",
            hint="Cross-sectional images need position, orientation and spacing.",
        ) from None
    dataset.ImageComments = statement.comment
    _own_dimensions(dataset, result_uid(*names, "dimensions"))
    if not images[0].get("ImagePositionPatient"):  # a projection has no position in space
        copy_orientation(dataset, images[0])
    return finish(dataset, statement, what="AI segmentation")


def _own_dimensions(dataset: Any, uid: str) -> None:
    """The library draws this identifier by chance."""
    for item in (*dataset.DimensionOrganizationSequence, *dataset.DimensionIndexSequence):
        item.DimensionOrganizationUID = uid


def _segment(
    statement: Statement, image: Any, names: tuple[str, ...], number: int | None
) -> Any:
    """The one segment of the finding, or that of the lesion of this number."""
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription

    shown = finding_named(statement.finding)
    label = f"{statement.finding[:56]} {number}" if number else statement.finding[:64]
    region = codes.REGIONS.get(str(image.get("BodyPartExamined", "")).upper())
    return SegmentDescription(
        segment_number=number or 1, segment_label=label,
        segmented_property_category=_code(shown.category),
        segmented_property_type=_code(shown.segment),
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence(
            name=statement.trade_name[:64], family=_code(codes.LEARNED),
            version=statement.model_version, source=statement.manufacturer[:64],
            parameters={
                "operating point": statement.operating.removeprefix("probability "),
                "version digest": statement.version,
            },
        ),
        tracking_uid=result_uid(*names, "tracking", *([str(number)] if number else [])),
        tracking_id=label,
        anatomic_regions=[_code(region)] if region else None,
    )


def _code(code: Coded) -> Any:
    from highdicom.sr import CodedConcept

    return CodedConcept(*code)
