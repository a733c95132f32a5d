"""Countries and addresses of sites from a table, CSV or XLSX: all rows or none."""

from typing import Final

from sqlmodel import Session

from records.people import Actor
from records.permissions import Action, require
from records.site_decisions import TOLD, SitesPlaced, place_sites
from regulatory.table_files import read_rows

COLUMNS: Final = ("site", *TOLD)


def import_sites(
    tx: Session, content: bytes, *, by: Actor, correct: bool = False
) -> SitesPlaced:
    """Record what a table says of each site; nothing where a row is wrong.

    correct: what is recorded otherwise is replaced; else its row is wrong.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No such table, or wrong rows: each with its number.
    """
    require(by, Action.CONFIRM_SITE)
    rows = read_rows(
        content, COLUMNS, COLUMNS[:1], what="sites", hint="'radvigil site list' shows the sites."
    )
    return place_sites(tx, rows, by=by, correct=correct)
