"""Whether what a CAPA did has worked, by records of the time after it (ISO 13485:2016, 8.5.2 f).

Only data from after the day of implementation count: a period that begins earlier is not looked at.
Of what remains the latest with enough cases decides, so that nobody chooses among several looks;
how many there were is said.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from sqlmodel import Session, col, select

from records.capa_criteria import (
    ALL_SITES,
    AT_LEAST,
    MET,
    NOT_MET,
    NOT_YET,
    EffectivenessCriterion,
    read_criterion,
)
from records.capas import CAPA, INVESTIGATED, OPEN
from records.product import Device, ModelVersion, Site
from records.surveillance import (
    ChartPoint,
    Evaluation,
    EvaluationResult,
    MonitoringPlan,
    MonitoringRun,
    Revalidation,
)

NO_CRITERION: Final = "no structured criterion was set beforehand: a person judges it"


@dataclass(frozen=True, slots=True)
class EffectivenessCheck:
    """What the records say of a criterion.

    record: the monitoring run, revalidation or evaluation that says so; '' where none does. looks:
    how many records of the time after implementation held the figure with enough cases.
    """

    verdict: str
    words: str
    record: str = ""
    n: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    period_from: date | None = None
    period_to: date | None = None
    looks: int = 0

    def as_stored(self) -> dict[str, Any]:
        """As the CAPA keeps it when it is closed."""
        days = {name: getattr(self, name) for name in ("period_from", "period_to")}
        return asdict(self) | {name: str(day) if day else None for name, day in days.items()}


@dataclass(frozen=True, slots=True)
class Look:
    """One figure of the time after implementation, with the record that holds it."""

    record: str
    first: date
    last: date
    n: int
    value: float | None
    low: float | None
    high: float | None
    reason: str


def check_effectiveness(session: Session, capa: CAPA) -> EffectivenessCheck:
    """Hold a CAPA's criterion against what surveillance and evaluations found after it."""
    if capa.status in (OPEN, INVESTIGATED):
        return EffectivenessCheck(
            NOT_YET, f"{capa.label} is {capa.status}: its criterion is set when it is planned."
        )
    if not capa.criterion:
        return EffectivenessCheck(NOT_YET, f"{capa.label}: {NO_CRITERION}.")
    asked = read_criterion(capa.criterion)
    if capa.implemented_at is None:
        return EffectivenessCheck(
            NOT_YET, f"{capa.label} was not implemented yet, or it is not known when."
        )
    day = capa.implemented_at.date()
    device = session.get_one(Device, capa.device_id).name
    ways = {"chart": _of_chart, "measure": _of_measure}
    found = [
        one for one in ways[asked.on](session, asked, device, day) if one.last <= asked.by
    ]
    return _judged(asked, day, found)


def _judged(
    asked: EffectivenessCriterion, day: date, found: Sequence[Look]
) -> EffectivenessCheck:
    if not found:
        return EffectivenessCheck(
            NOT_YET, f"No record holds {asked.name} at {asked.site} ({asked.subgroup}) of studies "
            f"from after {day}, in a period that ends by {asked.by}.",
        )  # fmt: skip
    enough = [one for one in found if one.n >= asked.minimum_n]
    last = (enough or found)[-1]
    said = EffectivenessCheck(
        NOT_YET, "", last.record, last.n, last.value, last.low, last.high, last.first, last.last,
        len(enough),
    )
    verdict, why = _verdict(asked, last) if enough else (
        NOT_YET, f"n = {last.n} is too small: {asked.minimum_n} were asked for"
    )
    if last.value is None:
        figure = f"not estimable: {last.reason or 'no reason on record'}"
    else:
        interval = "" if last.low is None else f" ({last.low:.3f} to {last.high:.3f})"
        figure = f"{last.value:.3f}{interval}, n = {last.n}"
    words = f"{verdict}: {asked.name} {figure}, {last.first} to {last.last} ({last.record}); {why}."
    kept = asdict(said) | {"verdict": verdict, "words": words}
    return EffectivenessCheck(**kept)


def _verdict(asked: EffectivenessCriterion, last: Look) -> tuple[str, str]:
    """The whole interval must lie on the right side of the bound to be met, on the wrong side not
    to be; a figure without an interval decides by itself, and that is said."""
    if last.value is None:
        return NOT_YET, "it cannot be estimated"
    low, high = (
        (last.value, last.value) if last.low is None or last.high is None else (last.low, last.high)
    )
    alone = " (without an interval)" if last.low is None else ""
    up = asked.direction == AT_LEAST
    if (low >= asked.bound) if up else (high <= asked.bound):
        return MET, f"{asked.direction} {asked.bound:g}{alone}"
    if (high < asked.bound) if up else (low > asked.bound):
        return NOT_MET, f"not {asked.direction} {asked.bound:g}{alone}"
    return NOT_YET, f"the interval holds the bound {asked.bound:g}"


def _of_measure(
    session: Session, asked: EffectivenessCriterion, device: str, day: date
) -> list[Look]:
    """Evaluations of periods that begin after the day; locked tests have none and do not count."""
    query = (
        select(Evaluation, EvaluationResult, Revalidation.id)
        .join(EvaluationResult, col(EvaluationResult.evaluation_id) == Evaluation.id)
        .join(ModelVersion, col(ModelVersion.id) == Evaluation.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .outerjoin(Site, col(Site.id) == Evaluation.site_id)
        .outerjoin(Revalidation, col(Revalidation.after_evaluation_id) == Evaluation.id)
        .where(
            Device.name == device, EvaluationResult.measure == asked.name,
            EvaluationResult.subgroup == asked.subgroup, col(Evaluation.period_from) > day,
            col(Evaluation.period_to).is_not(None),
            col(Site.id).is_(None) if asked.site == ALL_SITES else col(Site.name) == asked.site,
        )
        .order_by(col(Evaluation.period_to), col(Evaluation.id))
    )
    return [
        Look(
            f"{Revalidation.PREFIX}-{number:04d}" if number else one.label, one.period_from,
            one.period_to, result.n, result.value, result.low, result.high, result.reason,
        )
        for one, result, number in session.exec(query)
        if one.period_from is not None and one.period_to is not None
    ]


def _of_chart(
    session: Session, asked: EffectivenessCriterion, device: str, day: date
) -> list[Look]:
    """Windows of a chart that hold no case from before the day or of it.

    A chart without windows adds up from its beginning, and can show nothing of the time after. A
    window whose cases were too few leaves them to the next: that one counts from the first of them.
    """
    query = (
        select(ChartPoint, MonitoringRun.id)
        .join(MonitoringRun, col(MonitoringRun.id) == ChartPoint.run_id)
        .join(MonitoringPlan, col(MonitoringPlan.id) == MonitoringRun.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
        .where(
            Device.name == device, ChartPoint.chart == asked.name, ChartPoint.site == asked.site,
            ChartPoint.subgroup == ("" if asked.subgroup == "all" else asked.subgroup),
        )
        .order_by(col(ChartPoint.day), col(ChartPoint.id))
    )
    found, carried = [], True
    for point, number in session.exec(query):
        kept = any(len(one) for one in (point.state.get("cases") or {}).values())
        begun = point.details.get("window_start")
        first = date.fromisoformat(str(begun)) if begun else None
        if point.day <= day or first is None:
            carried = kept
            continue
        earlier = first <= day or carried
        carried = earlier and kept
        if earlier or point.details.get("open"):
            continue
        last = date.fromisoformat(str(point.details.get("window_end") or point.day))
        found.append(Look(f"{MonitoringRun.PREFIX}-{number or 0:04d}", first, last, point.n,
                          point.value, point.low, point.high, point.reason))  # fmt: skip
    return found
