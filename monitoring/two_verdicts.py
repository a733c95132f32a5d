"""Why a control chart and Evidently may say otherwise of the same column.

A control chart watches one site day by day and its limit is solved for a rate of false alarms: it
raises the alert. Evidently compares tables of all sites together by a pinned distance: it raises
none. Both are quoted as stored; what differs between them is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from records.counting import counted
from records.surveillance_overview import (
    ChartStanding,
    DriftVerdicts,
    chart_standings,
    drift_reports,
)

__all__ = ["EVIDENTLY", "TwoVerdicts", "columns_of", "compare_verdicts", "two_verdicts"]

EVIDENTLY: Final = "evidently "
_DRIFT, _NONE, _UNKNOWN = "drift", "no drift", "not estimable"


@dataclass(frozen=True, slots=True)
class TwoVerdicts:
    """What the chart says, what Evidently says of the same columns, and why they may differ.

    evidently: 'drift', 'no drift', 'not estimable', or 'not compared'. agree: None where one of the
    two says nothing.
    """

    chart: str
    site: str
    chart_says: str
    evidently: str
    columns: tuple[str, ...]
    drifted: tuple[str, ...]
    report: str
    agree: bool | None
    words: str


def columns_of(one: ChartStanding) -> tuple[str, ...]:
    """The columns that a chart watches, as its last point names them; none where it names none."""
    told = one.details.get("columns")
    several = [str(name) for name in told] if isinstance(told, dict | list) else []
    own = str(one.details.get("column") or "")
    return tuple(dict.fromkeys([*several, *([own] if own else [])]))


def two_verdicts(session: Session, *, device: str, chart: str, site: str) -> TwoVerdicts | None:
    """The comparison for the last point of a chart and the last report of its device; None where
    the chart has no point there."""
    standings = chart_standings(session, device=device, site=site)
    found = next((one for one in standings if one.chart == chart), None)
    if found is None:
        return None
    return compare_verdicts(found, drift_reports(session, device=device))


def compare_verdicts(one: ChartStanding, reports: Sequence[DriftVerdicts]) -> TwoVerdicts:
    """The same from what was read. reports: of the device, the newest first."""
    raises = (
        f"This control chart raises the alert; it is {one.state} at {one.site} on {one.day}"
        + (f" ({one.alert})" if one.alert else "") + "."
    )
    columns = columns_of(one) or ((one.chart.removeprefix(EVIDENTLY),))
    report = next(iter(reports), None)
    rows = [row for row in (report.verdicts if report else []) if row["column"] in columns]
    if report is None or not rows:
        why = "no report was made yet"
        if report is not None:
            why = f"its report of {report.day} holds no column that this chart watches"
        return TwoVerdicts(
            one.chart, one.site, one.state, "not compared", columns, (),
            report.label if report else "", None, f"{raises} Evidently says nothing of it: {why}.",
        )  # fmt: skip
    drifted = tuple(str(row["column"]) for row in rows if row["drifted"])
    unknown = all(row["drifted"] is None for row in rows)
    said = _UNKNOWN if unknown else _DRIFT if drifted else _NONE
    agree = None if unknown or one.statistic is None else bool(drifted) == (one.signal or bool(
        one.alert))
    names = ", ".join(_plain(str(row["column"])) for row in rows)
    of = (f" in {', '.join(map(_plain, drifted))} (of {names})" if drifted
          else f" in {names}")  # fmt: skip
    words = (f"{raises} Evidently says {said}{of} on {report.day}, all sites together "
             f"({counted(report.current_rows, 'study', 'studies')} against "
             f"{report.reference_rows}). {_why(agree, bool(drifted))}")  # fmt: skip
    return TwoVerdicts(
        one.chart, one.site, one.state, said, columns, drifted, report.label, agree, words
    )


def _why(agree: bool | None, drifted: bool) -> str:
    if agree is None:
        return "One of the two could not be computed, so they are not held against each other."
    if agree:
        return "They agree."
    if drifted:
        return ("They differ: Evidently judges one distance by a pinned limit and counts no false "
                "alarms; another site, or the mix of sites, moves its table too.")  # fmt: skip
    return ("They differ: the chart adds up small changes of one site over days; in a table of all "
            "sites and one week they are diluted.")  # fmt: skip


def _plain(column: str) -> str:
    return column.replace("_", " ")

