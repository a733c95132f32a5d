"""What would another operating point have meant? From the counts stored with an evaluation.

Exploratory: it reads what is stored and changes nothing. A threshold that looks best on these
studies looks better on them than on the next ones; a change of the operating point is a change
request, judged on studies that did not choose it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from measures.estimate import Estimate
from measures.proportions import wilson
from measures.score_counts import ScoreCounts, decision_curve_of, flagged_of, thresholds_of
from records.errors import Refused
from records.lookup import find_record
from records.product import ModelVersion
from records.surveillance import Evaluation

SHARES = ("sensitivity", "specificity", "ppv", "npv")
FLAGGED = "alerts_per_100"
NET_BENEFIT, OF_ALL = "net_benefit", "net_benefit_of_all"
"""Net benefit of acting on the score, and of acting on every study."""
EXPLORATORY = (
    "Exploratory: nothing is changed by it. The studies are those whose truth is known, at their "
    "prevalence; a threshold chosen on them looks better on them than on the next ones."
)
SEVERAL = (
    "Patients have several of these studies, and the intervals here take each study by itself: "
    "they may be too narrow."
)
_REASONS = {
    "sensitivity": "no diseased study", "specificity": "no healthy study",
    "ppv": "no study would be flagged", "npv": "every study would be flagged",
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a threshold would have meant: each measure by name, and the counts behind them.

    cut: flagged when score >= cut; None for the decisions as they were made.
    """

    cut: float | None
    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    estimates: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Exploration:
    """Every threshold of an evaluation that can be judged, and the decisions as they were made."""

    evaluation: str
    n: int
    diseased: int
    level: float
    operating_point: float | None
    as_it_was: Threshold | None
    thresholds: tuple[Threshold, ...]
    no_net_benefit: str
    """Why no net benefit can be said; empty where it can."""
    mind: str = ""
    """What the intervals do not allow for; empty where each study is of another patient."""

    def at(self, cut: float) -> Threshold:
        """The kept threshold that is nearest to this one."""
        return min(self.thresholds, key=lambda one: abs((one.cut or 0.0) - cut))


@dataclass(frozen=True, slots=True)
class TradeOff:
    """A threshold less the decisions as they were made, in studies of the same evaluation."""

    more_found: int
    more_false_alarms: int
    more_alerts: int
    per_found: str
    """False alarms more for each diseased study found more, or the other way round, in words."""


def explore(session: Session, label: str, *, level: float = 0.95) -> Exploration:
    """What each kept threshold of an evaluation would have meant.

    Raises:
        NotFound: There is no such evaluation.
        Refused: It was stored without counts by score.
    """
    evaluation = find_record(session, Evaluation, label)
    version = session.get_one(ModelVersion, evaluation.model_version_id)
    stored = evaluation.figures.get("score_counts")
    if not stored:
        raise Refused(
            f"{evaluation.label} was stored without counts by score: not estimable.",
            hint="It is older than they are, or has no score for every study. Measure a period "
            "with 'radvigil monitor measure'.",
        )
    counts = ScoreCounts.from_dict(stored)
    columns = _columns(counts, level)
    benefits, why = _net_benefits(counts, level)
    return Exploration(
        evaluation.label, counts.n, counts.diseased, level, version.operating_point,
        _as_it_was(evaluation.figures.get("two_by_two"), level),
        tuple(
            _threshold(counts, place, columns, benefits, level) for place in range(counts.cut.size)
        ),
        why, SEVERAL if evaluation.patients < evaluation.studies else "",
    )


def trade_off(was: Threshold, wanted: Threshold) -> TradeOff:
    """What another threshold would have found, missed and alarmed, beside what was done."""
    found = wanted.true_positive - was.true_positive
    alarms = wanted.false_positive - was.false_positive
    if found == alarms == 0:
        words = "as it was"
    elif found == 0 or alarms == 0 or (found > 0) != (alarms > 0):
        words = "no trade: one does not cost the other"
    elif found > 0:
        words = f"{alarms / found:.1f} more false alarms for each diseased study found more"
    else:
        words = f"{alarms / found:.1f} fewer false alarms for each diseased study missed more"
    return TradeOff(found, alarms, found + alarms, words)


_Benefits = dict[float, dict[str, Estimate]]


def _columns(counts: ScoreCounts, level: float) -> dict[str, Any]:
    table = thresholds_of(counts, level=level)
    shares = {name: table.measures[name] for name in SHARES}
    return {"table": table, "shares": shares, "flagged": flagged_of(counts, level=level)}


def _net_benefits(counts: ScoreCounts, level: float) -> tuple[_Benefits, str]:
    """By threshold probability; and why there is none, where there is none."""
    if not counts.probability:
        return {}, "the score of this device is no probability"
    if not counts.diseased or not counts.healthy:
        return {}, "both diseased and healthy studies are needed"
    curve = decision_curve_of(counts, level=level)
    own = (NET_BENEFIT, "Wilson limits, squared and added", curve.value, curve.low, curve.high)
    every = (OF_ALL, "Wilson", curve.treat_all, curve.treat_all_low, curve.treat_all_high)
    return {
        float(cut): {
            name: Estimate(name, curve.n, float(value[at]), float(low[at]), float(high[at]), level,
                           method)
            for name, method, value, low, high in (own, every)
        }
        for at, cut in enumerate(curve.threshold)
    }, ""  # fmt: skip


def _threshold(
    counts: ScoreCounts, place: int, columns: Mapping[str, Any], benefits: _Benefits, level: float
) -> Threshold:
    table, cut = columns["table"], float(counts.cut[place])
    hit, alarm = int(table.true_positive[place]), int(table.false_positive[place])
    miss, quiet = int(table.false_negative[place]), int(table.true_negative[place])
    of = _denominators(hit, alarm, miss, quiet)
    found = {
        name: _estimate(name, of[name], columns["shares"][name], place, level) for name in SHARES
    }
    flagged = columns["flagged"]
    found[FLAGGED] = Estimate(
        FLAGGED, counts.n, 100 * float(flagged.value[place]), 100 * float(flagged.low[place]),
        100 * float(flagged.high[place]), level, "Wilson",
    )
    return Threshold(cut, hit, alarm, miss, quiet, found | benefits.get(cut, {}))


def _denominators(hit: int, alarm: int, miss: int, quiet: int) -> dict[str, int]:
    return {"sensitivity": hit + miss, "specificity": quiet + alarm, "ppv": hit + alarm,
            "npv": miss + quiet}  # fmt: skip


def _estimate(name: str, n: int, of: Any, place: int, level: float) -> Estimate:
    if not n:
        return Estimate.not_estimable(name, _REASONS[name], n=0)
    value, low, high = (float(one[place]) for one in (of.value, of.low, of.high))
    return Estimate(name, n, value, low, high, level, "Wilson")


def _as_it_was(stored: Mapping[str, int] | None, level: float) -> Threshold | None:
    """The decisions that were made, which may not be those of one threshold at all times."""
    if not stored:
        return None
    hit, alarm, miss, quiet = (
        int(stored[name])
        for name in ("true_positive", "false_positive", "false_negative", "true_negative")
    )
    of, right = _denominators(hit, alarm, miss, quiet), dict(
        zip(SHARES, (hit, quiet, hit, quiet), strict=True)
    )
    found = {
        name: wilson(name, right[name], of[name], level=level) if of[name]
        else Estimate.not_estimable(name, _REASONS[name], n=0)
        for name in SHARES
    }
    n = hit + alarm + miss + quiet
    share = wilson(FLAGGED, hit + alarm, n, level=level)
    found[FLAGGED] = Estimate(
        FLAGGED, n, 100 * (share.value or 0.0), 100 * (share.low or 0.0),
        100 * (share.high or 0.0), level, share.method,
    )
    return Threshold(None, hit, alarm, miss, quiet, found)
