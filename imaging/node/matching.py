"""Which items of a worklist a query asks for, and what of them it wants (PS3.4 C.2.2.2, K.2.2)."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

CHARACTER_SET, TIME_ZONE = "SpecificCharacterSet", "TimezoneOffsetFromUTC"
_NOT_KEYS: Final = frozenset({CHARACTER_SET, TIME_ZONE})
_MOMENTS: Final = frozenset({"DA", "TM", "DT"})
_NO_WILD_CARDS: Final = frozenset(
    {"DA", "TM", "DT", "UI", "AS", "DS", "IS", "SL", "SS", "UL", "US"}
)
_OFFSET: Final = r"[+-](?:0\d|1[0-4])[0-5]\d(?=-|$)"
_DATE_TIME: Final = re.compile(
    rf"(?P<first>\d{{4,14}}(?:\.\d+)?(?:{_OFFSET})?)?(?P<dash>-)?"
    rf"(?P<last>\d{{4,14}}(?:\.\d+)?(?:{_OFFSET})?)?"
)
_ZONED: Final = re.compile(
    r"(?P<moment>\d{8,14})(?:\.\d+)?(?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d)"
)
_PAIR: Final = ("ScheduledProcedureStepStartDate", "ScheduledProcedureStepStartTime")


def matches(item: Dataset, identifier: Dataset) -> bool:
    """Whether an item of the list has what the keys of the query ask for.

    A key without a value asks for nothing; one that the list does not have is passed over (see
    :func:`unknown_keys`). Names match in any letter case, and in each way that they are written;
    dates and times by their range, and a start date and time together as one range (K.6.1.2.2).
    """
    paired = all(_is_range(identifier.get(name)) for name in _PAIR)
    if paired and not _in_pair(item, identifier):
        return False
    return all(
        _matches_one(item[key.tag], key)
        for key in _keys(identifier)
        if key.tag in item and not (paired and key.keyword in _PAIR)
    )


def answer(item: Dataset, identifier: Dataset) -> Dataset:
    """What the query wants to know of an item, and nothing else; in UTF-8, its times in UTC."""
    found = _chosen(item, identifier)
    found.SpecificCharacterSet = "ISO_IR 192"
    found.TimezoneOffsetFromUTC = "+0000"
    return found


def misfit(identifier: Dataset) -> str:
    """What is wrong with the first key that is a sequence and should not be, or the reverse.

    Empty where none is. Such a key can neither be matched nor told (PS3.4 C.2.2.2.6).
    """
    for key in identifier.iterall():
        try:
            is_sequence = dictionary_VR(key.tag) == "SQ"
        except KeyError:  # private, or of another edition: passed over
            continue
        if is_sequence != (key.VR == "SQ"):
            return f"{key.keyword or key.tag} is {'a' if is_sequence else 'no'} sequence"
    return ""


def unknown_keys(item: Dataset, identifier: Dataset) -> bool:
    """Whether the query holds a key that the list does not have: neither matched nor told."""
    for key in _keys(identifier):
        if key.tag not in item:
            return True
        if key.VR == "SQ" and any(
            unknown_keys(inner, asked) for asked in key.value for inner in item[key.tag].value
        ):
            return True
    return False


def _keys(identifier: Dataset) -> Iterable[Any]:
    return (one for one in identifier if one.keyword not in _NOT_KEYS)


def _chosen(item: Dataset, identifier: Dataset) -> Dataset:
    found = Dataset()
    for key in _keys(identifier):
        if key.tag not in item:
            continue
        held = item[key.tag]
        if key.VR == "SQ" and len(key.value) and len(key.value[0]):
            found.add_new(key.tag, "SQ", [_chosen(one, key.value[0]) for one in held.value])
        else:
            found.add(held)
    return found


def _matches_one(held: Any, key: Any) -> bool:
    if held.VR == "SQ":
        asked = [one for one in key.value or () if _asks(one)]
        return not asked or any(matches(one, wanted) for one in held.value for wanted in asked)
    wanted = _texts(key)
    if not any(wanted):
        return True
    values = _texts(held)
    if held.VR in _MOMENTS:
        return any(_in_range(value, wanted[0], held.VR) for value in values if value)
    if held.VR in _NO_WILD_CARDS:
        return any(value in wanted for value in values if value)
    if held.VR == "PN":
        values = [group for value in values for group in (value, *value.split("="))]
        values, wanted = ([one.rstrip("^").casefold() for one in some] for some in (values, wanted))
    return any(_wild(value, one) for value in values if value for one in wanted)


def _asks(wanted: Dataset) -> bool:
    """Whether an item of a key asks for any value."""
    return any(
        any(_asks(inner) for inner in one.value) if one.VR == "SQ" else any(_texts(one))
        for one in wanted
    )


def _texts(element: Any) -> list[str]:
    value = element.value
    several = value if isinstance(value, MultiValue) else [value]
    return ["" if one is None else str(one).strip(" \0") for one in several] or [""]


def _wild(value: str, pattern: str) -> bool:
    """Whether a text fits a pattern of ``*`` and ``?``, in time that no pattern can blow up.

    >>> _wild("A-1234", "A-*4"), _wild("A-1234", "A-??"), _wild("[x]", "[x]")
    (True, False, True)
    """
    at = place = mark = 0
    star = -1
    while at < len(value):
        if place < len(pattern) and pattern[place] == "*":
            star, mark, place = place, at, place + 1
        elif place < len(pattern) and pattern[place] in ("?", value[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return not pattern[place:].strip("*")


def _is_range(value: Any) -> bool:
    return "-" in str(value or "")


def _in_pair(item: Dataset, identifier: Dataset) -> bool:
    """From the first time of the first day to the last time of the last day (PS3.4 K.6.1.2.2)."""
    (day_from, _, day_to), (time_from, _, time_to) = (
        str(identifier.get(name)).partition("-") for name in _PAIR
    )
    moment = "".join(str(item.get(name, "")) for name in _PAIR)
    first = f"{day_from or '00000000'}{time_from}"
    last = f"{day_to or '99999999'}{time_to}"
    return moment >= first and moment[: len(last)] <= last


def _in_range(value: str, wanted: str, kind: str) -> bool:
    """Whether a date or time is the wanted one, or in the wanted range; compared as far as said.

    >>> _in_range("20260214", "20260210-20260214", "DA"), _in_range("101112", "10-", "TM")
    (True, True)
    >>> _in_range("20260214090000+0000", "20260214100000+0100", "DT")
    True
    """
    if kind == "DT":
        value, wanted = _in_utc(value), _in_utc(wanted)
    first, dash, last = wanted.partition("-")
    if not dash:
        return value.startswith(first)
    return value >= first and (not last or value[: len(last)] <= last)


def _in_utc(moments: str) -> str:
    """A date and time, or a range of two, as in UTC and without the zone (PS3.5 6.2, VR DT)."""
    found = _DATE_TIME.fullmatch(moments)
    if found is None:
        return moments
    first, dash, last = found.group("first"), found.group("dash"), found.group("last")
    return f"{_shifted(first or '')}{dash or ''}{_shifted(last or '')}"


def _shifted(moment: str) -> str:
    found = _ZONED.fullmatch(moment)
    if found is None:
        return moment
    minutes = int(found["hours"]) * 60 + int(found["minutes"])
    at = datetime.strptime(found["moment"].ljust(14, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    at -= timedelta(minutes=-minutes if found["sign"] == "-" else minutes)
    return at.strftime("%Y%m%d%H%M%S")[: max(12, len(found["moment"]))]
