"""One writer at a time, from its first statement on: what it reads is what it then changes.

A transaction that waits for the lock has done nothing yet, so waiting is safe; the body of a
transaction cannot be run again, so nothing may fail half-way because of another writer. SQLite
takes its lock with BEGIN IMMEDIATE; on PostgreSQL it is an advisory lock, which rules out
deadlocks, lost updates and a fork of the audit trail between transactions of this program.
"""

from typing import Any

from sqlalchemy import Connection, text

WAIT_SECONDS = 30
"""How long a transaction waits for others before it gives up with nothing written."""

_CHAIN = 7263846  # the advisory lock's number, one for each database


def take_write_lock(_session: Any, _transaction: Any, connection: Connection) -> None:
    """As a transaction begins: wait for all others to end (PostgreSQL; SQLite does it in BEGIN)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_CHAIN})"))
