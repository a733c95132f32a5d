"""Problems of the versions: reported in the reporter's words, and what was decided of each."""

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act, key_in
from dashboards.desk import Desk
from dashboards.links import choose
from records.lookup import list_records
from records.permissions import Action, roles_named
from records.problem_reports import (
    FIXED,
    KNOWN_ANOMALY,
    OPEN,
    SEVERITIES,
    TO_FIX,
    ProblemReport,
    decide_problem,
    report_problem,
)
from records.product import Device, ModelVersion
from records.signature_policy import has_acknowledged

_TONES: dict[str, look.Tone] = {
    OPEN: "bad", KNOWN_ANOMALY: "waiting", TO_FIX: "waiting", FIXED: "good",
}  # fmt: skip


def show_problems(desk: Desk, device: str) -> None:
    """Every problem of the device's versions, and the forms to report one and to decide."""
    own = {one.id for one in list_records(desk.reader, Device, name=device)}
    versions = {
        one.id: one for one in list_records(desk.reader, ModelVersion) if one.device_id in own
    }
    found = [
        one for one in reversed(list_records(desk.reader, ProblemReport))
        if one.model_version_id in versions
    ]
    look.table(
        ["Problem", "Version", "Words", "Severity", "Status", "What it may do to patients", "Why"],
        [
            [look.Number(one.label), look.Number(versions[one.model_version_id].label), one.words,
             one.severity, look.Mark(one.status, _TONES.get(one.status, "plain"), one.fixed_in),
             one.risk_evaluation or "not judged", one.rationale or "not decided"]
            for one in found
        ],
        empty="No problem was reported.", wide="Words",
    )  # fmt: skip
    if any(one.status == OPEN for one in found):
        look.notice("A version with a problem that nobody has judged is not released.", "waiting")
    left = [one for one in found if one.status != FIXED]
    if left:
        labels = {f"{one.label}, {one.status}": one for one in left}
        _decide(desk, choose(desk, "Problem", labels, key="problem"))
    _report(desk, list(versions.values()))


def _decide(desk: Desk, one: ProblemReport) -> None:
    if not desk.may(Action.DECIDE_PROBLEM):
        look.quiet(f"It is decided by: {roles_named(Action.DECIDE_PROBLEM)}.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        return
    with st.form(f"problem-{one.label}"):
        to = st.selectbox("It is", [KNOWN_ANOMALY, TO_FIX, FIXED], key="problem-to")
        risk = st.text_area("What it may do to patients", one.risk_evaluation, key="problem-risk")
        why = st.text_area("Why it is fixed or not", key="problem-rationale")
        fixed = st.text_input("The version in which it is gone, where it is", key="problem-fixed")
        reason = st.text_input("Reason", key="problem-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="problem-password")  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button("Sign the decision", type="primary", key="problem-decide")
    if not pressed:
        return

    def decide() -> str:
        with desk.act_on(one, f"decision {to}", reason) as (tx, person, now):
            done = decide_problem(
                tx, tx.get_one(ProblemReport, one.id), str(to), risk_evaluation=risk,
                rationale=why, fixed_in=fixed, by=person, password=password, now=now,
            )
            return f"{done.label} is {done.status}."

    act(decide, reason=reason)


def _report(desk: Desk, versions: list[ModelVersion]) -> None:
    if not versions:
        return
    if not desk.may(Action.REPORT_PROBLEM):
        look.quiet(f"Problems are reported by: {roles_named(Action.REPORT_PROBLEM)}.")
        return
    form = "problem-report"
    labels = {f"{one.label} ({one.name})": one for one in reversed(versions)}
    with st.expander("Report a problem"), st.form(form):
        version = labels[st.selectbox("Version", list(labels), key=key_in(form, "version"))]
        words = st.text_area("What was seen, verbatim; name nobody", key=key_in(form, "words"))
        severity = st.selectbox("Severity", SEVERITIES, key=key_in(form, "severity"))
        reason = st.text_input("Reason", key=key_in(form, "reason"))
        pressed = st.form_submit_button("Report it", key=key_in(form, "submit"))
    if not pressed:
        return

    def report() -> str:
        with desk.act_on(version, "problem report", reason) as (tx, person, now):
            made = report_problem(tx, tx.get_one(ModelVersion, version.id), words=words,
                                  severity=str(severity), by=person, now=now)  # fmt: skip
            return f"{made.label} of {version.label} is open."

    act(report, reason=reason, form=form)
