"""Files that only their owner may read: keys, images of patients, sealed copies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import BinaryIO


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, readable by the owner only from the first byte on.

    It is whole and on the disk before it takes its name; of what fails nothing is left. Several
    may write the same one at once: the last to finish is the one that stays.

    Raises:
        OSError: The disk refuses.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.{get_ident()}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """The same for what is in memory already."""
    with private_file(path) as file:
        file.write(content)
