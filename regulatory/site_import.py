"""Countries of sites from a table, CSV or XLSX: all rows or none."""

from typing import Final

from sqlmodel import Session

from records.people import Actor
from records.permissions import Action, require
from records.site_decisions import SitesPlaced, place_sites
from regulatory.fact_tables import read_rows

COLUMNS: Final = ("site", "country")


def import_site_countries(
    tx: Session, content: bytes, *, by: Actor, correct: bool = False
) -> SitesPlaced:
    """Record in which country each site of a table lies; nothing where a row is wrong.

    correct: a site that is recorded in another country is moved; else its row is wrong.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No such table, or wrong rows: each with its number.
    """
    require(by, Action.CONFIRM_SITE)
    rows = read_rows(content, kind="sites and countries", known=COLUMNS, needed=COLUMNS)
    return place_sites(tx, rows, by=by, correct=correct)
