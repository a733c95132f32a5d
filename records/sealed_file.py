"""One file, encrypted while it is written: what was altered, cut off or put in another order never
passes for what was written.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizar, "Online Authenticated-Encryption
and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015) over AES-256-GCM: chunks of 64 KiB, and in the
nonce of each its number and whether it is the last. The head of the file (words, kind of key,
salt, check of the key) is authenticated with every chunk; the key of a file is its own, derived
with its salt.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from records.errors import IntegrityBroken, InvalidInput, NotFound
from records.settings import MARKER

OPENING = b"radvigil backup 1\n"
EXPORT = b"radvigil export 1\n"
REMOTE = b"radvigil remote 1\n"
"""How a sealed file begins: a backup, an export that leaves sealed, a pack of a sealed remote. Of
the same length."""

CHUNK = 64 * 1024
SHORTEST_PASSPHRASE = 12

_TAG, _SALT, _CHECK, _KEY = 16, 16, 16, 32
_HEAD = len(OPENING) + 1 + _SALT + _CHECK
_WHAT = {OPENING: "backup", EXPORT: "sealed export", REMOTE: "sealed pack"}
_KINDS = {b"F": "a key file", b"P": "a passphrase"}


@dataclass(frozen=True, slots=True)
class BackupKey:
    """What opens a backup: the 32 bytes of a key file, or a passphrase. It never shows itself."""

    kind: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def from_file(cls, path: Path) -> "BackupKey":
        """The key in a file of exactly 32 bytes.

        Raises:
            NotFound: There is no such file.
            InvalidInput: It holds something else, or lies in a workspace, where backups and key
                would be lost or found together.
        """
        hint = "Make one with 'openssl rand -out backup.key 32' and keep it apart from backups."
        if not path.is_file():
            raise NotFound(f"There is no key file {path}.", hint=hint)
        if path.stat().st_size != _KEY:
            raise InvalidInput(f"{path} is not a key file of {_KEY} bytes.", hint=hint)
        if any((folder / MARKER).is_file() for folder in path.resolve().parents):
            raise InvalidInput(f"The key file {path} lies in a workspace.", hint="Keep it outside.")
        return cls(b"F", path.read_bytes())

    @classmethod
    def from_passphrase(cls, passphrase: str) -> "BackupKey":
        """A key that scrypt (RFC 7914; 128 MiB of memory a guess) derives from words.

        Raises:
            InvalidInput: It is too short to withstand guessing.
        """
        if len(passphrase.strip()) < SHORTEST_PASSPHRASE:
            raise InvalidInput(
                "The passphrase is too short.",
                hint=f"Use {SHORTEST_PASSPHRASE} characters or more.",
            )
        return cls(b"P", passphrase.encode())

    @property
    def words(self) -> str:
        """Which kind of key it is, in words."""
        return _KINDS[self.kind]

    def derive(self, salt: bytes, opening: bytes = OPENING) -> tuple[AESGCM, bytes]:
        """The cipher of one file, and the check that tells a wrong key from an altered file."""
        secret = self.secret
        if self.kind == b"P":
            secret = Scrypt(salt=salt, length=_KEY, n=2**17, r=8, p=1).derive(secret)
        info = opening + self.kind
        derived = HKDF(SHA256(), length=_KEY + _CHECK, salt=salt, info=info).derive(secret)
        return AESGCM(derived[:_KEY]), derived[_KEY:]


class SealedWriter:
    """Encrypts what is written to it, chunk by chunk, into a file.

    A file on which :meth:`finish` was never called is one that was cut off.
    """

    def __init__(self, file: BinaryIO, key: BackupKey, *, opening: bytes = OPENING) -> None:
        salt = secrets.token_bytes(_SALT)
        self._cipher, check = key.derive(salt, opening)
        self._head = opening + key.kind + salt + check
        self._file, self._number, self._waiting = file, 0, bytearray()
        self._digest = hashlib.sha256()
        self._put(self._head)

    def write(self, content: bytes) -> int:
        """Take these bytes; how many there were."""
        self._waiting += content
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(content)

    def finish(self) -> str:
        """Write the last chunk; SHA-256 (hex) of the whole encrypted file."""
        self._seal(bytes(self._waiting), last=True)
        return self._digest.hexdigest()

    def _seal(self, content: bytes, *, last: bool) -> None:
        self._put(self._cipher.encrypt(_nonce(self._number, last=last), content, self._head))
        self._number += 1

    def _put(self, content: bytes) -> None:
        self._digest.update(content)
        self._file.write(content)


class SealedReader:
    """Decrypts a file that a :class:`SealedWriter` wrote; gives nothing that was not written so."""

    def __init__(self, file: BinaryIO, key: BackupKey, *, opening: bytes | None = OPENING) -> None:
        """Read the head. opening: what the file must be; None where any sealed file will do.

        Raises:
            InvalidInput: The file is none such, or the key is not the one that it was made with.
        """
        self._file, self._number, self._opened = file, 0, bytearray()
        self._digest = hashlib.sha256()
        self._head = self._take(_HEAD)
        self.opening = self._head[: len(OPENING)]
        self._what = _WHAT.get(self.opening if opening is None else opening, "sealed file")
        if len(self._head) < _HEAD or self.opening not in _WHAT or (
            opening is not None and self.opening != opening
        ):
            raise InvalidInput(
                f"The file is no {self._what} of Radvigil, or its beginning was altered."
            )
        self._cipher = self._unlock(key)
        self._ahead = self._take(CHUNK + _TAG)
        self._ended = False

    def read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end.

        Raises:
            IntegrityBroken: A chunk was altered, moved or taken away.
        """
        while len(self._opened) < size and not self._ended:
            self._open_next()
        taken = bytes(self._opened[:size])
        del self._opened[:size]
        return taken

    def finish(self) -> str:
        """Read what is left, to the authenticated end; SHA-256 (hex) of the whole encrypted file.

        Raises:
            IntegrityBroken: As for :meth:`read`.
        """
        while self.read(CHUNK):
            pass
        return self._digest.hexdigest()

    def _unlock(self, key: BackupKey) -> AESGCM:
        kind = self._head[len(OPENING) : len(OPENING) + 1]
        if kind not in _KINDS:
            raise InvalidInput(
                f"The file is no {self._what} of Radvigil, or its beginning was altered."
            )
        if kind != key.kind:
            raise InvalidInput(
                f"The {self._what} was made with {_KINDS[kind]}, not with {_KINDS[key.kind]}."
            )
        cipher, check = key.derive(self._head[len(OPENING) + 1 : -_CHECK], self.opening)
        if not hmac.compare_digest(check, self._head[-_CHECK:]):
            raise InvalidInput(
                f"The {self._what} does not open with this key: it was made with "
                f"{_KINDS[kind]} that is another one, or its beginning was altered."
            )
        return cipher

    def _open_next(self) -> None:
        block, self._ahead = self._ahead, self._take(CHUNK + _TAG)
        self._ended = not self._ahead
        try:
            nonce = _nonce(self._number, last=self._ended)
            self._opened += self._cipher.decrypt(nonce, block, self._head)
        except InvalidTag:
            raise IntegrityBroken(
                f"The {self._what} was altered or cut off: its part {self._number + 1} is not what "
                "was written there.", hint="Use another copy, and keep this one as evidence.",
            ) from None
        self._number += 1

    def _take(self, size: int) -> bytes:
        content = self._file.read(size)
        self._digest.update(content)
        return content


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")
