"""What a failing database means: records that are damaged, or records that are out of reach."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from records.errors import IntegrityBroken, RadvigilError, Unavailable
from records.settings import Workspace
from records.write_lock import WAIT_SECONDS

DAMAGED = (
    "malformed", "not a database", "unsupported file format", "disk i/o error", "could not decode",
    "no such table", "no such column",
)  # fmt: skip
OUT_OF_REACH = ("unable to open", "readonly", "permission", "is full")
"""What SQLite says, in lower case, of a file that was altered and of one that cannot be used."""

_READING = ("SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_DATA")
"""Input or output errors of a file that is not whole; the others are of a disk that takes no more.
"""

_LOCKED = {"55P03", "40P01", "40001"}
"""PostgreSQL: a lock not given in time, a deadlock, a serialization failure."""

_TWICE = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
"""SQLite: what may be there once is there already; the columns are named, no values."""

_TWICE_SERVER = "23505"
"""PostgreSQL: the same (unique violation)."""

_FULL = "53"
"""PostgreSQL's class of insufficient resources: disk, memory, connections."""


@contextmanager
def explaining(workspace: Workspace, dialect: str) -> Iterator[None]:
    """Turn a failure of the database that a person must act on into a sentence; others pass.

    Raises:
        IntegrityBroken: The database is damaged.
        Unavailable: It cannot be reached, opened or written, others keep it locked, or another
            program has recorded the same meanwhile.
    """
    try:
        yield
    except NoConnectionFree as busy:
        raise _locked("All connections to the database are in use") from busy
    except DBAPIError as failed:
        meant = meaning_of(failed, workspace, dialect)
        if meant is None:
            raise
        raise meant from failed


def meaning_of(failed: DBAPIError, workspace: Workspace, dialect: str) -> RadvigilError | None:
    """What the failure means for a person; None where it is a fault of the program."""
    if dialect != "sqlite":
        return _of_server(failed)
    said = str(failed.orig)
    if str(getattr(failed.orig, "sqlite_errorname", "")) in _TWICE:
        return _recorded_twice(said.rpartition(": ")[2])
    if "locked" in said.lower():
        return _locked(f"The database {workspace.database} is locked by others")
    if _cannot_write(failed) or any(words in said.lower() for words in OUT_OF_REACH):
        return Unavailable(
            f"The database {workspace.database} cannot be used: {said}.",
            hint="Check who may read and write the file and its folder, and the space left.",
        )
    if any(words in said.lower() for words in DAMAGED):
        return damaged(workspace, said)
    return None


def damaged(workspace: Workspace, what: str) -> IntegrityBroken:
    """The refusal to work with records that are not whole, naming the file and what is wrong."""
    return IntegrityBroken(
        f"The records of {workspace.home} are damaged: {what}.",
        hint="Restore a backup and keep what is there as evidence.",
    )


def _cannot_write(failed: DBAPIError) -> bool:
    name = str(getattr(failed.orig, "sqlite_errorname", ""))
    return name.startswith("SQLITE_IOERR_") and name not in _READING


def _recorded_twice(columns: str) -> Unavailable:
    return Unavailable(
        f"Another program has recorded the same just now ({columns}); nothing was written.",
        hint="Run it again: what is on record is found, not made twice.",
    )


def _locked(what: str) -> Unavailable:
    return Unavailable(
        f"{what}; waited up to {WAIT_SECONDS} seconds, nothing was written.",
        hint="Try again; if it stays so, look for a program that keeps a transaction open.",
    )


def _of_server(failed: DBAPIError) -> RadvigilError | None:
    if failed.connection_invalidated or not failed.statement:  # it failed while connecting
        return Unavailable(
            f"The database does not answer ({type(failed.orig).__name__}).",
            hint="Check RADVIGIL_DATABASE_URL and that the server runs.",
        )
    state = str(getattr(failed.orig, "sqlstate", ""))
    if state == _TWICE_SERVER:
        return _recorded_twice(str(failed.orig.diag.constraint_name))  # type: ignore[union-attr]
    if state in _LOCKED:
        return _locked("The database is locked by others")
    if state.startswith(_FULL):
        return Unavailable(
            f"The database server has no room left ({type(failed.orig).__name__}).",
            hint="Nothing was written. Give the server space, then try again.",
        )
    return None
