"""The true outlines of lesions in a series of slices, as a DICOM segmentation: written, and read.

A segment a lesion. What is read is laid on the slices by the images that its frames name, never by
the order of frames.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.elements import items, tag, text
from imaging.frames import read_frames
from imaging.pixels import PixelsRefused, read_file
from imaging.results.codes import finding_named
from imaging.sources.base import SourceRefused

SEGMENTATION_STORAGE: Final = "1.2.840.10008.5.1.4.1.1.66.4"
_PER_FRAME, _DERIVATION = tag("PerFrameFunctionalGroupsSequence"), tag("DerivationImageSequence")
_SOURCE, _REFERENCED = tag("SourceImageSequence"), tag("ReferencedSOPInstanceUID")

Uids = Mapping[str, str]


def write_outlines(
    images: Sequence[Any], lesions: NDArray[np.uint8], path: Path, *, finding: str, uids: Uids,
    day: date,
) -> None:
    """Write a binary segmentation (PS3.3 A.51) with a segment a lesion, empty frames left out.

    images: the parsed slices in the order of the volume. lesions: (slices, rows, columns), 0
    outside and 1, 2, … inside each lesion; at least one. uids: of the new object, ``series``,
    ``instance`` and ``dimensions``. The same arguments give the same bytes.
    """
    from highdicom.seg import (
        SegmentAlgorithmTypeValues,
        Segmentation,
        SegmentationTypeValues,
        SegmentDescription,
    )
    from highdicom.sr import CodedConcept

    shown = finding_named(finding)
    segments = [
        SegmentDescription(
            segment_number=number, segment_label=f"{finding[:56]} {number}",
            segmented_property_category=CodedConcept(*shown.category),
            segmented_property_type=CodedConcept(*shown.segment),
            algorithm_type=SegmentAlgorithmTypeValues.MANUAL,
            tracking_id=f"{finding[:56]} {number}", tracking_uid=f"{uids['series']}.{number}",
        )
        for number in range(1, int(lesions.max()) + 1)
    ]
    made = Segmentation(
        source_images=list(images), pixel_array=lesions, segment_descriptions=segments,
        segmentation_type=SegmentationTypeValues.BINARY, series_instance_uid=uids["series"],
        series_number=2, sop_instance_uid=uids["instance"], instance_number=1,
        manufacturer="Simulated Imaging", manufacturer_model_name="True outlines",
        software_versions="SCT 2.0", device_serial_number="1", content_label="TRUTH",
    )
    for one in (*made.DimensionOrganizationSequence, *made.DimensionIndexSequence):
        one.DimensionOrganizationUID = uids["dimensions"]  # the library draws it by chance
    for kind in ("InstanceCreation", "Series", "Content"):
        setattr(made, f"{kind}Date", f"{day:%Y%m%d}")
        setattr(made, f"{kind}Time", "120000")
    del made.ContributingEquipmentSequence  # the library and the time of the call
    made.SyntheticData = "YES"
    part = path.with_suffix(".part")
    made.save_as(part)
    part.replace(path)


def read_outlines(path: Path, *, where: str) -> dict[str, NDArray[np.bool_]]:
    """By SOPInstanceUID of the slice, where any lesion lies in it, bool (rows, columns).

    Slices without one are left out. Raises SourceRefused naming ``where`` for a file that is no
    segmentation, one of fractions, and a frame that does not name one image.
    """
    refused = f"the outlines {path.name}"
    try:
        dataset = read_file(path)
        if text(dataset, tag("SOPClassUID")) != SEGMENTATION_STORAGE:
            raise SourceRefused(
                f"{refused} are no DICOM segmentation", where=where,
                hint="Save them as Segmentation Storage over the slices of the series",
            )
        if text(dataset, tag("SegmentationType")) != "BINARY":
            raise SourceRefused(
                f"{refused} hold shares of voxels", where=where,
                hint="Save a binary segmentation: in or out",
            )
        frames, groups = read_frames(dataset), items(dataset, _PER_FRAME)
        if len(groups) != len(frames):
            raise SourceRefused(
                f"{refused} have {len(frames)} frames and say of {len(groups)} where they lie",
                where=where, hint="Write the segmentation again",
            )
        found: dict[str, NDArray[np.bool_]] = {}
        for index, group in enumerate(groups):
            image, inside = _image_of(group, refused, where), frames.stored(index) > 0
            if inside.any():
                found[image] = found[image] | inside if image in found else inside
        return found
    except PixelsRefused as wrong:
        raise SourceRefused(
            f"{refused} cannot be read: {wrong.reason}", where=where,
            hint="Save them as Segmentation Storage",
        ) from wrong


def _image_of(group: Any, refused: str, where: str) -> str:
    named = [
        text(source, _REFERENCED)
        for derived in items(group, _DERIVATION) for source in items(derived, _SOURCE)
    ]
    if len(named) != 1 or not named[0]:
        raise SourceRefused(
            f"{refused} have a frame that names {len(named)} images", where=where,
            hint="Each frame must name the slice that it lies on (Source Image Sequence)",
        )
    return named[0]
