"""What people decide about a site: that one named by data is one of ours, and where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from records.countries import check_country
from records.errors import InvalidInput, RadvigilError, Refused
from records.people import Actor
from records.permissions import Action, require
from records.product import Site
from records.queries import sites_by_name


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


@dataclass(slots=True)
class SitesPlaced:
    """What a table of sites and countries did."""

    placed: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Sites that are recorded there already."""


def place_sites(
    tx: Session, rows: Sequence[tuple[int, Mapping[str, str]]], *, by: Actor, correct: bool = False
) -> SitesPlaced:
    """Place the sites of a table, columns site and country; nothing where a row is wrong.

    correct: a site that is recorded in another country is moved; else its row is wrong.

    Raises:
        NotAllowed: The person has no role that places sites.
        InvalidInput: Rows are wrong: each with its number.
    """
    require(by, Action.CONFIRM_SITE)
    sites, seen = sites_by_name(tx), dict[str, int]()
    done, faults = SitesPlaced(), list[str]()
    wanted: list[tuple[Site, str]] = []
    for number, row in rows:
        name, country = row.get("site", "").strip(), row.get("country", "").strip()
        try:
            site = _site_of_row(sites, seen, name, number)
            check_country(country)
            if site.country and site.country != country and not correct:
                raise InvalidInput(f"country: '{name}' is recorded in {site.country}; another "
                                   "country is a correction.")  # fmt: skip
            (done.known if site.country == country else done.placed).append(name)
            wanted += [(site, country)] * (site.country != country)
        except RadvigilError as wrong:
            faults.append(f"Row {number}: {wrong.message}")
    if faults:
        raise InvalidInput(f"Nothing was taken. {' '.join(faults)}",
                           hint="Correct these rows; --correct moves a site.")  # fmt: skip
    for site, country in wanted:
        place_site(tx, site, country, by=by)
    return done


def _site_of_row(
    sites: Mapping[str, Site], seen: dict[str, int], name: str, number: int
) -> Site:
    if name not in sites:
        raise InvalidInput(f"site: there is no site '{name}'.")
    if name in seen:
        raise InvalidInput(f"site: '{name}' stands in row {seen[name]} already.")
    seen[name] = number
    return sites[name]
