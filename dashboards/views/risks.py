"""Risk and traceability: hazards beside what was observed, the trace, software of others, problems.
"""

from datetime import date
from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act, key_in
from dashboards.desk import Desk
from dashboards.views.problems import show_problems
from dashboards.views.supplied_software import show_supplied_software
from dashboards.views.traces import show_trace
from records.control_overview import signed_on
from records.lookup import list_records
from records.overview import devices
from records.permissions import Action, roles_named
from records.product import Device
from records.risk import (
    ABOVE,
    BELOW,
    DRAFT,
    IN_FORCE,
    WITHIN,
    RiskFile,
    RiskItem,
    RiskReview,
    accept_risk_file,
    items_of,
    newest_review,
    newest_risk_file,
    record_risk_review,
)
from records.signature_policy import has_acknowledged
from records.test_runs import newest_test_run
from regulatory.risk_file import matrix_verdict, one_in
from regulatory.risk_review import review_risks
from regulatory.trace_matrix import control_gaps, hazards_without_control

_VERDICTS: dict[str, look.Tone] = {
    "acceptable": "good", "reduce": "waiting", "unacceptable": "bad",
    ABOVE: "bad", WITHIN: "good", BELOW: "good",
}  # fmt: skip
_STATUSES: dict[str, look.Tone] = {DRAFT: "waiting", IN_FORCE: "good"}


def show(desk: Desk) -> None:
    """One device at a time: its risk file, the trace, what it is made of, its problems."""
    look.title(
        "Risk and traceability",
        "What may go wrong beside what was observed, and from each need and control to its test.",
    )
    names = [one.name for one in devices(desk.reader)]
    if not names:
        look.quiet("No device was defined yet: 'radvigil device define'.")
        return
    device = names[0] if len(names) == 1 else st.selectbox("Device", names, key="risk-device")
    signing.ready_to_sign(desk)
    risks, trace, parts, problems = st.tabs(
        ["Risks", "Traceability", "Software of others", "Problems"], key="risk-tabs"
    )
    with risks:
        _risks(desk, device)
    with trace:
        show_trace(desk, device)
    with parts:
        show_supplied_software(desk)
    with problems:
        show_problems(desk, device)


def _risks(desk: Desk, device: str) -> None:
    known = newest_risk_file(desk.reader, device)
    if known is None:
        look.quiet(f"No risk file of {device} was recorded: 'radvigil risk import'.")
        return
    items, review = items_of(desk.reader, known), newest_review(desk.reader, known)
    look.facts(
        [
            ("Risk file", f"{known.label}, version {known.version} of {device}"),
            ("Status", look.Mark(known.status, _STATUSES.get(known.status, "unknown"))),
            ("Recorded", f"by {known.recorded_by}, {look.instant(known.recorded_at)}"),
            *([("In force since", known.in_force_at)] if known.in_force_at else []),
            ("What is left over all", str(known.content.get("overall", ""))),
        ]
    )  # fmt: skip
    _items(known, items, review)
    _gaps(desk, known, items)
    if known.status == DRAFT:
        _put_into_force(desk, known)
    _reviews(desk, device, known)


def _items(known: RiskFile, items: list[RiskItem], review: RiskReview | None) -> None:
    observed = (
        f"Observed from {review.period_from} to {review.period_to} in {review.studies} studies "
        f"({review.label})." if review else "No period was reviewed: nothing is observed yet."
    )
    look.section(
        "Hazards: the estimate beside what was observed",
        f"{observed} Before and after are estimates of the file, in events a study read; none was "
        "measured in patients.",
    )
    found = {row["code"]: row for row in review.rows} if review else {}
    severities = {one["value"]: one["name"] for one in known.content["severities"]}
    look.table(
        ["Hazard", "Severity", "Before controls", "What is left", "Expected", "Observed"],
        [
            [
                look.Mark(one.code, small=one.hazard),
                f"{one.severity} {severities.get(one.severity, '')}",
                _judged(known, one.severity, one.probability_before),
                _judged(known, one.severity, one.probability_after),
                "no estimate" if one.estimate_in_use is None else f"{one.estimate_in_use:.3g}",
                _observed(found.get(one.code)),
            ]
            for one in items
        ],
        empty="The file holds no item.", wide="Observed",
    )  # fmt: skip
    if review:
        look.table(
            ["Counted from", "Kind", "Events", "Verdict"],
            [[one["source"], one["kind"], one["events"], look.Mark(one["verdict"], "bad")]
             for one in review.new_hazards],
            empty="Every event of the period points to an item of the file.", wide="Kind",
        )  # fmt: skip


def _judged(known: RiskFile, severity: int, probability: float) -> look.Mark:
    band, verdict = matrix_verdict(known.content, severity, probability)
    return look.Mark(verdict, _VERDICTS.get(verdict, "unknown"), f"{band}, {one_in(probability)}")


def _observed(row: dict[str, Any] | None) -> look.Mark:
    """What a review found of an item, with interval and exposure, or why there is nothing."""
    if row is None:
        return look.Mark("not reviewed", "unknown")
    tone = _VERDICTS.get(row["verdict"], "unknown")
    if row["low"] is None:
        return look.Mark(row["verdict"], tone, row["reason"])
    words = (
        f"{row['observed']:.3g} (95 % CI {row['low']:.3g} to {row['high']:.3g}; {row['events']} in "
        f"{row['exposure']} {row['unit']})"
    )
    if row["estimate"] is None:
        words = f"{words}: {row['reason']}"
    return look.Mark(row["verdict"], tone, words)


def _gaps(desk: Desk, known: RiskFile, items: list[RiskItem]) -> None:
    look.section("Controls", "Every hazard needs one, and every control what verifies it.")
    bare = hazards_without_control(items)
    look.notice(
        f"Hazards without a control: {len(bare)}." if bare
        else f"Each of the {len(items)} hazards has a control.", "bad" if bare else "good",
    )  # fmt: skip
    for words in bare:
        look.quiet(words)
    gaps = control_gaps(
        items, newest_test_run(desk.reader), desk.reader.get_one(Device, known.device_id)
    )
    many = sum(len(one.controls) for one in items)
    look.notice(
        f"{len(gaps)} verifications or requirements of the {many} controls are missing." if gaps
        else f"Each of the {many} controls has a verification that is there.",
        "bad" if gaps else "good",
    )  # fmt: skip
    if gaps:
        with st.expander("Controls without verification"):
            look.table(["What is missing"], [[look.Long(one)] for one in gaps], empty="")


def _put_into_force(desk: Desk, one: RiskFile) -> None:
    look.section("Put into force", "Two people in different roles sign, one with an approval.")
    signing.signature_table(signed_on(desk.reader, one))
    missing = signing.missing_signatures(desk, RiskFile, one.id or 0)
    if not has_acknowledged(desk.reader, desk.person):
        return
    signing.sign_form(desk, signing.Signable(
        RiskFile, one.id or 0, one.label, "The signature covers the whole file with its items.",
    ))  # fmt: skip
    if missing:
        return
    if not desk.may(Action.ACCEPT_RISKS):
        look.quiet(f"It is put into force by: {roles_named(Action.ACCEPT_RISKS)}.")
        return
    with st.form(f"accept-{one.label}"):
        reason = st.text_input("Reason", key="risk-accept-reason")
        pressed = st.form_submit_button("Put into force", type="primary", key="risk-accept")
    if not pressed:
        return

    def accept() -> str:
        with desk.act_on(one, "acceptance", reason) as (tx, person, now):
            accept_risk_file(tx, tx.get_one(RiskFile, one.id), by=person, now=now)
        return f"{one.label} is in force."

    act(accept, reason=reason)


def _reviews(desk: Desk, device: str, known: RiskFile) -> None:
    look.section("Reviews", "What was observed in a period, held against the estimates.")
    made = list(reversed(list_records(desk.reader, RiskReview, risk_file_id=known.id)))
    look.table(
        ["Review", "From", "To", "Studies", "Above", "New hazards", "Conclusion", "Signed by"],
        [
            [look.Number(one.label), one.period_from, one.period_to, one.studies,
             sum(row["verdict"] == ABOVE for row in one.rows), len(one.new_hazards),
             one.conclusion,
             ", ".join(own.printed_name for own in signed_on(desk.reader, one)) or "nobody"]
            for one in made
        ],
        empty="No period was reviewed with this version.", wide="Conclusion",
    )  # fmt: skip
    if made and has_acknowledged(desk.reader, desk.person):
        with st.expander(f"Sign {made[0].label}"):
            signing.sign_form(desk, signing.Signable(
                RiskReview, made[0].id or 0, made[0].label,
                "The signature covers every row and the conclusion.",
            ))  # fmt: skip
    if known.status != IN_FORCE:
        look.quiet("A period is reviewed once the file is in force.")
        return
    if not desk.may(Action.WORK_ON_RISKS):
        look.quiet(f"Periods are reviewed by: {roles_named(Action.WORK_ON_RISKS)}.")
        return
    if has_acknowledged(desk.reader, desk.person):
        _review_form(desk, device, known)


def _review_form(desk: Desk, device: str, known: RiskFile) -> None:
    form = "risk-review"
    today = desk.now.date()
    with st.expander("Review a period"), st.form(form):
        left, right = st.columns(2)
        first = left.date_input("First day", today.replace(day=1), key=key_in(form, "from"))
        last = right.date_input("Last day", today, key=key_in(form, "to"))
        conclusion = st.text_area(
            "Conclusion: whether the risk file stands, and what follows where it does not",
            key=key_in(form, "conclusion"),
        )
        reason = st.text_input("Reason", key=key_in(form, "reason"))
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key=key_in(form, "password"))  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button(
            "Count, compare and sign as author", type="primary", key=key_in(form, "submit")
        )
    if not pressed:
        return

    def review() -> str:
        assert isinstance(first, date)
        assert isinstance(last, date)
        with desk.act_on(known, "review of risks", reason) as (tx, person, now):
            made = review_risks(tx, device, first, last, conclusion=conclusion, by=person, now=now)
            record_risk_review(tx, made, by=person, password=password, now=now)
            above = sum(row["verdict"] == ABOVE for row in made.rows)
            return (f"{made.label}: {made.studies} studies read, {above} items above their "
                    f"estimate, {len(made.new_hazards)} new hazards.")  # fmt: skip

    act(review, reason=reason, form=form)
