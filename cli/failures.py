"""What a person sees when something is refused or breaks: one sentence, and the right exit code.

An unexpected failure is written to ``logs/failures.jsonl`` in the workspace as the kind of the
failure and where in the program it arose: never a value, because a value may name a patient.
"""

import errno
import json
import re
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from records.errors import RadvigilError

UNEXPECTED = 1

NO_SUCH_PATH = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
"""A path was named that cannot be: the name is to be corrected."""

NO_RIGHT_OR_SPACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)
"""The disk refuses: somebody has to give the right or the space."""


def report_failure(failure: Exception, *, home: Path | None) -> int:
    """Say what was refused; the exit code. The command line's own refusals pass through."""
    if isinstance(failure, (TyperException, typer.Exit, typer.Abort, BrokenPipeError)):
        raise failure
    from records.errors import RadvigilError

    if isinstance(failure, OSError):
        failure = _path_refused(failure) or failure
    if isinstance(failure, RadvigilError):
        typer.echo(f"radvigil: {failure}{_studies_named(str(failure), home)}", err=True)
        return failure.exit_code
    return _report_unexpected(failure, home)


def _studies_named(words: str, home: Path | None) -> str:
    """Of which studies the images are that a refusal names without them; '' where there is none.

    Whatever hinders it: the refusal itself matters more.
    """
    numbers = {int(one) for one in re.findall(r"\bINS-(\d+)", words)}
    if not numbers or "STU-" in words:
        return ""
    with suppress(Exception):
        from cli.opening import looking
        from records.lookup import studies_of_images

        with looking(home) as store, store.reader() as reader:
            found = studies_of_images(reader, numbers)
        return "".join(f" {image} is of {study}." for image, study in found.items())
    return ""


def _path_refused(failure: OSError) -> "RadvigilError | None":
    """The refusal that a path means; without the path, because a file's name may name a patient."""
    from records.errors import InvalidInput, Unavailable

    if failure.errno in NO_SUCH_PATH:
        return InvalidInput(
            f"A path cannot be used: {failure.strerror}.",
            hint="Check the paths that you named, --home and --out too.",
        )
    if failure.errno in NO_RIGHT_OR_SPACE:
        return Unavailable(
            f"A file cannot be read or written: {failure.strerror}.",
            hint="Check the rights on the workspace and on the paths you named, and the space.",
        )
    return None


def _report_unexpected(failure: Exception, home: Path | None) -> int:
    place = write_failure(failure, home)
    where = f"What is known, without any patient's data, is in {place}." if place else (
        "It arose at: " + "; ".join(_frames(failure)[-3:])
    )
    typer.echo(f"radvigil: something unexpected happened ({_kind(failure)}). {where}", err=True)
    return UNEXPECTED


def write_failure(failure: Exception, home: Path | None) -> Path | None:
    """Append the failure to the workspace's log; None where there is no workspace."""
    from datetime import UTC, datetime

    from records.settings import find_workspace

    workspace = find_workspace(home)
    if not workspace.exists:
        return None
    log = workspace.home / "logs" / "failures.jsonl"
    log.parent.mkdir(exist_ok=True)
    line = {"at": datetime.now(UTC).isoformat(), "kind": _kind(failure), "where": _frames(failure)}
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return log


def _kind(failure: Exception) -> str:
    return f"{type(failure).__module__}.{type(failure).__qualname__}".removeprefix("builtins.")


def _frames(failure: Exception) -> list[str]:
    frames = traceback.extract_tb(failure.__traceback__)
    return [
        f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
        for frame in frames
    ]
