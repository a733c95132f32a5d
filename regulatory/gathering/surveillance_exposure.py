"""How much a device was sold and used, over four periods of 12 months (T1 to T3 of a PSUR).

Two figures never become one: what people told of a region is quoted by region, what was counted
here is counted here, and each denominator says which of them it is.
"""

from datetime import date

from sqlmodel import Session, select

from records.distribution import CHARACTERISTICS, ExposureEstimate, Sales
from records.known_facts import REGIONS, sales_by_year, standing_facts
from records.market_facts import MarketPlacing
from records.product import Site
from records.trend_counts import exposure_of
from records.trend_rules import Period
from regulatory.documents.surveillance_facts import (
    Across,
    Exposure,
    InPeriod,
    Listed,
    PeriodTable,
    Rows,
    Span,
)

BEFORE_MARKET = "not applicable: not on the market yet"
HERE = "counted here: studies read for care at the sites on record"
_DOUBLE = "two figures contradict each other"


def exposure(
    session: Session, device: str, periods: tuple[Span, ...], report: Span
) -> Exposure:
    """Sales, population, characteristics, use and denominators.

    periods: 12 months each, the newest first. report: what the report is about.
    """
    placed = [one.since for one in standing_facts(session, MarketPlacing, device)]
    first = min(placed) if placed else None
    estimates = standing_facts(session, ExposureEstimate, device)
    used = {one: exposure_of(session, device, Period(*one)) for one in (*periods, report)}
    sites = used[report][0]
    labels = {one.name: one.label for one in session.exec(select(Site))}
    return Exposure(
        _sales(session, device, periods, first), _population(estimates, periods, first),
        _characteristics(estimates, periods, first), _methods(estimates, periods),
        _denominators(estimates, periods, {one: used[one][1] for one in periods}, first),
        Rows(tuple(
            Listed(labels[name], (name, studies)) for name, studies in sorted(sites.items())
        )),
        other_sales=_other_sales(session, device, periods),
        other_estimates=Rows(tuple(
            Listed(one.label, (one.region, one.since, one.until, one.patients, one.studies,
                               one.method))
            for one in estimates
            if one.characteristic == "all" and _beside((one.since, one.until), periods)
        )),
        silent=tuple(sorted(name for name, studies in sites.items() if not studies)),
    )  # fmt: skip


def _beside(span: Span, periods: tuple[Span, ...]) -> bool:
    """Whether a span is none of the periods and has days in common with them."""
    return span not in periods and span[0] <= periods[0][1] and span[1] >= periods[-1][0]


def _other_sales(session: Session, device: str, periods: tuple[Span, ...]) -> Rows:
    return Rows(tuple(
        Listed(one.label, (one.region, one.since, one.until, one.unit, one.number, one.counting))
        for one in standing_facts(session, Sales, device)
        if one.region in REGIONS and _beside((one.since, one.until), periods)
    ))


def _early(first: date | None, period: Span) -> bool:
    return first is not None and period[1] < first


def _sales(
    session: Session, device: str, periods: tuple[Span, ...], first: date | None
) -> PeriodTable:
    """T1. What nobody recorded of a time before the device was on the market is not lacking."""
    cells, _ = sales_by_year(session, device, periods[0][1], years=len(periods))
    by_row: dict[tuple[str, str], dict[Span, InPeriod]] = {}
    told = set()
    lacking: list[tuple[str, Span]] = []
    for one in cells:
        period = (one.since, one.until)
        row = by_row.setdefault((one.region, one.unit), {})
        if one.fact is not None:
            told.add((one.region, one.unit))
            row[period] = InPeriod(one.fact.number, one.fact.counting, records=(one.fact.label,))
        elif _early(first, period):
            row[period] = InPeriod(None, BEFORE_MARKET)
        else:
            row[period] = InPeriod(None, "not recorded")
            lacking.append((f"{one.unit} {_where(one.region)}", period))
    rows = tuple(
        Across((region, unit), tuple(found[one] for one in periods))
        for (region, unit), found in by_row.items()
    )
    return PeriodTable(periods, rows, _lacking_of(lacking, periods))


def _where(region: str) -> str:
    return region if region == "worldwide" else f"in {region}"


def _lacking_of(
    lacking: list[tuple[str, Span]], periods: tuple[Span, ...]
) -> tuple[str, ...]:
    """What is not recorded, the same periods told once."""
    by_name: dict[str, list[Span]] = {}
    for name, period in lacking:
        by_name.setdefault(name, []).append(period)
    alike: dict[tuple[Span, ...], list[str]] = {}
    for name, found in by_name.items():
        alike.setdefault(tuple(found), []).append(name)
    return tuple(
        f"Not recorded of {_periods_said(found, periods)}: {', '.join(names)}."
        for found, names in alike.items()
    )


def _periods_said(found: tuple[Span, ...], periods: tuple[Span, ...]) -> str:
    if len(found) == len(periods):
        return f"any of the {len(periods)} periods"
    return " and ".join(f"{first} to {last}" for first, last in found)


def _sentence(lacking: list[str]) -> tuple[str, ...]:
    return (f"Not recorded: {', '.join(lacking)}.",) if lacking else ()


def _figure(
    found: list[ExposureEstimate], name: str, early: bool
) -> InPeriod:
    """One figure of a cell; two of them are a contradiction, and neither is taken."""
    told = [one for one in found if getattr(one, name) is not None]
    if len(told) == 1:
        return InPeriod(getattr(told[0], name), records=(told[0].label,))
    if len(told) > 1:
        return InPeriod(None, _DOUBLE, records=tuple(one.label for one in told))
    return InPeriod(None, BEFORE_MARKET if early else "not recorded")


def _population(
    estimates: tuple[ExposureEstimate, ...], periods: tuple[Span, ...], first: date | None
) -> PeriodTable:
    """T2: estimated patients and studies of each region."""
    rows: list[Across] = []
    lacking: list[tuple[str, Span]] = []
    for region in REGIONS:
        whole = [one for one in estimates if one.region == region and one.characteristic == "all"]
        for name in ("patients", "studies"):
            cells = tuple(
                _figure([one for one in whole if (one.since, one.until) == period], name,
                        _early(first, period))
                for period in periods
            )  # fmt: skip
            rows.append(Across((region, name), cells))
            lacking += [
                (f"{name} {_where(region)}", period)
                for period, one in zip(periods, cells, strict=True)
                if one.value is None and one.why != BEFORE_MARKET
            ]
    return PeriodTable(periods, tuple(rows), _lacking_of(lacking, periods))


def _characteristics(
    estimates: tuple[ExposureEstimate, ...], periods: tuple[Span, ...], first: date | None
) -> PeriodTable:
    """T3: patients, else studies, by what they are told apart by."""
    of_periods = [one for one in estimates if (one.since, one.until) in periods]
    keys = dict.fromkeys(
        (one.characteristic, one.group, one.region) for one in of_periods
        if one.characteristic != "all"
    )
    rows = []
    for characteristic, group, region in keys:
        own = [one for one in of_periods
               if (one.characteristic, one.group, one.region) == (characteristic, group, region)]
        unit = "patients" if any(one.patients is not None for one in own) else "studies"
        rows.append(Across(
            (characteristic, group, region, unit),
            tuple(_figure([one for one in own if (one.since, one.until) == period], unit,
                          _early(first, period)) for period in periods),
        ))  # fmt: skip
    lacking = [
        f"{name} {_where(region)}"
        for name in CHARACTERISTICS if name != "all" for region in REGIONS
        if (name, region) not in {(one[0], one[2]) for one in keys}
    ]
    return PeriodTable(periods, tuple(rows), _sentence(lacking))


def _methods(estimates: tuple[ExposureEstimate, ...], periods: tuple[Span, ...]) -> Rows:
    return Rows(tuple(
        Listed(one.label, (one.region, one.characteristic + (f": {one.group}" if one.group else ""),
                           f"{one.since} to {one.until}", one.method,
                           one.limits or "none stated", one.source))
        for one in estimates if (one.since, one.until) in periods
    ))  # fmt: skip


def _denominators(
    estimates: tuple[ExposureEstimate, ...], periods: tuple[Span, ...], here: dict[Span, int],
    first: date | None,
) -> PeriodTable:
    """What events are related to: the studies that people told of a region; else, worldwide, those
    counted here."""
    rows = []
    for region in REGIONS:
        cells = []
        for period in periods:
            told = [one for one in estimates if one.characteristic == "all"
                    and one.region == region and (one.since, one.until) == period]
            one = _figure(told, "studies", _early(first, period))
            if one.value is not None:
                one = InPeriod(one.value, "as recorded", records=one.records)
            elif region == "worldwide" and here[period] and one.why != _DOUBLE:
                one = InPeriod(here[period], HERE)
            cells.append(one)
        rows.append(Across((region,), tuple(cells)))
    return PeriodTable(periods, tuple(rows))


