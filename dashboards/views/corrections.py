"""Suspensions and rollbacks that may be reportable corrections: what the rules say, who decides."""

import streamlit as st
from sqlmodel import Session

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.links import choose
from dashboards.views.rule_questions import ask, told
from records.correction_assessments import QUESTIONS, CorrectionAssessment, assess_correction
from records.errors import RadvigilError
from records.lookup import list_records
from records.permissions import Action, roles_named
from records.suspensions import Suspension
from regulatory.correction_proposals import ProposedAnswer, correction_questions, proposed_answers
from regulatory.documents.surveillance_tables import european

_UNSAID, _YES, _NO = "–", "yes", "no"


def show_corrections(desk: Desk, *, of_rollbacks: bool = False) -> None:
    """Every assessment with its answers, and the form of one that is open.

    of_rollbacks: only those that a version taken back has opened.
    """
    look.section(
        "Must it be reported as a correction?",
        "Each suspension and each version taken back opens this question, with its clock.",
    )
    found = [
        one for one in reversed(list_records(desk.reader, CorrectionAssessment))
        if one.source or not of_rollbacks
    ]
    look.table(
        ["Assessment", "Site", "What happened", "Known since", "Status", "Answers"],
        [
            [look.Mark(one.label, small=f"of {_source(one)}"), one.site, one.words, one.aware_at,
             look.Mark(one.status, "waiting" if one.status == "open" else "good",
                       one.assessed_by), _answers(one)]
            for one in found
        ],
        empty="No suspension and no rollback has opened one.", wide="What happened",
    )  # fmt: skip
    waiting = [one for one in found if one.status == "open"]
    if not waiting:
        return
    if not desk.may(Action.ASSESS_CORRECTION):
        look.quiet(f"It is assessed by: {roles_named(Action.ASSESS_CORRECTION)}.")
        return
    labels = {f"{one.label}, {one.site}": one for one in waiting}
    one = choose(desk, "Assessment", labels, key="correction")
    _answer(desk, one, _proposed(desk.reader, one))


def _source(one: CorrectionAssessment) -> str:
    return one.source or Suspension.label_of(one.suspension_id or 0)


def _answers(one: CorrectionAssessment) -> str:
    return "; ".join(
        f"{european(regime)}: {'reportable' if said['reportable'] else 'not reportable'}, "
        f"{said['why']}"
        for regime, said in one.answers.items()
    ) or "not answered yet"  # fmt: skip


def _proposed(reader: Session, one: CorrectionAssessment) -> list[ProposedAnswer]:
    """What the rules propose of the facts told here; nothing of it is recorded."""
    with st.expander("Facts for the rules: they propose, you decide"):
        left, right = st.columns(2)
        given = {}
        for place, each in enumerate(correction_questions()):
            with (left, right)[place % 2]:
                given[each.name] = ask(each, f"correction-{one.label}-{each.name}")
        zone = st.text_input("Time zone where it was begun", "UTC",
                             key=f"correction-{one.label}-zone")  # fmt: skip
    try:
        found = proposed_answers(reader, one, told(given), zone=zone.strip())
    except RadvigilError as refused:
        look.refusal(refused)
        return []
    look.table(
        ["Regime", "The rules propose", "Report by", "Article", "Text checked", "Missing"],
        [
            [european(each.regime), _proposal(each), each.due or "no day is set",
             european(each.citation) or "none yet", _checked(each), each.missing or "nothing"]
            for each in found
        ],
        empty="No regime is asked.", wide="Missing",
    )  # fmt: skip
    for proposed in found:
        if proposed.otherwise:
            st.warning(f"Countries affected: {proposed.otherwise}.")
    return found


def _checked(one: ProposedAnswer) -> str:
    if not one.citation:
        return "not applied yet"
    return "yes" if one.primary_text_checked else "no, summary only"


def _proposal(one: ProposedAnswer) -> look.Mark:
    if one.reportable is None:
        return look.Mark("open", "unknown")
    return look.Mark("reportable", "bad") if one.reportable else look.Mark("not reportable", "good")


def _answer(desk: Desk, one: CorrectionAssessment, proposed: list[ProposedAnswer]) -> None:
    said = {each.regime: each for each in proposed}
    with st.form(f"assess-{one.label}"):
        given = {}
        for regime, question in QUESTIONS.items():
            st.markdown(f"**{european(regime)}**: {question}")
            each = said.get(regime)
            if each is not None and each.reportable is not None:
                due = f", by {each.due}" if each.due else ""
                look.quiet(f"Proposed: {'yes' if each.reportable else 'no'}{due}.")
            yes = st.selectbox("Reportable", [_UNSAID, _YES, _NO],
                               key=f"correction-{one.label}-{regime}-yes")  # fmt: skip
            why = st.text_input("Why", key=f"correction-{one.label}-{regime}-why")
            if yes != _UNSAID:
                given[regime] = (yes == _YES, why)
        reason = st.text_input("Reason", key=f"correction-{one.label}-reason")
        pressed = st.form_submit_button("Decide", type="primary",
                                        key=f"correction-{one.label}-decide")  # fmt: skip
    if not pressed:
        return

    def assess() -> str:
        with desk.act_on(one, "assessment", reason) as (tx, person, now):
            done = assess_correction(tx, tx.get_one(CorrectionAssessment, one.id), given,
                                     by=person, now=now)  # fmt: skip
            return f"{done.label} is assessed by {person.full_name}."

    act(assess, reason=reason)
