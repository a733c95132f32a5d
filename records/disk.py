"""What a disk refuses, as a sentence: no room, no right, a broken place; and one file twice."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from records.errors import Unavailable


@contextmanager
def disk_refusals(what: str) -> Iterator[None]:
    """Turn a refusal of the disk into one that a person can act on.

    what: what could not be done, such as 'The bytes could not be kept'.

    Raises:
        Unavailable: The disk refused; whoever writes a record after it has not done so.
    """
    try:
        yield
    except OSError as failed:
        raise Unavailable(
            f"{what}: {failed.strerror or type(failed).__name__}.",
            hint="Nothing was recorded. Check the space left and who may write there.",
        ) from failed


def link(source: Path, target: Path) -> None:
    """The same content under another name: the same file on the disk where that is possible."""
    try:
        os.link(source, target)
    except OSError:  # another file system, or links are not allowed
        shutil.copy2(source, target)
