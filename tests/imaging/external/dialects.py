"""Results of an invented product in the forms that makers use, each in its own way.

``monai``: as MONAI Deploy's text writer does, a Basic Text SR with one text. ``highdicom_report``:
TID 1500 by highdicom. ``vendor``: a private scheme, groups that name their finding, scores up to
100.
"""

import io
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from records.definition import find_definition, load_definition
from records.external_product import ExternalProduct

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
MAKER, PRODUCT = "Example Imaging AI", "ExampleCAD Chest"
BASIC, COMPREHENSIVE = "1.2.840.10008.5.1.4.1.1.88.11", "1.2.840.10008.5.1.4.1.1.88.33"
UNSAID = ("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate", "StudyTime",
          "ReferringPhysicianName")  # fmt: skip
SECONDARY = "1.2.840.10008.5.1.4.1.1.7"


@cache
def _declared() -> dict[str, Any]:
    declared = load_definition(find_definition("other-maker-chest-pneumonia")).external
    assert declared is not None
    return declared.model_dump()


def product(**changes: Any) -> ExternalProduct:
    """The product of the definition that comes with Radvigil."""
    return ExternalProduct(**(_declared() | changes))


def coded(value: str, scheme: str, meaning: str) -> list[Dataset]:
    one = Dataset()
    one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning = value, scheme, meaning
    return [one]


def item(kind: str, name: list[Dataset] | None, *parts: Dataset, relation: str = "CONTAINS",
         **values: Any) -> Dataset:  # fmt: skip
    one = Dataset()
    one.RelationshipType, one.ValueType = relation, kind
    if name:
        one.ConceptNameCodeSequence = name
    for key, value in values.items():
        setattr(one, key, value)
    if parts:
        one.ContentSequence = list(parts)
    return one


def number(name: list[Dataset], value: float, unit: str) -> Dataset:
    measured = Dataset()
    measured.NumericValue = f"{value:.4g}"
    measured.MeasurementUnitsCodeSequence = coded(unit, "UCUM", unit)
    return item("NUM", name, MeasuredValueSequence=[measured])


def empty(study: str, *, sop: str, modality: str, version: str, at: datetime = AT) -> Dataset:
    """A DICOM object of the product, with a patient's name in it."""
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID = sop
    one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    one.SOPClassUID, one.SOPInstanceUID = sop, one.file_meta.MediaStorageSOPInstanceUID
    one.StudyInstanceUID, one.SeriesInstanceUID = study, generate_uid()
    one.Modality, one.Manufacturer = modality, MAKER
    one.ManufacturerModelName, one.SoftwareVersions = PRODUCT, version
    one.PatientName, one.PatientID = "Zwetschkenbaum^Ida", "MRN-77"
    one.ContentDate, one.ContentTime = f"{at:%Y%m%d}", f"{at:%H%M%S}"
    one.TimezoneOffsetFromUTC = "+0000"
    return one


def monai(study: str, *, text: str, version: str = "2.1.0", at: datetime = AT) -> Dataset:
    one = empty(study, sop=BASIC, modality="SR", version=version, at=at)
    one.ValueType, one.ContinuityOfContent = "CONTAINER", "SEPARATE"
    one.ConceptNameCodeSequence = coded("18748-4", "LN", "Diagnostic Imaging Report")
    one.CompletionFlag, one.VerificationFlag = "COMPLETE", "UNVERIFIED"
    one.ContentSequence = [
        item("TEXT", coded("111412", "DCM", "Narrative Summary"), TextValue=text)
    ]
    return one


def vendor(
    study: str, *, score: float | None, present: bool | None, version: str = "2.1.0",
    at: datetime = AT, others: bool = True,
) -> Dataset:
    """Groups in a private scheme: pneumonia, and beside it pneumothorax with another score."""
    one = empty(study, sop=COMPREHENSIVE, modality="SR", version="", at=at)
    one.ValueType, one.CompletionFlag = "CONTAINER", "COMPLETE"
    one.ConceptNameCodeSequence = coded("REP", "99EXAI", "Chest findings")
    observer = [
        item("CODE", coded("121005", "DCM", "Observer Type"), relation="HAS OBS CONTEXT",
             ConceptCodeSequence=coded("121007", "DCM", "Device")),
        item("TEXT", coded("121014", "DCM", "Device Observer Manufacturer"),
             relation="HAS OBS CONTEXT", TextValue=MAKER),
    ]  # fmt: skip
    group = _group("PNA", "Pneumonia", score, present, version)
    other = _group("PTX", "Pneumothorax", 99.0, True, version)
    one.ContentSequence = [*observer, *([other] if others else []), group]
    return one


def _group(
    code: str, meaning: str, score: float | None, present: bool | None, version: str
) -> Dataset:
    parts = [
        item("CODE", coded("121071", "DCM", "Finding"),
             ConceptCodeSequence=coded(code, "99EXAI", meaning)),
        item("TEXT", coded("111003", "DCM", "Algorithm Version"), TextValue=version),
    ]  # fmt: skip
    if score is not None:
        parts.append(number(coded("SCORE", "99EXAI", "Abnormality score"), score, "1"))
    if present is not None:
        code = ("52101004", "Present") if present else ("272519000", "Absent")
        parts.append(item("CODE", coded("RESULT", "99EXAI", "Result"),
                          ConceptCodeSequence=coded(code[0], "SCT", code[1])))  # fmt: skip
    return item("CONTAINER", coded("GROUP", "99EXAI", "Finding group"), *parts)


def highdicom_report(
    study: str, *, percent: float, present: bool, version: str = "2.1.0"
) -> Dataset:
    """A Comprehensive SR after TID 1500, as highdicom writes it."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    source = empty(study, sop="1.2.840.10008.5.1.4.1.1.1.1", modality="DX", version="")
    for name in UNSAID:
        setattr(source, name, "")
    source.Rows = source.Columns = 8
    device = hd.sr.DeviceObserverIdentifyingAttributes(
        uid=generate_uid(), name=PRODUCT, manufacturer_name=MAKER, model_name=PRODUCT
    )
    group = hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(uid=generate_uid(), identifier="1"),
        finding_type=hd.sr.CodedConcept("233604007", "SCT", "Pneumonia"),
        algorithm_id=hd.sr.AlgorithmIdentification(
            name=PRODUCT, version=version, family=codes.DCM.ArtificialIntelligence
        ),
        measurements=[hd.sr.Measurement(
            name=hd.sr.CodedConcept("111012", "DCM", "Certainty of Finding"), value=percent,
            unit=codes.UCUM.Percent,
        )],
        qualitative_evaluations=[hd.sr.QualitativeEvaluation(
            name=hd.sr.CodedConcept("RID5350", "RADLEX", "pneumonia"),
            value=hd.sr.CodedConcept("52101004", "SCT", "Present") if present
            else hd.sr.CodedConcept("272519000", "SCT", "Absent"),
        )],
    )  # fmt: skip
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(hd.sr.ObserverContext(
            observer_type=codes.DCM.Device, observer_identifying_attributes=device
        )),
        procedure_reported=hd.sr.CodedConcept("363680008", "SCT", "Radiographic imaging"),
        imaging_measurements=[group], title=codes.DCM.ImagingMeasurementReport,
    )  # fmt: skip
    return hd.sr.ComprehensiveSR(
        evidence=[source], content=content[0], series_instance_uid=generate_uid(),
        series_number=1, sop_instance_uid=generate_uid(), instance_number=1, manufacturer=MAKER,
        is_complete=True,
    )


def capture(study: str, *, comments: str, version: str = "2.1.0", lines: tuple[str, ...] = (),
            at: datetime = AT) -> Dataset:  # fmt: skip
    """A secondary capture with a text attribute, and with lines burned into its picture."""
    one = empty(study, sop=SECONDARY, modality="OT", version=version, at=at)
    one.ImageComments = comments
    if lines:
        picture = burned(lines)
        one.Rows, one.Columns = picture.shape
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.BitsAllocated = one.BitsStored = 8
        one.HighBit, one.PixelRepresentation = 7, 0
        one.PixelData = picture.tobytes()
    return one


def burned(lines: tuple[str, ...]) -> np.ndarray:
    """White lines of text on black."""
    import cv2

    picture = np.zeros((60 + 60 * len(lines), 640), dtype=np.uint8)
    for place, line in enumerate(lines):
        cv2.putText(picture, line, (20, 60 + 60 * place), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 255, 2)
    return picture


def written(one: Dataset, path: Path) -> Path:
    """The object as a file."""
    held = io.BytesIO()
    one.save_as(held, enforce_file_format=True)
    path.write_bytes(held.getvalue())
    return path


def oru(
    study: str, *, score: float | None = None, answer: str = "", version: str = "2.1.0",
    at: datetime = AT, control: str = "1", accession: str = "", status: str = "F",
    application: str = "EXAMPLECAD",
) -> bytes:
    """An ORU message with a score (NM) and a coded answer, one group by OBX-4, beside another."""
    when = f"{at:%Y%m%d%H%M%S}+0000"
    rows = [
        f"MSH|^~\\&|{application}|NORTH|PACS|NORTH|{when}||ORU^R01^ORU_R01|{control}|P|2.5.1",
        f"SFT|{MAKER}|{version}|{PRODUCT}|77",
        "PID|||MRN-77^^^NORTH^MR||Zwetschkenbaum^Ida||19610523|F",
        f"OBR|1||{accession}|71046^Chest^C4|||{when}|||||||||||{accession}",
    ]
    if study:
        rows.append(f"OBX|1|ST|110180^Study Instance UID^DCM||{study}||||||F")
    rows.append("OBX|2|NM|SCORE^Score^99EXAI|2|99|||||F")
    rows.append("OBX|3|CWE|PTX^Pneumothorax^99EXAI|2|52101004^Present^SCT||||||F")
    if score is not None:
        rows.append(f"OBX|4|NM|SCORE^Score^99EXAI|1|{score:g}||||||{status}|||{when}")
    code = {"present": "52101004^Present^SCT", "absent": "272519000^Absent^SCT", "": "^^"}[answer]
    rows.append(f"OBX|5|CWE|PNA^Pneumonia^99EXAI|1|{code}||||||{status}|||{when}")
    return "\r".join(rows).encode()
