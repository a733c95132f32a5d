"""Revalidations, for quality teams: what is owed, what was found, and what follows where it fell
short: use suspended, corrective actions, incidents held against the charts."""

from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.desk import Desk
from dashboards.links import choose
from dashboards.views.suspensions import show_suspensions
from journeys.tell_week import owed_of
from records.capas import CAPA, STEPS, WORDS
from records.counting import counted
from records.incident_replays import IncidentReplay
from records.lookup import find_record, list_records
from records.product import Device
from records.revalidation_overview import (
    RevalidationStanding,
    judged_rows_of,
    revalidation_standings,
)
from records.revalidation_rules import FAILING, INFERIOR, NOT_DECIDED, PASSED
from records.surveillance import Revalidation

TONES: dict[str, look.Tone] = {
    PASSED: "good", "non-inferior": "good", "maintained": "good", "degraded": "bad",
    INFERIOR: "bad", FAILING[1]: "bad", NOT_DECIDED: "waiting",
}  # fmt: skip


def show(desk: Desk) -> None:
    """What each site owes, suspensions, the revalidations with their rows, CAPAs, incidents."""
    look.title(
        "Revalidations",
        "The version in use judged again, by the lower confidence limit against each claim, and "
        "what follows where it falls short.",
    )
    _owed(desk)
    show_suspensions(desk)
    _made(desk)
    _capas(desk)
    _incidents(desk)


def _owed(desk: Desk) -> None:
    look.section("What is owed", "Each site's next revalidation: by schedule, or by an alert.")
    names = sorted({one.name for one in list_records(desk.reader, Device)})
    today = desk.now.date()
    rows: list[list[look.Cell]] = [
        [name, one.site,
         look.Mark("OVERDUE", "bad", str(one.due_on)) if one.overdue(today) else one.due_on,
         one.trigger, one.last or "none yet"]
        for name in names for one in owed_of(desk.reader, name)
    ]  # fmt: skip
    look.table(
        ["Device", "Site", "Due", "Why", "The last one"], rows, wide="Why",
        empty="Nothing is owed: no monitoring plan in force has rules for revalidation, or nothing "
        "runs. See docs/revalidation.md.",
    )


def _made(desk: Desk) -> None:
    look.section("Revalidations made")
    made = revalidation_standings(desk.reader)
    look.table(
        ["Revalidation", "Site", "Why", "Verdict", "Studies from and to", "Signed by"],
        [
            [look.Number(one.label), one.site, one.trigger, _verdict(one.verdict),
             f"{one.period_from} to {one.period_to}", ", ".join(one.signed_by) or "nobody yet"]
            for one in made
        ],
        empty="None was made yet: 'radvigil monitor revalidate'.", wide="Why",
    )  # fmt: skip
    if not made:
        return
    labels = {f"{one.label}, {one.site}, {one.verdict}": one for one in made}
    chosen = choose(desk, "Revalidation", labels, key="revalidation")
    _one(desk, chosen)


def _verdict(word: str) -> look.Mark:
    return look.Mark(word, TONES.get(word, "plain"))


def _one(desk: Desk, one: RevalidationStanding) -> None:
    tone = TONES.get(one.verdict, "waiting")
    look.notice(one.conclusion, "waiting" if tone == "plain" else tone)
    for words in one.judgement.get("notes", ()):
        look.quiet(f"{words[:1].upper()}{words[1:]}.")
    for again in one.judgement.get("reproductions", ()):
        look.quiet(_again(again))
    rows = judged_rows_of(one)
    if rows:
        look.quiet(
            f"One-sided alpha {one.judgement['alpha']:g}, power {one.judgement['power']:g}; a "
            f"subgroup is judged from {one.judgement['minimum_n']} studies on. Locked studies and "
            "recent truth stand side by side and are never pooled."
        )
    _rows(
        [row for row in rows if row["subgroup"] == "all"],
        "It was judged by point estimates alone: the plan has no rules for revalidation.",
    )
    groups = [row for row in rows if row["subgroup"] != "all"]
    if groups:
        short = sum(row["verdict"] == INFERIOR for row in groups)
        said = f"{counted(len(groups), 'row')} of subgroups, inferior: {short}"
        with st.expander(said, expanded=bool(short)):
            _rows(groups, "")
    record = find_record(desk.reader, Revalidation, one.label)
    signing.sign_form(desk, signing.Signable(
        Revalidation, record.id or 0, one.label,
        "The signature covers the verdict and every figure that it rests on.",
    ))  # fmt: skip


def _rows(rows: list[dict[str, Any]], empty: str) -> None:
    look.table(
        ["On", "Measure", "Of", "Found", "Bound", "Studies needed", "Verdict"],
        [
            [row["basis"], look.plain_name(row["measure"]),
             "all studies" if row["subgroup"] == "all" else row["subgroup"],
             look.estimate(row["value"], row["low"], row["high"], n=row["n"], level=row["level"],
                           reason=row["reason"]),
             f"{row['bound']:g} (claim {row['claim']:g})", _needed(row),
             look.Mark(row["verdict"], TONES.get(row["verdict"], "plain"),
                       row["reason"] if row["value"] is not None else "")]
            for row in rows
        ],
        empty=empty, wide="Found",
    )  # fmt: skip


def _again(again: dict[str, Any]) -> str:
    where = str(again["split"]).replace("_", " ")
    if again["reproduced"] is None:
        return f"The {where} was not asked again: {again['reason']}."
    of = counted(int(again["studies"]), "study", "studies")
    if again["reproduced"]:
        return f"The {where} was asked again: {of} answered exactly as in {again['evaluation']}."
    return (
        f"The {where} was asked again: {again['differing']} of {of} answered otherwise than in "
        f"{again['evaluation']}, the largest difference of a score is {again['largest']:.2g}."
    )


def _needed(row: dict[str, Any]) -> str:
    if not row["needed"]:
        return "a minimum, as a subgroup" if row["subgroup"] != "all" else "not known"
    return ", ".join(
        f"{n} {name}, {row['had'].get(name, 0)} had" for name, n in row["needed"].items()
    )


def _capas(desk: Desk) -> None:
    look.section("Corrective and preventive actions", "Each step asks for what must be written.")
    found = list_records(desk.reader, CAPA)
    look.table(
        ["CAPA", "For", "Problem", "Opened", "Status"],
        [
            [look.Number(one.label), look.Number(one.source), one.problem, one.opened_at,
             look.Mark(one.status, "good" if one.closed_at else "waiting", _next(one))]
            for one in reversed(found)
        ],
        empty="None was opened.", wide="Problem",
    )  # fmt: skip
    if any(one.closed_at is None for one in found):
        st.page_link(desk.pages["capas"], label="Work on them")


def _next(one: CAPA) -> str:
    asked = [
        f"{to}: {', '.join(WORDS[name] for name in names)}"
        for (current, to), names in STEPS.items() if current == one.status
    ]
    return f"next, {asked[0]}" if asked else f"closed by {one.closed_by}"


def _incidents(desk: Desk) -> None:
    look.section(
        "Incidents held against the charts", "Which chart should have fired, and did it?"
    )
    found = list_records(desk.reader, IncidentReplay)
    look.table(
        ["Replay", "Site", "Days", "Answer"],
        [
            [look.Number(one.label), one.site, f"{one.period_from} to {one.period_to}",
             one.conclusion]
            for one in reversed(found)
        ],
        empty="None was replayed: 'radvigil monitor incident'.", wide="Answer",
    )  # fmt: skip
    if not found:
        return
    labels = {one.label: one for one in reversed(found)}
    chosen = choose(desk, "Replay", labels, key="incident")
    look.table(
        ["Control chart", "Verdict", "Why"],
        [
            [look.plain_name(row["chart"]),
             look.Mark(row["verdict"], _CHART_TONES.get(row["verdict"], "waiting")), row["words"]]
            for row in chosen.charts
        ],
        empty="The plan has no charts.", wide="Why",
    )  # fmt: skip


_CHART_TONES: dict[str, look.Tone] = {"fired": "good", "should have fired and did not": "bad"}
