"""Facts that people recorded, as rows of tables: in the order of the columns that quote them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlmodel import Session

from records.facts import Fact
from records.known_facts import (
    Known,
    certificates_on,
    findings_of,
    follow_up_activities,
    identifiers_on,
    markets_on,
    organisations_on,
    plan_indicators_on,
    plan_sources_on,
    searches_in,
    similar_devices,
)
from regulatory.documents.surveillance_facts import Listed, Rows, Searched, Span
from regulatory.documents.surveillance_tables import european

ORGANISATION = ("role", "name", "address", "country", "registration", "contact")
CERTIFICATE = ("of", "number", "issued_by", "issued_on", "valid_until", "state")
IDENTIFIER = ("udi_di", "basic_udi_di", "issuer", "of_version", "emdn", "product_code")
MARKET = ("country", "since", "until", "languages", "registered_as")
LITERATURE = ("database", "words", "searched_on", "since", "until", "hits", "screened", "included")
REGISTER = ("database", "words", "searched_on", "since", "until", "hits", "relevant")
SIMILAR = ("name", "maker", "likeness", "number", "compared", "compared_on")
FOLLOW_UP = ("aim", "method", "endpoint", "state", "planned_n", "reached_n", "since", "until",
             "result", "conclusion", "deviations")  # fmt: skip
SOURCE = ("collects", "name", "every", "owner", "method", "proactive", "limits")
INDICATOR = ("name", "measure", "baseline", "direction", "threshold", "unit", "period", "risk_item",
             "action", "owner")  # fmt: skip


UNSAID: dict[str, str] = {
    "until": "no last day is set", "valid_until": "no last day", "risk_item": "of none",
    "limits": "none stated", "planned_n": "not said", "reached_n": "not known",
    "result": "none yet", "conclusion": "none yet", "deviations": "none recorded",
    "registered_as": "none recorded", "number": "none", "baseline": "not known",
}  # fmt: skip
"""What an empty column means, where that is more than that nobody recorded it."""


def listed(facts: Iterable[Fact], names: Sequence[str]) -> tuple[Listed, ...]:
    """Facts as rows, by these columns."""
    return tuple(
        Listed(one.label, tuple(_said(getattr(one, name), name) for name in names))
        for one in facts
    )


def _said(value: Any, name: str) -> Any:
    return UNSAID.get(name, value) if value is None or value == "" else value


def quoted(known: Known[Any], names: Sequence[str]) -> Rows:
    """What is known and what is not."""
    return Rows(listed(known.facts, names), known.lacking)


def counts_said(counts: Sequence[dict[str, Any]]) -> str:
    """Reasons with their numbers in a line; 'none' where there are none."""
    return "; ".join(f"{one['what']}: {one['number']}" for one in counts) or "none"


def organisations(session: Session, device: str, on: date) -> Rows:
    """Who acts for the device on a day."""
    return quoted(organisations_on(session, device, on), ORGANISATION)


def certificates(session: Session, device: str, on: date) -> Rows:
    """Certificates issued by a day."""
    found = quoted(certificates_on(session, device, on), CERTIFICATE)
    return replace(found, rows=tuple(
        replace(one, values=(european(str(one.values[0])), *one.values[1:])) for one in found.rows
    ))  # fmt: skip


def identifiers(session: Session, device: str, on: date) -> Rows:
    """The UDI-DI in use on a day."""
    return quoted(identifiers_on(session, device, on), IDENTIFIER)


def markets(session: Session, device: str, on: date) -> Rows:
    """The countries where it is on the market on a day."""
    return quoted(markets_on(session, device, on), MARKET)


def plan_sources(session: Session, device: str, on: date) -> Rows:
    """The sources of the PMS plan on a day."""
    return quoted(plan_sources_on(session, device, on), SOURCE)


def plan_indicators(session: Session, device: str, on: date) -> Rows:
    """The indicators of the PMS plan on a day."""
    return quoted(plan_indicators_on(session, device, on), INDICATOR)


def follow_up(session: Session, device: str, period: Span) -> Rows:
    """PMCF activities of a period."""
    return quoted(follow_up_activities(session, device, *period), FOLLOW_UP)


def searched(session: Session, device: str, period: Span) -> Searched:
    """Searches made in a period, what publications say, and similar devices."""
    literature, registers = searches_in(session, device, *period)
    findings = findings_of(session, device, literature.facts)
    of_search = {one.key: one.label for one in literature.facts}
    return Searched(
        Rows(tuple(
            Listed(one.label, (*(getattr(one, name) for name in LITERATURE),
                               counts_said(one.left_out), one.conclusion))
            for one in literature.facts
        ), literature.lacking),
        Rows(tuple(
            Listed(one.label, (of_search[one.search], one.citation, one.identifier or "none",
                               one.finding, one.relevance, one.assessment),
                   (of_search[one.search],))
            for one in findings.facts
        ), findings.lacking),
        Rows(tuple(
            Listed(one.label, (*(getattr(one, name) for name in REGISTER),
                               counts_said(one.events), one.devices or "none named",
                               one.assessment))
            for one in registers.facts
        ), registers.lacking),
        quoted(similar_devices(session, device), SIMILAR),
    )  # fmt: skip
