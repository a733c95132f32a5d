"""Bytes that arrived over the network, on the disk before anybody is told that they are."""

import hashlib
import os
from datetime import date
from pathlib import Path

from records.private import write_private


def keep_arrival(incoming: Path, site: str, day: date, content: bytes) -> Path:
    """Keep a DICOM file where the day's arrivals of the site are taken in from.

    Its name is the SHA-256 of its bytes, which names nobody; the same bytes again are kept once.
    When this returns they outlive a crash of the machine.

    Raises:
        OSError: They could not be kept; nothing of them is left.
    """
    folder = incoming / site / day.isoformat()
    target = folder / f"{hashlib.sha256(content).hexdigest()}.dcm"
    if not target.exists():
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _flush(folder.parent)
            _flush(incoming)
        write_private(target, content)
    _flush(folder)  # also where another call has just put the same bytes there
    return target


def _flush(folder: Path) -> None:
    """The names in a folder are on the disk."""
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
