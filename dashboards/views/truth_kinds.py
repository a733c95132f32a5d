"""How good a product is by each way of knowing the truth, for quality and those who decide."""

from collections.abc import Sequence

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from records.counting import counted
from records.truth_kind_results import EVERYWHERE, ByTruth, TruthComparison, newest_comparisons

_TITLES = {"sensitivity": "Sensitivity", "specificity": "Specificity", "ppv": "PPV", "auc": "AUC"}


def show(desk: Desk) -> None:
    """One product and place at a time: each way of knowing the truth, a row."""
    look.title(
        "Kinds of truth",
        "How good a product is by report text, by later verification, and by adjudication, side "
        "by side: where they differ, the corrected figures are the ones to trust.",
    )
    found = newest_comparisons(desk.reader)
    if not found:
        look.quiet("Nothing was compared yet: 'radvigil monitor compare-truth'.")
        return
    named = {f"{one.rows[0].name} ({one.rows[0].version})": one for one in found if one.rows}
    chosen = named[st.selectbox("Product and version", list(named), key="truth-kinds-version")]
    sites = sorted({row.site for row in chosen.rows} - {EVERYWHERE})
    words = {"All sites": EVERYWHERE} | {one.capitalize(): one for one in sites}
    site = words[st.selectbox("Site", list(words), key="truth-kinds-site")]
    _table(chosen, site)
    look.quiet(
        f"{chosen.label}: {counted(chosen.studies, 'study', 'studies')} from "
        f"{chosen.since} to {chosen.until}, compared {chosen.made_at:%Y-%m-%d}. "
        "In brackets 95 % intervals; n: studies that the figure rests on."
    )


def _table(chosen: TruthComparison, site: str) -> None:
    """A row a way, a column a measure; what a way rests on, and why there is no estimate, is told
    once below."""
    rows = [one for one in chosen.rows if one.site == site]
    ways = {one.way: one.caveat for one in rows}
    look.table(
        ["Truth by", *_TITLES.values()],
        [
            [_named(way),
             *(_cell([one for one in rows if one.way == way], measure) for measure in _TITLES)]
            for way in ways
        ],
        empty="The device has read nothing at this site in the period compared.",
    )  # fmt: skip
    for way, caveat in ways.items():
        look.quiet(f"{_named(way)}: {caveat}.")
    why: dict[str, dict[str, None]] = {}
    for one in rows:
        if one.result.value is None:
            what = f"{_TITLES[one.result.measure]} by {one.way}"
            why.setdefault(one.result.reason, {})[what] = None
    for reason, what_by in why.items():
        look.quiet(f"Not estimable for {', '.join(what_by)}: {reason.rstrip('.')}.")


def _named(way: str) -> str:
    return way[:1].upper() + way[1:]


def _cell(rows: Sequence[ByTruth], measure: str) -> look.Cell:
    for one in rows:
        if one.result.measure == measure:
            return f"not estimable, n = {one.result.n}" if one.result.value is None else one.words
    return "-"
