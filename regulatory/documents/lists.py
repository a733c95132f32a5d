"""The lists behind every document: glossary, references, and claims that software does not make."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from regulatory.documents.content import Content
from regulatory.documents.said import Said, all_said

TEMPLATES: Final = Path(__file__).parent / "templates"
LISTS: Final = ("templates/glossary.yaml", "templates/references.yaml",
                "templates/forbidden_claims.yaml")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that claims what only a person may judge: where, what it claims, its words."""

    section: str
    claim: str
    words: str


@cache
def _list(name: str) -> dict[str, Any]:
    from records.yaml_source import read_yaml

    return read_yaml(TEMPLATES / f"{name}.yaml").content


@cache
def _patterns(name: str, rows: str, found: str, default: str = "") -> tuple[Any, ...]:
    return tuple(
        (re.compile(one.get(found) or rf"\b{re.escape(one[default])}\b"), one)
        for one in _list(name)[rows]
    )


def terms_used(content: Content) -> tuple[tuple[str, str], ...]:
    """Each term of the glossary that the document uses, with its meaning, in order of the list."""
    used = _named("glossary", _words(all_said(content)))
    return tuple((one["term"], one["means"]) for one in used)


def references_cited(content: Content) -> tuple[str, ...]:
    """The full reference of each law, standard and paper that the document cites."""
    return tuple(one["reference"] for one in _named("references", _words(all_said(content))))


@lru_cache(maxsize=16)
def _named(name: str, words: str) -> tuple[dict[str, Any], ...]:
    """The rows of a list that stand in these words; each format of a document asks for the same."""
    asked = ("terms", "found", "term") if name == "glossary" else ("references", "cited")
    return tuple(one for pattern, one in _patterns(name, *asked) if pattern.search(words))


def unresolved_citations(content: Content) -> tuple[str, ...]:
    """What looks like a citation and is in no list: to be added to it, never passed over.

    Words quoted from records and people's own are not searched: who wrote them cites.
    """
    looks = re.compile(_list("references")["looks_like_a_citation"])
    words = _words(one for one in all_said(content) if one.origin in ("fixed", "computed"))
    known = [pattern for pattern, _ in _patterns("references", "references", "cited")]
    found = {one.group(): None for one in looks.finditer(words)}
    return tuple(one for one in found if not any(pattern.search(one) for pattern in known))


def forbidden_claims(said: Iterable[Said]) -> tuple[Claim, ...]:
    """The fixed and computed sentences that claim safety, compliance, causality and the like.

    People's own words and what is quoted from records are not searched (REG-125).
    """
    unless = re.compile(_list("forbidden_claims")["unless"], re.IGNORECASE)
    patterns = _claims()
    return tuple(
        Claim(one.section, claim, sentence)
        for one in said if one.origin in ("fixed", "computed")
        for sentence in _SENTENCE.split(one.words)
        for pattern, claim in patterns
        if pattern.search(sentence) and not unless.search(sentence)
    )  # fmt: skip


@cache
def _claims() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(one["found"], re.IGNORECASE), one["claim"])
                 for one in _list("forbidden_claims")["claims"])  # fmt: skip


_SENTENCE = re.compile(r"(?<=[.!?;])\s+")


def _words(said: Iterable[Said]) -> str:
    return "\n".join(one.words for one in said)
