"""What people decide about a site: that one named by data is one of ours, and where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session

from records.countries import check_country
from records.errors import InvalidInput, RadvigilError, Refused
from records.people import Actor
from records.permissions import Action, require
from records.product import Site
from records.queries import sites_by_name
from records.reasons import says


def confirm_site(tx: Session, site: Site, *, by: Actor) -> Site:
    """An unconfirmed site is one of ours.

    Raises:
        NotAllowed: The person has no role that confirms sites.
        TransitionRefused: It is confirmed already, or closed.
    """
    require(by, Action.CONFIRM_SITE)
    site.status = "confirmed"
    tx.add(site)
    tx.flush()
    return site


def place_site(tx: Session, site: Site, country: str, *, by: Actor) -> Site:
    """Record in which country a site lies; another one than before is a correction, by its reason.

    country: two letters of ISO 3166-1, or XI for Northern Ireland.

    Raises:
        NotAllowed: The person has no role that places sites.
        InvalidInput: No such country.
        Refused: It lies there already by its record.
    """
    require(by, Action.CONFIRM_SITE)
    if site.country == check_country(country):
        raise Refused(f"The site '{site.name}' is recorded in {country} already.")
    site.country = country
    tx.add(site)
    tx.flush()
    return site


def address_site(tx: Session, site: Site, *, address: str, telephone: str, by: Actor) -> Site:
    """Record the address and telephone number of the organisation at a site; '' leaves what is.

    Raises:
        NotAllowed: The person has no role that places sites.
        InvalidInput: Neither is given.
    """
    require(by, Action.CONFIRM_SITE)
    if not (says(address) or says(telephone)):
        raise InvalidInput("Neither an address nor a telephone number is given.")
    site.address = address.strip() or site.address
    site.telephone = telephone.strip() or site.telephone
    tx.add(site)
    tx.flush()
    return site


@dataclass(slots=True)
class SitesPlaced:
    """What a table of sites did."""

    placed: list[str] = field(default_factory=list)
    """Sites of which something was recorded."""
    known: list[str] = field(default_factory=list)
    """Sites of which all was recorded already."""


TOLD: Final = ("country", "address", "telephone")
"""What a table may say of a site."""


def place_sites(
    tx: Session, rows: Sequence[tuple[int, Mapping[str, str]]], *, by: Actor, correct: bool = False
) -> SitesPlaced:
    """Record what a table says of sites; nothing where a row is wrong. An empty cell says nothing.

    correct: what is recorded otherwise is replaced; else its row is wrong.

    Raises:
        NotAllowed: The person has no role that places sites.
        InvalidInput: Rows are wrong: each with its number.
    """
    require(by, Action.CONFIRM_SITE)
    sites, seen = sites_by_name(tx), dict[str, int]()
    done, faults = SitesPlaced(), list[str]()
    wanted: list[tuple[Site, dict[str, str]]] = []
    for number, row in rows:
        told = {name: value for name in TOLD if (value := row.get(name, "").strip())}
        try:
            site = _site_of_row(sites, seen, row.get("site", "").strip(), number)
            wanted.append((site, _new_of(site, told, correct=correct)))
        except RadvigilError as wrong:
            faults.append(f"Row {number}: {wrong.message}")
    if faults:
        raise InvalidInput(f"Nothing was taken. {' '.join(faults)}",
                           hint="Correct these rows; --correct replaces.")  # fmt: skip
    for site, new in wanted:
        (done.placed if new else done.known).append(site.name)
        for name, value in new.items():
            setattr(site, name, value)
        tx.add(site)
    tx.flush()
    return done


def _new_of(site: Site, told: Mapping[str, str], *, correct: bool) -> dict[str, str]:
    """What is told of a site and not recorded; refused where it is recorded otherwise."""
    if not told:
        raise InvalidInput("Nothing is said of the site.")
    if "country" in told:
        check_country(told["country"])
    new = {name: value for name, value in told.items() if getattr(site, name) != value}
    for name in new:
        if (before := getattr(site, name)) and not correct:
            raise InvalidInput(f"{name}: '{site.name}' is recorded with {before}; another one is a "
                               "correction.")  # fmt: skip
    return new


def _site_of_row(
    sites: Mapping[str, Site], seen: dict[str, int], name: str, number: int
) -> Site:
    if name not in sites:
        raise InvalidInput(f"site: there is no site '{name}'.")
    if name in seen:
        raise InvalidInput(f"site: '{name}' stands in row {seen[name]} already.")
    seen[name] = number
    return sites[name]
