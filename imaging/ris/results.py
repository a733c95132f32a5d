"""The reports in an HL7 result (ORU^R01, v2.5.1 ch. 7.3): one for each OBR that has text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from imaging.reports.arrived import ArrivedReport
from imaging.ris.facts import moment_of, read_facts
from imaging.ris.journal import body_digest
from imaging.ris.message import Header, Parts, Segment, read_segments
from imaging.sources.response_oru import is_answer
from records.ordinary_words import is_ordinary
from records.reports import CANCELLED, CORRECTED, FINAL, PRELIMINARY

_TEXT: Final = frozenset(("TX", "FT", "ST"))
_STATUS: Final = {
    "F": FINAL, "C": CORRECTED, "X": CANCELLED, "D": CANCELLED, "W": CANCELLED,
    **dict.fromkeys("PARSIO", PRELIMINARY),
}  # fmt: skip
"""Result status of OBR-25 and OBX-11 (tables 0123 and 0085)."""
_IMAGING: Final = frozenset(
    ("", "RAD", "RX", "XRC", "CT", "CTH", "MR", "NMR", "NMS", "NM", "US", "OUS", "RUS", "VUS",
     "CUS", "CR", "DX", "MG", "MAM", "IMG", "PET", "FL", "XA")
)  # fmt: skip
"""Diagnostic services (table 0074, and modalities written there) whose text is a report."""
_HEADINGS: Final = (
    (re.compile(r"\b(?:ADT|ADDEND\w*)\b", re.I), "ADDENDUM"),
    (re.compile(r"\b(?:IMP|IMPRESSION|CONCLUSION)\b", re.I), "IMPRESSION"),
    (re.compile(r"\b(?:HIS|HISTORY|INDICATION|REASON)\b", re.I), "INDICATION"),
    (re.compile(r"\b(?:REC|RECOMMENDATION)\b", re.I), "RECOMMENDATION"),
    (re.compile(r"\b(?:TECHNIQUE|PROCEDURE)\b", re.I), "TECHNIQUE"),
    (re.compile(r"\b(?:GDT|FINDINGS?)\b", re.I), "FINDINGS"),
)
_PEOPLE: Final = {
    "PID": (5, 6, 9, 21), "NK1": (2, 30), "PV1": (7, 8, 9, 17, 52), "ORC": (10, 11, 12, 19),
    "OBR": (10, 16, 28, 32, 33, 34, 35), "OBX": (16, 25), "PD1": (4,), "ROL": (4,), "PRT": (5,),
}  # fmt: skip
"""The fields that name people (XPN, XCN, NDL)."""
_NUMBERS: Final = {
    "PID": (2, 3, 4, 13, 14, 18, 19, 20), "PV1": (19, 50), "ORC": (2, 3, 4),
    "OBR": (2, 3, 18, 19, 20, 21),
}  # fmt: skip
_ADDRESSES: Final = {"PID": (11, 12), "NK1": (4,)}
_UID: Final = re.compile(r"[012](?:\.\d+)+")


@dataclass
class _Group:
    """An OBR with what belongs to it."""

    obr: Segment
    orders: list[Segment]
    rows: list[Segment] = field(default_factory=list)
    others: list[Segment] = field(default_factory=list)


def read_reports(header: Header, content: bytes) -> list[ArrivedReport]:
    """The radiologists' reports in a result, in their order; none where its text is of another
    service, is said by a device (OBX-18), or where there is none.

    Raises:
        MessageRefused: It is malformed.
    """
    person = read_facts(header, content).persons[0]
    segments = read_segments(content)
    names, numbers = _told(segments)
    digest, found = body_digest(content), []
    patients = tuple((one.number, one.issuer) for one in person.numbers)
    for place, group in enumerate(_groups(segments)):
        status = _status_of(group)
        rows = [one for one in group.rows if one.text(2) in _TEXT and one.parts(5)]
        text, addendum = _text_of(rows)
        if not _is_report(group, text, status):
            continue
        at = next((one for one in (group.obr.text(22), header.sent_at) if one), "")
        days = (group.obr.text(22), group.obr.text(7), header.sent_at)
        told = next((one for one in days if one), "")
        said_at, reported = moment_of(at), moment_of(told)
        found.append(ArrivedReport(
            origin="ORU", status=status, text=text, source_digest=f"{digest}-{place}",
            study=_study_of(group), accession=group.obr.text(18) or group.obr.text(3),
            number=group.obr.text(3) or group.obr.text(18), reader=_reader_of(group),
            reported_on=reported.date() if reported else None, said_at=said_at,
            patients=patients, names=names, numbers=numbers, addendum=addendum,
        ))  # fmt: skip
    return found


def _groups(segments: Sequence[Segment]) -> list[_Group]:
    groups: list[_Group] = []
    orders: list[Segment] = []
    for one in segments:
        if one.name == "ORC":
            orders = [one]
        elif one.name == "OBR":
            groups.append(_Group(one, orders))
            orders = []
        elif groups and one.name == "OBX" and not is_answer(one):  # an answer is no text of it
            groups[-1].rows.append(one)
        elif groups and one.name in ("ZDS", "IPC"):
            groups[-1].others.append(one)
    return groups


def _status_of(group: _Group) -> str:
    """OBR-25, else what the observations say together."""
    told = _STATUS.get(group.obr.text(25).upper())
    if told:
        return told
    said = {_STATUS.get(one.text(11).upper(), FINAL) for one in group.rows}
    if said == {CANCELLED}:
        return CANCELLED
    return next((one for one in (CORRECTED, PRELIMINARY) if one in said), FINAL)


def _is_report(group: _Group, text: str, status: str) -> bool:
    if group.obr.text(24).upper() not in _IMAGING or any(one.text(18) for one in group.rows):
        return False
    if not text:
        return status == CANCELLED
    plain = any(one.text(2) in ("TX", "FT") for one in group.rows)
    return plain or (len(text) >= 20 and " " in text)


def _text_of(rows: Sequence[Segment]) -> tuple[str, bool]:
    """The observations' text in their order, under headings by what OBX-3 calls them; and whether
    all of it is an addendum."""
    lines: list[str] = []
    last, kinds = "", set()
    for one in rows:
        if _STATUS.get(one.text(11).upper()) == CANCELLED:
            continue
        called = " ".join(sub for part in one.parts(3)[:1] for two in part for sub in two)
        heading = next((name for pattern, name in _HEADINGS if pattern.search(called)), "")
        text = _joined(one.parts(5)).rstrip()
        kinds.add(heading)
        if heading and heading != last and not re.match(r"\s*[A-Z][A-Za-z /]{2,30}:", text):
            text = f"{heading}: {text}"
        last = heading or last
        lines.append(text)
    return "\n".join(lines).strip(), kinds == {"ADDENDUM"}


def _joined(parts: Parts) -> str:
    """Text as it was before its separators were taken for such: ~ ends a line (2.A.78)."""
    return "\n".join("^".join("&".join(subs) for subs in one) for one in parts)


def _study_of(group: _Group) -> str:
    """The Study Instance UID: IPC-3, or ZDS-1 as IHE's Scheduled Workflow had it."""
    for one in group.others:
        told = one.text(3 if one.name == "IPC" else 1)
        if _UID.fullmatch(told):
            return told
    return ""


def _reader_of(group: _Group) -> str:
    """Who interpreted it: OBR-32, else the first responsible observer; as one line of text."""
    for parts in (group.obr.parts(32), *(one.parts(16) for one in group.rows)):
        if parts:
            whole = parts[0][0] if len(parts[0][0]) > 1 else [one[0] for one in parts[0]]
            named = [one for one in whole[1:5] if one.strip()]
            return "^".join(named) or whole[0]
    return ""


def _told(segments: Sequence[Segment]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names and the numbers that the message tells beside its text."""
    names: dict[str, None] = {}
    numbers: dict[str, None] = {}
    for one in segments:
        for subs in _values(one, _PEOPLE.get(one.name, ())):
            names.update(dict.fromkeys(sub for sub in subs if re.search(r"[^\W\d_]{2}", sub)))
        for subs in _values(one, _NUMBERS.get(one.name, ())):
            numbers.update(dict.fromkeys(sub for sub in subs if re.search(r"\d", sub)))
        for subs in _values(one, _ADDRESSES.get(one.name, ())):
            words = [word for sub in subs for word in re.findall(r"[^\W\d_]{3,}", sub)]
            names.update(dict.fromkeys(word for word in words if not is_ordinary(word)))
    return tuple(names), tuple(numbers)


def _values(segment: Segment, fields: Sequence[int]) -> list[list[str]]:
    return [subs for at in fields for repetition in segment.parts(at) for subs in repetition]
