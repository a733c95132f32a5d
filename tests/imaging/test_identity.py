from pathlib import Path

import pytest

from imaging.identity import Identity, IdentityStore
from records.errors import IntegrityBroken, NotFound

OTTILIE = Identity("P01", "patient", (("PatientName", "Zwetschkenbaum^Ottilie"),))
KEY = b"0123456789abcdef"


def test_a_person_is_found_again(tmp_path: Path) -> None:
    with IdentityStore(tmp_path / "identity.sqlite", KEY) as store:
        assert store.remember([OTTILIE, OTTILIE]) == 1
        assert store.remember([OTTILIE]) == 0
        assert store.remember([]) == 0
        assert store.reveal("P01") == {"PatientName": "Zwetschkenbaum^Ottilie"}


@pytest.mark.requirement("REG-111")
def test_the_file_holds_no_name_and_is_for_the_owner_only(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite", KEY)
    store.remember([OTTILIE])
    assert b"Zwetschkenbaum" not in store.path.read_bytes()
    assert store.path.stat().st_mode & 0o077 == 0


def test_an_unknown_pseudonym_is_said_to_be_unknown(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite", KEY)
    with pytest.raises(NotFound):
        store.reveal("P01")
    assert not store.path.exists()


@pytest.mark.requirement("REG-111")
def test_another_key_opens_nothing(tmp_path: Path) -> None:
    IdentityStore(tmp_path / "identity.sqlite", KEY).remember([OTTILIE])
    with pytest.raises(IntegrityBroken) as caught:
        IdentityStore(tmp_path / "identity.sqlite", KEY[::-1]).reveal("P01")
    assert "Zwetschkenbaum" not in str(caught.value)


@pytest.mark.requirement("REG-111")
def test_everybody_can_be_forgotten(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite", KEY)
    store.remember([OTTILIE])
    store.destroy()
    store.destroy()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFound):
        store.reveal("P01")


def test_a_large_batch_is_remembered_in_one_go(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite", KEY)
    people = [Identity(f"P{n}", "patient", (("PatientID", str(n)),)) for n in range(1200)]
    assert store.remember(people) == 1200
    assert store.reveal("P1199") == {"PatientID": "1199"}


def test_a_batch_that_breaks_off_is_not_half_remembered(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite", KEY)
    unreadable = Identity("P02", "patient", (("PatientName", b"bytes"),))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        store.remember([OTTILIE, unreadable])
    with pytest.raises(NotFound):
        store.reveal("P01")


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    store = IdentityStore(tmp_path / "identity.sqlite", KEY)
    store.path.write_bytes(b"no database" * 400)
    for act in (lambda: store.remember([OTTILIE]), lambda: store.reveal("P01")):
        with pytest.raises(IntegrityBroken, match="is damaged"):
            act()
