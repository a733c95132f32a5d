"""What a person types names no patient: the audit trail keeps it for ever, and nobody takes it out.

Every transaction asks here, before its first write for its reason and before its commit for what
was typed into records (`records.typed_columns`). Those whose studies are here are known by keyed
digests (`records.known_people`), others by how people write who somebody is
(`records.written_identities`). It is a help and no guarantee: docs/typed-text.md says what it
catches and what it misses. Nothing that was found is repeated, logged or noted as refused.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from sqlmodel import Session, select

from records.errors import InvalidInput
from records.known_people import (
    COMMON_NAME,
    NUMBER,
    KnownPeople,
    PeopleOfWorkspace,
    is_like_a_count,
    name_words,
    normal_number,
    normal_word,
)
from records.settings import Workspace
from records.written_identities import (
    days_in,
    names_beside_people,
    numbers_of_people,
    speaks_of_a_person,
    written_identities,
)

_HINT: Final = (
    "What is typed here stays in the audit trail for ever. Write the study's number (such as "
    "STU-0012) or the patient's pseudonym instead; staff by their account."
)
_BETWEEN: Final = 2
"""Words from a family to a given name at most: one may stand between them."""
_OF_LATE: Final = timedelta(days=3653)
"""A day of the last ten years is more likely that of an examination than a birth."""
_TOKEN: Final = re.compile(r"[^\s\"'\\,;()\[\]{}<>=#:]+")
_ISO_DAY: Final = re.compile(r"(?:19|20)\d\d-\d\d?-\d\d?\Z")
_COUNTED: Final = re.compile(
    r"\s*(?:studies|study|images?|rows?|patients?|records?|events?|readings?|days?|files?|predictions?|"
    r"points?|cases|exams?|%|ms|MB|GB|KB|bytes?|px|pixels?)\b", re.IGNORECASE,
)  # fmt: skip


def require_names_nobody(
    tx: Session, workspace: Workspace, typed: Collection[tuple[str, str]], *, now: datetime
) -> None:
    """None of these texts names a patient, as far as that can be told.

    typed: the name of a field and what was typed into it.

    Raises:
        InvalidInput: One does: which field and which kind of identity is said, never the words.
    """
    state = _state_of(workspace)
    texts = {
        text: field for field, text in reversed(list(typed))
        if len(text.strip()) > 1 and _clean.get((workspace.home, text)) != state
    }
    if not texts:
        return
    staff = _Staff(tx)
    with PeopleOfWorkspace(workspace) as people:
        for text, field in texts.items():
            kind = next(identities_in(text, people, staff, now=now), "")
            if kind:
                raise InvalidInput(
                    f"The {field.replace('_', ' ')} seems to hold {kind}; nothing was recorded.",
                    hint=_HINT,
                )
            if len(_clean) >= _REMEMBERED:
                _clean.clear()
            _clean[workspace.home, text] = state


@contextmanager
def identities_of_workspace(
    reader: Session, workspace: Workspace, *, now: datetime
) -> Iterator[Callable[[str], Iterator[str]]]:
    """What tells the kinds of identities in a text: of those whose studies are here, and others."""
    staff = _Staff(reader)
    with PeopleOfWorkspace(workspace) as people:
        yield lambda text: identities_in(text, people, staff, now=now)


_REMEMBERED: Final = 500
_clean: dict[tuple[Path, str], tuple[int, int]] = {}
"""Texts that named nobody when the mapping was in this state: services give the same reasons."""


def _state_of(workspace: Workspace) -> tuple[int, int]:
    """What changes when the mapping's file does."""
    try:
        found = workspace.identity.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


class Staff(Protocol):
    """Who may be named."""

    def are(self, words: Iterable[str]) -> bool:
        """Whether all these words are of accounts or sites."""
        ...


class _Staff:
    """The words in the names of accounts and sites, which name no patient; read when needed."""

    def __init__(self, tx: Session) -> None:
        self._tx = tx
        self._words: frozenset[str] | None = None

    def are(self, words: Iterable[str]) -> bool:
        """Whether all these words are of accounts or sites."""
        if self._words is None:
            from records.people import Actor
            from records.product import Site

            with self._tx.no_autoflush:
                people = self._tx.exec(select(Actor.name, Actor.full_name)).all()
                sites = self._tx.exec(select(Site.name)).all()
            names = [one for row in people for one in row] + list(sites)
            self._words = frozenset(normal_word(word) for one in names for word in name_words(one))
        return {normal_word(one) for word in words for one in name_words(word)} <= self._words


def identities_in(
    text: str, people: KnownPeople | None, staff: Staff, *, now: datetime
) -> Iterator[str]:
    """The kinds of identities in a text, in words; the surest first."""
    if people is not None:
        yield from _known(text, people, staff, now)
    for one in written_identities(text):
        if not (one.words and staff.are(one.words)):
            yield one.kind


def _known(text: str, people: KnownPeople, staff: Staff, now: datetime) -> Iterator[str]:
    if _known_number(text, people):
        yield "a number of a patient, an order or a study that is here"
    pairs = _pairs(name_words(text))
    for pair, kind in people.pairs(pairs).items():
        capital = all(word[0].isupper() for word in pair)
        if (kind != COMMON_NAME or capital) and not staff.are(pair):
            yield "the name of a patient whose studies are here"
    beside = [word for word in names_beside_people(text) if not staff.are([word])]
    if beside and people.families(beside):
        yield "the family name of a patient whose studies are here"
    if speaks_of_a_person(text):
        old = {f"{day:%Y%m%d}" for day in days_in(text) if day < (now - _OF_LATE).date()}
        if old and people.births(old):
            yield "the date of birth of a patient whose studies are here"


def _pairs(words: list[str]) -> set[tuple[str, str]]:
    """Words that stand together, or with one other between them, each pair once."""
    return {
        (words[first], words[second])
        for first in range(len(words))
        for second in range(first + 1, min(first + 1 + _BETWEEN, len(words)))
        if len(words[first]) > 1 and len(words[second]) > 1
    }


def _known_number(text: str, people: KnownPeople) -> bool:
    """Whether a number that is known stands in it; one like a count only where it is said to be."""
    tokens = [
        one[0].strip(".!?/^_-") for one in _TOKEN.finditer(text)
        if not _COUNTED.match(text, one.end())
    ]
    tokens = [one for one in tokens if one and not _ISO_DAY.match(one)]
    joined = ["".join(tokens[at : at + n]) for n in (2, 3) for at in range(len(tokens) - n + 1)]
    spaced = [one for one in joined if sum(map(str.isdigit, one)) >= 4 and not one.isdigit()]
    candidates = {one for one in (*tokens, *spaced) if any(map(str.isdigit, one))}
    for one, kind in people.numbers(candidates).items():
        if kind == NUMBER and not is_like_a_count(one):
            return True
    said = {one for one in numbers_of_people(text) if normal_number(one)}
    return bool(said and people.numbers(said))

