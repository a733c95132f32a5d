"""How people write who somebody is: what identifies a person of whom nothing is known here.

Narrow on purpose, other than the rules for reports (`imaging/reports/identifying_patterns.py`),
which strike out rather too much: here a sentence is refused, so doctors, scanners, sites, versions
and counts must pass. Ordinary words are those of English reports.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from records.ordinary_words import is_acronym, is_ordinary

NAME, BIRTH_DATE = "a person's name", "a date of birth"

_I: Final = re.IGNORECASE
_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_MONTH: Final = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?"
_DOCTORS: Final = frozenset(("Dr", "Doktor", "Doctor", "Prof", "Professor", "PD"))
_OF_PATIENTS: Final = frozenset({
    "safety", "liaison", "advocate", "portal", "advisory", "experience", "organisation",
    "organization", "matters",
})  # fmt: skip
"""What begins an office or a system of that name, and no name of a patient."""
_YEAR: Final = r"(?P<y>(?:19|20)\d\d)"
_ORDINAL: Final = r"(?P<d>\d\d?)(?:st|nd|rd|th)?"
_DATES: Final = (
    re.compile(rf"(?<![\d.-]){_YEAR}[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)(?![\d-])"),
    re.compile(rf"(?<![\d.-])(?P<d>\d\d?)[-/.]\s?(?P<m>\d\d?)[-/.]\s?{_YEAR}(?![\d-])"),
    re.compile(rf"\b{_ORDINAL}\.?\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}\b", _I),
    re.compile(rf"\b{_MONTH}\s+{_ORDINAL},?\s+{_YEAR}\b", _I),
    re.compile(rf"\b{_YEAR}(?P<m>0[1-9]|1[0-2])(?P<d>[0-2]\d|3[01])\b"),
)
_A_DAY: Final = (
    r"(?:\d{1,4}[-/.]\s?\d{1,2}[-/.]\s?\d{2,4}|"
    r"\d{1,2}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?[A-Za-zä]{3,9}\.?,?\s+\d{4}|"
    rf"(?:{'|'.join(_MONTHS)})[a-z]*\.?\s+\d{{1,2}},?\s+\d{{4}}|(?:19|20)\d{{6}})"
)
_BORN: Final = re.compile(
    r"(?:\bborn(?:\s+on)?|\bd\.?o\.?b\b\.?|\bbirth\s?-?(?:date|day)|\bdate\s+of\s+birth|"
    r"\bgeb(?:\.|oren)(?:\s+am)?|\bgeburtsdatum|\bn[ée]e?\s+le)\W{0,4}(?:(?:is|was|am)\s+)?"
    + _A_DAY, _I,
)  # fmt: skip

_WORD: Final = r"[^\W\d_](?:[^\W\d_]|['’-])+"
_CAPITAL: Final = r"[^\W\d_a-zà-öø-ÿ](?:[^\W\d_]|['’-])+"
_PARTICLES: Final = r"(?:(?:von|van|der|den|de|del|della|di|da|dos|du|la|le|el|al)[ \t]+)*"
_RUN: Final = (
    rf"(?:[A-Z]\.[ \t]*)*{_PARTICLES}{_CAPITAL}(?:[ \t]+(?:[A-Z]\.[ \t]*)?{_CAPITAL}){{0,2}}"
)
_PATIENTS: Final = re.compile(
    r"(?<![\w-])(?:[Pp]atient(?:in)?|[Pp]ts?|[Pp]at)\b\.?(?:['’]s)?"
    r"(?:[ \t]+(?:name|named|called|is|was|Mr|Mrs|Ms|Miss|Herr|Frau)\b\.?)*"
    rf"[ \t]*:?[ \t]+(?P<name>{_RUN})"
)  # fmt: skip
_HEADING: Final = re.compile(r"\b[A-Z]\w+[ \t]+\Z")
"""A word with a capital before: the words of a heading begin so, and name nobody."""
_TITLED: Final = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Mme|Frau|Herrn?|Signora?|Sra?)\b\.?[ \t]+(?P<name>{_RUN})"
)
_RELATED: Final = re.compile(
    r"\b(?i:wife|husband|spouse|daughter|mother|father|brother|aunt|uncle|grand(?:son|daughter))"
    rf"[ \t]+(?:named[ \t]+|called[ \t]+|is[ \t]+)?(?P<name>{_RUN})"
)
_WHOSE: Final = re.compile(
    rf"(?P<name>{_CAPITAL})(?:['’]s)[ \t]+(?:\w+[ \t]+)?"
    r"(?:scans?|stud(?:y|ies)|images?|films?|x-?rays?|ct|mri?|mammograms?|radiographs?|reports?|"
    r"record|history|daughter|son|wife|husband|mother|father)\b"
)
_BESIDE_PEOPLE: Final = (_PATIENTS, _TITLED, _RELATED)
_CARET: Final = re.compile(rf"(?<![\w^]){_WORD}\^{_WORD}")

_LABELLED: Final = re.compile(
    r"\b(?:mrn|m\.r\.n\.|pid|pat(?:ient)?\.?(?:['’]s)?[ _-]?(?:id|identifier|no|nr|number|nummer)|"
    r"medical\s+record(?:\s+(?:no|number))?|accession(?:[ _-]?(?:no|nr|number))?|"
    r"(?:hospital|nhs|insurance|social\s+security|health\s+card|passport)\s+(?:no|nr|number)|ssn|kvnr|fallnummer)\b\.?"
    r"[ \t]{0,2}(?:[:#=]|is|was)?[ \t]{0,2}(?P<number>[A-Za-z]{0,5}[-/]?\d[\w/-]*)", _I,
)  # fmt: skip
_SAID: Final = re.compile(
    r"\b(?:patient|pat|pt)\b\.?[ \t]{1,2}[:#]?(?P<number>[A-Za-z]{0,4}\d[\w/-]*)"
    r"(?![ \t]+(?:and|of|to)\b)", _I,
)  # fmt: skip
_OURS: Final = re.compile(r"(?:[A-Z]{3}-\d{4,}|P?[0-9a-f]{12,64})\Z", _I)
"""Labels of records here, pseudonyms, digests."""

_WRITTEN: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (BIRTH_DATE, _BORN),
    (NAME, _CARET),
    ("an e-mail address", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("a social security number", re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")),
    ("a telephone number", re.compile(
        r"\b(?:tel(?:efon|ephone)?|phone|mobile|cell|handy|pager|bleep|fax)\b\.?\s*"
        r"(?:no\.?|nr\.?|number)?\s*(?:is|:|#)?\s*\+?\(?\d[\d\s().-]{4,}\d", _I)),
    ("a telephone number", re.compile(
        r"(?<![\w.+])\+\d{1,3}[\s.-]?\(?\d{1,5}\)?(?:[\s.-]?\d{2,5}){2,4}(?![\w.]\d)")),
    ("a telephone number", re.compile(
        r"(?<![\w.(-])(?:\(\d{3}\)\s?|\d{3}[.-])\d{3}[.-]\d{4}(?![\w-])")),
    ("an identifier from a DICOM file", re.compile(  # none of the standards, and no pseudonym
        r"(?<![\w.])(?!1\.2\.840\.10008\.|2\.25\.|2\.16\.840\.1\.113883\.)"
        r"[0-2](?:\.\d+){6,}(?![\w.]\d)")),
)  # fmt: skip
_PERSON_WORD: Final = re.compile(
    r"\b(?:patient(?:in|s)?|pt|pat|mr|mrs|ms|miss|frau|herrn?|he|she|his|her|woman|man|girl|boy|"
    r"name|named|female|male|relative|er|sie)\b", _I,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """What kind of identity stands in a text, and for a name its words, which nobody is told."""

    kind: str
    words: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Written({self.kind!r})"


def written_identities(text: str) -> Iterator[Written]:
    """What in a text is written as the identities of people are; nothing is looked up.

    >>> [one.kind for one in written_identities("Patient Zwetschkenbaum, born 3 May 1956, moved")]
    ['a date of birth', "a person's name"]
    >>> list(written_identities("Dr. Weber saw 12 patients at Nordklinik; detector 4 was replaced"))
    []
    """
    for kind, pattern in _WRITTEN:
        if pattern.search(text):
            yield Written(kind)
    for one in _LABELLED.finditer(text):
        number = one["number"]
        if sum(map(str.isdigit, number)) >= 3 and not _OURS.match(number):
            yield Written("a patient's or an order's number")
            break
    for pattern in _BESIDE_PEOPLE:
        for one in pattern.finditer(text):
            words = tuple(word for word in re.findall(_WORD, one["name"]) if word[0].isupper())
            heading = _HEADING.search(text[: one.start()]) is not None
            if _is_named(pattern, words, one[0], heading=heading):
                yield Written(NAME, words)


def names_beside_people(text: str) -> list[str]:
    """Words with a capital beside 'patient', 'Mrs', a relative, or before "'s scan"; also ordinary
    ones (Mrs Long): who asks knows whether it is somebody's."""
    return [
        word for pattern in (*_BESIDE_PEOPLE, _WHOSE) for one in pattern.finditer(text)
        for word in re.split(r"[\s.-]+", one["name"]) if len(word) > 1
    ]  # fmt: skip


def numbers_of_people(text: str) -> list[str]:
    """Numbers, also short ones, after a word that says whose they are: patient 471, MRN 12."""
    return [one["number"] for pattern in (_LABELLED, _SAID) for one in pattern.finditer(text)]


def days_in(text: str) -> Iterator[date]:
    """Every whole day that is written in a text, in both orders of day and month."""
    for pattern in _DATES:
        for one in pattern.finditer(text):
            found = one.groupdict()
            month = found.get("m") or str(_MONTHS.index(found["month"].lower()) + 1)
            for day, of in {(found["d"], month), (month, found["d"])}:
                try:
                    yield date(int(found["y"]), int(of), int(day))
                except ValueError:
                    continue


def speaks_of_a_person(text: str) -> bool:
    """Whether a text has a word for a person in it, so that an old day may be one's birth."""
    return _PERSON_WORD.search(text) is not None


def _is_named(
    pattern: "re.Pattern[str]", words: tuple[str, ...], whole: str, *, heading: bool
) -> bool:
    """Whether the words with a capital beside a word for a person are a name."""
    if pattern is _TITLED and whole[:2] in ("Mr", "Fr", "He"):
        return words[0] not in _DOCTORS  # nobody else is called so: also Mrs Long
    if whole[0] == "P":  # Patient Safety Officer; Retain Patient Characteristics Option
        return not heading and words[0].lower() not in _OF_PATIENTS and _is_strange(words[0])
    return any(map(_is_strange, words))


def _is_strange(word: str) -> bool:
    """Whether a word with a capital is likely a name: no ordinary word, and no short form."""
    bare = word.strip("'’-").removesuffix("'s").removesuffix("’s")
    if len(bare) < 3 or is_ordinary(bare) or is_acronym(bare):
        return False
    return not (bare.isupper() and len(bare) <= 4)
