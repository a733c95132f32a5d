"""Before something leaves: does a text hold the name or number of somebody whose studies are here?

Records hold pseudonyms, but people type reasons, findings and answers. What leaves is compared with
the originals of the identity mapping: numbers as whole words, names where family and given name
stand in one text. Numbers of three and four characters are like any count; they are found where the
text says whose they are ("patient 471"), and where they are all that stands in a reason or in a
field of that name. Shorter ones ("17") are found only where they are all that stands in a field of
that name: in running text nothing tells them from a count. The answer says every place, and which
attribute it is, and never the value.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

from imaging.confidentiality import VOCABULARY
from imaging.identity import identity_store
from records.errors import Refused
from records.store import Store

_TOKEN: Final = re.compile(r"[^\s\"'\\,;()\[\]{}<>]+")
_WORD: Final = re.compile(r"[^\W_]+")
_TOKEN_ENDS: Final = {ord(one): " " for one in "\"'\\,;()[]{}<>"}
_WORD_ENDS: Final = {code: " " for code in range(128) if not chr(code).isalnum()}
_LITERAL: Final = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
_EDGES: Final = ".:!?/^-_"
_SOCIAL_SECURITY: Final = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_ITS_END: Final = re.compile(
    r"-\d\d-\d{4}(?![\d-])"
)  # begins with one character: found much faster
_NUMBERS: Final = ("PatientID", "AccessionNumber", "StudyInstanceUID")
_SHORTEST_NUMBER, _SHORTEST_IN_TEXT, _SHORTEST_NAME = 5, 3, 3
_SAID_TO_BE: Final = [  # each begins with a plain word: found much faster
    re.compile(
        rf"{word}(?<![A-Z0-9]{word}){more}[ _.-]{{0,3}}(?:ID|NO|NR|NUMBER|NUMMER)?"
        r"[\s.:#=\"'\\-]{0,6}([A-Z0-9]{3,4})(?![A-Z0-9])"
    )
    for word, more in (("PAT", "(?:IENT)?"), ("PID", ""), ("MRN", ""), ("ACCESSION", ""))
]
"""A short number after the word for it; not "patients: 471", which counts them."""
_OF_ONE: Final = "patient|patient_?id|pid|mrn|accession|accession_?number"
_FIELD_OF_ONE: Final = re.compile(rf"(?:reason|{_OF_ONE})(?:\[\d+\])?$", re.IGNORECASE)
_CALLED_SO: Final = re.compile(rf"(?:^|\.)(?:{_OF_ONE})(?:\[\d+\])?$", re.IGNORECASE)
"""Not "per_patient", which counts."""
MOST_PLACES: Final = 20
"""Told one by one; of the others, how many."""
AT_ONCE: Final = 20_000
"""Lines of a file that are looked through together."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where an identifier stands, and which attribute of a patient or study it is."""

    where: str
    attribute: str


class KnownIdentities:
    """The names and numbers of those whose studies are here, to be looked for and never shown."""

    def __init__(self, originals: Iterable[Mapping[str, str]]) -> None:
        self._numbers: dict[str, str] = {}
        self._short: dict[str, str] = {}
        self._given: dict[str, set[str]] = defaultdict(set)
        for original in originals:
            for attribute in _NUMBERS:
                value = original.get(attribute, "").strip().upper()
                if not any(map(str.isdigit, value)):
                    continue
                known = self._numbers if len(value) >= _SHORTEST_NUMBER else self._short
                known[value] = attribute
            self._add_name(original.get("PatientName", ""))

    def __repr__(self) -> str:
        return "KnownIdentities()"

    def _add_name(self, name: str) -> None:
        family, *rest = (_WORD.findall(part.upper()) for part in name.split("=")[0].split("^"))
        given = {word for part in rest for word in part if len(word) >= _SHORTEST_NAME}
        for word in family:
            if len(word) >= _SHORTEST_NAME and word not in VOCABULARY:
                self._given[word] |= given - VOCABULARY

    def none_in(self, texts: Iterable[str]) -> bool:
        """Whether nobody can be in any of many texts, looked at together; False when in doubt."""
        texts = list(texts)
        plain = "\n".join(filter(str.isascii, texts)).upper()
        other = [text for text in texts if not text.isascii()]
        if any(map(_SOCIAL_SECURITY.search, _around_ends(plain))) or any(map(self.found_in, other)):
            return False
        tokens = set(plain.translate(_TOKEN_ENDS).split())
        tokens |= {token.strip(_EDGES) for token in tokens}
        words = plain.translate(_WORD_ENDS).split()
        return (
            tokens.isdisjoint(self._numbers)
            and self._given.keys().isdisjoint(words)
            and not self._short_in_any(texts, plain)
        )

    def _short_in_any(self, texts: list[str], plain: str) -> bool:
        """Whether a short number may stand in one of the texts; plain: all of them, in capitals."""
        if not self._short:
            return False
        alone = {text.strip().strip(_EDGES).upper() for text in texts if len(text) < 8}
        return not alone.isdisjoint(self._short) or bool(self._said_in(plain))

    def found_in(self, text: str, where: str = "") -> str:
        """The attribute that stands in a text; empty where none does. where: its field."""
        if _SOCIAL_SECURITY.search(text):
            return "social security number"
        upper = text.upper()
        for token in _TOKEN.findall(upper):
            attribute = self._numbers.get(token.strip(_EDGES)) or self._numbers.get(token)
            if attribute:
                return attribute
        if short := self._short_in(upper, where):
            return short
        words = set(_WORD.findall(upper))
        named = (words & self._given.keys()) if words else set()
        return "PatientName" if any(self._given[one] & words for one in named) else ""


    def _short_in(self, upper: str, where: str) -> str:
        if not self._short:
            return ""
        alone = upper.strip().strip(_EDGES) if len(upper) < 8 else ""
        field = _FIELD_OF_ONE if len(alone) >= _SHORTEST_IN_TEXT else _CALLED_SO
        if alone in self._short and field.search(where):
            return self._short[alone]
        return self._said_in(upper)

    def _said_in(self, upper: str) -> str:
        said = (one.group(1) for way in _SAID_TO_BE for one in way.finditer(upper))
        return next((self._short[one] for one in said if one in self._short), "")


def known_identities(store: Store) -> KnownIdentities:
    """Everybody in the mapping of a workspace; nobody where there is none.

    Raises:
        IntegrityBroken: The mapping is damaged, or its key is lost.
    """
    if not store.workspace.identity.is_file():
        return KnownIdentities(())
    return KnownIdentities(identity_store(store).originals())


def scan_content(content: bytes, known: KnownIdentities) -> Iterator[Found]:
    """Every place of a JSON document, or of one JSON text a line, that holds an identifier."""
    text = content.decode("utf-8")
    try:
        parts = [("", json.loads(text))]
    except ValueError:
        lines = text.split("\n")
        parts = [(f"line {n}", json.loads(line)) for n, line in enumerate(lines, 1) if line.strip()]
    if known.none_in(_different_texts(text)):
        return
    for start, value in parts:
        yield from _found(value, start, known)


def scan_lines(path: Path, known: KnownIdentities) -> Iterator[Found]:
    """The same of a file with one JSON text a line, of any length, part after part."""
    with path.open(encoding="utf-8") as lines:
        for first in count(1, AT_ONCE):
            part = list(islice(lines, AT_ONCE))
            if not part:
                return
            if known.none_in(_different_texts("".join(part))):
                continue
            for number, line in enumerate(part, first):
                yield from _found(json.loads(line), f"{path.name} line {number}", known)


def _around_ends(text: str) -> Iterator[str]:
    """The pieces of a long text in which a social security number can stand."""
    for end in _ITS_END.finditer(text):
        yield text[max(0, end.start() - 4) : end.end() + 1]


def _different_texts(json_text: str) -> list[str]:
    """The texts of valid JSON, each once, without walking through its values: fields and values
    stand again on every line of a trail.
    """
    literals = set(_LITERAL.findall(json_text))
    different: list[str] = json.loads('["' + '","'.join(literals) + '"]') if literals else []
    return different


def require_no_identifier(contents: Mapping[str, bytes], known: KnownIdentities, of: str) -> None:
    """Nothing of what is to leave holds an identifier; the PDF shows what the JSON says.

    contents: bytes by kind; json and jsonl are looked through. of: what leaves, by its label.

    Raises:
        Refused: Something does; where and which attribute is said, and never the value.
    """
    refuse_found(
        (
            found for kind in ("json", "jsonl") if kind in contents
            for found in scan_content(contents[kind], known)
        ),
        of, hint="Take it out in a new version, or say it without naming anybody.",
    )  # fmt: skip


def refuse_found(found: Iterable[Found], of: str, *, hint: str) -> None:
    """Every place is said, the first ones by name. of: what leaves, by its label.

    Raises:
        Refused: There is a place.
    """
    every = iter(found)
    places = [f"{one.where} holds the {one.attribute}" for one in islice(every, MOST_PLACES)]
    if not places:
        return
    more = sum(1 for _ in every)
    rest = f"; and {more} more places" if more else ""
    count = f"{len(places) + more} places name" if len(places) > 1 else "one place names"
    raise Refused(
        f"{of} does not leave: {count} somebody whose studies are here: "
        f"{'; '.join(places)}{rest}.",
        hint=hint,
    )


def _found(value: Any, where: str, known: KnownIdentities) -> Iterator[Found]:
    """Every place of a JSON value that holds an identifier, names of fields included.

    A field whose name holds one is told without its name.
    """
    if isinstance(value, str):
        if attribute := known.found_in(value, where):
            yield Found(where, attribute)
    elif isinstance(value, dict):
        for name, inner in value.items():
            attribute = known.found_in(str(name))
            place = f"{where}.{'(a field)' if attribute else name}".lstrip(".")
            if attribute:
                yield Found(place, attribute)
            yield from _found(inner, place, known)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _found(inner, f"{where}[{number}]", known)
