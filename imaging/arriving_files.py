"""Which files are there to take in: nothing below a folder is passed over without being said."""

import errno
import os
import stat
from collections.abc import Iterator
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
    refused: list[OSError] = []
    found = list(everything_below(path, refused))
    unlisted = [Path(error.filename) for error in refused]
    wanted = [one for one in (*found, *unlisted) if not _left_out(one.relative_to(path))]
    return FoundFiles(sorted(wanted), len(found) + len(unlisted) - len(wanted))


def everything_below(
    folder: Path, refused: list[OSError], *, hidden: bool = True
) -> Iterator[Path]:
    """What lies below a folder and is no folder, links to folders included, at any depth.

    refused: is given the errors of folders that cannot be listed. hidden: folders whose name
    begins with a dot are entered too. (os.walk calls itself for each level on this Python, and a
    sender could make a tree deep enough to end the program.)
    """
    waiting = [os.fspath(folder)]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            refused.append(error)
            continue
        within = []
        for entry in entries:
            if not _is_folder(entry):
                yield Path(entry.path)
            elif hidden or not entry.name.startswith("."):
                within.append(entry.path)
        waiting += reversed(within)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _left_out(below: Path) -> bool:
    return below.suffix == ".part" or any(part.startswith(".") for part in below.parts)
