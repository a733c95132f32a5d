"""The structured report: what the device found, in codes for a PACS and a person (TID 1500)."""

from collections.abc import Sequence
from typing import Any

from imaging.boxes import Box
from imaging.results import codes
from imaging.results.attributes import finish
from imaging.results.codes import Coded, finding_named
from imaging.results.naming import SERIES_NUMBERS, ResultKind, device_uid, result_uid
from imaging.results.statement import Statement
from records.cases import FindingSaid
from records.errors import InvalidInput


def make_report(
    statement: Statement, sources: Sequence[Any], study: str, *, drawn: Sequence[Any] = ()
) -> Any:
    """A Comprehensive SR of one reading: complete, unverified, with every source image named.

    sources: the images that were read, of all series; study: under which identifiers are named;
    drawn: the segmentation of lesions that are measured, whose segments it names.
    After PS3.16 TID 1500 and TID 1501; of a device that marks lesions with a group of TID 1410 a
    mark, its box as a closed line over the image (SCOORD, corner of the upper left pixel 0, 0).

    Raises InvalidInput where marks are to be said of several images.
    """
    from highdicom.sr import ComprehensiveSR

    kind = ResultKind.REPORT
    names = (study, statement.version, str(kind))
    document = ComprehensiveSR(
        evidence=[*sources, *(drawn if statement.lesions else ())],
        content=_content(statement, sources, names, drawn)[0],
        series_instance_uid=result_uid(*names, "series"), series_number=SERIES_NUMBERS[kind],
        sop_instance_uid=result_uid(*names), instance_number=1,
        manufacturer=statement.manufacturer[:64], is_complete=True, is_final=False,
        is_verified=False,
    )
    document.VerificationFlag = "UNVERIFIED"
    document.CompletionFlagDescription = "Complete; not read by a physician"
    return finish(document, statement, what="AI report")


def _content(
    statement: Statement, sources: Sequence[Any], names: tuple[str, ...], drawn: Sequence[Any]
) -> Any:
    from highdicom.sr import (
        DeviceObserverIdentifyingAttributes,
        MeasurementReport,
        ObservationContext,
        ObserverContext,
        RelationshipTypeValues,
        TextContentItem,
    )
    from pydicom.sr.codedict import codes as standard

    device = DeviceObserverIdentifyingAttributes(
        uid=device_uid(statement.version), name=statement.trade_name[:64],
        manufacturer_name=statement.manufacturer[:64], model_name=statement.trade_name[:64],
        serial_number=statement.version[:16],
    )
    observer = ObserverContext(
        observer_type=standard.DCM.Device, observer_identifying_attributes=device
    )
    modality = str(sources[0].get("Modality", ""))
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer),
        procedure_reported=_code(codes.PROCEDURES.get(modality, codes.IMAGING)),
        imaging_measurements=[
            *_groups(statement, sources, names), *_region_groups(statement, sources, names),
            *_lesion_groups(statement, sources, drawn),
        ],
        title=standard.DCM.ImagingMeasurementReport, referenced_images=_described(sources),
    )
    for said in (*statement.marks, statement.answer, *statement.limits):
        report[0].ContentSequence.append(
            TextContentItem(
                name=_code(codes.COMMENT), value=said,
                relationship_type=RelationshipTypeValues.CONTAINS,
            )
        )
    return report


def _described(sources: Sequence[Any]) -> list[Any] | None:
    """The images whose headers hold what the image library says of them (TID 1603, 1604).

    Headers often do not; such an image stands in the evidence and in the measurement group only.
    """
    from highdicom.sr import ImageLibrary

    found = []
    for one in sources:
        try:
            ImageLibrary([one])
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            continue
        found.append(one)
    return found or None


def _groups(
    statement: Statement, sources: Sequence[Any], names: tuple[str, ...]
) -> list[Any]:
    """The measurement group of the finding, or one for each that may be present beside others."""
    if not statement.findings:
        one = FindingSaid(
            statement.finding, statement.score, statement.operating_point, statement.decision
        )
        return [_group(statement, one, sources, result_uid(*names, "tracking"))]
    return [
        _group(statement, one, sources, result_uid(*names, "finding", one.finding))
        for one in statement.findings
    ]


def _group(
    statement: Statement, said: FindingSaid, sources: Sequence[Any], tracking: str
) -> Any:
    """A measurement group: the finding, present or not, how certain, and read by what."""
    from highdicom.sr import (
        MeasurementsAndQualitativeEvaluations,
        QualitativeEvaluation,
        SourceImageForMeasurementGroup,
        TrackingIdentifier,
    )

    finding = finding_named(said.finding)
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=tracking, identifier=said.finding[:64]
        ),
        measurements=[_certainty(said.probability)],
        qualitative_evaluations=[
            QualitativeEvaluation(
                name=_code(finding.radiological),
                value=_code(codes.PRESENT if said.present else codes.ABSENT),
            )
        ],
        source_images=[
            SourceImageForMeasurementGroup.from_source_image(one) for one in sources
        ],
        **_said_by(statement, said.finding, sources),
    )


def _region_groups(
    statement: Statement, sources: Sequence[Any], names: tuple[str, ...]
) -> list[Any]:
    """A measurement group for each mark: where its box lies, and how certain it is."""
    from highdicom.sr import (
        ImageRegion,
        PlanarROIMeasurementsAndQualitativeEvaluations,
        SourceImageForRegion,
        TrackingIdentifier,
    )

    if statement.regions and len(sources) != 1:
        raise InvalidInput(
            f"Marks are of the one image that was read, not of {len(sources)}.",
            hint="Make the result over that image alone.",
        )
    found = []
    for number, mark in enumerate(statement.regions or (), start=1):
        image = SourceImageForRegion.from_source_image(sources[0])
        found.append(PlanarROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=TrackingIdentifier(
                uid=result_uid(*names, "mark", str(number)),
                identifier=f"{statement.finding[:54]} {number}",
            ),
            referenced_region=ImageRegion("POLYLINE", _corners(mark.box), image),
            measurements=[_certainty(mark.score)],
            **_said_by(statement, statement.finding, sources),
        ))  # fmt: skip
    return found


def _lesion_groups(
    statement: Statement, sources: Sequence[Any], drawn: Sequence[Any]
) -> list[Any]:
    """A measurement group for each lesion: its segment, volume, longest diameter and certainty."""
    from highdicom.sr import (
        Measurement,
        ReferencedSegment,
        SourceSeriesForSegmentation,
        TrackingIdentifier,
        VolumetricROIMeasurementsAndQualitativeEvaluations,
    )

    if not statement.lesions or not drawn:
        return []
    series, segments = str(sources[0].SeriesInstanceUID), drawn[0].SegmentSequence
    found = []
    for number, one in enumerate(statement.lesions, start=1):
        segment = ReferencedSegment(
            sop_class_uid=drawn[0].SOPClassUID, sop_instance_uid=drawn[0].SOPInstanceUID,
            segment_number=number, source_series=SourceSeriesForSegmentation(series),
        )
        sizes = (
            (codes.VOLUME, one.volume_ml, codes.MILLILITRE),
            (codes.LONG_AXIS, one.longest_mm, codes.MILLIMETRE),
        )
        found.append(VolumetricROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=TrackingIdentifier(
                uid=segments[number - 1].TrackingUID, identifier=segments[number - 1].TrackingID,
            ),
            referenced_segment=segment,
            measurements=[
                Measurement(name=_code(name), value=round(value, 3), unit=_code(unit))
                for name, value, unit in sizes
            ] + [_certainty(one.score)],
            **_said_by(statement, statement.finding, sources),
        ))  # fmt: skip
    return found


def _corners(box: Box) -> Any:
    """The corners of a box as a closed line: columns and rows, shape (5, 2)."""
    import numpy as np

    left, upper, right, lower = box.x, box.y, box.x + box.width, box.y + box.height
    return np.array([[left, upper], [right, upper], [right, lower], [left, lower], [left, upper]])


def _certainty(score: float) -> Any:
    from highdicom.sr import Measurement

    return Measurement(
        name=_code(codes.PROBABILITY), value=round(score * 100, 4), unit=_code(codes.PERCENT)
    )


def _said_by(statement: Statement, finding: str, sources: Sequence[Any]) -> dict[str, Any]:
    """What groups have in common: the finding, where it is looked for, and what read."""
    from highdicom.sr import AlgorithmIdentification, FindingSite

    region = codes.REGIONS.get(str(sources[0].get("BodyPartExamined", "")).upper())
    point = f"Operating point: {statement.operating}"
    return {
        "finding_type": _code(finding_named(finding).clinical),
        "algorithm_id": AlgorithmIdentification(
            name=statement.trade_name[:64], version=statement.model_version,
            parameters=[point, f"Version digest: {statement.version}"], family=_code(codes.LEARNED),
            manufacturer=statement.manufacturer[:64],
        ),
        "finding_sites": [FindingSite(anatomic_location=_code(region))] if region else None,
    }


def _code(code: Coded) -> Any:
    from highdicom.sr import CodedConcept

    return CodedConcept(*code)
