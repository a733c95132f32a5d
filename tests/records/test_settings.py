"""The workspace meant is the one named, else the one above, else ./workspace."""

from pathlib import Path

import pytest

from records.errors import InvalidInput, WorkspaceMissing
from records.settings import Workspace, find_workspace, require_workspace
from records.store import make_engine


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RADVIGIL_HOME", raising=False)


def test_a_named_home_wins_over_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_HOME", str(tmp_path / "env"))
    assert find_workspace(tmp_path / "named").home == (tmp_path / "named").resolve()
    assert find_workspace().home == (tmp_path / "env").resolve()


def test_the_nearest_marked_folder_above_is_meant(tmp_path: Path) -> None:
    Workspace(tmp_path / "workspace").create()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_workspace(start=deep).home == (tmp_path / "workspace").resolve()


def test_a_looking_command_names_the_path_it_tried(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceMissing, match=str(tmp_path / "none")):
        require_workspace(tmp_path / "none")


def test_only_postgresql_and_sqlite_are_spoken(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="mysql"):
        make_engine(Workspace(tmp_path), "mysql://root@localhost/x")
