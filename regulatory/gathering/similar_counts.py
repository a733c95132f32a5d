"""Section 4.3 of a MIR from the records: four periods by country, EEA and world."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from sqlmodel import Session

from records.countries import countries_of_sites, otherwise_placed
from records.incidents import Incident
from records.similar_incidents import Similar, SimilarInPeriod, similar_incidents
from regulatory.forms.catalogue import find_form
from regulatory.forms.prefill import Known, known_as

NOT_RECORDED: Final = "not recorded"
BASIS: Final = "Number of uses: studies that the software read"
_BEYOND_EEA: Final = frozenset({"CH", "TR"})
"""The form counts Switzerland and Türkiye with the EEA."""


def known_of_similar(
    session: Session, one: Incident, *, countries: Mapping[str, str], on: date
) -> dict[str, Known]:
    """The table of similar incidents and devices, its basis and how it was counted.

    countries: by site, told with the form: they come before those of the sites' records, and where
    they differ the method says so. Where a site's country is not known, or a site is silent, the
    cells that it belongs to say 'not recorded'.
    """
    found = similar_incidents(session, one, on=on)
    recorded, told_here = countries_of_sites(session), dict(countries)
    countries = recorded | told_here
    here = countries.get(one.site)
    eea = {*find_form("MIR").groups["EEA"], *_BEYOND_EEA}
    places: dict[str, Collection[str] | None] = {
        "country": None if here is None else {here}, "eea": eea, "world": None,
    }  # fmt: skip
    rows = []
    for row in found.rows:
        cells: dict[str, str | int] = {
            "period_from": row.period[0].isoformat(), "period_to": row.period[1].isoformat(),
        }  # fmt: skip
        for name, place in places.items():
            told = name == "world" or (place is not None and found.sites <= set(countries))
            wanted = {site for site in found.sites
                      if name == "world" or countries.get(site) in (place or ())}  # fmt: skip
            cells[f"{name}_incidents"] = _incidents(found, row, wanted) if told else NOT_RECORDED
            cells[f"{name}_devices"] = _used(row, wanted) if told else NOT_RECORDED
        rows.append(cells)
    alike = ", ".join(found.categories)
    return known_as({
        "similar_counts": rows, "denominator_basis": BASIS,
        "similar_basis": f"Incidents of this device with a category of this one: {alike}."
        if alike else None,
        "counts_method": _method(found, countries, otherwise_placed(recorded, told_here)),
    }, one.label)  # fmt: skip


def _incidents(found: Similar, row: SimilarInPeriod, sites: set[str]) -> str | int:
    if not found.categories:
        return NOT_RECORDED
    counted = sum(n for site, n in row.incidents.items() if site in sites)
    return counted if counted or not _before_records(found, row) else NOT_RECORDED


def _before_records(found: Similar, row: SimilarInPeriod) -> bool:
    """Whether the device was on the market in a period of which nothing is on record here.

    That no incident was recorded then says nothing of how many there were.
    """
    sold = found.placed is None or row.period[1] >= found.placed
    return sold and not row.covered and (found.studied is None or row.period[1] < found.studied)


def _used(row: SimilarInPeriod, sites: set[str]) -> str | int:
    if not row.covered or sites & set(row.silent):
        return NOT_RECORDED
    return sum(n for site, n in row.used.items() if site in sites)


def _method(found: Similar, countries: Mapping[str, str], otherwise: Sequence[str]) -> str:
    silent = sorted({site for row in found.rows for site in row.silent})
    unknown = sorted(found.sites - set(countries))
    parts = [
        "Incidents by the day on which they were opened (UTC), this one included, of duplicates "
        "one for all; studies read for care by the day of their arrival, at the "
        f"{len(found.sites)} sites on record here.",
        f"No study is on record though the software ran: {', '.join(silent)}." if silent else "",
        _reach(found),
        f"The country is not recorded of: {', '.join(unknown)}." if unknown else "",
        f"By what is told with the form: {'; '.join(otherwise)}." if otherwise else "",
        "" if found.categories else "The incident is not coded: similar ones cannot be told.",
    ]
    return " ".join(part for part in parts if part)


def _reach(found: Similar) -> str:
    """Why uses of some periods are not recorded: the studies on record do not reach back."""
    lacking = [row.period for row in found.rows if not row.covered]
    if not lacking:
        return ""
    market = (
        f"The device is on the market since {found.placed}" if found.placed
        else "No fact on record says since when the device is on the market"
    )
    study = f"the first study on record is of {found.studied}" if found.studied else (
        "no study is on record"
    )
    periods = ", ".join(f"{first} to {last}" for first, last in lacking)
    return (f"{market} and {study}: uses are not recorded for {periods}, nor incidents of periods "
            "before it.")  # fmt: skip
