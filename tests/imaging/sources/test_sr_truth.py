"""Human readers' structured reports: coded answers are read, devices and silence are refused."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import ComprehensiveSRStorage, ExplicitVRLittleEndian

from imaging.sources.base import SourceRefused
from imaging.sources.sr_truth import read_sr_truth

PRESENT, ABSENT = ("52101004", "SCT", "Present"), ("2667000", "SCT", "Absent")
PNEUMONIA, FINDING = ("233604007", "SCT", "Pneumonia"), ("121071", "DCM", "Finding")
READER = "Okonkwo^Ada"


def coded(name: tuple[str, str, str], value: tuple[str, str, str]) -> Dataset:
    item = Dataset()
    item.ValueType, item.RelationshipType = "CODE", "CONTAINS"
    for keyword, (code, scheme, meaning) in (
        ("ConceptNameCodeSequence", name), ("ConceptCodeSequence", value)
    ):  # fmt: skip
        one = Dataset()
        one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning = code, scheme, meaning
        setattr(item, keyword, [one])
    return item


def container(*items: Dataset) -> Dataset:
    item = Dataset()
    item.ValueType, item.RelationshipType = "CONTAINER", "CONTAINS"
    item.ContentSequence = list(items)
    return item


def plain(*items: Any, **attributes: Any) -> Dataset:
    """A document as a reading room makes it, signed by a reader."""
    document = Dataset()
    document.file_meta = FileMetaDataset()
    document.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    document.SOPClassUID, document.SOPInstanceUID = ComprehensiveSRStorage, "2.25.5"
    document.Modality, document.StudyInstanceUID, document.StudyDate = "SR", "1.2.3", "20260214"
    document.PatientName, document.ValueType = "Somebody^Known", "CONTAINER"
    document.CompletionFlag, document.VerificationFlag = "COMPLETE", "VERIFIED"
    observer = Dataset()
    observer.VerifyingObserverName = READER
    document.VerifyingObserverSequence = [observer]
    document.ContentSequence = list(items)
    for name, value in attributes.items():
        setattr(document, name, value)
    return document


def tid_1500(tmp: Path, *, person: bool) -> Dataset:
    """A measurement report as highdicom makes it, of a person or of a device."""
    from highdicom import UID
    from highdicom.sr import (
        CodedConcept,
        DeviceObserverIdentifyingAttributes,
        MeasurementReport,
        MeasurementsAndQualitativeEvaluations,
        ObservationContext,
        ObserverContext,
        PersonObserverIdentifyingAttributes,
        QualitativeEvaluation,
        TrackingIdentifier,
    )

    observer = ObserverContext(
        observer_type=codes.DCM.Person if person else codes.DCM.Device,
        observer_identifying_attributes=PersonObserverIdentifyingAttributes(name=READER)
        if person
        else DeviceObserverIdentifyingAttributes(uid=UID()),
    )
    context = (
        ObservationContext(observer_person_context=observer)
        if person
        else ObservationContext(observer_device_context=observer)
    )
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=UID(), identifier="one"),
        finding_type=CodedConcept(*PNEUMONIA[:2], meaning=PNEUMONIA[2]),
        qualitative_evaluations=[QualitativeEvaluation(
            name=CodedConcept("246112005", "SCT", "Severity"),
            value=CodedConcept("272519000", "SCT", "Absent"),
        )],
    )  # fmt: skip
    report = MeasurementReport(
        observation_context=context, procedure_reported=codes.SCT.ImagingProcedure,
        imaging_measurements=[group], title=codes.DCM.ImagingMeasurementReport,
    )
    return plain(*report[0].ContentSequence, VerifyingObserverSequence=[])


def save(document: Dataset, tmp: Path) -> Path:
    path = tmp / "report.dcm"
    document.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize(
    ("items", "present"),
    [
        ([coded(PNEUMONIA, PRESENT)], True),
        ([container(coded(PNEUMONIA, ABSENT))], False),
        ([coded(FINDING, PNEUMONIA)], True),
        ([container(coded(FINDING, PNEUMONIA), coded(("1", "99X", "Presence"), ABSENT)),
          container(coded(FINDING, ("1", "99X", "Effusion")),
                    coded(("1", "99X", "Presence"), PRESENT))], False),
    ],
)  # fmt: skip
def test_a_coded_answer_of_a_person_is_read(
    tmp_path: Path, items: list[Dataset], present: bool
) -> None:
    found = read_sr_truth(save(plain(*items), tmp_path), "pneumonia")
    assert (found.present, found.observer, found.state) == (present, READER, "final")
    later = save(plain(*items, VerificationFlag="UNVERIFIED"), tmp_path)
    assert read_sr_truth(later, "pneumonia").state == "preliminary"


def test_a_measurement_report_is_read_of_a_person_and_refused_of_a_device(tmp_path: Path) -> None:
    found = read_sr_truth(save(tid_1500(tmp_path, person=True), tmp_path), "pneumonia")
    assert (found.present, found.observer) == (False, READER)
    with pytest.raises(SourceRefused, match="a device made it"):
        read_sr_truth(save(tid_1500(tmp_path, person=False), tmp_path), "pneumonia")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (plain(coded(FINDING, ("1", "99X", "Effusion"))), "says nothing coded of pneumonia"),
        (plain(coded(PNEUMONIA, PRESENT), coded(PNEUMONIA, ABSENT)), "both present and absent"),
        (plain(coded(PNEUMONIA, PRESENT), Modality="CT"), "no structured report"),
        (plain(coded(PNEUMONIA, PRESENT), VerifyingObserverSequence=[]), "which person observed"),
        (plain(coded(PNEUMONIA, PRESENT), StudyDate=""), "no date"),
    ],
)
def test_what_cannot_be_a_truth_is_refused_without_the_patients_name(
    tmp_path: Path, document: Dataset, said: str
) -> None:
    with pytest.raises(SourceRefused, match=said) as refused:
        read_sr_truth(save(document, tmp_path), "pneumonia")
    assert "Somebody" not in str(refused.value)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_an_altered_file_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(save(plain(coded(PNEUMONIA, PRESENT)), tmp_path).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "altered.dcm"
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    with suppress(SourceRefused):
        read_sr_truth(path, "pneumonia")
