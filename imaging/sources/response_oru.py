"""Readers' answers in an HL7 v2 ORU^R01: OBX segments that name our result and say the response.

OBX-3 is AI-RESULT (the SOP Instance UID of the result, or PRE-0001), AI-RESPONSE, AI-FINDING or
AI-READING-ORDER of 99RADVIGIL; OBX-4 holds together what is said of one result. The reader is
OBX-16, else OBR-32, as a code; the day OBX-14, else OBR-22, else MSH-7. Nothing of PID is read.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Final

from imaging.ris.faults import MessageRefused
from imaging.ris.message import Segment, read_header, read_segments
from imaging.sources.responses import (
    FINDING,
    ORDER,
    RESPONSE,
    RESULT,
    SCHEME,
    Response,
    Unreadable,
    finding_of,
    order_of,
    reader_of,
    response_of,
)

_OURS: Final = frozenset((RESULT, RESPONSE, FINDING, ORDER))
_SETTLED: Final = frozenset("FC")
"""OBX-11 (table 0085): final, or a correction that replaces a final one."""
_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")


def read_response_oru(content: bytes) -> list[Response | tuple[str, str]]:
    """The answers in a message; of one that cannot be taken where it stands, and why.

    Raises:
        Unreadable: It is no ORU^R01 that can be taken apart.
    """
    try:
        header = read_header(content)
        segments = read_segments(content)
    except MessageRefused as refused:
        raise Unreadable(f"the message is refused: {refused.fault}") from None
    if header.kind != "ORU^R01":
        raise Unreadable("it is no ORU^R01")
    found: list[Response | tuple[str, str]] = []
    for number, (order, group) in enumerate(_groups(segments), start=1):
        where = f"answer {number}"
        try:
            found.append(_response(where, order, group, header.sent_at))
        except Unreadable as wrong:
            found.append((where, str(wrong)))
    return found


def is_answer(segment: Segment) -> bool:
    """Whether a segment says something of a reader's answer: an OBX of 99RADVIGIL."""
    return (
        segment.name == "OBX" and segment.text(3) in _OURS
        and segment.text(3, 3) in ("", SCHEME)
    )  # fmt: skip


def _groups(segments: Sequence[Segment]) -> list[tuple[Segment | None, list[Segment]]]:
    """The OBX of each answer, with the OBR above them: those of one OBX-4 stand together."""
    order, at, groups = None, 0, dict[tuple[int, str], tuple[Segment | None, list[Segment]]]()
    for one in segments:
        if one.name == "OBR":
            order, at = one, at + 1
        if is_answer(one):
            groups.setdefault((at, one.text(4)), (order, []))[1].append(one)
    return list(groups.values())


def _response(
    where: str, order: Segment | None, group: Sequence[Segment], sent_at: str
) -> Response:
    said: dict[str, str] = {}
    for one in group:
        if one.text(11) not in _SETTLED:
            raise Unreadable("it is not final (OBX-11)")
        if one.text(3) in said:
            raise Unreadable(f"{one.text(3)} is said twice")
        said[one.text(3)] = one.text(5)
    if not said.get(RESULT):
        raise Unreadable("no result is named (AI-RESULT)")
    response, present = response_of(said.get(RESPONSE, "")), finding_of(said.get(FINDING, ""))
    if not response and present is None:
        raise Unreadable("it says neither an answer nor whether the finding is there")
    readers = {one.text(16) for one in group} - {""}
    if len(readers) > 1:
        raise Unreadable("two readers are named")
    who = next(iter(readers), "") or (order.text(32) if order else "")
    days = [one.text(14) for one in group] + [order.text(22) if order else "", sent_at]
    return Response(
        where, (said[RESULT],), reader_of(who), response, present, order_of(said.get(ORDER, "")),
        _day(next(filter(None, days), "")),
    )


def _day(text: str) -> date:
    found = _DAY.match(text)
    if found is not None:
        with suppress(ValueError):
            return date(int(found[1]), int(found[2]), int(found[3]))
    raise Unreadable("the day is none")
