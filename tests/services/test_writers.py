"""On PostgreSQL too: eight writers keep one chain, and a killed or cut-off one loses nothing."""

import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlmodel import select

from records.errors import Unavailable
from records.product import Site
from records.settings import Workspace
from records.store import Store, make_engine, open_store
from tests.proof.writer import prepare, require_all_or_nothing, together, writing
from tests.services.databases import databases
from tests.services.dropping_proxy import dropping_proxy

pytestmark = pytest.mark.service

FULL = os.environ.get("RADVIGIL_PROOF") == "full"


@pytest.fixture
def address(postgresql: str) -> Iterator[str]:
    with databases(postgresql, "writers") as (made,):
        yield made


@pytest.fixture
def pg(workspace: Workspace, address: str) -> Iterator[Store]:
    store = open_store(workspace, url=address)
    prepare(store)
    store.close()
    yield store
    store.close()


@pytest.mark.requirement("REG-011", "REG-013")
def test_eight_writers_at_once_keep_one_whole_chain(pg: Store, address: str) -> None:
    acknowledged, longest = together(pg.workspace, address, writers=8, each=10)
    print(f"the longest wait {longest:.2f} s")
    assert len(acknowledged) == 80
    require_all_or_nothing(pg, acknowledged)


def test_two_who_change_the_same_rows_crosswise_neither_block_each_other_nor_lose(
    pg: Store, now: datetime
) -> None:
    """What the second reads is what the first left: it finds both sites confirmed."""
    names = ["north", "south"]
    with pg.transaction("ada", now=now) as tx:
        tx.add_all([Site(name=name, registered_at=now) for name in names])
    begun = Event()

    def confirm(order: list[str]) -> int:
        confirmed = 0
        with pg.transaction("ada", "contract signed", now=now) as tx:
            for name in order:
                site = tx.exec(select(Site).where(Site.name == name)).one()
                begun.set()
                time.sleep(0.2)
                confirmed += site.status != "confirmed"
                site.status = "confirmed"
                tx.flush()
        return confirmed

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(confirm, names)
        begun.wait()
        second = pool.submit(confirm, names[::-1])
        assert (first.result(), second.result()) == (2, 0)
    require_all_or_nothing(pg, set(names))


def test_a_lock_that_others_keep_is_unavailable_in_the_end(
    pg: Store, address: str, now: datetime
) -> None:
    """Somebody outside the program holds the table; this session waits for less than usual."""
    other = make_engine(pg.workspace, address)
    with other.begin() as outside:
        outside.execute(text("LOCK TABLE site"))
        with pytest.raises(Unavailable, match=r"locked by others.*nothing was written"):
            with pg.transaction("ada", now=now) as tx:
                tx.execute(text("SET LOCAL lock_timeout = '50ms'"))
                tx.add(Site(name="north", registered_at=now))
    other.dispose()
    require_all_or_nothing(pg, set())


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.requirement("REG-011")
@pytest.mark.parametrize("way", ["client", "server", "line"])
def test_a_writer_cut_off_at_any_moment_loses_nothing_it_acknowledged(
    pg: Store, address: str, way: str
) -> None:
    """Killed as a process, its connections ended by the server, or the line to it dropped."""
    chance, server = random.Random(13), make_url(address)
    acknowledged: set[str] = set()
    cut, times = 0, 200 if FULL else 6
    with dropping_proxy(str(server.host), server.port or 5432) as proxy:
        through = server.set(port=proxy.port).render_as_string(hide_password=False)
        for number in range(times):
            used = through if way == "line" else address
            with writing(pg.workspace, used, f"{way}-{number}", failures=1000) as writer:
                writer.wait_for_commit()
                time.sleep(chance.uniform(0.0, 0.5))
                if way != "client":
                    cut += proxy.drop() if way == "line" else end_connections(address)
                    writer.wait_for_commit()  # it goes on with new connections
                writer.kill()
                lines = writer.lines()
            refused = [line for line in lines if line[0] != "+"]
            assert [line for line in refused if "does not answer" not in line] == []
            acknowledged |= {line[2:] for line in lines if line[0] == "+"}
            require_all_or_nothing(pg, acknowledged)
            pg.close()
    assert len(acknowledged) > times
    assert way == "client" or cut > times
    print(f"{way}: {times} times, {cut} connections cut, {len(acknowledged)} commits")


def end_connections(address: str) -> int:
    """Have the server end every other connection to a database; how many there were."""
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        ended = connection.execute(text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )).all()  # fmt: skip
    engine.dispose()
    return len(ended)
