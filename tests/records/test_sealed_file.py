"""Nothing that was altered, cut off, moved or added passes for what was sealed."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import IntegrityBroken, InvalidInput, NotFound, RadvigilError
from records.sealed_file import CHUNK, BackupKey, SealedReader, SealedWriter
from records.settings import Workspace

KEY = BackupKey(b"F", bytes(range(32)))
CONTENT = bytes(range(251)) * 1000
HEAD = len(b"radvigil backup 1\n") + 33


def sealed(content: bytes, key: BackupKey = KEY) -> bytes:
    file = BytesIO()
    writer = SealedWriter(file, key)
    for start in range(0, len(content), 10_000):
        writer.write(content[start : start + 10_000])
    writer.finish()
    return file.getvalue()


def opened(file: bytes, key: BackupKey = KEY) -> bytes:
    reader = SealedReader(BytesIO(file), key)
    content = bytearray()
    while block := reader.read(7_777):
        content += block
    reader.finish()
    return bytes(content)


SEALED = sealed(CONTENT)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_what_is_sealed_is_opened_again(size: int) -> None:
    assert opened(sealed(CONTENT[:size])) == CONTENT[:size]
    assert sealed(b"the same") != sealed(b"the same"), "each file has a key of its own"


@given(position=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
@settings(max_examples=150, deadline=None)
def test_any_flipped_bit_is_found(position: int, bit: int) -> None:
    altered = bytearray(SEALED)
    altered[position] ^= 1 << bit
    with pytest.raises(RadvigilError) as found:
        opened(bytes(altered))
    assert isinstance(found.value, IntegrityBroken if position >= HEAD else InvalidInput)


@given(length=st.integers(0, len(SEALED) - 1))
@settings(max_examples=50, deadline=None)
def test_a_cut_off_file_is_found(length: int) -> None:
    with pytest.raises(RadvigilError):
        opened(SEALED[:length])


def test_chunks_that_are_moved_dropped_repeated_or_added_are_found() -> None:
    size = CHUNK + 16
    head, body = SEALED[:HEAD], SEALED[HEAD:]
    one, two, three, last = (body[start : start + size] for start in range(0, len(body), size))
    other = sealed(CONTENT)[HEAD:][:size]
    for chunks in (
        (two, one, three, last), (one, two, last), (one, two, three), (one, two, two, three, last),
        (one, two, three, last, last), (one, last, two, three), (other, two, three, last),
    ):
        with pytest.raises(IntegrityBroken, match="altered or cut off"):
            opened(head + b"".join(chunks))
    assert opened(head + one + two + three + last) == CONTENT


def test_another_key_is_told_from_an_altered_file() -> None:
    with pytest.raises(InvalidInput, match="does not open with this key"):
        opened(SEALED, BackupKey(b"F", bytes(32)))
    words = BackupKey.from_passphrase("correct horse battery")
    with pytest.raises(InvalidInput, match="with a key file, not with a passphrase"):
        opened(SEALED, words)
    by_words = sealed(b"content", words)
    assert opened(by_words, words) == b"content"
    with pytest.raises(InvalidInput, match="does not open"):
        opened(by_words, BackupKey.from_passphrase("correct horse batterie"))
    assert "correct" not in repr(words)


def test_keys_that_protect_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="too short"):
        BackupKey.from_passphrase("short     ")
    with pytest.raises(NotFound, match="openssl"):
        BackupKey.from_file(tmp_path / "backup.key")
    (tmp_path / "backup.key").write_bytes(b"too few")
    with pytest.raises(InvalidInput, match="32 bytes"):
        BackupKey.from_file(tmp_path / "backup.key")
    inside = Workspace(tmp_path / "workspace").create().keys / "backup.key"
    inside.write_bytes(bytes(32))
    with pytest.raises(InvalidInput, match="Keep it outside"):
        BackupKey.from_file(inside)
