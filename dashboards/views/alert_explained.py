"""What lies behind an alert, in one screen: what moved, since when, where, why, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from imaging.small_view import View
from journeys.study_pictures import study_pictures
from records.alert_words import alert_facts, example_labels
from records.cases import Study
from records.errors import RadvigilError
from records.lookup import find_record
from records.overview import AlertStanding

STEPS = "do next"
NAMES = {"before": "Before", "since": "Since the change"}


def show_explanation(desk: Desk, chosen: AlertStanding) -> None:
    """The stored explanation of an alert, with example images before and since."""
    look.notice(chosen.summary, "bad" if chosen.severity == "high" else "waiting")
    told = alert_facts(chosen.evidence)
    left, right = st.columns([3, 2])
    with left:
        look.facts([(name, look.Long(words)) for name, words in told if name != STEPS])
    with right:
        _steps(chosen.evidence.get("explanation") or {})
    show_examples(desk, chosen.evidence)
    look.quiet(
        f"The studies behind it, for a notebook: 'radvigil alert cases {chosen.label} --out "
        "FILE.csv'. A cause is a guess from what moved together; only a look tells."
    )


def show_examples(desk: Desk, evidence: Mapping[str, Any]) -> None:
    """Example images before and since the change, side by side, in a window of one's choice."""
    examples = {period: labels for period, labels in example_labels(evidence).items() if labels}
    if not examples:
        return
    level, width, zoom = st.columns(3)
    view = View(
        level.slider("Window level, % of its width", -50, 50, 0, 5, key="view-level") / 100,
        width.slider("Window width, % of the proposed", 20, 200, 100, 10, key="view-width") / 100,
        zoom.slider("Zoom", 1.0, 4.0, 1.0, 0.5, key="view-zoom"),
    )
    for place, (period, labels) in zip(st.columns(2), examples.items(), strict=False):
        with place:
            _pictures(desk, NAMES[period], labels, view)


def _steps(told: dict[str, Any]) -> None:
    if not told:
        return
    steps = told["next_steps"]
    look.facts([(f"Do next, {number}", step) for number, step in enumerate(steps, start=1)])


def _pictures(desk: Desk, name: str, labels: Sequence[str], view: View) -> None:
    """One image of each study, side by side; where none may be shown, why."""
    shown: list[tuple[bytes, str]] = []
    withheld: list[str] = []
    for label in labels:
        try:
            study = find_record(desk.reader, Study, label)
            pictures, reasons = study_pictures(desk.store, desk.reader, study.id or 0, view=view)
        except RadvigilError as gone:
            withheld.append(gone.message)
            continue
        shown += [(one, label) for one in pictures[:1]]
        withheld += reasons
    if shown:
        for column, (picture, label) in zip(st.columns(3), shown, strict=False):
            column.image(picture, caption=f"{name}: {label}", width="stretch")
    for words in withheld:
        look.quiet(f"{name}, not shown: {words}.")
