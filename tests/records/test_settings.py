"""The workspace meant is the one named, else the one above, else ./workspace."""

from datetime import datetime
from pathlib import Path

import pytest

from records.errors import IntegrityBroken, InvalidInput, RadvigilError, WorkspaceMissing
from records.queries import register_site
from records.settings import Settings, Workspace, find_workspace, require_workspace
from records.store import Store, make_engine, open_reader
from records.vault import Vault
from records.verify import verify_records


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


@pytest.mark.requirement("R-P11-10d")
def test_what_holds_images_or_keys_is_the_owners_and_is_narrowed_again(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir(mode=0o755)
    workspace = Workspace(tmp_path / "w").create()
    private = (workspace.home, workspace.incoming, workspace.quarantine, workspace.keys)
    assert [folder.stat().st_mode & 0o777 for folder in private] == [0o700] * 4
    workspace.keys.chmod(0o755)
    workspace.create()
    assert workspace.keys.stat().st_mode & 0o777 == 0o700


@pytest.mark.requirement("R-P11-10d")
def test_the_database_and_kept_bytes_are_the_owners(store: Store) -> None:
    digest = Vault(store.workspace.vault).put(b"an image")
    for path in (store.workspace.database, Vault(store.workspace.vault).path_of(digest)):
        assert path.stat().st_mode & 0o077 == 0, path


def test_an_environment_variable_that_is_not_usable_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADVIGIL_WORKERS", "0")
    with pytest.raises(InvalidInput, match="RADVIGIL_WORKERS is not usable"):
        Settings()


@pytest.mark.parametrize("url", ["garbage:secret", "postgresql://me:secret@host:many/base"])
def test_an_address_that_is_none_is_refused_without_being_repeated(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(InvalidInput, match="RADVIGIL_DATABASE_URL is not an address") as told:
        make_engine(Workspace(tmp_path), url)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("name", ["a-file", "a-file/below", "x" * 300])
def test_a_home_that_can_be_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").touch()
    with pytest.raises(InvalidInput, match="--home or RADVIGIL_HOME"):
        find_workspace(tmp_path / name)


def test_where_no_folder_can_be_made_none_is_promised(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No workspace can be made at /proc/radvigil"):
        Workspace(Path("/proc/radvigil")).create()


def test_records_without_the_file_that_marks_them_are_broken_not_absent(store: Store) -> None:
    store.workspace.marker.unlink()
    with pytest.raises(IntegrityBroken, match="holds the records of a workspace"):
        require_workspace(store.workspace.home)


@pytest.mark.requirement("R-P11-10c")
def test_a_copy_that_lies_where_nothing_can_be_written_is_read_and_verified(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.transaction("ada", now=now) as tx:
        register_site(tx, "north", origin="reported", now=now)
    store.close()
    home = store.workspace.home
    monkeypatch.setattr("records.store.os.access", lambda _path, _mode: False)
    before = sorted(path.name for path in home.iterdir())
    evidence = open_reader(home)
    try:
        with evidence.reader() as reader:
            assert verify_records(reader).whole
        with pytest.raises(RadvigilError), evidence.transaction("ada", now=now) as tx:
            register_site(tx, "south", origin="reported", now=now)
    finally:
        evidence.close()
    assert sorted(path.name for path in home.iterdir()) == before


def test_only_postgresql_and_sqlite_are_spoken(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="mysql"):
        make_engine(Workspace(tmp_path), "mysql://root@localhost/x")
