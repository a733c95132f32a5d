"""Which earlier complaints may tell of the same: proposed with the reasons, for a person to judge.

Nothing is linked by itself. What is compared: studies involved, words, and site with days of the
event; complaints of another device are not looked at.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlmodel import Session, col, select

from records.base import Record
from records.cases import Prediction, Study
from records.complaints import Complaint, links_of, others_about

LEAST_COMMON: Final = 0.5
"""Share of common words, of all words that either has, from which two texts are alike."""
LEAST_WORDS: Final = 4
"""With fewer words of four letters or more, a text is compared as a whole only."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A complaint that may tell of the same, and why it is thought so."""

    label: str
    site: str
    words: str
    because: tuple[str, ...]


def likely_duplicates(session: Session, one: Complaint) -> list[Likeness]:
    """The other complaints of the device that may tell of the same, the most reasons first.

    Those that are linked to it already are left out.
    """
    linked = {
        each for link in links_of(session, one) for each in (link.complaint_id, link.other_id)
    }
    others = [each for each in others_about(session, one) if each.id not in linked]
    studies = _studies(session, [one, *others])
    found = [
        Likeness(each.label, each.site, each.words, because)
        for each in others
        for because in [_because(one, each, studies)] if because
    ]
    return sorted(found, key=lambda each: -len(each.because))


def _studies(session: Session, complaints: list[Complaint]) -> dict[int, set[str]]:
    """By complaint the studies it is about; a prediction counts for its study."""
    wanted = {
        number for each in complaints for label in each.involved
        if (number := _number(Prediction, label)) is not None
    }
    of_prediction = {
        said.label: Study.label_of(said.study_id) for said in session.exec(
            select(Prediction).where(col(Prediction.id).in_(wanted))
        )
    }  # fmt: skip
    return {
        each.id or 0: {of_prediction.get(label, label) for label in each.involved}
        for each in complaints
    }


def _number(table: type[Record], label: str) -> int | None:
    prefix, _, number = label.partition("-")
    return int(number) if prefix == table.PREFIX and number.isdigit() else None


def _because(one: Complaint, other: Complaint, studies: dict[int, set[str]]) -> tuple[str, ...]:
    said = []
    if common := sorted(studies[one.id or 0] & studies[other.id or 0]):
        said.append(f"both are about {', '.join(common)}")
    if words := _alike(one.words, other.words):
        said.append(words)
    if one.site and one.site == other.site and _overlap(_days(one), _days(other)):
        said.append(f"the days of the event overlap at {one.site}")
    return tuple(said)


def _days(one: Complaint) -> tuple[date, date] | None:
    return (one.event_from, one.event_to) if one.event_from and one.event_to else None


def _overlap(one: tuple[date, date] | None, other: tuple[date, date] | None) -> bool:
    """Whether both are known and share a day."""
    return one is not None and other is not None and one[0] <= other[1] and other[0] <= one[1]


def _alike(one: str, other: str) -> str:
    """Why two texts are alike; empty where they are not.

    >>> _alike("It missed a nodule in the left lung", "it missed a nodule, in the left lung.")
    'the words are the same'
    >>> _alike("It missed one", "The image is dark")
    ''
    """
    first, second = re.findall(r"\w+", one.lower()), re.findall(r"\w+", other.lower())
    if first and first == second:
        return "the words are the same"
    ours, theirs = ({word for word in words if len(word) > 3} for words in (first, second))
    if min(len(ours), len(theirs)) < LEAST_WORDS:
        return ""
    common, either = len(ours & theirs), len(ours | theirs)
    words = f"{common} of {either} words of four letters or more are common"
    return words if common >= LEAST_COMMON * either else ""
