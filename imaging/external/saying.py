"""What a result of another maker's product says, told by the codes and words that its definition
declares; what cannot be told with certainty is refused."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from imaging.named_studies import StudyNamed
from records.external_product import ExternalProduct

FINDING_NAMES: Final = frozenset({"dcm 121071", "finding", "dcm 121072"})
"""What a group of statements is about stands under these names (PS3.16: Finding, Impression)."""
_SPACES: Final = re.compile(r"\s+")
_NUMBER: Final = r"([0-9]+(?:[.,][0-9]+)?)"
_CLAUSE: Final = re.compile(r"[\r\n;|]+|(?<=[^0-9])\.\s|\.\s(?=[^0-9])")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,_+()/-]{0,47}")
_DAY_OF_BIRTH: Final = re.compile(r"(?<![0-9])19[0-9]{2}[-./]?[01][0-9][-./]?[0-3][0-9](?![0-9])")
_DEVICE_NAME: Final = re.compile(r"(?<![A-Za-z0-9])[a-z]+(?:-[a-z]+){2,}(?![A-Za-z0-9])")
"""As in the versions of our own devices, 'chest-radiograph-pneumonia 1 0123456789ab'."""
_NUMBERED: Final = re.compile(r"[0-9]|^[a-f]{8,}$")
"""A number, or a digest that happens to hold none."""
_OF_VERSIONS: Final = frozenset((
    "a", "alpha", "b", "beta", "build", "dev", "final", "hotfix", "p", "patch", "r", "rc", "rel",
    "release", "rev", "revision", "sp", "update", "v", "ver", "version",
))  # fmt: skip
LONGEST_TEXT: Final = 20_000
"""Characters of a text that are read; a result is a few lines."""


class Why(StrEnum):
    """Why a result is not taken; told instead of any value of it."""

    NOT_A_RESULT = "not_a_result"
    OTHER_PRODUCT = "other_product"
    NO_VERSION = "no_version"
    NO_STUDY = "no_study"
    NO_FINDING = "no_finding"
    NO_DECISION = "no_decision"
    CONTRADICTORY = "contradictory"
    SCORE = "score_out_of_scale"
    NO_TIME = "no_time"
    FUTURE = "in_the_future"
    BEFORE_STUDY = "before_the_study"
    NOT_FINAL = "not_final"


class ResultRefused(Exception):
    """A result that is not taken: why, and where in it. It holds no value of the result."""

    def __init__(self, why: Why, where: str = "") -> None:
        super().__init__(f"{why}{f': {where}' if where else ''}")
        self.why, self.where = why, where


@dataclass(frozen=True, slots=True)
class Node:
    """A statement and what belongs to it: names and values as codes ('SCT 233604007') and words.

    number: with its unit (UCUM); text: what is said in sentences.
    """

    names: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    number: float | None = None
    unit: str = ""
    text: str = field(default="", repr=False)
    parts: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class SaidOutside:
    """What a product said of a study. score: 0 to 1, None where it states none; said_at: None
    where the result tells no time."""

    study: StudyNamed
    software: str
    score: float | None
    decision: bool
    said_at: datetime | None
    origin: str
    where: str = ""


def plain_words(text: str) -> str:
    """Words for a comparison: without capitals and double spaces.

    >>> plain_words("  Not   Detected ")
    'not detected'
    """
    return _SPACES.sub(" ", text).strip().casefold()


def words_of(*texts: str) -> frozenset[str]:
    """Several texts for a comparison, empty ones left out."""
    return frozenset(one for one in map(plain_words, texts) if one)


def is_of(product: ExternalProduct, names: Iterable[str]) -> bool:
    """Whether one of the names by which a result says whose it is belongs to the product."""
    return not words_of(*product.known_as).isdisjoint(words_of(*names))


def require_software(stated: str) -> str:
    """The version as it is kept; for ever, so that nothing else may stand there.

    Its words hold a digit ('2.1.0', 'VB20A') or are those of versions ('build', 'rc'): a name in
    the wrong field is none.

    Raises:
        ResultRefused: None is stated, or what stands there is no version.
    """
    found = _SPACES.sub(" ", stated).strip()
    if not _VERSION.fullmatch(found) or _DAY_OF_BIRTH.search(found):
        raise ResultRefused(Why.NO_VERSION)
    words = [one for one in re.split(r"[^A-Za-z0-9]+", _DEVICE_NAME.sub(" ", found)) if one]
    if not all(one.casefold() in _OF_VERSIONS or _NUMBERED.search(one) for one in words):
        raise ResultRefused(Why.NO_VERSION)
    return found


def answer_of(product: ExternalProduct, root: Node) -> tuple[float | None, bool]:
    """Score (0 to 1) and decision of a result; of several statements the highest score, and
    present where any says so.

    Raises:
        ResultRefused: NO_FINDING, NO_DECISION, SCORE or CONTRADICTORY.
    """
    reader = _Reader(product)
    reader.read(root, ours=False)
    return reader.answer()


def answer_in_text(product: ExternalProduct, text: str) -> tuple[float | None, bool]:
    """Score and decision of a text of a few lines.

    Raises:
        ResultRefused: As :func:`answer_of`.
    """
    return answer_of(product, Node(text=text))


class _Reader:
    """Collects what the statements about the finding say."""

    def __init__(self, product: ExternalProduct) -> None:
        self._product = product
        self._finding = words_of(*product.finding)
        self._scores = words_of(*product.score_names)
        self._present, self._absent = words_of(*product.present), words_of(*product.absent)
        self._said: list[bool] = []
        self._numbers: list[float] = []
        self._heard = False

    def read(self, node: Node, *, ours: bool) -> None:
        here = ours or self._is_about(node)
        self._heard = self._heard or here
        if here:
            if node.values & self._present:
                self._said.append(True)
            if node.values & self._absent:
                self._said.append(False)
            named = node.names & (self._scores | self._finding)
            if node.number is not None and named and self._product.states_score:
                self._numbers.append(self._scaled(node.number, node.unit))
        if node.text:
            self._read_text(node.text[:LONGEST_TEXT], ours=here)
        for one in node.parts:
            self.read(one, ours=here)

    def answer(self) -> tuple[float | None, bool]:
        if not self._heard:
            raise ResultRefused(Why.NO_FINDING)
        score = max(self._numbers) if self._numbers and self._product.states_score else None
        if self._said:
            return score, any(self._said)
        if score is None or self._product.threshold is None:
            raise ResultRefused(Why.NO_DECISION)
        return score, score >= self._product.threshold

    def _is_about(self, node: Node) -> bool:
        if not self._finding.isdisjoint(node.names | node.values):
            return True
        return any(
            one.names & FINDING_NAMES and one.values & self._finding for one in node.parts
        )

    def _scaled(self, number: float, unit: str) -> float:
        factor = 0.01 if unit.strip() == "%" else self._product.factor
        score = number * factor
        if not 0.0 <= score <= 1.0:
            raise ResultRefused(Why.SCORE)
        return score

    def _read_text(self, text: str, *, ours: bool) -> None:
        clauses = [plain_words(one) for one in _CLAUSE.split(text)]
        about = [one for one in clauses if ours or any(_spans(one, self._finding))]
        if not about:
            return
        self._heard = True
        for clause in about:
            self._said += self._sides(clause)
        numbers = self._numbers_in(about) or self._numbers_in(clauses)
        self._numbers += numbers

    def _sides(self, clause: str) -> list[bool]:
        """What a clause says, by the longest phrases: 'not detected' is not 'detected'."""
        found = sorted(
            ((start, end, side) for side, phrases in ((True, self._present), (False, self._absent))
             for start, end in _spans(clause, phrases)),
            key=lambda one: (one[0] - one[1], one[0]),
        )  # fmt: skip
        kept: list[tuple[int, int, bool]] = []
        for start, end, side in found:
            if all(end <= first or start >= last for first, last, _ in kept):
                kept.append((start, end, side))
        sides = {side for _, _, side in kept}
        if len(sides) > 1:
            raise ResultRefused(Why.CONTRADICTORY)
        return list(sides)

    def _numbers_in(self, clauses: list[str]) -> list[float]:
        if not self._product.states_score:
            return []
        names = "|".join(re.escape(one) for one in sorted(self._scores, key=len, reverse=True))
        if not names:
            return []
        pattern = re.compile(rf"(?<!\w)(?:{names})(?!\w)[^0-9\n]{{0,12}}{_NUMBER}\s*(%?)")
        return [
            self._scaled(float(found[1].replace(",", ".")), found[2])
            for clause in clauses for found in pattern.finditer(clause)
        ]


def _spans(clause: str, phrases: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where one of the phrases stands as whole words."""
    for phrase in phrases:
        for found in re.finditer(rf"(?<!\w){re.escape(phrase)}(?!\w)", clause):
            yield found.span()
