"""What tests share: a fresh workspace, where the real data lie, and which services are there."""

import fcntl
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from records import passwords
from records.quiet import switch_off_usage_statistics
from records.settings import REPOSITORY, Workspace
from records.store import Store, open_store

switch_off_usage_statistics()

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MARKED = {"proof": ("proof", "service"), "services": ("service",)}
"""Folders of which every test bears one of these marks (tests/test_architecture.py)."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not load a folder of which every test would be left out: each worker paid for it, a third
    of what collecting costs."""
    marks = MARKED.get(collection_path.name, ())
    if not marks or collection_path.parent != Path(__file__).parent:
        return None
    left_out = config.option.markexpr.split(" and ")
    return True if all(f"not {mark}" in left_out for mark in marks) else None


def pytest_collection_finish() -> None:
    """Leave what is loaded by now to itself: looking through torch's and pandas' objects for
    rubbish again and again cost a seventh of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def require(name: str, present: bool, reason: str) -> None:
    """Skip where a service is absent; fail where RADVIGIL_REQUIRE says it must be there."""
    if present:
        return
    required = os.environ.get("RADVIGIL_REQUIRE", "").split(",")
    if name in required:
        pytest.fail(f"RADVIGIL_REQUIRE lists {name}, but {reason}")
    pytest.skip(reason)


AS_DELIVERED = passwords.hasher


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Real argon2id hashes with the least work that it allows: the tests make thousands."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", lambda: quick)
        yield


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]
) -> Path:
    """A folder that is made by whichever worker asks first, and only read from then on."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the workers' folders lie side by side
    folder, complete = base / name, base / f"{name}.complete"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            complete.touch()
    return folder


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database, made once and copied for each test."""
    workspace = Workspace(tmp_path_factory.mktemp("template")).create()
    open_store(workspace, url="").close()
    return workspace.database


@pytest.fixture
def workspace(tmp_path: Path, empty_database: Path) -> Workspace:
    """A fresh workspace with an empty database."""
    made = Workspace(tmp_path / "workspace").create()
    shutil.copy(empty_database, made.database)
    return made


@pytest.fixture
def store(workspace: Workspace) -> Iterator[Store]:
    """The records of a fresh workspace (SQLite)."""
    opened = open_store(workspace, url="")
    yield opened
    opened.close()


@pytest.fixture
def now() -> datetime:
    """A Monday morning."""
    return NOW


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real radiology data, where there is one."""
    folder = Path(os.environ.get("RADVIGIL_DATA", REPOSITORY.parent / "shared" / "data"))
    require("data", folder.is_dir(), f"the data folder {folder} is absent")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:
    """With a failure in a browser: what the page said then, and what its server printed."""
    report = yield
    opened = getattr(item, "funcargs", {}).get("browser_page")
    if opened is None or call.when != "call" or not report.failed:
        return report
    page, _ = opened
    try:
        words = page.inner_text("body", timeout=5_000)
        report.sections.append(("the page", f"{page.url}\n{words}"))
    except Exception as gone:  # the browser itself may be what failed
        report.sections.append(("the page", f"not to be read: {gone}"))
    place = item.funcargs.get("tmp_path")  # a page of the test's own has no server
    if place is not None and (log := place / "streamlit.log").exists():
        report.sections.append(("the page's server", log.read_text(errors="replace")[-4000:]))
    return report
