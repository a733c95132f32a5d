"""What a failing database means: records that are damaged, or records that are out of reach."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from records.errors import IntegrityBroken, RadvigilError, Unavailable
from records.settings import Workspace

DAMAGED = (
    "malformed", "not a database", "unsupported file format", "disk i/o error", "could not decode",
)  # fmt: skip
OUT_OF_REACH = ("unable to open", "readonly", "permission", "locked", "is full")
"""What SQLite says, in lower case, of a file that was altered and of one that cannot be used."""


@contextmanager
def explaining(workspace: Workspace, dialect: str) -> Iterator[None]:
    """Turn a failure of the database that a person must act on into a sentence; others pass.

    Raises:
        IntegrityBroken: The database is damaged.
        Unavailable: It cannot be reached, opened or written.
    """
    try:
        yield
    except DBAPIError as failed:
        meant = meaning_of(failed, workspace, dialect)
        if meant is None:
            raise
        raise meant from failed


def meaning_of(failed: DBAPIError, workspace: Workspace, dialect: str) -> RadvigilError | None:
    """What the failure means for a person; None where it is a fault of the program."""
    if dialect != "sqlite":
        return _unreachable_server(failed)
    said = str(failed.orig)
    if any(words in said.lower() for words in DAMAGED):
        return damaged(workspace, said)
    if any(words in said.lower() for words in OUT_OF_REACH):
        return Unavailable(
            f"The database {workspace.database} cannot be used: {said}.",
            hint="Check who may read and write the file and its folder, and the space left.",
        )
    return None


def damaged(workspace: Workspace, what: str) -> IntegrityBroken:
    """The refusal to work with records that are not whole, naming the file and what is wrong."""
    return IntegrityBroken(
        f"The records of {workspace.home} are damaged: {what}.",
        hint="Restore a backup and keep what is there as evidence.",
    )


def _unreachable_server(failed: DBAPIError) -> RadvigilError | None:
    if failed.connection_invalidated or not failed.statement:  # it failed while connecting
        return Unavailable(
            f"The database does not answer ({type(failed.orig).__name__}).",
            hint="Check RADVIGIL_DATABASE_URL and that the server runs.",
        )
    return None
