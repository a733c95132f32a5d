"""Which files that were not taken in are of an accession number: waiting, or in quarantine.

The number is compared and never kept, logged or shown.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from imaging.elements import tag, text

_ACCESSION = tag("AccessionNumber")


def files_of(accession: str, paths: Iterable[Path]) -> Iterator[Path]:
    """Those of the files whose header holds this accession number; what is no DICOM is none."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    for path in paths:
        try:
            header = dcmread(path, stop_before_pixels=True, specific_tags=[_ACCESSION])
        except (InvalidDicomError, OSError, ValueError, EOFError, AttributeError):
            continue
        if text(header, _ACCESSION) == accession:
            yield path
