"""The numbers of a device on the market for a form: what facts and definition say of each, by day.

Where they contradict each other both are told, and the field is at fault until a person decides.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from sqlmodel import Session

from records.known_facts import certificates_on, identifiers_on, organisations_on
from regulatory.forms.prefill import Known

_NUMBER: Final = re.compile(r"\b(\d{4})\b")
_OF_NOTIFIED_BODY: Final = ("MDR ", "MDD ")
NOT_ASSIGNED: Final = "not assigned"
"""How a definition begins that knows no number yet."""


def known_of_market(session: Session, device: str, on: date) -> dict[str, list[tuple[str, str]]]:
    """By field what each fact in force on a day says of it, with the fact's label.

    UDI-DI, Basic UDI-DI, issuer, EMDN and product code; certificates of a notified body that are
    valid on that day; the body's number, by its organisation and by who issued the certificates.
    """
    said: dict[str, list[tuple[str, str]]] = {}
    for one in identifiers_on(session, device, on).facts:
        issuer = "" if one.issuer == "none" else one.issuer
        for keys, value in (
            (("udi_di", "udi"), one.udi_di), (("basic_udi_di",), one.basic_udi_di),
            (("udi_issuing_entity",), issuer), (("nomenclature_code",), one.emdn),
            (("product_code",), one.product_code),
        ):  # fmt: skip
            for key in keys:
                said.setdefault(key, []).append((value, one.label))
    valid = [
        one for one in certificates_on(session, device, on).facts
        if one.of.startswith(_OF_NOTIFIED_BODY) and one.state == "valid"
        and (one.valid_until is None or one.valid_until >= on)
    ]  # fmt: skip
    if valid:
        numbers = "; ".join(dict.fromkeys(one.number for one in valid))
        said["certificate"] = [(numbers, one.label) for one in valid]
    said["notified_body"] = [
        (one.registration, one.label) for one in organisations_on(session, device, on).facts
        if one.role == "notified body"
    ] + [
        (found[-1], one.label) for one in valid if (found := _NUMBER.findall(one.issued_by))
    ]  # fmt: skip
    return said


def with_market(
    defined: Mapping[str, Known], said: Mapping[str, Iterable[tuple[str, str]]]
) -> dict[str, Known]:
    """What the definition says, with what facts say beside it; a number that a definition does not
    know yet contradicts none."""
    found = dict(defined)
    for key, told in said.items():
        by_value: dict[str, list[str]] = {}
        for value, label in told:
            if value:
                by_value.setdefault(value, []).append(label)
        known = defined.get(key)
        if by_value and known and not str(known.value).startswith(NOT_ASSIGNED):
            by_value.setdefault(str(known.value), []).extend(known.sources)
        if not by_value:
            continue
        labels = tuple(dict.fromkeys(one for each in by_value.values() for one in each))
        contradiction = "" if len(by_value) == 1 else "; ".join(
            f"{' and '.join(each)} says '{value}'" for value, each in by_value.items()
        )
        found[key] = Known("; ".join(by_value), labels, contradiction)
    return found
