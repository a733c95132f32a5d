"""De-identification: HIPAA's Safe Harbor, element by element, and DICOM PS3.15 tag by tag.

Both read the tables that the program de-identifies by (`imaging.safe_harbor`,
`imaging.attribute_table`).
"""

import re
from functools import cache
from typing import Any, Final

from imaging.attribute_table import EDITION, MEANINGS, Option, TableRow, table_rows
from imaging.safe_harbor import OLDEST_YEARS, age_group, date_year, postal_area
from records.errors import InvalidInput
from records.yaml_source import read_yaml
from regulatory.rules.dictionary import DATA
from regulatory.rules.facts import Facts

Answer = dict[str, Any]

_AGE: Final = re.compile(r"\d{3}[DWMY]\Z")
_DATE: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})\Z")
_ZIP: Final = re.compile(r"\d{5}(-?\d{4})?\Z")
_TAG: Final = re.compile(r"\(([0-9A-FX]{4}),([0-9A-FX]{4})\)\Z")
_FACES: Final = "113102"
"""Clean Recognizable Visual Features: no attribute of the table follows from it."""
_OPTIONS: Final = (*(one for one in MEANINGS), _FACES)
_LETTERED: Final = ("US", "SC", "XA")
"""Modalities whose pixels so often hold letters that an undeclared image counts as one with."""


@cache
def _elements() -> dict[str, Any]:
    return read_yaml(DATA / "safe_harbor.yaml").content


def safe_harbor(facts: Facts) -> Answer:
    """R-DEID-HIPAA: what becomes of one element (45 CFR 164.514(b)(2)(i)).

    By an expert's determination (164.514(b)(1)) it is the expert who says what stays.
    """
    if facts.text("method") == "EXPERT_DETERMINATION":
        return {"action": "EXPERT_DECIDES", "value_out": None}
    element, said = facts.text("element"), _elements()
    if element in said["ages"]:
        return _age(facts.text("value"))
    if element in said["postal_codes"]:
        return _postal(facts)
    if element in said["dates"]:
        return {"action": "GENERALIZE", "letter": "C", "value_out": _year(facts)}
    if element in said["birth_dates"]:
        return _birth(facts)
    if element in said["kept"]:
        return {"action": "KEEP", "value_out": facts.text("value")}
    for letter, names in said["letters"].items():
        if element in names:
            return {"action": "REMOVE", "letter": letter, "value_out": None}
    raise InvalidInput(f"element: '{element}' is not known.", hint=f"Known: {_known()}.")


def _known() -> str:
    said = _elements()
    lists = [said[one] for one in ("dates", "birth_dates", "ages", "postal_codes", "kept")]
    return ", ".join(sorted({name for names in (*said["letters"].values(), *lists)
                             for name in names}))  # fmt: skip


def _age(value: str) -> Answer:
    if not _AGE.match(value):
        raise InvalidInput("value: it is no age of DICOM such as 092Y.")
    old = value[3] == "Y" and int(value[:3]) >= OLDEST_YEARS
    answer: Answer = {"action": "GENERALIZE" if old else "KEEP", "value_out": age_group(value)}
    return answer | ({"label": f"{OLDEST_YEARS} or older", "letter": "C"} if old else {})


def _postal(facts: Facts) -> Answer:
    value = facts.text("value")
    if not _ZIP.match(value):
        raise InvalidInput("value: it is no ZIP code such as 03601.")
    many = facts.yes_no("zip3_population_gt_20000") is True  # not known counts as few
    return {"action": "GENERALIZE", "letter": "B",
            "value_out": postal_area(value, more_than_20000=many)}  # fmt: skip


def _year(facts: Facts) -> str:
    value = facts.text("value")
    if not _DATE.match(value):
        raise InvalidInput("value: it is no date such as 2026-11-23 or 20261123.")
    return date_year(value)


def _birth(facts: Facts) -> Answer:
    """A year of birth stays unless it reveals an age above 89; without a day to compare, never."""
    born = int(_year(facts))
    if facts.day("event_date").year - born >= OLDEST_YEARS:
        return {"action": "REMOVE", "letter": "C", "value_out": None,
                "label": f"{OLDEST_YEARS} or older"}  # fmt: skip
    return {"action": "GENERALIZE", "letter": "C", "value_out": str(born)}


def dicom_profile(facts: Facts) -> Answer:
    """R-DEID-PS315: the action of each tag under the options (PS3.15 Annex E, Table E.1-1).

    Letters in the pixels are cleaned (113101) or the object is refused; both verdicts are told,
    because shifted dates follow DICOM and are not Safe Harbor.
    """
    options = _options(facts)
    answer: Answer = {}
    if facts.has("burned_in_annotation"):
        answer |= _pixels(facts, options)
        if answer["result"] == "REJECT_OBJECT":
            return answer
    if not (answer and not facts.has("tags")):
        answer["actions"] = {tag: _action(tag, options) for tag in facts.items("tags")}
    codes = frozenset(options)
    dates = "UNMODIFIED" if Option.FULL_DATES in codes else (
        "MODIFIED" if Option.MODIFIED_DATES in codes else "REMOVED")
    unmet = [letter for letter, needed in (
        ("C: dates", {Option.FULL_DATES, Option.MODIFIED_DATES}),
        ("M: device identifiers", {Option.DEVICE_IDENTITY}),
        ("R: unique identifiers", {Option.UIDS}),
    ) if needed & codes]  # fmt: skip
    return answer | {
        "set_attributes": {"(0012,0062)": "YES", "(0028,0303)": dates},
        "method_codes": ["113100", *sorted(codes - {"113100"})], "edition": EDITION,
        "dicom_conformant": True, "safe_harbor": not unmet, "safe_harbor_unmet": unmet,
    }  # fmt: skip


def _options(facts: Facts) -> list[str]:
    given = [str(one) for one in facts.items("options")]
    for one in given:
        if one not in _OPTIONS:
            raise InvalidInput(f"options: '{one}' is not known.",
                               hint=f"Known: {', '.join(sorted(_OPTIONS))}.")  # fmt: skip
    return given


def _pixels(facts: Facts, options: list[str]) -> Answer:
    burned = facts.value("burned_in_annotation")
    risky = burned == "YES"
    if burned in (None, "UNKNOWN"):
        risky = facts.text("modality") in _LETTERED
    if not risky:
        return {"result": "ACCEPT_OBJECT"}
    cleaned = Option.CLEAN_PIXELS in options
    return {"result": "CLEAN_PIXEL_DATA" if cleaned else "REJECT_OBJECT"}


def _action(tag: str, options: list[str]) -> str:
    found = _TAG.match(tag.upper())
    if found is None:
        raise InvalidInput(f"tags: '{tag}' is no tag such as (0010,0010).")
    group, element = found.groups()
    row = _rows().get(_place(group, element))
    chosen = frozenset(Option(one) for one in options if one in set(Option))
    if row is not None:
        return row.code(chosen)
    if "X" not in group and int(group, 16) % 2:
        return "K" if Option.SAFE_PRIVATE in chosen else "X"
    return "K"  # not in the table: Manufacturer, Modality and what else subgroups need


def _place(group: str, element: str) -> str:
    """The row's name: repeating groups stand once in the table."""
    if re.match(r"50[0-9A-FX]{2}\Z", group):
        return "50XXXXXX"
    if re.match(r"60[0-9A-FX]{2}\Z", group):
        return f"60XX{element}"
    return group + element


@cache
def _rows() -> dict[str, TableRow]:
    return {row.tag: row for row in table_rows()}
