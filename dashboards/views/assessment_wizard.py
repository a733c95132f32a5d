"""The assessment of an incident in one jurisdiction, step by step: what stands and where it comes
from, the questions, what the rules say of the answers, and the assessment on record.

What is answered is kept as a draft of this person at each change; nothing else is recorded before
the last step.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.drafts import give_up, kept_fields
from dashboards.views.rule_questions import ask_kept, read_answer, told
from records.form_drafts import empty_draft
from records.incidents import Incident
from records.permissions import Action, roles_named
from regulatory.assessment_preview import KnownFact, known_with_sources, preview_assessment
from regulatory.documents.surveillance_tables import european
from regulatory.reportability import RULES, Question, assess_incident, questions_for

FACTS, QUESTIONS, SAID, RECORD = "facts", "questions", "said", "record"
STEPS = {
    FACTS: "1 What stands", QUESTIONS: "2 Questions", SAID: "3 What the rules say",
    RECORD: "4 Record it",
}  # fmt: skip
STEP = "assess-step"


def show_wizard(desk: Desk, one: Incident) -> None:
    """One jurisdiction, one step at a time; who may not assess is told who does."""
    look.section("Assess", "The questions of one jurisdiction; what was told before is filled in.")
    if not desk.may(Action.ASSESS_EVENT):
        look.quiet(f"It is assessed by: {roles_named(Action.ASSESS_EVENT)}.")
        return
    place = str(st.selectbox("Jurisdiction", [*RULES, "other"], key="event-place"))
    if place == "other":
        place = st.text_input("Country, two letters", key="event-country").strip().upper()
    step = str(st.segmented_control(
        "Step", list(STEPS), format_func=STEPS.__getitem__, default=FACTS, required=True, key=STEP,
        label_visibility="collapsed",
    ))  # fmt: skip
    form = f"assessment {one.label} {place}"
    kept = kept_fields(desk, form)
    asked = questions_for(desk.reader, one, place)
    known = known_with_sources(desk.reader, one, place)
    given = told({each.name: read_answer(each, kept[each.name]) for each in asked
                  if each.name in kept})  # fmt: skip
    if step == FACTS:
        _facts(known, place)
    elif step == QUESTIONS:
        _questions(desk, asked, known, form=form, kept=kept)
    elif step == SAID:
        _said(desk, one, place, given)
    else:
        _record(desk, one, place, given, form=form)
        return
    _onward(step)


def _onward(step: str) -> None:
    following = list(STEPS)[list(STEPS).index(step) + 1]
    st.button(f"On to {STEPS[following]}", key="assess-next", on_click=_go, args=(following,))


def _go(step: str) -> None:
    st.session_state[STEP] = step


def _facts(known: Sequence[KnownFact], place: str) -> None:
    look.table(
        ["Fact", "What stands", "Where it comes from"],
        [[one.words, _value(one.value), one.source] for one in known],
        empty=f"Nothing is known yet of what {place or 'a jurisdiction'} asks: record first who "
        "became aware, and when.", wide="Fact",
    )  # fmt: skip


def _value(value: Any) -> look.Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_one_value(one) for one in value)
    return "not known" if value is None else str(value)


def _one_value(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    return ", ".join(f"{name.replace('_', ' ')} {said}" for name, said in one.items())


def _questions(
    desk: Desk, asked: Sequence[Question], known: Sequence[KnownFact], *, form: str,
    kept: Mapping[str, str],
) -> None:
    sources = {one.name: one.source for one in known}
    if not asked:
        look.quiet("No rules of this jurisdiction are loaded: nothing is asked.")
    for one in asked:
        ask_kept(desk, one, form=form, kept=kept, key=f"fact-{one.name}")
        if one.name in kept:
            look.quiet("Your answer, kept as a draft.")
        elif one.name in sources:
            look.quiet(f"Filled in from {sources[one.name]}.")
    if not kept:
        return
    if st.button("Drop my answers", key="assess-drop"):
        def drop() -> str:
            give_up(desk, form)
            for one in asked:
                st.session_state.pop(f"fact-{one.name}", None)
            return "Your answers are dropped; what is on record stays."

        act(drop)


def _said(desk: Desk, one: Incident, place: str, given: Mapping[str, Any]) -> None:
    """What the rules say of the answers now; nothing is recorded by looking."""
    found = preview_assessment(desk.reader, one, place, given)
    if found.lacks:
        look.notice(found.lacks, "waiting")
        return
    verdict = {True: "reportable", False: "not reportable", None: "open: unknown is not 'no'"}
    look.notice(
        f"By the rules it is {verdict[found.reportable]}; to work towards "
        f"{found.work_by or 'no date'}. Nothing is recorded yet.",
        "waiting" if found.reportable is not False else "plain",
    )
    look.table(
        ["Clock", "Day 0", "Work towards", "Legal"],
        [[f"{each.get('clock', '')} {each.get('member_state', '')}".strip(),
          each.get("day0", "none"), each.get("due_strict") or each.get("due_target") or "no date",
          each.get("due_legal", "no date")] for each in found.clocks],
        empty=f"No clock runs: {(found.answer or {}).get('no_clock_because') or 'none is set'}.",
    )  # fmt: skip
    articles = european("; ".join(found.articles)) or "nothing is cited"
    look.quiet(f"By {', '.join(RULES[place])}: {articles}.")
    if open_facts := (found.answer or {}).get("open_facts"):
        look.quiet(f"Not known: {', '.join(open_facts)}.")


def _record(
    desk: Desk, one: Incident, place: str, given: Mapping[str, Any], *, form: str
) -> None:
    look.quiet(f"Recorded are {len(given)} answers of yours beside what stands; the assessment "
               "before stays on record.")  # fmt: skip
    with st.form(f"assess-{one.label}"):
        reason = st.text_input("What has become known", key="event-assess-reason")
        pressed = st.form_submit_button("Apply the rules", type="primary", key="event-assess")
    if not pressed:
        return

    def assess() -> str:
        with desk.act_on(one, f"assessment {place}", reason) as (tx, person, now):
            made = assess_incident(tx, tx.get_one(Incident, one.id), place, given,
                                   grounds=reason, by=person, now=now)  # fmt: skip
            empty_draft(tx, form, by=person, now=now)
            return f"{made.label}: to work towards {made.work_by or 'no date'}."

    act(assess, reason=reason)
