"""How likely does an event come by a declared day, from an image and clinical facts?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.comparison import independent_difference
from measures.estimate import Estimate
from measures.follow_up import event_chance
from measures.horizon_calibration import (
    brier_at_horizon,
    calibration_groups,
    observed_to_expected,
)
from measures.time_to_event import auc_at_horizon, harrell_c, uno_c, uno_c_difference
from models.tasks.base import (
    EVERY_DEGRADATION,
    Calibration,
    Column,
    Decoded,
    Failure,
    Known,
    Outcomes,
    OutputField,
    Said,
    Share,
    Unjudged,
)
from models.tasks.two_classes import worst

Numbers = NDArray[np.float64]
_GROUPS = 5
_LEAST_OF_GROUP = 20
_NEITHER = "who was not followed to the horizon is neither with nor without the event"


class PrognosisTask:
    """One event, predicted by a horizon after the study; follow-up may end before it.

    Truth is whether the event came in follow-up, ``days`` when that, or follow-up, ended. The
    risk is the log of a hazard ratio; the chance by the horizon is that of Cox's model (J R Stat
    Soc B 1972;34:187) with the baseline found on the tuning split. Yes is 'high risk'.
    """

    name = "prognosis"
    fields = (
        OutputField("score", "number", "probability", "chance of the event by the horizon"),
        OutputField("decision", "yes or no", "", "high risk: chance at or above the threshold"),
        OutputField("facts_known", "number", "", "declared facts that were known"),
        OutputField("facts_missing", "words", "", "declared facts that were missing"),
    )
    watched = ("score", "facts_known")
    columns: tuple[str, ...] = ("days", "horizon")
    two_classes = False
    main_measure = "uno_c"
    followed: tuple[str, ...] = ("uno_c", "harrell_c", "auc_at_horizon", "brier_at_horizon")
    measures = (
        "harrell_c", "uno_c", "auc_at_horizon", "brier_at_horizon", "observed_to_expected",
        "event_chance", "event_chance_flagged", "event_chance_not_flagged",
    )
    headline: tuple[str, ...] = ("uno_c", "auc_at_horizon", "observed_to_expected")
    truth_forms: tuple[str, ...] = ("course",)
    degraded_by: tuple[str, ...] = EVERY_DEGRADATION
    not_operated = (
        "the clinical facts and the follow-up of arriving studies are not taken in, so that it "
        "would answer from the picture alone and could not be judged"
    )
    gives_maps = False
    averaged = False
    reads_outline = False
    not_asked: Mapping[str, str] = dict.fromkeys(
        ("thresholds", "two-by-two table", "other prevalences", "net benefit"), _NEITHER
    )

    def decode(self, logit: Column, calibration: Calibration) -> Decoded:
        """The chance of the event by the horizon: 1 - exp(-exp(slope * risk + intercept)).

        logit: raw risks, shape (studies,). calibration: the intercept is the log of the baseline's
        cumulative hazard at the horizon. Raises ValueError when an output is not finite.

        >>> decoded = PrognosisTask().decode([0.0, 2.0], Calibration(1.0, -2.0, 0.3))
        >>> decoded.score.round(3).tolist(), decoded.decision.tolist()
        ([0.127, 0.632], [False, True])
        """
        risk = np.asarray(logit, dtype=np.float64)
        if not np.isfinite(risk).all():
            raise ValueError("the network's output is not finite for every study")
        hazard = np.exp(np.clip(calibration.slope * risk + calibration.intercept, -700.0, 700.0))
        score = -np.expm1(-hazard)
        return Decoded(score=score, decision=score >= calibration.operating_point)

    def answered(self, said: Said, known: Known) -> dict[str, Any]:  # noqa: ARG002
        """The follow-up and the horizon: they do not change with the answer."""
        assert known.course is not None and known.horizon is not None
        return {"days": known.course.followed_days, "horizon": known.horizon}

    def paired(
        self, first: Outcomes, second: Outcomes, *, level: float = 0.95
    ) -> list[Estimate]:
        """Difference of Uno's C of the same patients (:func:`uno_c_difference`)."""
        rows = _one_a_patient(first)
        one, two = (_followed(each, rows) for each in (first, second))
        return [uno_c_difference(
            one.days, one.event, one.chance, two.chance, horizon=one.horizon, level=level
        )]  # fmt: skip

    def apart(self, first: Outcomes, second: Outcomes, *, level: float = 0.95) -> Estimate:
        """Difference of Uno's C, from the two single intervals."""
        return independent_difference(*(
            uno_c(one.days, one.event, one.chance, horizon=one.horizon, level=level)
            for one in (first_studies(first), first_studies(second))
        ))  # fmt: skip

    def cut(self, outcomes: Outcomes) -> Column | None:  # noqa: ARG002
        """None: of who was not followed to the horizon no cut can be judged."""
        return None

    def shares(self, outcomes: Outcomes) -> tuple[Share, ...]:
        """Of those seen to have the event by the horizon the share called high risk, and of those
        followed to it without the event the share not so called; the others count in neither."""
        event, free = _seen_at_horizon(outcomes)
        high = np.asarray(outcomes.decision) > 0
        return Share("event_flagged", event, high), Share("no_event_not_flagged", free, ~high)

    def further(self, outcomes: Outcomes) -> list[Estimate]:  # noqa: ARG002
        """Nothing beside the estimates."""
        return []

    def failures(self, outcomes: Outcomes, most: int) -> dict[str, list[Failure]]:
        """The events by the horizon that were not called high risk, the lowest chance first; the
        high risks followed to the horizon without the event, the highest first."""
        event, free = _seen_at_horizon(outcomes)
        high = np.asarray(outcomes.decision) > 0
        score = np.asarray(outcomes.score, dtype=np.float64)
        days = np.asarray(outcomes.more["days"], dtype=np.float64)
        kinds = {
            "event_at_low_risk": (event & ~high, score, "event on day"),
            "no_event_at_high_risk": (free & high, -score, "free of the event on day"),
        }
        return {
            kind: [
                Failure(at, float(score[at]), "predicted_chance", f"{words} {days[at]:g}")
                for at in worst(np.flatnonzero(rows), by, most)
            ]
            for kind, (rows, by, words) in kinds.items()
        }

    def estimates(
        self,
        outcomes: Outcomes,
        *,
        level: float = 0.95,
        minimum_n: int = 20,
    ) -> list[Estimate]:
        """How well risks order patients and how right chances are: all studies, each subgroup.

        *harrell_c*, *uno_c*, *auc_at_horizon*: order; *brier_at_horizon*, *observed_to_expected*:
        chances; *event_chance*: observed by Kaplan-Meier, of all, of those called high risk, and of
        the others. Of a patient with several studies the one followed longest counts, which is the
        first: patients are independent, their studies are not. Not estimable, with n and the
        reason, where the label was not recorded, below ``minimum_n`` patients, and as
        :mod:`measures.time_to_event` says.

        outcomes: truth is the event, with the columns of :attr:`columns`. Raises ValueError for
        malformed columns, and for more than one horizon.
        """
        found: list[Estimate] = []
        for name, group in outcomes.groups(minimum_n=1):
            if isinstance(group, Unjudged):
                found += group.of(self.measures, name)
                continue
            alone = first_studies(group)
            if alone.n < minimum_n:
                lacking = Unjudged(f"fewer than {minimum_n} patients", alone.n)
                found += lacking.of(self.measures, name)
            else:
                found += [one.for_subgroup(name) for one in _of_group(alone, level)]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """One row a patient: days followed, event, chance, and whether called high risk."""

    days: Numbers
    event: NDArray[np.bool_]
    chance: Numbers
    flagged: NDArray[np.bool_]
    horizon: float

    @property
    def n(self) -> int:
        """Patients."""
        return self.days.size


def first_studies(outcomes: Outcomes) -> Followed:
    """The study of each patient that was followed longest, of equals the first in order of chance.

    Raises ValueError for more than one horizon.
    """
    return _followed(outcomes, _one_a_patient(outcomes))


def _one_a_patient(outcomes: Outcomes) -> NDArray[np.intp]:
    days = np.asarray(outcomes.more["days"], dtype=np.float64)
    score = np.asarray(outcomes.score, dtype=np.float64)
    whose = np.asarray(outcomes.patient).astype(str)
    order = np.lexsort((score, -days, whose))
    _, first = np.unique(whose[order], return_index=True)
    return np.sort(order[first])


def _followed(outcomes: Outcomes, rows: NDArray[np.intp]) -> Followed:
    horizon = _horizon(outcomes)
    days, score = (
        np.asarray(column, dtype=np.float64) for column in (outcomes.more["days"], outcomes.score)
    )
    return Followed(
        days[rows], np.asarray(outcomes.truth)[rows] > 0, score[rows],
        np.asarray(outcomes.decision)[rows] > 0, horizon,
    )


def _horizon(outcomes: Outcomes) -> float:
    horizons = np.unique(np.asarray(outcomes.more["horizon"], dtype=np.float64))
    if horizons.size > 1:
        raise ValueError(f"one horizon is expected, not {horizons.tolist()}")
    return float(horizons[0]) if horizons.size else 1.0


def _seen_at_horizon(outcomes: Outcomes) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which studies were seen to have the event by the horizon, and which free of it then."""
    days, horizon = np.asarray(outcomes.more["days"], dtype=np.float64), _horizon(outcomes)
    event = (np.asarray(outcomes.truth) > 0) & (days <= horizon)
    return event, days > horizon


def calibration_at_horizon(outcomes: Outcomes) -> list[dict[str, Any]] | None:
    """Observed beside predicted chance in groups of rising prediction, as a report draws it.

    Groups that were not followed to the horizon are left out; None without 20 patients a group.
    """
    alone = first_studies(outcomes)
    groups = min(_GROUPS, alone.n // _LEAST_OF_GROUP)
    if groups < 1:
        return None
    found = calibration_groups(
        alone.days, alone.event, alone.chance, horizon=alone.horizon, groups=groups
    )
    return [
        {"predicted": one.predicted, "n": one.observed.n, "observed": one.observed.value,
         "low": one.observed.low, "high": one.observed.high, "method": one.observed.method}
        for one in found if one.observed.estimable
    ]  # fmt: skip


def _of_group(alone: Followed, level: float) -> Iterator[Estimate]:
    """All measures, in the order of :attr:`PrognosisTask.measures`."""
    seen: tuple[Any, Any] = (alone.days, alone.event)
    yield harrell_c(*seen, alone.chance, level=level)
    of_chance: tuple[Callable[..., Estimate], ...] = (
        uno_c, auc_at_horizon, brier_at_horizon, observed_to_expected,
    )  # fmt: skip
    for function in of_chance:
        yield function(*seen, alone.chance, horizon=alone.horizon, level=level)
    parts = {
        "event_chance": np.ones(alone.n, dtype=bool), "event_chance_flagged": alone.flagged,
        "event_chance_not_flagged": ~alone.flagged,
    }
    for name, rows in parts.items():
        one = event_chance(alone.days[rows], alone.event[rows], horizon=alone.horizon, level=level)
        yield replace(one, measure=name)
