"""Trends, on the page of incidents: what each question is answered, and the decision."""

from datetime import timedelta
from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act
from dashboards.desk import Desk
from records.lookup import list_records
from records.permissions import Action, roles_named
from records.product import Device
from records.signature_policy import has_acknowledged
from records.surveillance import MonitoringPlan
from records.trends import TrendLook, decisions_on, undecided_rows
from regulatory.documents.surveillance_tables import european
from regulatory.trend_decisions import OUTCOMES, decide_trend
from regulatory.trend_standing import (
    TrendStanding,
    baseline_words,
    decided_words,
    notes_of,
    p_words,
    running_words,
    shown,
    spent_words,
    trend_standing,
)
from regulatory.trends import NONE, TREND, UNKNOWN, WATCH, PeriodLook

_TONES: dict[str, look.Tone] = {
    TREND: "bad", UNKNOWN: "unknown", WATCH: "waiting", NONE: "good",
}  # fmt: skip
_GATES = {"not answered": None, "yes": True, "no": False}


def show_trends(desk: Desk) -> None:
    """The last period that is over and the one that runs, device by device."""
    look.section(
        "Trends (EU MDR Art. 88)",
        "Whether events that are not serious come more often, or are graver, than the plan "
        "expects. Each period is judged once, after its end; a person decides.",
    )
    planned = {one.device_id for one in list_records(desk.reader, MonitoringPlan)}
    names = {one.name for one in list_records(desk.reader, Device) if one.id in planned}
    if not names:
        look.quiet("No monitoring plan is in force: there is nothing to hold events against.")
    for name in sorted(names):
        found = trend_standing(desk.reader, name, until=desk.now.date() - timedelta(days=1))
        _closed(desk, found)
        if found.running is not None:
            look.quiet(running_words(found))
            _table(found, found.running)


def _closed(desk: Desk, found: TrendStanding) -> None:
    look.quiet(spent_words(found))
    if found.closed is None:
        return
    _table(found, found.closed)
    if found.recorded is not None:
        _decision(desk, found.recorded)


def _table(found: TrendStanding, one: PeriodLook) -> None:
    look.table(
        ["Question", "Events", "Rate (95 %)", "Baseline", "Ratio (95 %)", "p, alpha", "Verdict",
         "Decided"],
        [_row(found, each, closed=one is found.closed) for each in one.rows],
        empty="The plan asks nothing.", wide="Verdict",
    )  # fmt: skip
    for words in notes_of(one):
        look.quiet(words)


def _row(found: TrendStanding, row: dict[str, Any], *, closed: bool) -> list[look.Cell]:
    decided, by = decided_words(found, row, closed=closed)
    terms = ", ".join(row["imdrf_annex_a"])
    p, level = p_words(row)
    return [
        look.Mark(row["question"], "plain", f"IMDRF A: {terms}" if terms else row["events"][0]),
        look.Mark(f"{row['count']} on {row['exposure']}", "plain",
                  f"{row['unit']}; {row['undecided']} undecided, {row['serious']} serious"),
        shown(row["rate"]), baseline_words(row), shown(row["ratio"]),
        look.Mark(p, "plain", f"at {level}"),
        look.Mark(row["verdict"], _TONES.get(row["verdict"], "plain"), row["reason"]),
        look.Mark(european(decided), "plain", by) if by else european(decided),
    ]  # fmt: skip


def _decision(desk: Desk, recorded: TrendLook) -> None:
    made = decisions_on(desk.reader, [recorded]).get(recorded.id or 0, [])
    waiting = undecided_rows(recorded, made)
    if not waiting:
        return
    if not desk.may(Action.DECIDE_REPORTABILITY):
        look.quiet(f"{recorded.label} waits for: {roles_named(Action.DECIDE_REPORTABILITY)}.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        signing.policy_form(desk)
        return
    trends = [one["question"] for one in waiting if one["verdict"] == TREND]
    rest = "all that are no trend" if len(trends) < len(waiting) else ""
    with st.form(f"decide-{recorded.label}"):
        on = st.selectbox("Decide on", [*trends, *([rest] if rest else [])], key="trend-on")
        asked = [
            st.selectbox(words, list(_GATES), key=key)
            for words, key in (
                ("May the effect on the benefit-risk analysis be significant?", "trend-benefit"),
                ("May it lead to risks that are unacceptable against the benefits?", "trend-risk"),
            )
        ]
        reason = st.text_input("Grounds", key="trend-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="trend-password")  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button("Sign the decision", type="primary", key="trend-decide")
    if not pressed:
        return

    def decide() -> str:
        with desk.act_on(recorded, "decision on trends", reason) as (tx, person, now):
            one = decide_trend(
                tx, tx.get_one(TrendLook, recorded.id), questions=() if on == rest else (str(on),),
                benefit_risk=_GATES[str(asked[0])], unacceptable_risk=_GATES[str(asked[1])],
                grounds=reason, by=person, password=password, now=now,
            )
            return f"{one.label}: {', '.join(one.proposed)}: {european(OUTCOMES[one.outcome])}."

    act(decide, reason=reason)
