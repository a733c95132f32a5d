"""What goes out as FHIR comes in again as the same result, in R4 and R5, and names nobody."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from imaging.external.fhir import read_fhir_results
from imaging.external.saying import ResultRefused, SaidOutside, Why
from imaging.results.fhir import fhir_bundle
from imaging.sources.base import SourceRefused
from imaging.sources.fhir_bundle import is_fhir, read_bundle
from imaging.sources.fhir_reports import read_fhir_reports
from tests.imaging.external.dialects import AT, product
from tests.imaging.results.readings import READING

STUDY = "2.25.33"


def out(path: Path, *, release="R4", **changes) -> Path:
    content = fhir_bundle(
        replace(READING, **changes), study=STUDY, patient="P0001", record="PRE-0007",
        release=release,
    )
    path.write_bytes(content)
    return path


def back(path: Path, **changes) -> list[SaidOutside | ResultRefused]:
    known = {"known_as": [READING.manufacturer]} | changes
    return list(read_fhir_results(product(**known), path, zone=AT.tzinfo))


@pytest.mark.parametrize("release", ["R4", "R5"])
@pytest.mark.parametrize(("score", "decision"), [(0.8731, True), (0.02, False)])
def test_out_and_in_again(tmp_path: Path, release: str, score: float, decision: bool) -> None:
    path = out(tmp_path / "a.json", release=release, score=score, decision=decision)
    assert is_fhir(path)
    (said,) = back(path)
    assert isinstance(said, SaidOutside)
    assert (said.score, said.decision) == (pytest.approx(score), decision)
    assert (said.study.by, said.study.value) == ("uid", STUDY)
    assert said.software == READING.model_version
    assert said.said_at == READING.read_at.replace(microsecond=0)
    assert path.read_bytes() == out(tmp_path / "b.json", release=release, score=score,
                                    decision=decision).read_bytes()  # fmt: skip
    (other,) = back(path, known_as=["Another"])
    assert isinstance(other, ResultRefused) and other.why is Why.OTHER_PRODUCT


def test_an_invalid_element_is_named_by_its_path_and_not_quoted(tmp_path: Path) -> None:
    path = out(tmp_path / "a.json")
    content = json.loads(path.read_text())
    content["entry"][1]["resource"]["valueCodeableConcept"]["text"] = {"Zwetschkenbaum": 1}
    content["entry"][0]["resource"]["issued"] = "Zwetschkenbaum"
    path.write_text(json.dumps(content))
    with pytest.raises(SourceRefused) as refused:
        read_bundle(path)
    told = str(refused.value)
    assert "Bundle.entry[1].resource.valueCodeableConcept.text" in told
    assert "Bundle.entry[0].resource.issued" in told
    assert "Zwetschkenbaum" not in told
    path.write_text("[1, 2]")
    with pytest.raises(SourceRefused, match="no FHIR resource"):
        read_bundle(path)
    path.write_text('{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": '
                    '{"resourceType": "Nonsense"}}]}')  # fmt: skip
    with pytest.raises(SourceRefused):
        read_bundle(path)


def report(**more) -> dict:
    return {
        "resourceType": "DiagnosticReport", "id": "r1", "status": "final",
        "code": {"text": "Chest radiograph"}, "effectiveDateTime": "2026-01-05T09:30:00Z",
        "imagingStudy": [{"identifier": {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3.4"}}],
        "conclusion": "No pneumonia.", "performer": [{"display": "Dr. Ada Reader"}],
    } | more  # fmt: skip


def read(tmp_path: Path, one: dict):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(one))
    (found,) = read_fhir_reports(path, zone=AT.tzinfo)
    return found


def test_reports_give_text_status_day_reader_and_study(tmp_path: Path) -> None:
    found = read(tmp_path, report())
    assert (found.text, found.status, found.reader) == ("No pneumonia.", "final", "Dr. Ada Reader")
    assert (found.study_by, found.study, found.key) == ("uid", "1.2.3.4", "r1")
    assert found.reported_on.isoformat() == "2026-01-05"
    assert "Ada" not in repr(found) and "pneumonia" not in repr(found)
    form = {"contentType": "text/html", "data": "PHA+RmluZGluZ3M6PC9wPjxwPk5vbmUuPC9wPg=="}
    found = read(tmp_path, report(presentedForm=[form], status="amended"))
    assert (found.text, found.status) == ("Findings:\nNone.", "corrected")
    assert read(tmp_path, report(status="entered-in-error", conclusion="x")).status == "withdrawn"
    accession = {"type": {"coding": [{"code": "ACSN"}]}, "value": "A-77"}
    found = read(tmp_path, report(imagingStudy=[], identifier=[accession]))
    assert (found.study_by, found.study) == ("accession", "A-77")


@pytest.mark.parametrize(("change", "element"), [
    ({"status": "odd"}, "status"), ({"imagingStudy": []}, "imagingStudy"),
    ({"conclusion": ""}, "presentedForm"), ({"effectiveDateTime": None}, "effectiveDateTime"),
])  # fmt: skip
def test_a_report_that_lacks_something_is_refused_by_element(
    tmp_path: Path, change: dict, element: str
) -> None:
    one = {key: value for key, value in report(**change).items() if value not in (None, "", [])}
    with pytest.raises(SourceRefused, match=rf"entry\[0\].resource.{element}"):
        read(tmp_path, one)
