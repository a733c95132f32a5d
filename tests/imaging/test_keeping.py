"""What was put is on the disk when the block ends, or the block says that it is not."""

import hashlib
from pathlib import Path

import pytest

from imaging.keeping import AT_ONCE, Keeping
from records.errors import Unavailable
from records.vault import Vault

CONTENTS = [bytes([number]) * 1000 for number in range(3 * AT_ONCE)]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_everything_is_there_at_the_end_of_the_block(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    with Keeping(vault) as keeping:
        for content in [*CONTENTS, *CONTENTS]:
            keeping.put(content, digest(content))
    assert all(vault.fetch(digest(one), of="INS-0001") == one for one in CONTENTS)
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("at", [0, len(CONTENTS) - 1])
def test_what_the_disk_does_not_take_ends_the_block(tmp_path: Path, at: int) -> None:
    vault = Vault(tmp_path)
    vault.objects.mkdir(parents=True)
    vault.path_of(digest(CONTENTS[at])).parent.write_bytes(b"in the way")
    with pytest.raises(Unavailable), Keeping(vault) as keeping:
        for content in CONTENTS:
            keeping.put(content, digest(content))


def test_a_block_that_breaks_off_says_what_broke_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Keeping(Vault(tmp_path)) as keeping:
        keeping.put(CONTENTS[0], digest(CONTENTS[0]))
        raise ZeroDivisionError
