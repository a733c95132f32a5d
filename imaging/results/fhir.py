"""A reading as FHIR: DiagnosticReport, one Observation a finding, the Device, and the study.

R4 and R5, written and checked by fhir.resources (R4B's models for R4, which are the same for these
resources). The study and the patient stand under their pseudonyms.
"""

import json
import uuid
from typing import Any, Final, Literal

from imaging.results import codes
from imaging.results.codes import Coded, finding_named
from imaging.results.statement import Statement
from imaging.sources.fhir_bundle import DICOM_UID, SCHEMES
from records.cases import FindingSaid
from records.errors import Refused

Release = Literal["R4", "R5"]
_SYSTEMS: Final = {short: address for address, short in reversed(SCHEMES.items())} | {
    "UCUM": "http://unitsofmeasure.org", codes.PRIVATE: "urn:radvigil:finding",
}
_PSEUDONYM: Final = "urn:radvigil:pseudonym"
_IMAGING_REPORT: Final = Coded("18748-4", "LN", "Diagnostic imaging study")
_NAMESPACE: Final = uuid.UUID("5b6f4c1e-6c0b-4f0e-9a44-3a2f7a6d9b10")
"""Of the identifiers of resources: the same reading gives the same bundle."""


def fhir_bundle(
    statement: Statement, *, study: str, patient: str, record: str, release: Release = "R4"
) -> bytes:
    """A Bundle as JSON that says what a version said of a study.

    study, patient: pseudonyms; record: the Prediction's label. The report is 'preliminary': no
    physician has read it.

    Raises:
        Refused: The reading is no finding that an Observation can hold.
    """
    if statement.enhanced:
        raise Refused("An enhanced picture is no finding, and has no FHIR form here.")
    names = (statement.version, study, record)
    said = statement.findings or (FindingSaid(
        statement.finding, statement.score, statement.operating_point, statement.decision
    ),)  # fmt: skip
    device = _device(statement, release)
    subject = {"identifier": {"system": _PSEUDONYM, "value": patient}}
    common = {"status": "preliminary", "subject": subject, "issued": _instant(statement)}
    observations = [
        {
            "resourceType": "Observation", **common,
            "code": _concept(finding_named(one.finding).clinical),
            "effectiveDateTime": _instant(statement),
            "valueCodeableConcept": _concept(codes.PRESENT if one.present else codes.ABSENT),
            "device": {"reference": _url(*names, "device")},
            "component": [
                _percent(codes.PROBABILITY, one.probability),
                _percent(codes.OPERATING_POINT, one.operating_point),
            ],
            "note": [{"text": limit} for limit in (*statement.marks, *statement.limits)],
        }
        for one in said
    ]  # fmt: skip
    pointed = [{"reference": _url(*names, "study")}]
    report = {
        "resourceType": "DiagnosticReport", **common, "code": _concept(_IMAGING_REPORT),
        "identifier": [{"system": "urn:radvigil:prediction", "value": record}],
        "effectiveDateTime": _instant(statement), "conclusion": statement.answer,
        "performer": [{"display": statement.trade_name}],
        "result": [{"reference": _url(*names, str(at))} for at in range(len(observations))],
        ("imagingStudy" if release == "R4" else "study"): pointed,
    }
    study_of = {
        "resourceType": "ImagingStudy", "status": "available", "subject": subject,
        "identifier": [{"system": DICOM_UID, "value": f"urn:oid:{study}"}],
    }
    entries = [
        (_url(*names, "report"), report),
        *((_url(*names, str(at)), one) for at, one in enumerate(observations)),
        (_url(*names, "device"), device), (_url(*names, "study"), study_of),
    ]
    return _checked(
        {"resourceType": "Bundle", "type": "collection", "timestamp": _instant(statement),
         "entry": [{"fullUrl": url, "resource": one} for url, one in entries]}, release,
    )  # fmt: skip


def _checked(content: dict[str, Any], release: Release) -> bytes:
    """The bundle as the models of its release write it."""
    if release == "R4":
        from fhir.resources.R4B.bundle import Bundle as BundleOfR4

        made: Any = BundleOfR4.model_validate(content)
    else:
        from fhir.resources.bundle import Bundle

        made = Bundle.model_validate(content)
    plain = json.loads(made.model_dump_json())
    return json.dumps(plain, indent=2, ensure_ascii=False).encode() + b"\n"


def _device(statement: Statement, release: Release) -> dict[str, Any]:
    name = {"value" if release == "R5" else "name": statement.trade_name,
            "type": "user-friendly-name"}  # fmt: skip
    return {
        "resourceType": "Device", "manufacturer": statement.manufacturer,
        ("name" if release == "R5" else "deviceName"): [name],
        "version": [{"value": statement.model_version}],
    }


def _concept(code: Coded) -> dict[str, Any]:
    system = _SYSTEMS.get(code.scheme, code.scheme)
    return {
        "coding": [{"system": system, "code": code.value, "display": code.meaning}],
        "text": code.meaning,
    }


def _percent(name: Coded, share: float) -> dict[str, Any]:
    return {
        "code": _concept(name),
        "valueQuantity": {
            "value": round(share * 100, 4), "unit": "%", "system": _SYSTEMS["UCUM"], "code": "%",
        },
    }


def _instant(statement: Statement) -> str:
    return statement.read_at.isoformat(timespec="seconds")


def _url(*names: str) -> str:
    return uuid.uuid5(_NAMESPACE, "\x1f".join(names)).urn
