"""One reading in, the DICOM objects out that say it: report, segmentations, heat maps."""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from imaging.results.attributes import completed
from imaging.results.heat_map import Maps, make_heat_maps
from imaging.results.naming import ResultKind
from imaging.results.report import make_report
from imaging.results.segmentation import Masks, make_segmentations
from imaging.results.statement import Statement
from records.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ResultObject:
    """A result as a DICOM file: its kind, SOP class and instance UID, and its bytes."""

    kind: ResultKind
    sop_class: str
    uid: str
    content: bytes = field(repr=False)


def make_results(
    statement: Statement,
    sources: Sequence[Any],
    *,
    masks: Masks | None = None,
    maps: Maps | None = None,
) -> list[ResultObject]:
    """Everything that is to be said of a reading, tied to every image that was read.

    sources: the parsed, de-identified images of one study, all series. masks and maps: by
    SOPInstanceUID of the source, rows x columns as stored there; see make_segmentations and
    make_heat_maps. The same arguments give the same bytes.

    Raises:
        InvalidInput: No image, images of several studies, or a mask or map that fits no image.
    """
    study = _require_fit(sources, {**(masks or {}), **(maps or {})})
    _require_shapes(sources, masks or {}, maps or {})
    sources = [completed(one) for one in sources]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' warnings quote names
        drawn = make_segmentations(statement, sources, study, masks or {})
        made = [(ResultKind.REPORT, make_report(statement, sources, study, drawn=drawn))]
        made += [(ResultKind.SEGMENTATION, one) for one in drawn]
        made += [
            (ResultKind.HEAT_MAP, one)
            for one in make_heat_maps(statement, sources, study, maps or {})
        ]
        if any(one.get("SyntheticData") == "YES" for one in sources):
            for _, result in made:  # what is derived of synthetic data is synthetic (C.12.1)
                result.SyntheticData = "YES"
        return [
            ResultObject(kind, str(one.SOPClassUID), str(one.SOPInstanceUID), _bytes_of(one))
            for kind, one in made
        ]


def _require_fit(sources: Sequence[Any], drawn: dict[str, Any]) -> str:
    studies = {str(one.StudyInstanceUID) for one in sources}
    if len(studies) != 1:
        raise InvalidInput(
            f"A result is of one study; these images are of {len(studies)}.",
            hint="Name the images of one study that were read.",
        )
    unknown = set(drawn) - {str(one.SOPInstanceUID) for one in sources}
    if unknown:
        raise InvalidInput(f"{len(unknown)} of the masks or maps belong to no image of the study.")
    return studies.pop()


def _require_shapes(sources: Sequence[Any], masks: Masks, maps: Maps) -> None:
    for one in sources:
        for kind, drawn in (("mask", masks), ("map", maps)):
            array = drawn.get(str(one.SOPInstanceUID))
            if array is not None and array.shape != (one.Rows, one.Columns):
                raise InvalidInput(
                    f"A {kind} of {array.shape} does not fit an image of "
                    f"{(int(one.Rows), int(one.Columns))} (rows, columns).",
                    hint="It is given as the image is stored: not turned, flipped or resampled.",
                )


def _bytes_of(dataset: Any) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
