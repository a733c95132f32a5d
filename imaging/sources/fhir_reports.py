"""Radiologists' reports as FHIR DiagnosticReports: text, status, day, reader and study."""

import base64
import binascii
import html
import re
from dataclasses import dataclass, field
from datetime import date, tzinfo
from pathlib import Path
from typing import Any, Final

from imaging.sources.base import SourceRefused
from imaging.sources.fhir_bundle import (
    FhirBundle,
    instant_of,
    read_bundle,
    study_identifier,
)

_STATUS: Final = {
    "preliminary": "preliminary", "partial": "preliminary", "registered": "preliminary",
    "final": "final", "amended": "corrected", "corrected": "corrected", "appended": "corrected",
    "modified": "corrected", "cancelled": "withdrawn", "entered-in-error": "withdrawn",
}  # fmt: skip
"""What a report's status is here: preliminary, final, corrected or withdrawn."""
_BREAK: Final = re.compile(r"<\s*(br|/p|/div|/li|/h[1-6]|/tr)\b[^>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class FhirReport:
    """A report as it came, identities included: whoever takes it de-identifies it.

    study_by: 'uid' or 'accession'; reader: as the bundle names who read it, '' where it does not.
    key: the report's own identifier, under which a correction comes.
    """

    key: str = field(repr=False)
    study_by: str
    study: str = field(repr=False)
    text: str = field(repr=False)
    status: str
    reported_on: date
    reader: str = field(repr=False)
    where: str


def read_fhir_reports(path: Path, *, zone: tzinfo) -> list[FhirReport]:
    """Every DiagnosticReport of a bundle that a person wrote (one with a text).

    Raises:
        SourceRefused: Naming file and element path of what is wrong or missing.
    """
    bundle = read_bundle(path)
    found = [
        _report(bundle, one, place, path.name, zone)
        for place, one in bundle.of_kind("DiagnosticReport")
    ]
    if not found:
        raise SourceRefused(
            "holds no DiagnosticReport", where=path.name, hint="Give a Bundle that holds one"
        )
    return found


def _report(
    bundle: FhirBundle, one: dict[str, Any], place: str, name: str, zone: tzinfo
) -> FhirReport:
    status = _STATUS.get(str(one.get("status", "")))
    if status is None:
        raise _wrong(name, f"{place}.status", "no status of a DiagnosticReport")
    by, study = study_identifier(bundle, one)
    if not by:
        raise _wrong(name, f"{place}.imagingStudy", "names no study by its DICOM UID, nor the "
                     "report by an accession number (ACSN)")
    text = text_of_report(one)
    if not text and status != "withdrawn":
        raise _wrong(name, f"{place}.presentedForm", "no text, neither here nor in conclusion")
    written = next(
        (found for key in ("effectiveDateTime", "issued")
         if (found := instant_of(one.get(key, ""), zone)) is not None), None,
    )  # fmt: skip
    if written is None:
        raise _wrong(name, f"{place}.effectiveDateTime", "no day, neither here nor in issued")
    keys = [str(each.get("value", "")) for each in one.get("identifier") or []]
    return FhirReport(
        key=next((each for each in keys if each), str(one.get("id", ""))), study_by=by,
        study=study, text=text, status=status, reported_on=written.date(),
        reader=_reader(bundle, one), where=f"{name}: {place}",
    )


def text_of_report(one: dict[str, Any]) -> str:
    """The text: what is attached as plain text or HTML, else the conclusion, else the narrative."""
    for form in one.get("presentedForm") or []:
        kind = str(form.get("contentType", "text/plain")).partition(";")[0].strip()
        if kind not in ("text/plain", "text/html") or not form.get("data"):
            continue
        try:
            text = base64.b64decode(str(form["data"]), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        return _plain(text) if kind == "text/html" else text.strip()
    if one.get("conclusion"):
        return str(one["conclusion"]).strip()
    return _plain(str((one.get("text") or {}).get("div", "")))


def _plain(markup: str) -> str:
    """The words of HTML, a line a block.

    >>> _plain("<div><p>No effusion.</p><p>Heart &lt; 50 %</p></div>")
    'No effusion.\\nHeart < 50 %'
    """
    lines = html.unescape(_TAG.sub("", _BREAK.sub("\n", markup))).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _reader(bundle: FhirBundle, one: dict[str, Any]) -> str:
    for reference in [*(one.get("resultsInterpreter") or []), *(one.get("performer") or [])]:
        person = bundle.target(one, reference)
        for name in person.get("name") or []:
            parts = [*(name.get("given") or []), name.get("family", "")]
            shown = str(name.get("text") or " ".join(str(part) for part in parts)).strip()
            if shown:
                return shown
        if reference.get("display"):
            return str(reference["display"])
    return ""


def _wrong(name: str, element: str, what: str) -> SourceRefused:
    return SourceRefused(
        f"{element}: {what}", where=name, hint="Correct it; nothing of the file was recorded"
    )
