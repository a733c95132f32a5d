"""``radvigil.open``: tables as data frames, and nothing can be written."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import select

import radvigil
from records.errors import InvalidInput, Refused, WorkspaceMissing
from records.product import Site
from records.queries import register_site
from records.store import Store


@pytest.fixture
def home(store: Store, now: datetime) -> Path:
    """A workspace with two sites."""
    with store.transaction("setup", now=now) as tx:
        for name in ("north", "south"):
            register_site(tx, name, origin="reported", now=now)
    return store.workspace.home


def test_a_table_and_a_question_become_frames(home: Path) -> None:
    with radvigil.open(home) as records:
        assert records.home == home
        assert {"site", "audit_event", "study"} <= set(records.tables)
        assert list(records.frame("site")["name"]) == ["north", "south"]
        counted = records.frame("SELECT count(*) AS n FROM audit_event")
        assert counted.loc[0, "n"] == 2
        assert records.frame("study").empty
        assert "study_uid" in records.frame("study").columns
        with records.reader() as session:
            assert [one.name for one in session.exec(select(Site))] == ["north", "south"]


@pytest.mark.parametrize(
    "question",
    ["nothing", "SELECT x FROM nothing", "DELETE FROM site", "UPDATE site SET name = 'x'",
     "DROP TABLE site", "INSERT INTO site (name) VALUES ('x')", "PRAGMA writable_schema = 1"],
)  # fmt: skip
def test_what_is_not_a_question_is_refused_and_changes_nothing(home: Path, question: str) -> None:
    with radvigil.open(home) as records:
        with pytest.raises(InvalidInput):
            records.frame(question)
        assert list(records.frame("site")["name"]) == ["north", "south"]


def test_the_session_refuses_to_write(home: Path) -> None:
    with radvigil.open(home) as records, records.reader() as session, pytest.raises(Refused):
        session.commit()


def test_a_place_without_a_workspace_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceMissing, match=str(tmp_path / "none")):
        radvigil.open(tmp_path / "none")


def test_importing_it_costs_nothing() -> None:
    code = "import radvigil, sys; print('pandas' in sys.modules, 'sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"
