"""Which files are there to take in: nothing below a folder is passed over without being said."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from records.errors import InvalidInput, NotFound, Unavailable


@dataclass(frozen=True)
class FoundFiles:
    """What there is to take in, in a fixed order, and how many files were left out on purpose.

    ``paths`` also names what the reception will refuse without opening it: pipes and sockets,
    links to folders, folders that cannot be listed. ``skipped`` counts hidden files (such as
    .DS_Store, or anything in a hidden folder) and those still being written (.part).
    """

    paths: list[Path]
    skipped: int = 0


def find_files(path: Path) -> FoundFiles:
    """The file, or every file below the folder; links to folders are not followed.

    Raises:
        NotFound: There is nothing of that name.
        InvalidInput: The name is too long for there to be one.
        Unavailable: It cannot be looked at, for want of a right or because a disk fails.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"There is no file or folder {path}.") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InvalidInput(
                f"{str(path)[:80]}… is too long a name for a file or folder.",
                hint="Check the path.",
            ) from None
        raise Unavailable(
            f"{path} cannot be looked at ({error.strerror}).",
            hint="Nothing was taken in: ask for the right to read it and run it again.",
        ) from None
    if not stat.S_ISDIR(mode):
        return FoundFiles([path])
    unlisted: list[Path] = []
    found = [
        Path(folder, name)
        for folder, folders, names in os.walk(
            path, onerror=lambda error: unlisted.append(Path(error.filename))
        )
        for name in (*names, *(one for one in folders if _is_link(folder, one)))
    ]
    wanted = [one for one in (*found, *unlisted) if not _left_out(one.relative_to(path))]
    return FoundFiles(sorted(wanted), len(found) + len(unlisted) - len(wanted))


def _is_link(folder: str, name: str) -> bool:
    # pathlib would raise in a folder that may be listed and not searched
    return os.path.islink(os.path.join(folder, name))  # noqa: PTH114, PTH118


def _left_out(below: Path) -> bool:
    return below.suffix == ".part" or any(part.startswith(".") for part in below.parts)
