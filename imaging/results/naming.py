"""How result objects are named: the same reading of the same study gives the same identifiers.

Series numbers and identifiers that are drawn by chance make a resent result a second result; other
makers' do. Here a result that is made or sent again is the same object, and another version's is
another (IHE AI Results: the device UID changes with the version).
"""

import uuid
from enum import StrEnum
from typing import Final

_NAMES: Final = uuid.UUID("6f6c9a3e-9d0a-5b51-8f2f-2f0f6a1d7c55")
"""The name space of this software's results (RFC 4122)."""


class ResultKind(StrEnum):
    """The forms in which a result is returned."""

    REPORT = "report"
    SEGMENTATION = "segmentation"
    HEAT_MAP = "heat map"
    ENHANCED = "enhanced image"


SERIES_NUMBERS: Final = {
    ResultKind.REPORT: 9001, ResultKind.SEGMENTATION: 9101, ResultKind.HEAT_MAP: 9201,
    ResultKind.ENHANCED: 9301,
}
"""Behind the series of any modality; a further segmented series takes the next number."""


def result_uid(*parts: str) -> str:
    """The identifier of a result: 2.25 and a name-based UUID (PS3.5 B.2).

    >>> result_uid("1.2.3", "v1", "report") == result_uid("1.2.3", "v1", "report")
    True
    >>> result_uid("1.2.3", "v1", "report") == result_uid("1.2.3", "v2", "report")
    False
    """
    return f"2.25.{uuid.uuid5(_NAMES, chr(31).join(parts)).int}"


def device_uid(version: str) -> str:
    """The identifier of the device in this version, by the version's digest."""
    return result_uid("device", version)
