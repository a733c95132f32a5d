"""Reading one DICOM element without surprises: whatever the file holds, an answer and no exception.

pydicom converts values on access and may raise or warn, with the value in the message, when a
scanner wrote rubbish. Here the stored bytes are read as they are; rubbish reads as nothing.
"""

import re
from datetime import date
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.tag import BaseTag
from pydicom.valuerep import AMBIGUOUS_VR, STANDARD_VR, PersonName

_PADDING = " \0\t\r\n"
UNDEFINED_LENGTH = 0xFFFFFFFF
_DATE = re.compile(r"(\d{4})[.\-]?(\d{2})[.\-]?(\d{2})\Z")


def tag(keyword: str) -> BaseTag:
    """The number of an attribute by its name in the standard, PS3.6.

    >>> tag("PatientID")
    (0010,0020)
    """
    number = tag_for_keyword(keyword)
    if number is None:
        raise KeyError(f"not an attribute of DICOM: {keyword}")
    return BaseTag(number)


def says_what_it_is(element: Any) -> bool:
    """Whether a VR that the file states is one of the standard's; nothing can read another."""
    return not element.VR or element.VR in STANDARD_VR or element.VR in AMBIGUOUS_VR


def representation(element: Any, number: BaseTag) -> str:
    """The value representation (VR) of an element; 'UN' where neither file nor standard tells."""
    stored = element.VR
    if stored and stored != "UN" and says_what_it_is(element):
        return str(stored)
    try:
        return str(dictionary_VR(number))
    except KeyError:
        return "UN"


def stored_element(dataset: Any, number: BaseTag) -> Any:
    """The element as it stands in the file; None where it is absent or cannot be had."""
    try:
        return dataset.get_item(number)
    except Exception:  # pydicom converts one without a length at once, and may fail
        return None


def texts(dataset: Any, number: BaseTag) -> tuple[str, ...]:
    """The values of a text element, trimmed, empty ones left out; nothing where it is absent."""
    element = stored_element(dataset, number)
    if element is None:
        return ()
    return texts_of(dataset, number, element)


def texts_of(dataset: Any, number: BaseTag, element: Any) -> tuple[str, ...]:
    """The same for an element that was already taken out of its data set."""
    value = element.value
    if element.VR == "SQ" or (not value and value != 0):
        return ()
    if isinstance(value, bytes):
        return _split(_decoded(dataset, number, value))
    if _is_single(value):
        return _split(str(value))
    return tuple(text for part in value for text in _split(str(part)))


def text(dataset: Any, number: BaseTag) -> str:
    """All values of a text element, joined by a backslash as in the file."""
    return "\\".join(texts(dataset, number))


def whole_number(dataset: Any, number: BaseTag) -> int | None:
    """The first value of a binary 16- or 32-bit element (US, UL, SS) or of a number in text."""
    element = stored_element(dataset, number)
    if element is None or element.value is None:
        return None
    value = element.value
    if isinstance(value, bytes):
        kind = representation(element, number)
        if kind in ("IS", "DS", "LO", "SH", "CS"):
            found = numbers(dataset, number)
            return int(found[0]) if found else None
        size = 4 if kind in ("UL", "SL") else 2
        if len(value) < size:
            return None
        little = getattr(element, "is_little_endian", True)
        in_order = value[:size] if little else value[:size][::-1]
        return int.from_bytes(in_order, "little", signed=kind in ("SS", "SL"))
    found = numbers(dataset, number)
    return int(found[0]) if found else None


def numbers(dataset: Any, number: BaseTag) -> tuple[float, ...]:
    """The finite numbers of a decimal or integer string; empty when any value is not a number."""
    found: list[float] = []
    for value in texts(dataset, number):
        try:
            amount = float(value)
        except ValueError:
            return ()
        if not -1e15 < amount < 1e15:
            return ()
        found.append(amount)
    return tuple(found)


def items(dataset: Any, number: BaseTag) -> tuple[Any, ...]:
    """The items of a sequence; none where it is absent, empty or cannot be read."""
    try:
        element = dataset.get(number)
        return tuple(element.value or ()) if element is not None and element.VR == "SQ" else ()
    except Exception:  # a broken sequence is a dirty value like any other
        return ()


def calendar_date(value: str) -> date | None:
    """A date of DICOM (YYYYMMDD, also the old YYYY.MM.DD), or None when it is not one.

    >>> calendar_date("20260230") is None
    True
    >>> calendar_date("20260228")
    datetime.date(2026, 2, 28)
    """
    match = _DATE.match(value[:10].strip())
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _split(value: str) -> tuple[str, ...]:
    if "\\" not in value:
        whole = value.strip(_PADDING)
        return (whole,) if whole else ()
    parts = [part.strip(_PADDING) for part in value.split("\\")]
    return tuple([part for part in parts if part])


def _is_single(value: Any) -> bool:
    """Whether a value is one and not several; a name can be iterated, letter by letter."""
    return isinstance(value, str | PersonName) or not hasattr(value, "__iter__")


def _decoded(dataset: Any, number: BaseTag, value: bytes) -> str:
    if value.isascii():
        return value.decode("ascii")
    try:
        converted = dataset[number].value
        if _is_single(converted):
            return str(converted)
        return "\\".join(str(part) for part in converted)
    except Exception:  # any codec's failure: the bytes still read as something
        return value.decode("latin-1")
