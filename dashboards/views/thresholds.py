"""What another operating point would have meant: explored on a stored evaluation."""

import streamlit as st

from dashboards import figures, look, performance_charts
from dashboards.desk import Desk
from measures.estimate import Estimate
from monitoring.performance_definitions import decision_explanation, threshold_explanation
from monitoring.threshold_explorer import (
    EXPLORATORY,
    FLAGGED,
    NET_BENEFIT,
    SHARES,
    Exploration,
    Threshold,
    explore,
    trade_off,
)
from records.evaluation_overview import StoredEvaluation
from regulatory.documents.wording import grouped, measure_name, number

CUT = "threshold-cut"
_COUNTS = {
    "Found, with the finding": "true_positive", "Missed": "false_negative",
    "False alarms": "false_positive",
}  # fmt: skip


def show_explorer(desk: Desk, one: StoredEvaluation) -> None:
    """The curves of an evaluation, one threshold of it in full, and the trade-off."""
    look.section("Other thresholds", "What would another operating point have meant?")
    look.notice(
        f"{EXPLORATORY} To change the operating point, propose a change under Change requests.",
        "waiting",
    )
    if not one.figures.get("score_counts"):
        look.quiet(
            "not estimable: this evaluation was stored without counts by score. Measure a period "
            "with 'radvigil monitor measure --since DAY --until DAY', or choose a newer evaluation."
        )
        return
    found = explore(desk.reader, one.label)
    chosen = _chosen(found)
    figures.draw(
        performance_charts.threshold_chart(found, SHARES, chosen=chosen), key="threshold-figure",
        how=threshold_explanation(one, found),
        alt="Sensitivity, specificity and predictive values by threshold, with 95 % intervals",
    )
    _beside(found, chosen)
    if found.mind:
        look.quiet(found.mind)
    look.section("Net benefit", "Is acting on the device better than on all studies, or on none?")
    if found.no_net_benefit:
        look.quiet(f"not estimable: {found.no_net_benefit}.")
    else:
        figures.draw(
            performance_charts.decision_chart(found, chosen=chosen), key="decision-figure",
            how=decision_explanation(one, found),
            alt="Net benefit by threshold probability: the device, all studies, none",
        )
    with st.expander("Every kept threshold as a table"):
        look.table(
            ["Threshold", *map(_name, (*SHARES, FLAGGED))],
            [[_cut(each), *(_words(each.estimates[name]) for name in (*SHARES, FLAGGED))]
             for each in found.thresholds],
            empty="",
        )  # fmt: skip


def _chosen(found: Exploration) -> Threshold:
    cuts = [one.cut for one in found.thresholds if one.cut is not None]
    at = found.operating_point
    first = found.at(cuts[len(cuts) // 2] if at is None else at).cut
    wanted = st.select_slider(
        "Explored threshold", cuts, value=first, key=f"{CUT}-{found.evaluation}",
        format_func=lambda cut: number(cut),
    )
    return found.at(wanted)


def _beside(found: Exploration, chosen: Threshold) -> None:
    was = found.as_it_was
    names = (*SHARES, FLAGGED, *([NET_BENEFIT] if NET_BENEFIT in chosen.estimates else []))
    look.section("This threshold beside the decisions as they were made")
    look.table(
        ["Measure", f"At {_cut(chosen)}", "As it was"],
        [
            *([_name(name), _words(chosen.estimates[name]), _was(was, name)] for name in names),
            *([name, getattr(chosen, count), getattr(was, count, None)]
              for name, count in _COUNTS.items()),
        ],
        empty="",
    )  # fmt: skip
    if was is None:
        return
    cost = trade_off(was, chosen)
    look.facts([
        ("More found with the finding", cost.more_found),
        ("More false alarms", cost.more_false_alarms), ("More alerts", cost.more_alerts),
        ("Trade-off", cost.per_found),
    ])  # fmt: skip


def _was(was: Threshold | None, name: str) -> str:
    if was is None:
        return "not recorded"
    return _words(was.estimates[name]) if name in was.estimates else "not applicable"


def _name(name: str) -> str:
    return "Alerts per 100 studies" if name == FLAGGED else measure_name(name)


def _cut(one: Threshold) -> str:
    return "as it was" if one.cut is None else number(one.cut)


def _words(one: Estimate) -> str:
    if one.measure == FLAGGED and one.value is not None:
        low, high = number(one.low or 0.0, 1), number(one.high or 0.0, 1)
        return f"{number(one.value, 1)} (95 % CI {low} to {high}, n = {grouped(one.n)})"
    return look.estimate(one.value, one.low, one.high, n=one.n, level=one.level, reason=one.reason)
