"""What moving flagged studies up does to how long studies wait, those that it misses included.

A device that orders the worklist helps the studies that it flags and makes all others wait
longer, a missed finding too. Days of a reading room are simulated with what the device said of
studies whose truth is known; each day once in the order that the device makes and once in the
order of arrival, with the same arrivals and reading times (Thompson et al., on the time saved by
computer-aided triage, treat the same queue in theory).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.reading_queue import mean_difference_by_day, reading_starts
from records.definition import Worklist

MEASURES: Final = {
    "with": "mean wait in the order of the device (min)",
    "without": "mean wait in the order of arrival (min)",
    "saved": "mean wait saved by the device (min)",
}
UP, MISSED = "finding present, moved up", "finding present, missed"
EVERY_FINDING, OTHERS = "finding present, all", "finding absent"
SAVED: Final = {
    "wait_saved_moved_up": UP, "wait_saved_missed": MISSED, "wait_saved_findings": EVERY_FINDING,
    "wait_saved_others": OTHERS,
}
"""Measures of an evaluation, in minutes; negative where the device makes studies wait longer."""
SEED, SIMULATED_DAYS = 1, 400


@dataclass(frozen=True, slots=True)
class ReadingRoom:
    """A day of one site: how many come, how many read, how long it takes, when answers are there.

    Arrivals are a Poisson stream over the opening hours and reading times exponential, so that
    ``load`` below 1 is needed for the day's work to be done in the day.
    """

    studies_a_day: float
    readers: int
    minutes_a_reading: float
    hours: float = 10.0
    answer_minutes: float = 2.0
    days: int = 400

    @property
    def load(self) -> float:
        """The share of their time that the readers read."""
        return self.studies_a_day * self.minutes_a_reading / (60 * self.hours * self.readers)


@dataclass(frozen=True, slots=True)
class TimeToRead:
    """The waits of one kind of study: with the device, without it, and what is saved."""

    group: str
    estimates: dict[str, Estimate]

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "group": self.group, **{name: one.to_dict() for name, one in self.estimates.items()}
        }  # fmt: skip


def waiting_saved(
    worklist: Worklist, truth: Sequence[bool], moved_up: Sequence[bool]
) -> list[Estimate]:
    """What the device saves of the mean wait in the reading room that its definition declares.

    Minutes a study, in the order of arrival less in the order of the device: of studies with a
    finding that it moves up, that it misses (these wait longer), of all of them, and of studies
    without one. The interval is over simulated days, the judged studies being what they are; n is
    the simulated studies. Nothing where no room is declared.
    """
    if worklist.reading_room is None:
        return []
    if not truth:
        return [Estimate.not_estimable(one, "no study", n=0) for one in SAVED]
    room = ReadingRoom(**worklist.reading_room.model_dump(), days=SIMULATED_DAYS)
    found = {
        one.group: one.estimates["saved"]
        for one in estimate_time_to_read(
            truth, moved_up, room, longest_wait=worklist.longest_wait_minutes, seed=SEED
        )
    }
    return [
        replace(found[group].for_subgroup("all"), measure=name) for name, group in SAVED.items()
    ]


def estimate_time_to_read(
    truth: Sequence[bool], moved_up: Sequence[bool], room: ReadingRoom, *, longest_wait: float,
    seed: int,
) -> list[TimeToRead]:
    """Mean waits, each with its interval over the simulated days.

    truth, moved_up: whether the finding is present and whether the device moves the study up, one
    entry a study with known truth; studies of a day are drawn from them with replacement.
    longest_wait: minutes. Groups: findings present and moved up, findings present and missed, all
    findings present, findings absent, all studies. A group that no day holds is not estimable.
    Raises ValueError where nothing is known to draw from, or the room cannot be worked.
    """  # fmt: skip
    if len(truth) != len(moved_up) or not truth:
        raise ValueError("one entry of truth and one of moved_up are needed for each study")
    _refuse_room(room)
    present, flagged = np.asarray(truth, dtype=bool), np.asarray(moved_up, dtype=bool)
    random = np.random.default_rng(seed)
    days = [_day(present, flagged, room, longest_wait, random) for _ in range(room.days)]
    ill, up, waited, in_turn = (
        np.concatenate([day[column] for day in days]) for column in range(4)
    )
    of = np.repeat(np.arange(len(days)), [day[0].size for day in days])
    groups = {
        UP: (ill == 1) & (up == 1),
        MISSED: (ill == 1) & (up == 0),
        EVERY_FINDING: ill == 1,
        OTHERS: ill == 0,
        "all": np.ones(ill.size, dtype=bool),
    }
    return [
        TimeToRead(name, _waits(name, waited[who], in_turn[who], of[who]))
        for name, who in groups.items()
    ]


def _day(
    present: NDArray[np.bool_], flagged: NDArray[np.bool_], room: ReadingRoom, longest_wait: float,
    random: np.random.Generator,
) -> tuple[Numbers, Numbers, Numbers, Numbers]:  # fmt: skip
    n = int(random.poisson(room.studies_a_day))
    drawn = random.integers(0, present.size, n)
    came = np.sort(random.uniform(0, 60 * room.hours, n))
    lasts = random.exponential(room.minutes_a_reading, n) + 1e-9
    ill, up = present[drawn].astype(np.float64), flagged[drawn].astype(np.float64)
    with_device = reading_starts(
        came, up, lasts, readers=room.readers, longest_wait=longest_wait,
        known=came + room.answer_minutes,
    )  # fmt: skip
    in_turn = reading_starts(
        came, np.zeros(n), lasts, readers=room.readers, longest_wait=longest_wait
    )
    return ill, up, with_device - came, in_turn - came


def _waits(
    group: str, waited: Numbers, in_turn: Numbers, days: NDArray[Any]
) -> dict[str, Estimate]:
    nothing = np.zeros(waited.size)
    columns = {"with": (waited, nothing), "without": (in_turn, nothing), "saved": (in_turn, waited)}
    return {
        name: mean_difference_by_day(MEASURES[name], first, second, days).for_subgroup(group)
        for name, (first, second) in columns.items()
    }


def _refuse_room(room: ReadingRoom) -> None:
    wrong = [
        name for name, value in asdict(room).items()
        if not value > 0 and not (name == "answer_minutes" and value == 0)
    ]  # fmt: skip
    if wrong:
        raise ValueError(f"{wrong[0]} must be positive")
    if room.load >= 1:
        raise ValueError(
            f"the readers would be busy {room.load:.0%} of their time: the list would only grow"
        )
