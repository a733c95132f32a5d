"""What records already say of a form: the maker and the device as they are defined."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from regulatory.forms.catalogue import Form


@dataclass(frozen=True, slots=True)
class Known:
    """A fact that records tell, with the labels of those it is taken from.

    contradiction: what each of them says, where they do not say the same.
    """

    value: Any
    sources: tuple[str, ...]
    contradiction: str = ""


def known_as(facts: Mapping[str, Any], *sources: str) -> dict[str, Known]:
    """The facts that say something, all from these records."""
    return {
        key: Known(value, tuple(dict.fromkeys(sources))) for key, value in facts.items()
        if value is not None and value != "" and value != []
    }


def of_the_form(form: Form, known: Mapping[str, Known]) -> dict[str, Known]:
    """Those that are fields of the form."""
    keys = {one.key for one in form.fields}
    return {key: one for key, one in known.items() if key in keys}


_BY_FIELD: Final[Mapping[str, tuple[str, ...]]] = {
    "manufacturer_name": ("manufacturer", "name"),
    "submitter_name": ("manufacturer", "name"),
    "manufacturer_address": ("manufacturer", "address"),
    "submitter_address": ("manufacturer", "address"),
    "manufacturer_srn": ("manufacturer", "single_registration_number"),
    "notice_srn": ("manufacturer", "single_registration_number"),
    "device_name": ("trade_name",),
    "brand_name": ("trade_name",),
    "udi_di": ("udi", "udi_di"),
    "udi": ("udi", "udi_di"),
    "basic_udi_di": ("udi", "basic_udi_di"),
    "risk_class": ("risk_class", "eu"),
    "device_description": ("intended_purpose",),
    "intended_use": ("intended_purpose",),
}
"""By field of a form, where a device's definition says it."""


def facts_of_device(form: Form, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The facts for a form that a device's definition holds; nothing is guessed."""
    found = {}
    for field in form.fields:
        said: Any = definition if field.key in _BY_FIELD else None
        for name in _BY_FIELD.get(field.key, ()):
            said = said.get(name) if isinstance(said, Mapping) else None
        if said:
            found[field.key] = said
    return found


def facts_of_incident(
    form: Form, *, label: str, words: str, event_from: date | None, event_to: date | None,
    aware_on: date | None, reportable_on: date | None = None, version: str = "", site: str = "",
) -> dict[str, Any]:
    """The facts for a form that an incident and its governing awareness fact hold.

    The civil days are those where the person was who became aware. What is not known is left out,
    so that the form lists it; the day of the event is told where it is one day only.

    label: the number of the incident, which is the maker's reference of the report.
    reportable_on: when it was decided that it must be reported; None: it was not decided.
    version: the software that was in use.
    """
    one_day = event_from if event_from == event_to or event_to is None else None
    said: dict[str, Any] = {
        "own_reference": label if form.id == "MIR" else None,
        "related_incidents": [label], "event_description": words,
        "incident_from": event_from, "incident_to": event_to, "event_date": one_day,
        "awareness_incident": aware_on, "awareness_reportability": reportable_on,
        "date_received": aware_on, "software_version": version, "device_version": version,
        "versions": [version] if version else None,
        "software_versions": [version] if version else None,
        "facility_name": site,
    }  # fmt: skip
    keys = {one.key for one in form.fields}
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in said.items() if key in keys and value
    }
