"""FHIR bundles of DiagnosticReports and Observations, R4 and R5, checked by fhir.resources.

fhir.resources holds the models of R5 and of R4B, whose DiagnosticReport and Observation are those
of R4. A DiagnosticReport points to its study by imagingStudy in R4 and by study in R5.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from imaging.sources.base import SourceRefused

DICOM_UID: Final = "urn:dicom:uid"
SCHEMES: Final = {
    "http://snomed.info/sct": "SCT", "http://dicom.nema.org/resources/ontology/DCM": "DCM",
    "http://www.radlex.org": "RADLEX", "http://radlex.org": "RADLEX", "http://loinc.org": "LN",
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation": "INT",
}  # fmt: skip
"""The short names of coding systems (PS3.16 table 8-1; of others the address is the name)."""
FINAL: Final = frozenset({"final", "amended", "corrected", "appended"})
_UID: Final = re.compile(r"(?:urn:oid:)?([0-2](?:\.\d+){2,})")
_READ: Final = ("DiagnosticReport", "Observation", "ImagingStudy", "Device", "Practitioner")
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class FhirBundle:
    """The resources of a bundle that are read, by where they stand, and what is referred to."""

    resources: tuple[tuple[str, dict[str, Any]], ...]
    targets: Mapping[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    def of_kind(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Path and content of each resource of a kind."""
        return ((path, one) for path, one in self.resources if one.get("resourceType") == kind)

    def target(self, holder: Mapping[str, Any], reference: Any) -> dict[str, Any]:
        """The resource that a reference of ``holder`` points to, here or contained; else empty."""
        name = str((reference or {}).get("reference", ""))
        if name.startswith("#"):
            contained = holder.get("contained", [])
            return next((one for one in contained if one.get("id") == name[1:]), {})
        return self.targets.get(name, {})


def is_fhir(path: Path) -> bool:
    """Whether a file is JSON that names a resource; only its first kilobytes are looked at."""
    with path.open("rb") as handle:
        start = handle.read(65_536)
    return start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" and b'"resourceType"' in start


def read_bundle(path: Path) -> FhirBundle:
    """A Bundle, or one resource alone, checked against the models of its version.

    Raises:
        SourceRefused: Naming file and element path of everything that is wrong, never a value.
    """
    where = path.name
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, UnicodeDecodeError, RecursionError):
        raise SourceRefused(
            "no JSON", where=where, hint="Give a Bundle as JSON in UTF-8"
        ) from None
    if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
        raise SourceRefused(
            "no FHIR resource", where=where, hint="Give a Bundle with DiagnosticReports"
        )
    if content["resourceType"] != "Bundle":
        content = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": content}]}
    _check(content, where)
    found: list[tuple[str, dict[str, Any]]] = []
    targets: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(content.get("entry") or []):
        one = entry.get("resource") or {}
        kind = one.get("resourceType", "")
        if kind not in _READ:
            continue
        found.append((f"Bundle.entry[{number}].resource", one))
        if entry.get("fullUrl"):
            targets[str(entry["fullUrl"])] = one
        if one.get("id"):
            targets[f"{kind}/{one['id']}"] = one
    return FhirBundle(tuple(found), targets)


def _check(content: dict[str, Any], where: str) -> None:
    """Hold a bundle against the models of R4B or R5."""
    from pydantic import ValidationError

    try:
        _model(content).model_validate(content)
    except ValidationError as wrong:
        told = "; ".join(
            f"{_place(error['loc'])}: {_words(error)}" for error in wrong.errors()[:_SHOWN]
        )
        raise SourceRefused(
            told, where=where, hint="Correct it; nothing of the file was recorded"
        ) from None
    except (AttributeError, KeyError, LookupError, TypeError, ValueError):
        raise SourceRefused(
            "holds a resource that FHIR R4 and R5 do not know", where=where,
            hint="Leave it out, or correct its resourceType",
        ) from None


def _model(content: dict[str, Any]) -> Any:
    """The model of the bundle's version: R4 where a report has imagingStudy, else R5."""
    if any(
        isinstance(entry, dict) and isinstance(one := entry.get("resource"), dict)
        and one.get("resourceType") == "DiagnosticReport" and "imagingStudy" in one
        for entry in content.get("entry") or [] if isinstance(content.get("entry"), list)
    ):
        from fhir.resources.R4B.bundle import Bundle as BundleOfR4

        return BundleOfR4
    from fhir.resources.bundle import Bundle

    return Bundle


def _place(location: tuple[Any, ...]) -> str:
    """An element path as FHIR writes it: Bundle.entry[0].resource.status."""
    return "Bundle" + "".join(
        f"[{one}]" if isinstance(one, int) else f".{one}" for one in location
    )


def _words(error: Mapping[str, Any]) -> str:
    """What is wrong, without the value: words of validators may hold it, those of types do not."""
    kind = str(error["type"])
    if kind == "extra_forbidden":
        return "no element of this resource"
    if kind == "missing":
        return "is missing"
    return str(error["msg"]) if kind.endswith("_type") else f"not of its type ({kind})"


def named_codes(concept: Any) -> list[str]:
    """The codes of a CodeableConcept as scheme and value, and its words."""
    found: list[str] = []
    for one in (concept or {}).get("coding") or []:
        scheme = SCHEMES.get(str(one.get("system", "")), str(one.get("system", "")))
        found += [f"{scheme} {one.get('code', '')}", str(one.get("display", ""))]
    return [*found, str((concept or {}).get("text", ""))]


def study_identifier(bundle: FhirBundle, report: Mapping[str, Any]) -> tuple[str, str]:
    """('uid', Study Instance UID) or ('accession', number) of what a report is of; ('', '') where
    it names neither."""
    for reference in [*(report.get("imagingStudy") or []), *(report.get("study") or [])]:
        study = bundle.target(report, reference)
        for one in [*(study.get("identifier") or []), reference.get("identifier") or {}]:
            uid = _UID.fullmatch(str(one.get("value", "")))
            if one.get("system") == DICOM_UID and uid:
                return "uid", uid[1]
    for one in [
        *(report.get("identifier") or []),
        *((reference or {}).get("identifier") or {} for reference in report.get("basedOn") or []),
    ]:
        kinds = {str(each.get("code", "")) for each in (one.get("type") or {}).get("coding") or []}
        if "ACSN" in kinds and one.get("value"):
            return "accession", str(one["value"])
        uid = _UID.fullmatch(str(one.get("value", "")))
        if one.get("system") == DICOM_UID and uid:
            return "uid", uid[1]
    return "", ""


def instant_of(text: object, zone: tzinfo) -> datetime | None:
    """A dateTime of FHIR as an instant; None where it tells no day."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)
