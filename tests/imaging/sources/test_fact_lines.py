"""Facts are read as declared, or refused with file and row: a CSV, and FHIR Observations."""

import json
from pathlib import Path
from typing import Any

import pytest

from imaging.sources.base import SourceRefused
from imaging.sources.fact_lines import read_facts
from records.clinical_facts import DeclaredFact

CRP = DeclaredFact(name="crp", code="1988-5", system="LOINC", unit="mg/L", least=0, most=600,
                   oldest_days=3)  # fmt: skip
SMOKING = DeclaredFact(name="smoking", code="72166-2", system="LOINC", oldest_days=900,
                       values={"77176002": "smoker", "266919005": "never"})  # fmt: skip
DECLARED = (CRP, SMOKING)
HEAD = "patient,code,value,unit,time"


def csv_of(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "facts.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def test_a_row_is_a_fact_with_its_value_and_moment(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "p1,1988-5,12.5,mg/L,2026-01-03T10:30", "p1,72166-2,77176002,,20260102")
    crp, smoking = read_facts(path, DECLARED)
    assert (crp.subject, crp.name, crp.value) == ("p1", "crp", 12.5)
    assert f"{crp.at}" == "2026-01-03 10:30:00"
    assert (smoking.name, smoking.value) == ("smoking", "77176002")
    assert f"{smoking.at}" == "2026-01-02 00:00:00"


def test_facts_of_files_say_how_many_days_before_the_study(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "a.png,1988-5,3,mg/L,1.5", head="file,code,value,unit,days_before")
    (line,) = read_facts(path, DECLARED)
    assert (line.subject, line.of_file, line.days_before) == ("a.png", True, 1.5)


@pytest.mark.parametrize(("row", "why"), [
    ("p,9999-9,1,mg/L,2026-01-03", "'9999-9' is no fact that the device declares"),
    ("p,1988-5,1,mg/dL,2026-01-03", "crp is in 'mg/dL', and the device declares 'mg/L'"),
    ("p,1988-5,high,mg/L,2026-01-03", "'high' is no number for crp"),
    ("p,1988-5,nan,mg/L,2026-01-03", "'nan' is no number for crp"),
    ("p,1988-5,inf,mg/L,2026-01-03", "lies outside 0 to 600"),
    ("p,1988-5,-1,mg/L,2026-01-03", "crp of -1 mg/L lies outside 0 to 600"),
    ("p,1988-5,1,mg/L,", "the time is missing"),
    ("p,1988-5,1,mg/L,2026", "'2026' is no date or time"),
    ("p,72166-2,maybe,,2026-01-03", "'maybe' is no value of smoking"),
    (",1988-5,1,mg/L,2026-01-03", "nobody's fact"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_row(tmp_path: Path, row: str, why: str) -> None:
    path = csv_of(tmp_path, "p,1988-5,1,mg/L,2026-01-03", row)
    with pytest.raises(SourceRefused, match=why) as refused:
        read_facts(path, DECLARED)
    assert "facts.csv, row 3" in str(refused.value)


def test_a_table_without_the_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="value, patient or file, time or days_before"):
        read_facts(csv_of(tmp_path, "1988-5", head="code"), DECLARED)
    with pytest.raises(SourceRefused, match="no such file"):
        read_facts(tmp_path / "none.csv", DECLARED)


def observation(**changed: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "status": "final", "id": "o",
        "code": {"coding": [{"system": "http://loinc.org", "code": "1988-5"}]},
        "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-01-03T10:30:00+02:00",
        "valueQuantity": {"value": 12.5, "unit": "mg/L", "code": "mg/L",
                          "system": "http://unitsofmeasure.org"},
    } | changed  # fmt: skip


def bundle(folder: Path, *resources: dict[str, Any]) -> Path:
    path = folder / "bundle.json"
    entries = [{"resource": one} for one in resources]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}))
    return path


CODED = {
    "code": {"coding": [{"system": "http://loinc.org", "code": "72166-2"}]}, "valueQuantity": None,
    "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "77176002"}]},
}  # fmt: skip


def test_observations_say_the_same_as_a_table(tmp_path: Path) -> None:
    lines = csv_of(tmp_path, "p1,1988-5,12.5,mg/L,2026-01-03T10:30",
                   "p1,72166-2,77176002,,2026-01-03T10:30")  # fmt: skip
    patient = {"resourceType": "Patient", "id": "p1"}
    path = bundle(tmp_path, patient, observation(), observation(**CODED))
    rows = tmp_path / "rows.ndjson"
    rows.write_text("\n".join(map(json.dumps, (observation(), observation(**CODED)))))
    expected = [(one.subject, one.name, one.value, one.at) for one in read_facts(lines, DECLARED)]
    for found in (path, rows):
        read = read_facts(found, DECLARED)
        assert [(one.subject, one.name, one.value, one.at) for one in read] == expected


@pytest.mark.parametrize(("changed", "why"), [
    ({"status": "preliminary"}, "status is 'preliminary'"),
    ({"status": "entered-in-error"}, "status is 'entered-in-error'"),
    ({"code": {"coding": [{"system": "http://loinc.org", "code": "1"}]}}, "is no fact"),
    ({"code": {"coding": [{"system": "http://snomed.info/sct", "code": "1988-5"}]}}, "is no fact"),
    ({"valueQuantity": {"value": 1, "code": "mg/dL"}}, "crp is in 'mg/dL'"),
    ({"valueQuantity": {"value": 1, "code": "mg/L", "system": "urn:x"}}, "not UCUM"),
    ({"valueQuantity": {"value": 5, "code": "mg/L", "comparator": "<"}}, "only known to be <"),
    ({"valueQuantity": {"value": 900, "code": "mg/L"}}, "lies outside"),
    ({"valueQuantity": None}, "has no valueQuantity"),
    ({"effectiveDateTime": ""}, "the time is missing"),
    ({"subject": {}}, "subject.reference: Field required"),
])  # fmt: skip
def test_an_observation_that_cannot_be_used_is_refused_with_its_place(
    tmp_path: Path, changed: dict[str, Any], why: str
) -> None:
    path = bundle(tmp_path, observation(), observation(**changed))
    with pytest.raises(SourceRefused, match=why) as refused:
        read_facts(path, DECLARED)
    assert "bundle.json, entry 2" in str(refused.value)
    assert "p1" not in str(refused.value)


def test_what_is_no_fhir_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for text, why in (("[1]", "cannot be read as FHIR"), ("{", "cannot be read as FHIR"),
                      ('{"resourceType": "Patient"}', "holds no Observation")):  # fmt: skip
        path.write_text(text)
        with pytest.raises(SourceRefused, match=why):
            read_facts(path, DECLARED)
