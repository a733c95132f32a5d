"""What a human reader's DICOM structured report says of a finding: present, absent, or refused.

Read are TID 1500 reports and plain SR documents whose content is coded: a CODE item named for the
finding whose value is present or absent, or an item 'Finding' (121071, DCM) whose value is the
finding, with a value present or absent in the same container where it has one. Who observed must be
a person (TID 1001, or the verifying or authoring observer): what a device said is no truth.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from imaging.sources.base import SourceRefused
from imaging.structure import excess
from records.reference_kinds import FINAL, PRELIMINARY

_PRESENT = {("52101004", "SCT"), ("373573001", "SCT"), ("373066001", "SCT"), ("R-0038D", "SRT")}
_ABSENT = {("272519000", "SCT"), ("2667000", "SCT"), ("373572006", "SCT"), ("373067005", "SCT"),
           ("R-00339", "SRT")}  # fmt: skip
_FINDING = ("121071", "DCM")
_OBSERVER, _DEVICE = ("121005", "DCM"), ("121007", "DCM")
_PERSON_NAME = ("121008", "DCM")
_MOST_ITEMS, _MOST_BYTES = 100_000, 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SrTruth:
    """One report: the study as the hospital names it, what it says, who said it, and how surely.

    observer: as the report names the person; kept nowhere, only its pseudonym is. state: final
    where the document is complete and verified, else preliminary.
    """

    study_uid: str
    study_date: date
    present: bool
    observer: str
    state: str
    digest: str


def read_sr_truth(path: Path, finding: str) -> SrTruth:
    """What a report says of a finding, which is named by the meaning of its code.

    Raises:
        SourceRefused: It is no structured report, says nothing coded of the finding or says both,
            or was not made by a person. The report's content is not repeated.
    """
    where = path.name
    unread = SourceRefused(
        "it cannot be read as DICOM", where=where, hint="Take the file out, or send it again"
    )
    try:
        content = path.read_bytes()
        if excess(content, max_bytes=_MOST_BYTES, max_elements=_MOST_ITEMS, max_depth=32):
            raise unread
        return _read(content, finding, where)
    except SourceRefused:
        raise
    except Exception:  # pydicom takes values apart when they are asked for, and fails as it may
        raise unread from None


def _read(content: bytes, finding: str, where: str) -> SrTruth:
    from pydicom import dcmread

    document = dcmread(BytesIO(content), stop_before_pixels=True)
    if document.get("Modality") != "SR" or not document.get("StudyInstanceUID"):
        raise SourceRefused(
            "it is no structured report of a study", where=where,
            hint="Images are taken in by 'radvigil study ingest'",
        )
    items = list(_items(document))
    answers = set(_answers(items, finding.casefold()))
    if len(answers) != 1:
        said = "says both present and absent" if answers else "says nothing coded"
        raise SourceRefused(
            f"it {said} of {finding}", where=where,
            hint=f"A coded item named '{finding}' with present or absent is read; a truth list "
            "says the same without DICOM",
        )
    complete = document.get("CompletionFlag") == "COMPLETE"
    verified = document.get("VerificationFlag") == "VERIFIED"
    return SrTruth(
        study_uid=str(document.StudyInstanceUID), study_date=_day(document, where),
        present=answers.pop(), observer=_person(document, items, where),
        state=FINAL if complete and verified else PRELIMINARY,
        digest=hashlib.sha256(content).hexdigest(),
    )


def _items(document: Any) -> Iterator[tuple[int, Any]]:
    """Every content item with the number of the container that it lies in."""
    left = [(0, document)]
    containers = 0
    for _ in range(_MOST_ITEMS):
        if not left:
            return
        inside, item = left.pop()
        yield inside, item
        if item.get("ValueType") == "CONTAINER":
            containers += 1
            inside = containers
        left += [(inside, one) for one in item.get("ContentSequence", [])]
    raise ValueError("too many content items")


def _code(item: Any, keyword: str) -> tuple[tuple[str, str], str]:
    for one in item.get(keyword, []):
        found = str(one.get("CodeValue", "")), str(one.get("CodingSchemeDesignator", ""))
        return found, " ".join(str(one.get("CodeMeaning", "")).casefold().split())
    return ("", ""), ""


def _answers(items: list[tuple[int, Any]], finding: str) -> Iterator[bool]:
    presence: dict[int, set[bool]] = {}
    named: set[int] = set()
    for inside, item in items:
        if item.get("ValueType") != "CODE":
            continue
        (name, name_words), (value, words) = (
            _code(item, "ConceptNameCodeSequence"), _code(item, "ConceptCodeSequence")
        )
        said = True if value in _PRESENT else False if value in _ABSENT else None
        if name == _FINDING and words == finding:
            named.add(inside)
        elif said is not None and name_words == finding:
            yield said
        elif said is not None:
            presence.setdefault(inside, set()).add(said)
    for inside in named:
        yield from presence.get(inside, {True})


def _person(document: Any, items: list[tuple[int, Any]], where: str) -> str:
    """Who observed, as the report names the person."""
    for _, item in items:
        if _code(item, "ConceptNameCodeSequence")[0] == _OBSERVER and (
            _code(item, "ConceptCodeSequence")[0] == _DEVICE
        ):
            raise SourceRefused(
                "a device made it, and what a device said is no reference standard", where=where,
                hint="Take the file out",
            )
    for _, item in items:
        if _code(item, "ConceptNameCodeSequence")[0] == _PERSON_NAME and item.get("PersonName"):
            return str(item.PersonName)
    for one in document.get("VerifyingObserverSequence", []):
        if one.get("VerifyingObserverName"):
            return str(one.VerifyingObserverName)
    for one in document.get("AuthorObserverSequence", []):
        if one.get("ObserverType") == "PSN" and one.get("PersonName"):
            return str(one.PersonName)
    raise SourceRefused(
        "it does not say which person observed", where=where,
        hint="The person observer, the verifying or the authoring observer names one",
    )


def _day(document: Any, where: str) -> date:
    text = str(document.get("StudyDate", "") or document.get("ContentDate", ""))
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise SourceRefused(
            "it has no date of study or content", where=where, hint="Send it again with one"
        ) from None
