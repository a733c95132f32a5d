"""Structured reports of people become text in order of their content; a device's are refused."""

from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from imaging.reports.reading import read_text
from imaging.sources.base import SourceRefused
from imaging.sources.report_sr import read_report_sr

BASIC = "1.2.840.10008.5.1.4.1.1.88.11"


def coded(value: str, meaning: str) -> Sequence:
    one = Dataset()
    one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning = value, "DCM", meaning
    return Sequence([one])


def node(kind: str, name: tuple[str, str], *inner: Dataset, text: str = "",
         relation: str = "CONTAINS", code: tuple[str, str] | None = None) -> Dataset:  # fmt: skip
    one = Dataset()
    one.ValueType, one.RelationshipType = kind, relation
    one.ConceptNameCodeSequence = coded(*name)
    if text:
        one.TextValue = text
    if code:
        one.ConceptCodeSequence = coded(*code)
    if inner:
        one.ContentSequence = Sequence(inner)
    return one


def written(path: Path, *content: Dataset, verified: bool = True, kind: str = BASIC) -> Path:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = kind
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = "1.2.3.4"
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.StudyInstanceUID, ds.PatientID, ds.PatientName = "1.2.1", "A", "Zwetschkenbaum^Rosalinde"
    ds.ContentDate, ds.ContentTime, ds.Modality = "20260105", "101500", "SR"
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "VERIFIED" if verified else "UNVERIFIED"
    observer = Dataset()
    observer.VerifyingObserverName, observer.VerificationDateTime = "Oberhuber^Q", "20260105113000"
    ds.VerifyingObserverSequence = Sequence([observer])
    ds.ContentSequence = Sequence(content)
    ds.save_as(path, enforce_file_format=True)
    return path


def test_the_content_tree_is_text_in_its_order(tmp_path: Path) -> None:
    report = read_report_sr(written(
        tmp_path / "a.dcm",
        node("CONTAINER", ("121070", "Findings"),
             node("TEXT", ("121071", "Finding"), text="Left basal consolidation.")),
        node("CONTAINER", ("121072", "Impressions"),
             node("TEXT", ("121073", "Impression"), text="Pneumonia.")),
    ))  # fmt: skip
    assert report.text.splitlines() == [
        "Findings:", "Left basal consolidation.", "Impressions:", "Pneumonia.",
    ]  # fmt: skip
    assert (report.status, report.study, report.patients) == ("final", "1.2.1", (("A", ""),))
    assert report.reader == "Oberhuber^Q"
    assert "Zwetschkenbaum^Rosalinde" in report.names
    assert read_text(report.text, "DX").findings["pneumonia"]["said"] == "present"
    assert "Zwetschkenbaum" not in repr(report)


def test_what_is_not_verified_is_preliminary(tmp_path: Path) -> None:
    text = node("TEXT", ("121071", "Finding"), text="No effusion.")
    assert read_report_sr(written(tmp_path / "a.dcm", text, verified=False)).status == "preliminary"


def test_other_than_reports_of_people_are_refused_without_quoting_them(tmp_path: Path) -> None:
    text = node("TEXT", ("121071", "Finding"), text="Zwetschkenbaum: no effusion.")
    device = node("CODE", ("121005", "Observer Type"), relation="HAS OBS CONTEXT",
                  code=("121007", "Device"))  # fmt: skip
    plain = tmp_path / "plain.dcm"
    plain.write_bytes(b"no DICOM")
    for path, words in (
        (written(tmp_path / "a.dcm", device, text), "observed by a device"),
        (written(tmp_path / "b.dcm", text, kind="1.2.840.10008.5.1.4.1.1.2"), "no structured"),
        (written(tmp_path / "c.dcm", node("CONTAINER", ("", ""))), "holds no text"),
        (plain, "no DICOM file"),
    ):
        with pytest.raises(SourceRefused, match=words) as refused:
            read_report_sr(path)
        assert "Zwetschkenbaum" not in str(refused.value)
