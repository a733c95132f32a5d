"""The observed rate of each risk beside its estimate (ISO 14971:2019, 10; MDR Annex III 1.1(b)).

The verdict is by the exact interval: above or below only where the whole interval is, within where
it holds the estimate. An interval that holds it is no proof: how wide it is stands beside it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from measures.estimate import Estimate
from measures.event_rate import events_per_exposure
from measures.proportions import clopper_pearson
from records.errors import InvalidInput
from records.people import Actor
from records.permissions import Action, require
from records.risk import (
    ABOVE,
    BELOW,
    NEW_HAZARD,
    NOT_ESTIMABLE,
    WITHIN,
    RiskItem,
    RiskReview,
    items_of,
    risk_file_in_force,
)
from regulatory.documents.wording import plainly
from regulatory.new_hazards import is_new
from regulatory.risk_counts import NOT_CODED, SOURCES, Counted, Period, studies_read


def review_risks(
    reader: Session, device: str, first: date, last: date, *, conclusion: str, by: Actor,
    now: datetime,
) -> RiskReview:
    """The review of a period, not yet kept: a row an item, and what points to none.

    Raises:
        NotAllowed: No role that may.
        NotFound: No risk file of the device is in force.
        InvalidInput: The period ends before it begins, or has not ended yet.
    """
    require(by, Action.WORK_ON_RISKS)
    if last < first:
        raise InvalidInput(f"The period ends on {last}, before it begins on {first}.")
    if last > now.date():
        raise InvalidInput(
            f"The period ends on {last}, which has not been yet.", hint="Review it when it is over."
        )
    known = risk_file_in_force(reader, device)
    period = Period(device, first, last)
    studies = studies_read(reader, period)
    counted = {name: count(reader, period, studies) for name, count in SOURCES.items()}
    items = items_of(reader, known)
    return RiskReview(
        risk_file_id=known.id or 0, period_from=first, period_to=last, studies=studies,
        rows=[item_row(item, counted) for item in items],
        new_hazards=new_hazards(items, counted), conclusion=conclusion,
        made_by=by.name, made_at=now,
    )


def item_row(item: RiskItem, counted: dict[str, Counted]) -> dict[str, Any]:
    """An item's estimate beside what was observed, with the verdict and the reason."""
    row: dict[str, Any] = {
        "code": item.code, "hazard": item.hazard, "estimate": item.estimate_in_use,
        "events": None, "exposure": None, "unit": "", "observed": None, "low": None, "high": None,
        "method": "", "verdict": NOT_ESTIMABLE, "reason": "", "beside": [],
    }
    if not item.observed:
        return row | {"reason": "the risk file names no records in which it would show"}
    row["beside"] = [
        {"source": one["source"], "of": one["of"], "events": said.events(one["of"])}
        for one in item.observed
        if not of_rate(one) and (said := counted.get(one["source"])) and not said.why_not
    ]
    found = [(one, counted.get(one["source"])) for one in item.observed if of_rate(one)]
    if not found:
        return row | {"reason": "the risk file names no source of its rate"}
    for one, said in found:
        if said is None:
            return row | {"reason": f"'{one['source']}' is kept by no record of this version"}
        if said.why_not:
            return row | {"reason": said.why_not}
        if one["of"] and said.undecided:
            return row | {"reason": f"{said.undecided} {one['source']} of the period are not coded"}
    if len({said.unit for _, said in found if said}) > 1:
        return row | {"reason": "its sources have different denominators and are not added"}
    first = found[0][1]
    assert first is not None
    events = sum(said.events(one["of"]) for one, said in found if said)
    share = len(found) == 1 and first.share
    estimate = _rate(item.code, events, first.exposure, share=share)
    row |= {"events": events, "exposure": first.exposure, "unit": first.unit}
    if not estimate.estimable:
        return row | {"reason": f"no {first.unit} in the period"}
    row |= {"observed": estimate.value, "low": estimate.low, "high": estimate.high,
            "method": estimate.method}  # fmt: skip
    verdict, reason = verdict_of(estimate, item.estimate_in_use)
    return row | {"verdict": verdict, "reason": reason}


def of_rate(one: dict[str, Any]) -> bool:
    """Whether events of a source make the rate; else they are counted beside it."""
    return bool(one.get("rate", True))


def _rate(code: str, events: int, exposure: int, *, share: bool) -> Estimate:
    if exposure == 0:
        return Estimate.not_estimable(code, "no exposure", n=0)
    if share:
        return clopper_pearson(code, events, exposure)
    return events_per_exposure(code, events, exposure)


def verdict_of(observed: Estimate, estimate: float | None) -> tuple[str, str]:
    """above, within, below or not estimable, and why.

    >>> from measures.event_rate import events_per_exposure
    >>> verdict_of(events_per_exposure("x", 30, 1000), 0.01)[0]
    'above'
    >>> verdict_of(events_per_exposure("x", 0, 10), 0.01)[0]
    'within'
    """
    if observed.low is None or observed.high is None:
        return NOT_ESTIMABLE, observed.reason
    if estimate is None:
        return NOT_ESTIMABLE, "the risk file gives no estimate to compare with"
    interval = plainly(f"{observed.low:.3g} to {observed.high:.3g}")
    if observed.low > estimate:
        return ABOVE, f"the whole interval {interval} lies above {estimate:g}"
    if observed.high < estimate:
        return BELOW, f"the whole interval {interval} lies below {estimate:g}"
    return WITHIN, f"the interval {interval} holds {estimate:g}"


def new_hazards(items: Sequence[RiskItem], counted: dict[str, Counted]) -> list[dict[str, Any]]:
    """Events of the period that no item of the risk file points to (REG-100)."""
    return [
        {"source": source, "kind": kind, "events": events, "verdict": NEW_HAZARD}
        for source, said in counted.items() for kind, events in sorted(said.of.items())
        if events and kind != NOT_CODED and is_new(items, source, kind)
    ]
