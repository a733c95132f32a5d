"""What is put into controlled storage comes out as it was, or the alteration is said."""

import hashlib
from pathlib import Path

import pytest

from records.errors import IntegrityBroken, Refused
from records.vault import Vault, run_git


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def test_bytes_come_back_and_are_kept_once(vault: Vault) -> None:
    digest = vault.put(b"an image")
    assert vault.put(b"an image") == digest
    assert vault.fetch(digest, of="INS-0001") == b"an image"
    assert len(list(vault.objects.rglob("*"))) == 3  # one folder, one file, the lock


def test_altered_bytes_are_not_handed_out(vault: Vault) -> None:
    digest = vault.put(b"an image")
    vault.path_of(digest).write_bytes(b"an imagE")
    assert not vault.holds(digest)
    with pytest.raises(IntegrityBroken, match="bytes that INS-0001 names are altered"):
        vault.fetch(digest, of="INS-0001")


def test_a_digest_that_was_worked_out_before_is_the_name_and_is_verified(vault: Vault) -> None:
    digest = hashlib.sha256(b"an image").hexdigest()
    assert vault.put(b"an image", digest=digest) == digest
    assert vault.fetch(digest, of="INS-0001") == b"an image"
    vault.put(b"another", digest="e" * 64)
    assert not vault.holds("e" * 64)
    with pytest.raises(IntegrityBroken, match="bytes that INS-0002 names are altered"):
        vault.fetch("e" * 64, of="INS-0002")


def test_missing_bytes_are_named(vault: Vault) -> None:
    assert not vault.holds("f" * 64)
    with pytest.raises(IntegrityBroken, match=r"that DOC-0007 names are missing.*ffffffffffff"):
        vault.fetch("f" * 64, of="DOC-0007")


@pytest.mark.slow
def test_a_frozen_folder_is_a_version_under_git_and_dvc(vault: Vault, tmp_path: Path) -> None:
    for number in (1, 2):
        folder = tmp_path / f"draft-{number}"
        folder.mkdir()
        (folder / "manifest.txt").write_text(f"version {number}")
        frozen = vault.freeze(folder, f"datasets/d-{number}", message=f"freeze {number}")
        assert frozen.commit == run_git(vault.folder, "rev-parse", "HEAD").strip()
        assert frozen.content_digest.endswith(".dir")
    again = vault.freeze(vault.folder / "datasets/d-2", "datasets/d-2", message="nothing new")
    assert again == frozen
    assert run_git(vault.folder, "status", "--porcelain") == ""
    assert (vault.folder / "remote").is_dir()
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(Refused, match="Something else is frozen as 'datasets/d-2'"):
        vault.freeze(other, "datasets/d-2", message="over it")
    assert (vault.folder / "datasets/d-2/manifest.txt").read_text() == "version 2"
