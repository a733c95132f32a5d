"""An installation is checked point by point; what cannot be seen is declared, or warned of."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from records.clock import begin_live, mark_workspace
from records.errors import InvalidInput, NotAllowed, TransitionRefused
from records.installation import (
    PLACES,
    InstallationCheck,
    InstallationDeclaration,
    declare,
    withdraw_declaration,
)
from records.installation_check import (
    Found,
    Point,
    State,
    check_installation,
    record_check,
    standing_warnings,
)
from records.people import Role, find_actor, register_person
from records.product import WorkspaceKind
from records.store import Store
from records.vault import Vault
from records.verify import verify_records
from records.verify_workspace import verify_workspace
from tests.records.test_encrypted_disks import LUKS, Machine

SOON = date(2099, 1, 1)


@pytest.fixture
def live(store: Store, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("RADVIGIL_ANCHORS", str(tmp_path / "anchors"))
    begin_live(store, now=now)
    store.workspace.database.chmod(0o600)
    with store.transaction("radvigil", now=now) as tx:
        for name, role in (("ada", Role.ADMINISTRATOR), ("quinn", Role.QUALITY)):
            register_person(tx, name, full_name=name.title(), roles=[role],
                            password="correct horse", now=now)  # fmt: skip
    return store


def points_of(store: Store, root: Path = Path("/")) -> dict[str, Point]:
    with store.reader() as reader:
        return {one.name: one for one in check_installation(store, reader, root=root).points}


def vouch(store: Store, *points: str, now: datetime, by: str = "ada", until: date = SOON) -> None:
    with store.transaction(by, "the hypervisor encrypts", now=now) as tx:
        declare(
            tx, list(points), "the hypervisor's disk is encrypted", evidence="contract 12",
            until=until, by=find_actor(tx, by), now=now,
        )


@pytest.mark.requirement("R-P11-30", "REG-120")
def test_an_encrypted_disk_is_sound_and_another_one_a_fault(live: Store, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine")
    machine.device("sda", "8:0")
    machine.device("dm-0", "253:0", uuid=LUKS, below=("sda",))
    machine.mount(tmp_path, "253:0")
    found = points_of(live, machine.root)
    assert [found[name].state for name in PLACES] == [State.SOUND] * 5
    machine.mount(tmp_path / "workspace" / "vault", "8:0")
    found = points_of(live, machine.root)
    assert found["vault"].state is State.FAULT
    assert found["database"].state is State.SOUND
    assert found["place of the anchors"].state is State.SOUND
    assert found["versions"].state is State.SOUND
    assert found["usage statistics"].state is State.SOUND


@pytest.mark.requirement("R-P11-30")
def test_a_live_workspace_on_an_unknown_disk_warns_until_a_person_vouches_for_it(
    live: Store,
) -> None:
    with live.reader() as reader:
        bare = {one for one in PLACES if points_of(live)[one].state is not State.SOUND}
        if not bare:
            pytest.skip("this machine's disk is encrypted")
        (warning,) = standing_warnings(live, reader)
        assert verify_workspace(live, reader).notices[0] == warning
    now = datetime.fromisoformat("2026-06-01T00:00:00+00:00")
    vouch(live, *PLACES, now=now)
    with live.reader() as reader:
        assert standing_warnings(live, reader) == []
        first = reader.get_one(InstallationDeclaration, 1)
    point = points_of(live)[first.point]
    assert point.state is State.DECLARED
    assert "DCL-0001 by ada, evidence: contract 12, until 2099-01-01" in point.words
    with live.transaction("ada", "the contract ended", now=now) as tx:
        held = tx.get_one(InstallationDeclaration, 1)
        withdraw_declaration(tx, held, by=find_actor(tx, "ada"), now=now)
        with pytest.raises(TransitionRefused):
            withdraw_declaration(tx, held, by=find_actor(tx, "ada"), now=now)
    with live.reader() as reader:
        assert len(standing_warnings(live, reader)) == 1
        assert verify_records(reader).whole


def test_a_declaration_ends_with_its_last_day(live: Store) -> None:
    from records.installation import declarations_on

    begin = datetime.fromisoformat("2026-06-01T00:00:00+00:00")
    vouch(live, "vault", now=begin, until=date(2026, 6, 30))
    with live.reader() as reader:
        assert set(declarations_on(reader, date(2026, 6, 30))) == {"vault"}
        assert declarations_on(reader, date(2026, 7, 1)) == {}


def test_only_an_administrator_declares_and_with_evidence(live: Store, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        vouch(live, "vault", now=now, by="quinn")
    with pytest.raises(InvalidInput, match=r"'disk' cannot be declared\. Known: home"):
        vouch(live, "disk", now=now)
    with pytest.raises(InvalidInput, match="is past"):
        vouch(live, "vault", now=now, until=(now - timedelta(days=1)).date())
    with live.transaction("ada", "try", now=now) as tx:
        with pytest.raises(InvalidInput, match="evidence"):
            declare(tx, ["vault"], "encrypted", evidence=" ", until=SOON,
                    by=find_actor(tx, "ada"), now=now)  # fmt: skip


def test_a_demonstration_is_checked_and_not_warned_of(store: Store, now: datetime) -> None:
    with store.transaction("radvigil", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=now, seed=1)
    with store.reader() as reader:
        assert standing_warnings(store, reader) == []
        assert {one.name for one in check_installation(store, reader).points} >= set(PLACES)


def test_what_is_open_to_others_or_not_silent_is_a_fault(live: Store, tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "a").write_text("x")
    Vault(live.workspace.vault).freeze(tmp_path / "f", "datasets/x", message="x")
    assert points_of(live)["usage statistics"].state is State.SOUND
    config = live.workspace.vault / ".dvc" / "config"
    config.write_text(config.read_text().replace("analytics = False", "analytics = true"))
    live.workspace.keys.chmod(0o755)
    found = points_of(live)
    assert found["usage statistics"].words == "vault/.dvc/config does not switch them off"
    assert found["permissions"].state is State.FAULT


def test_the_anchors_of_a_live_workspace_lie_outside(
    live: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RADVIGIL_ANCHORS")
    assert points_of(live)["place of the anchors"].state is State.FAULT


def test_packages_that_are_not_those_of_the_lock_are_named(tmp_path: Path) -> None:
    from records.installation_check import _lock_point

    lock = tmp_path / "requirements.txt"
    lock.write_text("# a lock\nsqlmodel==0.0.1\nnone-such-package==1.0\npydantic==1\n")
    point = _lock_point(lock)
    assert point.state is State.FAULT
    assert "none-such-package is missing" in point.words
    assert "sqlmodel is " in point.words


@pytest.mark.requirement("R-P11-30")
def test_what_was_found_is_on_record(live: Store, now: datetime) -> None:
    found = Found((Point("vault", State.FAULT, "not encrypted"),))
    assert not found.sound
    with live.transaction("service:installation", now=now) as tx:
        record_check(tx, found, by="service:installation", now=now)
    with live.reader() as reader:
        check = reader.exec(select(InstallationCheck)).one()
        assert json.loads(json.dumps(check.points)) == [
            {"name": "vault", "state": "fault", "words": "not encrypted"}
        ]
        assert verify_records(reader).whole
