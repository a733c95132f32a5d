"""An empty database for a measurement: SQLite needs none, PostgreSQL gets one of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
"""Where a server is looked for, unless RADVIGIL_BENCHMARK_DATABASE names another."""


def server() -> str:
    """The address of a PostgreSQL server that answers and lets us make databases; else empty."""
    address = os.environ.get("RADVIGIL_BENCHMARK_DATABASE", SERVER)
    engine = create_engine(
        make_url(address).set(drivername="postgresql+psycopg"), connect_args={"connect_timeout": 3}
    )
    try:
        with engine.connect() as connection:
            may = connection.execute(
                text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            ).scalar()
    except OperationalError:
        return ""
    finally:
        engine.dispose()
    return address if may else ""


@contextmanager
def emptied(address: str) -> Iterator[str]:
    """The address of a new database on the server, gone afterwards; empty for SQLite."""
    if not address:
        yield ""
        return
    server_address = make_url(address)
    name = f"radvigil_benchmark_{os.getpid()}"
    engine = create_engine(
        server_address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield server_address.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
