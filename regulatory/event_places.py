"""In which country an event happened: as it was told, else where its site lies by its record.

What was told wins; where the record of the site says otherwise, that is told beside it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlmodel import Session

from records.countries import countries_of_sites
from records.incidents import Incident
from records.reportabilities import AI_ACT
from regulatory.rules.applying import apply_rules
from regulatory.rules.calendars import member_states

_STATES: Final = {"EU": "member_states", AI_ACT: "member_state"}
"""By jurisdiction the fact that says in which states it is reported."""
_HAPPENED: Final = "country_of_incident"


def told_countries(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Where facts say that it happened: the country, else the member states that are told.

    >>> told_countries({"member_states": ["DE", "FR"]})
    ('DE', 'FR')
    """
    if facts.get(_HAPPENED):
        return (str(facts[_HAPPENED]),)
    states = facts.get("member_states") or facts.get("member_state") or ()
    return (states,) if isinstance(states, str) else tuple(states)


@cache
def counts_inside(country: str) -> bool:
    """Whether an event there counts in EEA+TR+XI and not worldwide only (R-PSUR-04)."""
    return len(apply_rules(["R-PSUR-04"], {_HAPPENED: country})["columns"]) > 1


def place_of_site(
    session: Session, incident: Incident, jurisdiction: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The facts on the place that the record of the site gives, where none of them is told."""
    name = _STATES.get(jurisdiction)
    if name is None or told_countries(facts):
        return {}
    country = countries_of_sites(session).get(incident.site)
    if country is None:
        return {}
    of_state = {name: [country] if jurisdiction == "EU" else country}
    return {_HAPPENED: country} | (of_state if country in member_states() else {})


def without_stale_place(
    before: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """What stood before, less the place where a new one is given: of two places one is told."""
    if not any(name in given for name in (_HAPPENED, *_STATES.values())):
        return dict(before)
    new = told_countries(given)
    return {
        name: value for name, value in before.items()
        if not (name == _HAPPENED and name not in given and value not in new)
    }


def otherwise_by_record(recorded: str, facts: Mapping[str, Any], site: str) -> str:
    """The sentence that facts and the record of the site contradict each other; '' if they do not.

    recorded: the country of the site, '' where it is not recorded.
    """
    told = told_countries(facts)
    if not recorded or not told or recorded in told:
        return ""
    return f"told to have happened in {', '.join(told)}; the site {site} is recorded in {recorded}"


def otherwise_placed_incident(
    session: Session, incident: Incident, facts: Mapping[str, Any]
) -> str:
    """As :func:`otherwise_by_record`, of an incident."""
    recorded = countries_of_sites(session).get(incident.site, "")
    return otherwise_by_record(recorded, facts, incident.site)
