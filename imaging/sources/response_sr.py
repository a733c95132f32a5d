"""A reader's answer as a DICOM SR: a person observed, and our result is what is referred to.

The response is a CODE item (AI-RESPONSE, 99RADVIGIL) anywhere in the content; whether the finding
is there is a CODE item with SNOMED CT's Present or Absent, as TID 1500 says a qualitative
evaluation; the result is named by its SOP Instance UID in the evidence or in the content. The
person's name is not read: the reader is the login name (128774, DCM) where that is a code.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from imaging.pixels import SizeLimits, parse_file
from imaging.reception import unheard
from imaging.sources.responses import (
    ORDER,
    RESPONSE,
    SCHEME,
    Response,
    Unreadable,
    finding_of,
    order_of,
    reader_of,
    response_of,
)

_OBSERVER_TYPE, _DEVICE, _LOGIN = ("121005", "DCM"), ("121007", "DCM"), ("128774", "DCM")
_PERSON = ("121008", "DCM")
_LIMITS: Final = SizeLimits(max_bytes=16 * 1024 * 1024)
_STATES: Final = {("52101004", "SCT"), ("272519000", "SCT")}
_CLASSES: Final = "1.2.840.10008.5.1.4.1.1.88."
"""SOP classes of structured reports begin so (PS3.4 B.5)."""


def read_response_sr(content: bytes, *, reader: str = "") -> Response:
    """The answer in a structured report. reader: who read, where the report does not say a code.

    Raises:
        Unreadable: It is no complete SR of a person, or says no answer that can be read.
    """
    with unheard():
        try:
            return _response(parse_file(content, limits=_LIMITS), reader)
        except Unreadable:
            raise
        except Exception:  # its text may quote the file
            raise Unreadable("it is no DICOM file that can be read") from None


def _response(dataset: Any, reader: str) -> Response:
    if not str(dataset.SOPClassUID).startswith(_CLASSES):
        raise Unreadable("it is no structured report")
    if dataset.get("CompletionFlag") != "COMPLETE":
        raise Unreadable("the report is not complete")
    items = list(_items(dataset))
    names = [(_concept(one), one) for one in items]
    types = {_value(one) for name, one in names if name == _OBSERVER_TYPE}
    if _DEVICE in types or not (types or any(name == _PERSON for name, _ in names)):
        raise Unreadable("no person is named as its observer")
    logins = {str(one.TextValue) for name, one in names if name == _LOGIN and "TextValue" in one}
    who = reader or (logins.pop() if len(logins) == 1 else "")
    if not who:
        raise Unreadable("it says no login name as the reader's code; name the reader")
    states = {_value(one) for _, one in names if _value(one) in _STATES}
    if len(states) > 1:
        raise Unreadable("it says that a finding is present and that one is absent")
    responses = {_value(one)[0] for name, one in names if name == (RESPONSE, SCHEME)}
    orders = {_value(one)[0] for name, one in names if name == (ORDER, SCHEME)}
    if len(responses) > 1 or len(orders) > 1:
        raise Unreadable("it says two answers")
    response, present = response_of(_only(responses)), finding_of(_only({s[0] for s in states}))
    if not response and present is None:
        raise Unreadable("it says neither an answer nor whether the finding is there")
    day = str(dataset.ContentDate)
    return Response(
        "report", tuple(sorted(_referenced(dataset))), reader_of(who), response, present,
        order_of(_only(orders)), date(int(day[:4]), int(day[4:6]), int(day[6:8])),
    )


def _only(found: set[str]) -> str:
    return next(iter(found), "")


def _items(item: Any) -> Iterator[Any]:
    for one in item.get("ContentSequence", []):
        yield one
        yield from _items(one)


def _concept(item: Any) -> tuple[str, str]:
    return _code(item.get("ConceptNameCodeSequence"))


def _value(item: Any) -> tuple[str, str]:
    return _code(item.get("ConceptCodeSequence"))


def _code(sequence: Any) -> tuple[str, str]:
    if not sequence:
        return ("", "")
    one = sequence[0]
    return (str(one.get("CodeValue", "")), str(one.get("CodingSchemeDesignator", "")))


def _referenced(dataset: Any) -> set[str]:
    return {
        str(one.value) for one in dataset.iterall() if one.keyword == "ReferencedSOPInstanceUID"
    }
