"""A table of a page is taken along as a file: it names nobody whose studies are here (REG-112)."""

import csv
import io
import json
import re

from imaging.export_scan import known_identities, require_no_identifier
from records.store import Store
from records.table_copies import note_table_copy

_COUNT = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_TYPED = re.compile("reason|patient|accession", re.IGNORECASE)


def copy_table(store: Store, account: str, *, page: str, file: str, content: bytes) -> None:
    """Look through a table that is to leave, then write down who took it along.

    content: CSV in UTF-8 with a row of headings. A number is a count, unless its column is of what
    people type as a reason, or of a patient.

    Raises:
        Refused: It names somebody; the place is said, and never the value.
        NotAllowed: The account may not look at records any more.
        IntegrityBroken: The identity mapping, which it is compared with, is damaged.
    """
    headings, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    told = [
        {f"{number} {name}".strip(): value for number, (name, value)
         in enumerate(zip(headings, row, strict=True), start=1)
         if _TYPED.search(name) or not _COUNT.fullmatch(value)}
        for row in rows
    ]  # fmt: skip
    require_no_identifier({"json": json.dumps(told).encode()}, known_identities(store),
                          f"The table {file}")  # fmt: skip
    note_table_copy(store, account, page=page, file=file, content=content)
