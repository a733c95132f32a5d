"""Another maker's results as they leave its product: TID 1500 SR in its own dialect, and CSV.

Deliberately not our dialect (:mod:`imaging.results.report`): the finding and its score in a private
scheme, scores up to 100, and the software version in the observer's serial number.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from imaging.sources.cases import stream, uid
from imaging.sources.clinic_studies import ClinicStudy

COLUMNS: Final = ("study", "version", "score", "decision", "said_at")
POSITIVE, NEGATIVE = "Positive", "Negative"


def results_csv(studies: Sequence[ClinicStudy]) -> bytes:
    """The export that the product writes, a line a study in order of time; UTF-8 with CRLF."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for study in sorted(studies, key=result_at):
        word = POSITIVE if study.other.decision else NEGATIVE
        writer.writerow([
            study.study_uid, study.other.version, f"{100 * study.other.score:.2f}", word,
            result_at(study).isoformat(),
        ])  # fmt: skip
    return file.getvalue().encode()


def result_at(study: ClinicStudy) -> datetime:
    """When the product was done with the study: half a minute to five minutes after it was made."""
    seconds = int(stream(study.plan, "other maker's time").integers(30, 300))
    return study.taken_at + timedelta(seconds=seconds)


def result_sr(study: ClinicStudy) -> bytes:
    """The product's Comprehensive SR over the study's one image (TID 1500), as a DICOM file."""
    from highdicom.sr import (
        ComprehensiveSR,
        DeviceObserverIdentifyingAttributes,
        Measurement,
        MeasurementReport,
        MeasurementsAndQualitativeEvaluations,
        ObservationContext,
        ObserverContext,
        QualitativeEvaluation,
        TrackingIdentifier,
    )
    from pydicom.sr.codedict import codes as standard
    from pydicom.sr.coding import Code

    from imaging.sources.clinic_products import product_at

    product = product_at(study.plan)
    device = DeviceObserverIdentifyingAttributes(
        uid=uid(study.plan, "other maker's device"), name=product.name,
        manufacturer_name=product.maker, model_name=product.name,
        serial_number=study.other.version,
    )
    observer = ObserverContext(
        observer_type=standard.DCM.Device, observer_identifying_attributes=device
    )
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=uid(study.plan, "other maker's finding"), identifier="PNA-1"
        ),
        finding_type=Code("PNA", "99EXAI", "Pneumonia suspicion"),
        measurements=[Measurement(
            name=Code("SCORE", "99EXAI", "Abnormality score"),
            value=round(100 * study.other.score, 2), unit=Code("%", "UCUM", "percent"),
        )],
        qualitative_evaluations=[QualitativeEvaluation(
            name=Code("PNA", "99EXAI", "Pneumonia suspicion"),
            value=Code(
                *(("10828004", "SCT", POSITIVE) if study.other.decision
                  else ("260385009", "SCT", NEGATIVE))
            ),
        )],
    )  # fmt: skip
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer),
        procedure_reported=Code("399208008", "SCT", "Plain X-ray of chest"),
        imaging_measurements=[group], title=standard.DCM.ImagingMeasurementReport,
    )
    report = ComprehensiveSR(
        evidence=[_image(study)], content=content[0], instance_number=1, series_number=901,
        series_instance_uid=uid(study.plan, "other maker's series"),
        sop_instance_uid=uid(study.plan, "other maker's report"),
        manufacturer=product.maker, is_complete=True, is_final=True, is_verified=False,
    )
    return _bytes(report, study)


def _image(study: ClinicStudy) -> Any:
    """The header of the study's image as far as a report over it repeats it."""
    from pydicom.dataset import Dataset

    patient, image = study.case.patient, Dataset()
    image.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"  # Digital X-Ray, for presentation
    image.SOPInstanceUID = uid(study.plan, "instance")
    image.SeriesInstanceUID = uid(study.plan, "series")
    image.StudyInstanceUID, image.StudyID = study.study_uid, study.accession[-6:]
    image.AccessionNumber = study.accession
    image.PatientID, image.PatientName = patient.patient_id, patient.name
    image.PatientBirthDate = patient.birth_date.strftime("%Y%m%d")
    image.PatientSex, image.IssuerOfPatientID = patient.sex, study.clinic.assigner
    image.StudyDate, image.StudyTime = study.taken_at.strftime("%Y%m%d %H%M%S").split()
    image.ReferringPhysicianName, image.Modality = "", "DX"
    return image


def _bytes(report: Any, study: ClinicStudy) -> bytes:
    """The file, with the product's own time in place of the clock's: the same study, same bytes."""
    at = result_at(study)
    for kind in ("Instance Creation", "Content", "Series"):
        word = kind.replace(" ", "")
        setattr(report, f"{word}Date", at.strftime("%Y%m%d"))
        setattr(report, f"{word}Time", at.strftime("%H%M%S"))
    report.ContributingEquipmentSequence = []
    report.SoftwareVersions = study.other.version
    file = io.BytesIO()
    report.save_as(file, enforce_file_format=True)
    return file.getvalue()
