"""HIPAA's Safe Harbor (45 CFR 164.514(b)(2)): what it asks of a value, and of an image.

A file that keeps moved dates follows DICOM's profile and is still not Safe Harbor: every run says
both. The other way of HIPAA, an expert's determination (164.514(b)(1)), is a person's.
"""

from dataclasses import dataclass
from typing import Final

OLDEST_YEARS = 90
"""Ages from here on are one group (164.514(b)(2)(i)(C))."""

_FACE_PARTS: Final = frozenset(
    ("HEAD", "BRAIN", "SKULL", "FACE", "SINUS", "ORBIT", "JAW", "MAXILLA", "HEADNECK", "EAR", "IAC")
)
_FACE_MODALITIES: Final = frozenset(("CT", "MR", "PT", "XC"))


@dataclass(frozen=True, slots=True)
class SafeHarbor:
    """Which letters of the list an image does not meet, as far as a program can see."""

    unmet: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Nothing of the list is known to be left; that nobody knows better is a person's word."""
        return not self.unmet


def judged(
    *, dates_kept: bool, devices_kept: bool, modality: str, body_part: str, letters_possible: bool
) -> SafeHarbor:
    """The verdict on one image.

    letters_possible: the pixels were not looked through, and nothing says that they are clean.

    >>> judged(dates_kept=True, devices_kept=False, modality="DX", body_part="CHEST",
    ...        letters_possible=False).unmet
    ('C: dates',)
    """
    face = modality in _FACE_MODALITIES and (not body_part or body_part in _FACE_PARTS)
    unmet = {
        "C: dates": dates_kept,
        "M: device identifiers": devices_kept,
        "Q: a face can be reconstructed": face,
        "R: letters in the pixels": letters_possible,
    }
    return SafeHarbor(tuple(name for name, is_unmet in unmet.items() if is_unmet))


def age_group(age: str) -> str:
    """An age of DICOM as Safe Harbor allows it; above 89 years always 090Y.

    >>> age_group("092Y"), age_group("089Y"), age_group("018M")
    ('090Y', '089Y', '018M')
    """
    old = age[:3].isdigit() and age[3:4] == "Y" and int(age[:3]) >= OLDEST_YEARS
    return f"{OLDEST_YEARS:03d}Y" if old else age


def date_year(value: str) -> str:
    """A date as Safe Harbor allows it: its year.

    >>> date_year("2026-11-23")
    '2026'
    """
    return value[:4]


def postal_area(code: str, *, more_than_20000: bool) -> str:
    """A ZIP code as Safe Harbor allows it (164.514(b)(2)(i)(B)): three digits, or 000.

    more_than_20000: whether all ZIP codes that begin so hold more than 20,000 people, by a current
    table of the Census.

    >>> postal_area("03601", more_than_20000=False), postal_area("10027", more_than_20000=True)
    ('000', '100')
    """
    return code[:3] if more_than_20000 else "000"
