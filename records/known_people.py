"""Whose studies are here, as keyed digests: asked whether a text names one of them, and no more.

The identity mapping is sealed entry by entry; opening all of them for every sentence that somebody
types would take minutes, and would open them. So the mapping keeps beside its entries a digest
(HMAC-SHA-256, cut to 16 bytes, its key derived from the mapping's) of each number, each birth
date, and each family name with each given name. Who has no key learns nothing from them; with the
key a text is compared and nobody is revealed. They go when the mapping goes, and are made anew when
its key is exchanged. `imaging.identity` writes them.
"""

import hashlib
import hmac
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import product
from typing import Final

from records.identity_mapping import sealed_with
from records.keys import fingerprint
from records.ordinary_words import is_ordinary
from records.settings import Workspace

FORM: Final = 1
"""Of the normal forms below: digests of another form are made anew."""

NAME, COMMON_NAME, FAMILY = "name", "common name", "family name"
NUMBER, SHORT_NUMBER, BIRTH = "number", "short number", "birth date"

_NUMBERS: Final = ("PatientID", "AccessionNumber", "StudyInstanceUID")
_NOBODY: Final = frozenset({
    "anonymous", "anon", "demo", "hospital", "image", "normal", "other", "patient", "phantom",
    "standard", "test", "unknown", "clinic", "center", "centre", "university", "radiology", "the",
    "and", "simulated",
})  # fmt: skip
"""Words in the name fields of phantoms and tests."""
_PARTICLES: Final = frozenset({
    "von", "van", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "el",
    "al", "bin", "ibn",
})  # fmt: skip
_LETTERS: Final = str.maketrans({
    "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "a", "œ": "o", "'": "", "’": "", "`": "",
})  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’`][^\W\d_]+)*")
_LONGEST_COUNT: Final = 5
"""Digits: a shorter number that is nothing but digits is like any count."""
_AT_ONCE: Final = 500


def normal_word(word: str) -> str:
    """A word of a name without case, accents and apostrophes; Müller, Mueller, Muller are one.

    >>> {normal_word(one) for one in ("Müller", "MUELLER", "muller")}, normal_word("O’Brien")
    ({'muller'}, 'obrien')
    """
    plain = word.casefold().translate(_LETTERS)
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain)
        plain = "".join(one for one in parts if not unicodedata.combining(one))
    return plain.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def normal_number(number: str) -> str:
    """A number without case, blanks, points, dashes and leading zeros.

    >>> normal_number("00QX-4471 z"), normal_number("0471")
    ('QX4471Z', '471')
    """
    return re.sub(r"[\s./_-]", "", number).upper().lstrip("0")


def name_words(text: str) -> list[str]:
    """The words that can be of a name, as they stand, without "van" and "de"; a double name gives
    both its halves."""
    return [word for word in _WORD.findall(text) if word not in _PARTICLES]


def digests_of(key: bytes, original: Mapping[str, str]) -> Iterator[tuple[bytes, str]]:
    """Digest and kind of all that identifies in an entry of the mapping.

    key: that the mapping is sealed with. original: attributes of a patient or study by keyword.
    """
    derived = _derived(key)
    for attribute in _NUMBERS:
        number = original.get(attribute, "").strip()
        if any(map(str.isdigit, normal_number(number))):
            kind = SHORT_NUMBER if is_like_a_count(number) else NUMBER
            yield _digest(derived, NUMBER, normal_number(number)), kind
    if len(birth := original.get("PatientBirthDate", "").strip()) == 8 and birth.isdigit():
        yield _digest(derived, BIRTH, birth), BIRTH
    for group in original.get("PatientName", "").split("="):
        yield from _name_digests(derived, group)


def _name_digests(key: bytes, group: str) -> Iterator[tuple[bytes, str]]:
    """Of one writing of a name: family name with each given or middle name, in either order."""
    components = group.split("^")
    family, given = (
        {word for part in parts for one in name_words(part)
         if len(word := normal_word(one)) >= 2 and word not in _NOBODY}
        for parts in (components[:1], components[1:3])
    )  # fmt: skip
    family -= _PARTICLES
    if len(components) == 1:  # "John Smith": nothing tells which is which
        given = family
    for one in family:
        yield _digest(key, FAMILY, one), FAMILY
    for one, other in product(family, given):
        if one != other:
            plain = all(len(word) < 3 or is_ordinary(word) for word in (one, other))
            yield _pair(key, one, other), COMMON_NAME if plain else NAME


def is_like_a_count(number: str) -> bool:
    """Whether nothing tells this number from a count: fewer than five characters, or five digits.

    >>> [is_like_a_count(one) for one in ("471", "48211", "0048211", "A12", "H7781")]
    [True, True, False, True, False]
    """
    return len(number) < 5 or (number.isdigit() and len(number) <= _LONGEST_COUNT)


def make_digest_tables(connection: sqlite3.Connection) -> None:
    """Where the digests of a mapping are kept, beside its entries."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS known "
        "(digest BLOB PRIMARY KEY, kind TEXT NOT NULL) WITHOUT ROWID"
    )
    connection.execute("CREATE TABLE IF NOT EXISTS known_form (form INTEGER NOT NULL)")


def has_digests(connection: sqlite3.Connection) -> bool:
    """Whether the digests are of this form, and of everybody."""
    return bool(connection.execute("SELECT form FROM known_form").fetchone() == (FORM,))


def forget_digests(connection: sqlite3.Connection) -> None:
    """None are kept: the key has changed, and they are made anew."""
    connection.execute("DELETE FROM known")
    connection.execute("DELETE FROM known_form")


def keep_digests(
    connection: sqlite3.Connection, key: bytes, originals: Iterable[Mapping[str, str]],
    everybody: Callable[[], Iterable[Mapping[str, str]]],
) -> None:
    """Add the digests of these entries of the mapping, inside a transaction of its file.

    everybody: gives every entry; asked where no digests are kept, or those of another form.
    """
    if not has_digests(connection):
        forget_digests(connection)
        connection.execute("INSERT INTO known_form VALUES (?)", (FORM,))
        originals = everybody()
    for original in originals:
        connection.executemany(
            "INSERT OR IGNORE INTO known VALUES (?, ?)", digests_of(key, original)
        )


class KnownPeople:
    """Asks the digests of one mapping; holds its key, and shows it nowhere."""

    def __init__(self, connection: sqlite3.Connection, key: bytes) -> None:
        self._connection, self._key = connection, _derived(key)

    def __repr__(self) -> str:
        return "KnownPeople()"

    def pairs(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Those pairs of words that are family and given name of one person, with their kind."""
        wanted = {
            _pair(self._key, normal_word(one), normal_word(other)): (one, other)
            for one, other in pairs
        }
        return {wanted[digest]: kind for digest, kind in self._found(wanted)}

    def families(self, words: Iterable[str]) -> set[str]:
        """Those words that are a family name."""
        wanted = {_digest(self._key, FAMILY, normal_word(one)): one for one in words}
        return {wanted[digest] for digest, _ in self._found(wanted)}

    def numbers(self, numbers: Iterable[str]) -> dict[str, str]:
        """Those numbers that are a patient's, an order's or a study's, with their kind."""
        wanted = {_digest(self._key, NUMBER, normal_number(one)): one for one in numbers}
        return {wanted[digest]: kind for digest, kind in self._found(wanted)}

    def births(self, days: Iterable[str]) -> set[str]:
        """Those days (YYYYMMDD) on which somebody was born whose studies are here."""
        wanted = {_digest(self._key, BIRTH, one): one for one in days}
        return {wanted[digest] for digest, _ in self._found(wanted)}

    def _found(self, digests: Iterable[bytes]) -> Iterator[tuple[bytes, str]]:
        listed = list(digests)
        for at in range(0, len(listed), _AT_ONCE):
            part = listed[at : at + _AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT digest, kind FROM known WHERE digest IN ({marks})"  # noqa: S608
            yield from self._connection.execute(query, part)


class PeopleOfWorkspace:
    """The digests of a workspace's mapping, opened for one look, or nobody where it has none."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._opened: sqlite3.Connection | None = None

    def __enter__(self) -> KnownPeople | None:
        """None where there is no mapping, no key that fits, or it cannot be read now."""
        path = self._workspace.identity
        if not path.is_file():
            return None
        try:
            opened = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2)
            self._opened = opened
            key = self._key_of(sealed_with(opened)) if has_digests(opened) else b""
        except sqlite3.Error:  # lost, damaged or locked: said where the mapping itself is needed
            return None
        return KnownPeople(opened, key) if key else None

    def __exit__(self, *_: object) -> None:
        if self._opened is not None:
            with closing(self._opened):
                self._opened = None

    def _key_of(self, named: str) -> bytes:
        """The key that the mapping is sealed with, where its file lies here."""
        for file in sorted(self._workspace.keys.glob("identity*.key")):
            try:
                key = file.read_bytes()
            except OSError:
                continue
            if fingerprint(key) == named:
                return key
        return b""


def _derived(key: bytes) -> bytes:
    return hmac.digest(key, b"radvigil known people, HMAC-SHA-256", hashlib.sha256)


def _digest(key: bytes, kind: str, value: str) -> bytes:
    return hmac.digest(key, f"{kind}\0{value}".encode(), hashlib.sha256)[:16]


def _pair(key: bytes, one: str, other: str) -> bytes:
    return _digest(key, NAME, "\0".join(sorted((one, other))))
