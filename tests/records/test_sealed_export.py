"""What leaves sealed opens with its key only, by Radvigil or by the published program."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from records.errors import IntegrityBroken, InvalidInput, NotFound, Refused
from records.sealed_export import make_seal, open_sealed, reseal, seal_folder
from records.sealed_file import EXPORT, OPENING, BackupKey
from records.settings import REPOSITORY
from records.vault import Vault, file_digests, run_git

KEY = BackupKey(b"F", bytes(range(32)))
OTHER = BackupKey(b"F", bytes(32))
WORDS = BackupKey.from_passphrase("seven kinds of weather")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    made.mkdir()
    (made / "report.pdf").write_bytes(b"%PDF" + bytes(200_000))
    (made / "report.json").write_text("{}")
    return made


def seal(folder: Path, target: Path, key: BackupKey = KEY) -> Path:
    seal_folder(folder, make_seal(key, recipient="Example Hospital", target=target))
    return target


@pytest.mark.requirement("R-P11-30")
def test_a_sealed_export_opens_with_its_key_whole_and_with_no_other(
    folder: Path, tmp_path: Path
) -> None:
    sealed = seal(folder, tmp_path / "a.sealed")
    assert sealed.stat().st_mode & 0o077 == 0
    assert b"report.pdf" not in sealed.read_bytes()
    contents, files = open_sealed(sealed, KEY, tmp_path / "out")
    assert files == ["report.json", "report.pdf"]
    assert contents.manifest["for"] == "Example Hospital"
    assert file_digests(tmp_path / "out") == file_digests(folder)
    with pytest.raises(InvalidInput, match="The sealed export does not open with this key"):
        open_sealed(sealed, OTHER, tmp_path / "never")
    with pytest.raises(InvalidInput, match="is not empty"):
        open_sealed(sealed, KEY, tmp_path / "out")
    with pytest.raises(NotFound):
        open_sealed(tmp_path / "none", KEY, tmp_path / "never")
    assert not (tmp_path / "never").exists()


@pytest.mark.requirement("R-P11-30")
@pytest.mark.parametrize("at", [0.2, 0.5, 0.999])
def test_a_changed_byte_leaves_nothing(folder: Path, tmp_path: Path, at: float) -> None:
    sealed = seal(folder, tmp_path / "a.sealed")
    content = bytearray(sealed.read_bytes())
    content[int(len(content) * at)] ^= 1
    sealed.write_bytes(content)
    with pytest.raises(IntegrityBroken, match="sealed export was altered"):
        open_sealed(sealed, KEY, tmp_path / "out")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.sealed", "papers"]


def test_a_backup_is_no_sealed_export(folder: Path, tmp_path: Path) -> None:
    sealed = seal(folder, tmp_path / "a.sealed")
    content = sealed.read_bytes()
    assert content.startswith(EXPORT)
    assert len(EXPORT) == len(OPENING)
    sealed.write_bytes(OPENING + content[len(OPENING):])
    with pytest.raises(InvalidInput, match="no sealed export of Radvigil"):
        open_sealed(sealed, KEY, tmp_path / "out")


def test_nobody_and_a_file_that_is_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    with pytest.raises(InvalidInput, match="is there already"):
        make_seal(KEY, recipient="Example Hospital", target=tmp_path / "there")
    with pytest.raises(InvalidInput, match="Nobody was named"):
        make_seal(KEY, recipient=" ", target=tmp_path / "new")


@pytest.mark.requirement("R-P11-30")
def test_a_sealed_file_gets_another_key_and_stays_what_it_was(
    folder: Path, tmp_path: Path
) -> None:
    sealed = seal(folder, tmp_path / "a.sealed")
    reseal(sealed, KEY, tmp_path / "b.sealed", WORDS)
    with pytest.raises(InvalidInput, match="made with a passphrase, not with a key file"):
        open_sealed(tmp_path / "b.sealed", KEY, tmp_path / "out")
    open_sealed(tmp_path / "b.sealed", WORDS, tmp_path / "out")
    assert file_digests(tmp_path / "out") == file_digests(folder)
    content = bytearray(sealed.read_bytes())
    content[-1] ^= 1
    sealed.write_bytes(content)
    with pytest.raises(IntegrityBroken):
        reseal(sealed, KEY, tmp_path / "c.sealed", OTHER)
    assert not (tmp_path / "c.sealed").exists()


@pytest.mark.requirement("R-P11-30")
@pytest.mark.parametrize(("key", "secret"), [
    (KEY, bytes(range(32))), (WORDS, b"seven kinds of weather\n"),
])
def test_the_published_program_opens_it_without_radvigil(
    folder: Path, tmp_path: Path, key: BackupKey, secret: bytes
) -> None:
    page = (REPOSITORY / "docs" / "keeping.md").read_text()
    (program,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(program.splitlines()) <= 30
    assert "radvigil" not in program
    (tmp_path / "open.py").write_text(program)
    (tmp_path / "secret").write_bytes(secret)
    sealed = seal(folder, tmp_path / "a.sealed", key)
    subprocess.run(
        [sys.executable, "-I", "open.py", str(sealed), "secret", "out"], cwd=tmp_path, check=True
    )
    unpacked = tmp_path / "out"
    assert (unpacked / "report.pdf").read_bytes() == (folder / "report.pdf").read_bytes()


@pytest.mark.requirement("R-P11-30")
def test_a_remote_outside_the_vault_receives_nothing(folder: Path, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    vault.freeze(folder, "datasets/a", message="a")
    config = vault.folder / ".dvc" / "config"
    inside = config.read_text()
    for elsewhere in (tmp_path / "elsewhere", "s3://bucket/radvigil", "ssh://host/place"):
        config.write_text(re.sub(r"url = .*", f"url = {elsewhere}", inside))
        (tmp_path / "more").mkdir(exist_ok=True)
        (tmp_path / "more" / "image").write_text("pixels")
        with pytest.raises(Refused, match="lies outside the vault"):
            vault.freeze(tmp_path / "more", "datasets/b", message="b")
    assert not (tmp_path / "elsewhere").exists()
    config.write_text(inside)
    assert "datasets/b" not in run_git(vault.folder, "ls-files")
