"""A confirmed incident held against the charts: which should have fired, and did it?

What a chart did is read from its stored points. What it could have done is asked twice: stepped
afresh, with its frozen reference and limit, through the stored studies of the days of the incident;
and by the smallest change that it finds with probability 0.8 in a period of that size
(:mod:`monitoring.smallest_change`), beside the change that was there: as the stored studies show
it, or as a knob of the simulator is known to make it (:mod:`monitoring.knob_effects`). A chart of
truth that had no truth in the period could not have fired, and says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from measures.proportions import wilson
from monitoring.detectors.base import FloatArray, Prepared, SiteDay, finite
from monitoring.knob_effects import knob_effects, measured_knobs
from monitoring.outlines import judged_rows
from monitoring.plan import ChartPlan, ParsedPlan
from monitoring.run import site_day, study_rows
from monitoring.site_charts import step_chart
from monitoring.smallest_change import DayLoad, SmallestChange, smallest_change
from records.counting import counted
from records.errors import InvalidInput
from records.product import ModelVersion
from records.queries import prediction_rows
from records.surveillance import ChartPoint, MonitoringPlan, MonitoringRun
from records.vault import Vault

__all__ = [
    "ChartFound", "Incident", "chart_found", "conclusion_of", "days_of_site", "replay_charts",
    "stated_knob",
]  # fmt: skip

NOT_STEPPED = {"override_rate": "readers' answers", "concordance": "reports"}
"""Charts of what is not rebuilt from studies and truth: their stored points alone tell."""
FIRED, MISSED = "fired", "should have fired and did not"
COULD_NOT, NOT_EXPECTED = "could not have fired", "was not expected to fire"
NOT_TOLD = "cannot be told"
REPEATS = 60


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened: at which site, on which days (both included), by which cause.

    knob: a knob of the simulator with its grade, where the cause is one of those.
    """

    site: str
    first: date
    last: date
    cause: str
    knob: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class ChartFound:
    """One chart: what it did, what it could have found, and the verdict.

    size: the change that was there in the unit of ``findable``, None where it is not known;
    findable: the smallest change found with probability 0.8 in such a period; stepped_on: the day
    on which the chart, begun afresh with the incident, signals.
    """

    chart: str
    detector: str
    verdict: str
    words: str
    fired_on: date | None = None
    days_after: int | None = None
    size: float | None = None
    findable: float | None = None
    stepped_on: date | None = None

    def as_dict(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
        }


def stated_knob(cause: str) -> tuple[str, float] | None:
    """The knob and grade that a cause names, such as 'noise=3'; None where it is in words.

    One word before an equals sign is meant as a knob, so that a slip is not kept as words.

    Raises:
        InvalidInput: The knob was not measured, or its grade is no number.

    >>> stated_knob("noise=3"), stated_knob("the gain was changed")
    (('noise', 3.0), None)
    """
    name, sign, grade = (one.strip() for one in cause.partition("="))
    if not sign or not re.fullmatch(r"\w+", name):
        return None
    known = measured_knobs()
    hint = f"Say the cause in words, or one of {', '.join(known)} with its grade, as 'noise=3'."
    if name not in known:
        raise InvalidInput(f"'{name}' is no knob whose effect was measured.", hint=hint)
    try:
        value = float(grade)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInput(f"cause: '{grade}' is no grade of {name}: it is no number.", hint=hint)
    return name, value


def days_of_site(
    reader: Session, vault: Vault, version: ModelVersion, parsed: ParsedPlan, incident: Incident
) -> list[SiteDay]:
    """The days of the incident as the charts took them, from stored studies and truth."""
    studies = [
        row for row in study_rows(reader, version, since=incident.first, until=incident.last)
        if row["site"] == incident.site
    ]
    said = [
        row for row in prediction_rows(reader, version, known_until=incident.last)
        if row["site"] == incident.site
    ]
    known = judged_rows(reader, vault, version, said, until=incident.last)
    days = [
        date.fromordinal(one)
        for one in range(incident.first.toordinal(), incident.last.toordinal() + 1)
    ]
    return [
        site_day(
            incident.site, day, [row for row in studies if row["arrived_on"] == day],
            [row for row in known if row["known_on"] == day], parsed,
        )[0]
        for day in days
    ]


def replay_charts(
    reader: Session, plan: MonitoringPlan, parsed: ParsedPlan, incident: Incident,
    baselines: Mapping[str, Prepared], refused: Mapping[str, str], days: Sequence[SiteDay], *,
    seed: int,
) -> list[ChartFound]:
    """Every chart of the plan at the site, held against the incident.

    baselines: the prepared charts of the version that ran there; refused: why the others could not.
    """
    points = _points(reader, plan, incident)
    return [
        chart_found(
            chart, incident, baselines.get(chart.name), refused.get(chart.name, ""),
            points.get(chart.name, []), days, seed=seed,
        )
        for chart in parsed.charts
    ]  # fmt: skip


def _points(
    reader: Session, plan: MonitoringPlan, incident: Incident
) -> dict[str, list[ChartPoint]]:
    query = (
        select(ChartPoint)
        .join(MonitoringRun, col(MonitoringRun.id) == ChartPoint.run_id)
        .where(
            MonitoringRun.plan_id == plan.id, ChartPoint.site == incident.site,
            col(ChartPoint.day).between(incident.first, incident.last),
        )
        .order_by(col(ChartPoint.day))
    )
    found: dict[str, list[ChartPoint]] = {}
    for one in reader.exec(query):
        found.setdefault(one.chart, []).append(one)
    return found


def chart_found(
    chart: ChartPlan, incident: Incident, prepared: Prepared | None, refused: str,
    points: Sequence[ChartPoint], days: Sequence[SiteDay], *, seed: int,
) -> ChartFound:
    """One chart held against the incident, from its stored points and the days of the site."""
    name, kind = chart.name, chart.detector
    if prepared is None:
        why = refused or "it was not prepared at the site"
        return ChartFound(name, kind, COULD_NOT, f"it cannot run there: {why}")
    fired = next((one.day for one in points if one.signal), None)
    stepped = None if kind in NOT_STEPPED else _stepped(chart, prepared, days)
    could = _of_period(_findable(chart, incident, prepared, points, days, seed=seed))
    size, said = _size(chart, incident, prepared, days)
    if fired is not None:
        after = (fired - incident.first).days
        words = f"on {fired}, {counted(after, 'day')} after the incident began"
        return ChartFound(name, kind, FIRED, words, fired, after, size, could.change, stepped)
    verdict, words = _why_not(size, said, could, stepped, points)
    return ChartFound(name, kind, verdict, words, None, None, size, could.change, stepped)


def _why_not(
    size: float | None, said: str, could: SmallestChange, stepped: date | None,
    points: Sequence[ChartPoint],
) -> tuple[str, str]:
    """The verdict of a chart that kept quiet, and why."""
    late = f"; begun afresh with the incident it signals on {stepped}" if stepped else ""
    ran = "" if points else "; it has no point on these days"
    if could.change is None and could.words.startswith("none: "):
        why = could.words.removeprefix("none: ")
        if "no truth" in why:
            why = "truth had not come: no truth, answer or report of these days was known"
        return COULD_NOT, f"{why}{ran}"
    if stepped is not None:
        found = _sentence_of(could)
        if said:
            found = f"{said}; the smallest change found is {found}"
        return MISSED, f"{found}{late}{ran}"
    if could.change is None or size is None:
        return NOT_TOLD, f"{said or 'the size of the change is not known for this chart'}; " \
                         f"{could.words}{ran}"  # fmt: skip
    if size >= could.change:
        return MISSED, f"{said}; the smallest change found is {_sentence_of(could)}{ran}"
    return NOT_EXPECTED, f"{said}, smaller than what it finds: {_sentence_of(could)}{ran}"


def _stepped(chart: ChartPlan, prepared: Prepared, days: Sequence[SiteDay]) -> date | None:
    """The first day on which the chart signals when it begins with the incident."""
    state = None
    for day in days:
        found = step_chart(chart, prepared, state, day)
        if found.signal:
            return day.day
        state = found.state
    return None


def _findable(
    chart: ChartPlan, incident: Incident, prepared: Prepared, points: Sequence[ChartPoint],
    days: Sequence[SiteDay], *, seed: int,
) -> SmallestChange:
    answers = {one.day: int(one.details.get("arrived") or 0) for one in points}
    loads = [
        DayLoad(one.day, one.n, answers.get(one.day, 0) if chart.detector in NOT_STEPPED
                else _cases(chart, prepared, one))
        for one in days
    ]  # fmt: skip
    last = next((one.details for one in reversed(points) if one.details.get("findable")), {})
    return smallest_change(
        chart, incident.site, prepared, loads, last_details=last, seed=seed, repeats=REPEATS
    )


def _of_period(one: SmallestChange) -> SmallestChange:
    """In the words of an incident: the simulated weeks are as long as it was."""
    return replace(one, words=one.words.replace("in the week", "on these days"))


def _sentence_of(one: SmallestChange) -> str:
    return one.sentence.replace("simulated weeks", "simulated periods as long")


def _cases(chart: ChartPlan, prepared: Prepared, day: SiteDay) -> int:
    """Truths of a day that count for the chart: of a sensitivity the diseased alone."""
    truth = np.asarray(day.truth)
    if chart.detector != "claimed_performance":
        return int(truth.size)
    return int((truth == (0 if prepared["measure"] == "specificity" else 1)).sum())


def _size(
    chart: ChartPlan, incident: Incident, prepared: Prepared, days: Sequence[SiteDay]
) -> tuple[float | None, str]:
    """How large the change was, in the unit of what the chart finds, and in words."""
    if chart.detector == "rank_cusum":
        if incident.knob is not None:
            return _of_knob(incident.knob, prepared)
        return _largest({
            name: (_values(days, name), np.asarray(one, float), float(prepared["sd"][name]))
            for name, one in prepared["reference"].items()
        })  # fmt: skip
    if chart.detector == "conformal_test":
        before = np.asarray(prepared["reference"], float)
        column = prepared["column"]
        return _largest({column: (_values(days, column), before, float(before.std(ddof=1)))})
    if chart.detector == "claimed_performance":
        return _below(prepared, days)
    return None, ""


def _values(days: Sequence[SiteDay], column: str) -> FloatArray:
    found = [np.asarray(one.values.get(column, ()), float) for one in days]
    return finite(np.concatenate(found) if found else np.array([]))


def _largest(
    columns: Mapping[str, tuple[FloatArray, FloatArray, float]]
) -> tuple[float | None, str]:
    moved = {
        name: (abs(float(now.mean() - before.mean())) / sd, now.size)
        for name, (now, before, sd) in columns.items() if now.size and before.size and sd > 0
    }
    if not moved:
        return None, ""
    name = max(moved, key=lambda one: moved[one][0])
    return moved[name][0], f"{name} lay {moved[name][0]:.2f} SD away (n = {moved[name][1]})"


def _of_knob(knob: tuple[str, float], prepared: Prepared) -> tuple[float | None, str]:
    name, grade = knob
    effects = knob_effects(name)
    moved = {
        column: abs(float(effects.shift(column, grade)))
        for column in prepared["reference"] if column in effects.shifts
    }
    if not moved:
        return None, f"the effect of {name} on what it watches was not measured"
    column = max(moved, key=lambda one: moved[one])
    return moved[column], f"{name} at {grade:g} moves {column} by {moved[column]:.2f} SD"


def _below(prepared: Prepared, days: Sequence[SiteDay]) -> tuple[float | None, str]:
    wanted = 0 if prepared["measure"] == "specificity" else 1
    truth = np.concatenate([np.asarray(one.truth) for one in days])
    said = np.concatenate([np.asarray(one.decision) for one in days])
    rows = truth == wanted
    if not rows.any():
        return None, ""
    share = wilson(str(prepared["measure"]), int((said[rows] == wanted).sum()), int(rows.sum()))
    assert share.value is not None
    return float(prepared["bound"]) - share.value, (
        f"{share.measure} was {share.value:.3f} (95 % CI {share.low:.3f} to {share.high:.3f}, "
        f"n = {share.n}) against the bound {float(prepared['bound']):.3f}"
    )


def conclusion_of(incident: Incident, found: Sequence[ChartFound]) -> str:
    """The answer in a sentence or two: who fired, who should have, who could not."""
    by = {
        verdict: [one for one in found if one.verdict == verdict]
        for verdict in (FIRED, MISSED, COULD_NOT, NOT_EXPECTED, NOT_TOLD)
    }
    first = min(by[FIRED], key=lambda one: one.days_after or 0, default=None)
    lead = (
        f"{first.chart} fired first, {first.words}" if first is not None
        else "No chart fired"
    )
    said = [f"{lead} ({len(by[FIRED])} of {counted(len(found), 'chart')} fired)"]
    if by[MISSED]:
        said.append(f"should have fired and did not: {', '.join(one.chart for one in by[MISSED])}")
    elif first is None:
        said.append("none of those that ran was shown to have been able to")
    if by[COULD_NOT]:
        listed = "; ".join(f"{one.chart}: {one.words}" for one in by[COULD_NOT])
        said.append(f"could not have fired: {listed}")
    days = f"{incident.first} to {incident.last}"
    told = ". ".join(_sentence(one) for one in said)
    return f"{incident.site}, {days}, {incident.cause}: {told}."


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
