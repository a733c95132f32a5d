"""Results as HL7 v2 ORU messages: OBX statements of a product that MSH, SFT or OBX-18 names."""

import re
from datetime import datetime, tzinfo
from typing import Final

from imaging.external.saying import (
    Node,
    ResultRefused,
    SaidOutside,
    Why,
    answer_of,
    is_of,
    require_software,
    words_of,
)
from imaging.named_studies import StudyNamed
from imaging.ris.faults import MessageRefused
from imaging.ris.message import Header, Segment, read_header, read_segments, text_of
from records.external_product import ExternalProduct

ORIGIN: Final = "ORU"
_FINAL: Final = frozenset({"", "F", "C", "P", "R", "S", "U"})
"""OBX-11 (table 0085): D, W, X and what was never measured say nothing."""
_VERSION: Final = re.compile(r"v?\d+(\.\d+)+[A-Za-z0-9.+-]*", re.IGNORECASE)
_UID: Final = re.compile(r"[0-2](\.\d+){3,}")
_TIME: Final = re.compile(r"(\d{14}|\d{12}|\d{8})(?:\.\d{1,4})?([+-]\d{4})?")


def is_from(product: ExternalProduct, content: bytes) -> bool:
    """Whether a message is a result of the product, by MSH-3, MSH-4, SFT or OBX-18; False for what
    is no message."""
    try:
        header, segments = read_header(content), read_segments(content)
    except MessageRefused:
        return False
    return header.type == "ORU" and is_of(product, _names(header, segments))


def is_sent_by(product: ExternalProduct, header: Header, segments: list[Segment]) -> bool:
    """Whether the product itself is the sender, by MSH-3, MSH-4 or SFT: then all of a message is
    its word."""
    return is_of(product, _senders(header, segments))


def read_message(
    product: ExternalProduct, content: bytes, *, zone: tzinfo, where: str = ""
) -> SaidOutside:
    """What an ORU message says.

    zone: of times without an offset.

    Raises:
        ResultRefused: It is no ORU, of another product, or does not say what is needed.
    """
    try:
        header, segments = read_header(content), read_segments(content)
    except MessageRefused as refused:
        raise ResultRefused(Why.NOT_A_RESULT, str(refused.fault)) from None
    if header.type != "ORU":
        raise ResultRefused(Why.NOT_A_RESULT, "no ORU message")
    names = _names(header, segments)
    if not is_of(product, names):
        raise ResultRefused(Why.OTHER_PRODUCT)
    if not is_sent_by(product, header, segments):
        segments = _own(product, segments)
    stands = [one for one in segments if one.name == "OBX"]
    final = [one for one in stands if one.text(11).upper() in _FINAL]
    if stands and not final:
        raise ResultRefused(Why.NOT_FINAL, "OBX-11")
    score, decision = answer_of(product, _tree(final))
    return SaidOutside(
        study=_study(segments), software=_software(segments, names), score=score,
        decision=decision, said_at=_moment(header, segments, zone), origin=ORIGIN, where=where,
    )


def _own(product: ExternalProduct, segments: list[Segment]) -> list[Segment]:
    """Of a message that somebody else sends, what stands before the first OBR and each OBR of which
    an observation names the product (OBX-18): what others say beside it is not its word."""
    groups: list[list[Segment]] = [[]]
    for one in segments:
        if one.name == "OBR":
            groups.append([])
        groups[-1].append(one)
    named = [
        group for group in groups[1:]
        if any(is_of(product, _components(one, 18)) for one in group if one.name == "OBX")
    ]  # fmt: skip
    return [one for group in (groups[0], *named) for one in group]


def _names(header: Header, segments: list[Segment]) -> list[str]:
    found = _senders(header, segments)
    for one in segments:
        if one.name == "OBX":
            found += _components(one, 18)
    return found


def _senders(header: Header, segments: list[Segment]) -> list[str]:
    found = [header.application, header.facility]
    for one in segments:
        if one.name == "SFT":
            found += [one.text(1), one.text(3)]
    return found


def _components(segment: Segment, number: int) -> list[str]:
    return [sub for repeat in segment.parts(number) for component in repeat for sub in component]


def _software(segments: list[Segment], names: list[str]) -> str:
    """The version: SFT-2, else the component of OBX-18 that looks like one."""
    stated = next((one.text(2) for one in segments if one.name == "SFT" and one.text(2)), "")
    if not stated:
        stated = next((one for one in names if _VERSION.fullmatch(one.strip())), "")
    return require_software(stated)


def _study(segments: list[Segment]) -> StudyNamed:
    """Study Instance UID (IPC-3, ZDS-1, or an OBX of type RP or with a UID), else accession number
    (OBR-18, else OBR-3)."""
    for one in segments:
        number = {"IPC": 3, "ZDS": 1}.get(one.name)
        if number and _UID.fullmatch(one.text(number)):
            return StudyNamed("uid", one.text(number))
    for one in segments:
        named = one.name == "OBX" and words_of(one.text(3), one.text(3, 2)) & _STUDY_UID
        if named and _UID.fullmatch(one.text(5)):
            return StudyNamed("uid", one.text(5))
    for number in (18, 3):
        for one in segments:
            if one.name == "OBR" and one.text(number):
                return StudyNamed("accession", one.text(number))
    raise ResultRefused(Why.NO_STUDY)


_STUDY_UID: Final = frozenset({"110180", "113014", "study instance uid"})


def _tree(observations: list[Segment]) -> Node:
    """The observations, those with one sub-ID (OBX-4) together: about what one is, all are."""
    groups: dict[str, list[Node]] = {}
    alone: list[Node] = []
    for one in observations:
        sub = one.text(4)
        (groups.setdefault(sub, []) if sub else alone).append(_node(one))
    together = [
        Node(frozenset().union(*(one.names | one.values for one in members)),
             parts=tuple(members))
        for members in groups.values()
    ]  # fmt: skip
    return Node(parts=(*alone, *together))


def _node(one: Segment) -> Node:
    code, word, scheme = (one.text(3, part) for part in (1, 2, 3))
    names = words_of(f"{scheme} {code}", code, word)
    kind, unit = one.text(2).upper(), one.text(6)
    if kind in ("NM", "SN"):
        said = one.text(5) if kind == "NM" else one.text(5, 2)
        try:
            return Node(names, number=float(said), unit=unit)
        except ValueError:
            raise ResultRefused(Why.NO_DECISION, "OBX-5 is no number") from None
    if kind in ("CE", "CWE", "CF", "CNE", "IS", "ID"):
        values: set[str] = set()
        for repeat in one.parts(5):
            found = [text_of([repeat], part) for part in (1, 2, 3)]
            values |= words_of(f"{found[2]} {found[0]}", found[0], found[1])
        return Node(names, frozenset(values))
    text = "\n".join(text_of([repeat], 1) for repeat in one.parts(5))
    return Node(names, words_of(text) if len(text) <= 64 else frozenset(), text=text)


def _moment(header: Header, segments: list[Segment], zone: tzinfo) -> datetime | None:
    """When it was said: OBX-14, OBR-22, or MSH-7."""
    stated = [one.text(14) for one in segments if one.name == "OBX"]
    stated += [one.text(22) for one in segments if one.name == "OBR"]
    for text in (*stated, header.sent_at):
        found = _TIME.fullmatch(text)
        if found is None:
            continue
        filled = found[1].ljust(14, "0") + (found[2] or "")
        try:
            if found[2]:
                return datetime.strptime(filled, "%Y%m%d%H%M%S%z")
            return datetime.strptime(filled, "%Y%m%d%H%M%S").replace(tzinfo=zone)
        except ValueError:
            continue
    return None
