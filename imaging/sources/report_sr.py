"""A radiologist's report as a DICOM structured report (PS3.3 A.35): its content tree as text."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from imaging.elements import tag, text
from imaging.reports.arrived import ArrivedReport
from imaging.sources.base import SourceRefused
from records.reports import CORRECTED, FINAL, PRELIMINARY

CLASSES: Final = {
    "1.2.840.10008.5.1.4.1.1.88.11": "Basic Text SR",
    "1.2.840.10008.5.1.4.1.1.88.22": "Enhanced SR",
    "1.2.840.10008.5.1.4.1.1.88.33": "Comprehensive SR",
    "1.2.840.10008.5.1.4.1.1.88.34": "Comprehensive 3D SR",
}
_OBSERVER, _DEVICE = "121005", "121007"
_CONTEXT: Final = "HAS OBS CONTEXT"
_PLAIN: Final = frozenset(("finding", "findings", "report", "text", "paragraph", "section text"))
DEEPEST: Final = 30


def read_report_sr(path: Path) -> ArrivedReport:
    """One structured report by a person.

    Complete and verified it is final, a successor of another one corrected, else preliminary.

    Raises:
        SourceRefused: It is no DICOM file, no structured report of a class that is read, says that
            a device observed, or holds no text. No value of it is quoted.
    """
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    content = path.read_bytes()
    try:
        ds = dcmread(BytesIO(content))
    except (InvalidDicomError, OSError, ValueError, EOFError, AttributeError):
        raise SourceRefused(
            "no DICOM file", where=path.name, hint="Give structured reports"
        ) from None
    kind = text(ds, tag("SOPClassUID"))
    if kind not in CLASSES:
        raise SourceRefused(
            "no structured report that is read", where=path.name,
            hint=f"Give one of: {', '.join(CLASSES.values())}",
        )
    lines = list(_lines(ds, 0))
    if any(line == _BY_DEVICE for line in lines):
        raise SourceRefused(
            "it was observed by a device, and is no radiologist's report", where=path.name,
            hint="Results of other products are taken in by their own command",
        )
    words = "\n".join(lines).strip()
    if not words:
        raise SourceRefused("it holds no text", where=path.name, hint="Leave the file out")
    said_at = _said_at(ds)
    named = (str(one.value) for one in ds.iterall() if one.VR == "PN" and one.value)
    people = tuple(dict.fromkeys(named))
    number = text(ds, tag("PatientID"))
    return ArrivedReport(
        origin="SR", status=_status(ds), text=words,
        source_digest=hashlib.sha256(content).hexdigest(),
        study=text(ds, tag("StudyInstanceUID")), accession=text(ds, tag("AccessionNumber")),
        number=text(ds, tag("SeriesInstanceUID")) if not text(ds, tag("StudyInstanceUID")) else "",
        reader=_reader(ds), reported_on=said_at.date() if said_at else _day(ds), said_at=said_at,
        patients=((number, text(ds, tag("IssuerOfPatientID"))),) if number else (),
        names=people, numbers=(text(ds, tag("StudyID")),),
    )  # fmt: skip


_BY_DEVICE: Final = "\x00observed by a device"


def _lines(item: Any, depth: int) -> Iterator[str]:
    """The text of a node's content in its order: containers as headings, then what is in them."""
    if depth > DEEPEST:
        return
    for one in item.get("ContentSequence", ()):
        kind, context = str(one.get("ValueType", "")), str(one.get("RelationshipType", ""))
        name = _meaning(one, "ConceptNameCodeSequence")
        if context == _CONTEXT:
            if _code(one, "ConceptNameCodeSequence") == _OBSERVER and (
                _code(one, "ConceptCodeSequence") == _DEVICE
            ):
                yield _BY_DEVICE
            continue
        if kind == "CONTAINER":
            if name:
                yield f"{name}:"
        elif kind == "TEXT":
            value = str(one.get("TextValue", "")).strip()
            yield value if not name or name.lower() in _PLAIN or depth else f"{name}: {value}"
        elif kind == "CODE":
            meaning = _meaning(one, "ConceptCodeSequence")
            yield meaning + "." if name.lower() in _PLAIN or not name else f"{name}: {meaning}."
        elif kind == "NUM":
            yield f"{name}: {_measured(one)}."
        yield from _lines(one, depth + 1)


def _measured(one: Any) -> str:
    for value in one.get("MeasuredValueSequence", ()):
        unit = _code(value, "MeasurementUnitsCodeSequence")
        return f"{value.get('NumericValue', '')} {unit}".strip()
    return "not stated"


def _meaning(one: Any, keyword: str) -> str:
    return next((str(each.get("CodeMeaning", "")).strip() for each in one.get(keyword, ())), "")


def _code(one: Any, keyword: str) -> str:
    return next((str(each.get("CodeValue", "")).strip() for each in one.get(keyword, ())), "")


def _status(ds: Any) -> str:
    complete = ds.get("CompletionFlag") == "COMPLETE" and ds.get("PreliminaryFlag") != "PRELIMINARY"
    if not (complete and ds.get("VerificationFlag") == "VERIFIED"):
        return PRELIMINARY
    return CORRECTED if ds.get("PredecessorDocumentsSequence") else FINAL


def _reader(ds: Any) -> str:
    """Who verified it, else its first author."""
    for keyword, name in (
        ("VerifyingObserverSequence", "VerifyingObserverName"),
        ("AuthorObserverSequence", "PersonName"),
    ):
        for one in ds.get(keyword, ()):
            if one.get(name):
                return str(one.get(name))
    return ""


def _said_at(ds: Any) -> datetime | None:
    for one in ds.get("VerifyingObserverSequence", ()):
        if moment := _instant(str(one.get("VerificationDateTime", "") or "")):
            return moment
    return _instant(f"{ds.get('ContentDate', '') or ''}{ds.get('ContentTime', '') or ''}")


def _instant(told: str) -> datetime | None:
    digits = told.split(".")[0].split("+")[0].split("-")[0]
    try:
        return datetime.strptime(digits[:14].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _day(ds: Any) -> date | None:
    moment = _instant(str(ds.get("StudyDate", "") or ""))
    return moment.date() if moment else None
