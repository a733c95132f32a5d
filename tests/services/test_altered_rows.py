"""On PostgreSQL too: whatever the owner of the tables alters in a row is found."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel

from records.settings import Workspace
from records.store import Store, open_store
from records.verify_workspace import verify_workspace
from tests.proof.alterations_postgresql import alter, dump
from tests.proof.test_records_altered import fill
from tests.services.databases import databases

pytestmark = [pytest.mark.service, pytest.mark.proof, pytest.mark.timeout(3600)]

WANTED = 10_000 if os.environ.get("RADVIGIL_PROOF") == "full" else 40


@pytest.fixture
def filled(
    workspace: Workspace, postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    monkeypatch.setenv("RADVIGIL_ANCHORS", str(tmp_path / "anchors"))
    with databases(postgresql, "altered") as (address,):
        store = open_store(workspace, url=address)
        fill(store)
        yield store
        store.close()


def found(store: Store, connection: Connection) -> bool:
    """Whether verification finds anything; it looks from inside the transaction."""
    with Session(connection) as reader:
        try:
            return not verify_workspace(store, reader, records_only=True).whole
        except DBAPIError:
            return True


@pytest.mark.requirement("REG-013", "R-P11-10a")
def test_every_alteration_of_a_row_is_found(filled: Store) -> None:
    tables = sorted(SQLModel.metadata.tables)
    chance, made, missed = random.Random(15), Counter[str](), list[tuple[str, set[str]]]()
    began = time.monotonic()
    with filled.engine.connect() as connection, connection.begin():
        before = dump(connection, tables)
        assert not found(filled, connection)
    while made.total() < WANTED:
        with filled.engine.connect() as connection:
            way = alter(connection, tables, chance)
            after = dump(connection, tables)
            if after != before:
                made[way] += 1
                if not found(filled, connection):
                    missed.append((way, set(before) ^ set(after)))
            connection.rollback()
    print(f"PostgreSQL: {dict(made)} found in {time.monotonic() - began:.0f} s")
    assert missed == []
