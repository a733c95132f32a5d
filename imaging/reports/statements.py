"""A report as statements: its sections, their sentences, and where one statement ends."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from imaging.reports.rules import ReportRules

IGNORED: Final = "ignored"
OPENING: Final = "findings"
"""What stands before any heading is read as findings: many reports have none."""
_HEADING = re.compile(
    r"(?m)(?:^|(?<=[.;\n]))[ \t]*(?:\d+[.)]\s*)?([A-Za-z][A-Za-z /-]{1,40}?)[ \t]*:"
)
_SENTENCE = re.compile(
    r"(?<=[A-Za-z)\]])[.!](?=\s|$|[A-Z][a-z])"  # a point behind a word
    r"|(?<=\d)\.(?=\s+[A-Z]|\s*$)|;"  # behind a number only where a sentence begins
    r"|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)]))"
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d+[.)])\s*")
_OVER = re.compile(r"\n(?=\s*[A-Z\d])|(?<=[a-z)])\.\s+(?=[A-Z])")
_LONG, _ALIKE = 7, 0.86  # letters; likeness of difflib, 1 for the same
_SHORT = 60  # characters: a line so short that ends without a point is a statement of its own


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words of one sentence, lower case, white space as single blanks, and its section's kind."""

    section: str
    text: str


def sentences(text: str, rules: ReportRules) -> Iterator[Sentence]:
    """The sentences of a report that speak of this examination, in their order."""
    first = True
    for kind, body in _sections(text, rules):
        for part in _SENTENCE.split(_unwrapped(body)):
            words = " ".join(_spelled(one, rules) for one in _BULLET.sub("", part).lower().split())
            asked = first and words.startswith("?")  # the clinician's question stands first
            if words:
                first = False
            if words and not asked:
                yield Sentence(kind, words)


def _sections(text: str, rules: ReportRules) -> Iterator[tuple[str, str]]:
    """Kind and text of each section that is heard; a heading that no rule names belongs to the
    text. Where no heading follows an ignored section, it ends with its first sentence or line."""
    known = [
        (found.start(1), found.end(), kind)
        for found in _HEADING.finditer(text)
        if (kind := rules.headings.get(" ".join(found[1].lower().split())))
    ]
    bounds = [(0, 0, OPENING), *known]
    for (_, begin, kind), (end, _, _) in zip(
        bounds, [*bounds[1:], (len(text), 0, "")], strict=True
    ):
        body = text[begin:end]
        if kind != IGNORED:
            yield kind, body
        elif end == len(text):
            over = _OVER.search(body.lstrip())
            yield OPENING, body.lstrip()[over.end() :] if over else ""


def _spelled(word: str, rules: ReportRules) -> str:
    """The word, or the one of the rules' list that it is nearly the same as."""
    bare = word.strip(",:()")
    if len(bare) < _LONG or not bare.isalpha() or bare in rules.spelled:
        return word
    near = get_close_matches(bare, rules.spelled, n=1, cutoff=_ALIKE)
    return word.replace(bare, near[0]) if near else word


def _unwrapped(body: str) -> str:
    """Lines joined where a sentence runs on; a short line that stands alone ends with a point."""
    lines = body.split("\n")
    joined: list[str] = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        alone = (
            line.strip() and line.strip()[-1] not in ".;:,!?" and len(line) < _SHORT
            and after.strip()[:1].isupper()
        )
        joined.append(f"{line.rstrip()}." if alone else line)
    return "\n".join(joined)
