"""Studies are fetched from another system by DICOMweb, into the arrivals of a day."""

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from imaging.node.arrivals import keep_arrival
from imaging.node.dicomweb import Web, retrieve, search
from imaging.node.negotiation import NOTES, STORAGE
from records.errors import InvalidInput


@dataclass
class Fetched:
    """What came: studies that fitted, images kept, and objects left out that are no images."""

    studies: int = 0
    kept: int = 0
    left_out: int = 0


def fetch_by_accession(
    web: Web, accession: str, *, incoming: Path, site: str, day: date
) -> Fetched:
    """Keep every image of the studies of an accession number where the day's arrivals lie.

    Each is on the disk before the next is asked for; fetched again, the same bytes are kept once.

    Raises:
        InvalidInput: The number is empty, or would fit several.
        Unavailable: The other system is not reached, or refuses.
    """
    if not accession.strip() or set(accession) & set("*?\\"):
        raise InvalidInput(
            "This is no accession number.", hint="Give one whole number, without * or ?."
        )
    found = Fetched()
    for study in search(web, "studies", AccessionNumber=accession):
        found.studies += 1
        for one in retrieve(web, str(study.StudyInstanceUID)):
            if str(one.SOPClassUID) not in (*STORAGE, *NOTES):
                found.left_out += 1
                continue
            keep_arrival(incoming, site, day, _bytes_of(one))
            found.kept += 1
    return found


def _bytes_of(dataset: Any) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
