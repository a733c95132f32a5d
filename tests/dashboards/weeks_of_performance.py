"""What a chart of estimated performance stores over some weeks, as the pages read it."""

from datetime import date, timedelta
from typing import Any

BASELINE: dict[str, Any] = {
    "chart": "sensitivity_by_week", "alpha": 0.004, "n": 200,
    "prepared": {"measure": "sensitivity", "bound": 0.78, "truth_days": 90},
}  # fmt: skip


def point_of_week(begin: date, number: int) -> dict[str, Any]:
    """The chart's point of a day, but for its run, site and day."""
    week = weeks(begin, number)
    said = week.get("figures", {}).get("estimated", {"value": None})
    high = said["high"] if said["value"] is not None else None
    return {
        "chart": "sensitivity_by_week", "n": 140, "value": said["value"], "low": said.get("low"),
        "high": high, "statistic": high, "limit": 0.78, "details": week,
        "reason": said.get("reason", "the window goes on"),
    }  # fmt: skip


def told(value: float | None, n: int, *, half: float = 0.1, reason: str = "") -> dict[str, Any]:
    if value is None:
        return {"value": None, "low": None, "high": None, "n": n, "reason": reason}
    return {"value": value, "low": value - half, "high": min(value + half, 1.0), "n": n}


def week_of(
    begin: date, number: int, known: int, *, estimable: bool = True
) -> dict[str, Any]:
    """A window of a week as its chart stores it, with so much of its truth."""
    first = begin + timedelta(days=7 * number)
    untellable = "the scores alone cannot tell; only truth can"
    return {
        "window_start": first.isoformat(), "known": known, "studies": 140,
        "window_end": (first + timedelta(days=6)).isoformat(),
        "figures": {
            "estimated": told(0.85 if estimable else None, 140, reason=untellable),
            "prediction-powered": told(0.84 if 0 < known < 140 else None, known, half=0.07,
                                       reason="all truth is known" if known else "no truth"),
            "realised": told(0.83 if known == 140 else None, known, half=0.05,
                             reason=f"the truth of {known} of 140 studies is known"),
        },
    }  # fmt: skip


def weeks(begin: date, number: int) -> dict[str, Any]:
    """What the chart of estimated performance stores of a day: the week that ended, and the earlier
    ones whose truth came. The third week cannot be told from its scores."""
    at, rest = divmod(number + 1, 7)
    if rest:
        return {"open": True, "revised": []}
    earlier = [week_of(begin, at - 1 - back, {1: 60, 2: 140}[back], estimable=at - 1 - back != 2)
               for back in (1, 2) if at > back]  # fmt: skip
    return week_of(begin, at - 1, 0, estimable=at != 3) | {"revised": earlier}
