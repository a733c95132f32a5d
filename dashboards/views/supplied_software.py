"""Software of others: what is locked and listed, its review, and the advisories about it."""

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act, key_in
from dashboards.desk import Desk
from dashboards.links import choose
from records.permissions import Action, roles_named
from records.signature_policy import has_acknowledged
from records.supplied_software import (
    AFFECTED,
    JUSTIFICATIONS,
    NOT_AFFECTED,
    OPEN,
    PATCH_PLANNED,
    RESOLVED,
    VulnerabilityTriage,
    decide_triage,
    list_triages,
    newest_soup_review,
    record_soup_review,
)
from records.vault import file_digest
from regulatory.soup import LOCK, not_evaluated, read_list, review_of, soup_components, soup_gaps

_TONES: dict[str, look.Tone] = {
    OPEN: "bad", AFFECTED: "bad", PATCH_PLANNED: "waiting", NOT_AFFECTED: "good",
    RESOLVED: "good",
}  # fmt: skip


def show_supplied_software(desk: Desk) -> None:
    """What stands in the way of a release, the components that are listed, the advisories."""
    found, gaps = soup_components(), soup_gaps(desk.reader)
    direct = [one for one in found if one.direct]
    review = newest_soup_review(desk.reader, file_digest(LOCK))
    look.facts(
        [
            ("Locked components", f"{len(found)}, of which {len(direct)} are used directly"),
            ("Anomaly lists that nobody has evaluated", len(not_evaluated(read_list()))),
            ("Reviewed for this lock", f"{review.label} by {review.reviewed_by}, "
             f"{look.instant(review.reviewed_at)}: {review.conclusion}" if review
             else look.Mark("not reviewed", "bad")),
        ]
    )  # fmt: skip
    look.notice(
        f"In the way of a release: {len(gaps)}." if gaps
        else "Every locked component is listed, and the lock is reviewed.",
        "bad" if gaps else "good",
    )  # fmt: skip
    for words in gaps:
        look.quiet(f"{words[:1].upper()}{words[1:]}.")
    _review(desk)
    _triages(desk)
    with st.expander("Components that are used directly"):
        look.table(
            ["Component", "Version", "Supplier", "Purpose", "Hazard", "Risk item"],
            [[one.name, one.version, one.row.get("supplier"), one.row.get("purpose"),
              one.row.get("hazard"), one.row.get("risk_item")] for one in direct],
            empty="Nothing is listed.", wide="Purpose",
        )  # fmt: skip


def _may_not(desk: Desk) -> bool:
    """Whether this person is offered no form; told why, or shown the policy."""
    if not desk.may(Action.ASSESS_SUPPLIED_SOFTWARE):
        look.quiet(f"It is assessed by: {roles_named(Action.ASSESS_SUPPLIED_SOFTWARE)}.")
        return True
    return not has_acknowledged(desk.reader, desk.person)


def _review(desk: Desk) -> None:
    if _may_not(desk):
        return
    form = "soup-review"
    with st.expander("Review the list for this lock"), st.form(form):
        conclusion = st.text_area("What was looked at and found", key=key_in(form, "conclusion"))
        reason = st.text_input("Reason", key=key_in(form, "reason"))
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key=key_in(form, "password"))  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button("Sign the review", key=key_in(form, "submit"))
    if not pressed:
        return

    def review() -> str:
        with desk.act_on(desk.person, "SOUP review", reason) as (tx, person, now):
            made = record_soup_review(
                tx, review_of(conclusion, by=person.name, now=now), by=person, password=password,
                now=now,
            )
            return f"{made.label}: {made.components} components, {len(made.gaps)} gaps."

    act(review, reason=reason, form=form)


def _triages(desk: Desk) -> None:
    look.section("Advisories", "Each names a component of the product in its locked version.")
    found = list_triages(desk.reader)
    today = desk.now.date()
    look.table(
        ["Advisory", "Component", "Affected", "Due", "Status", "Decided"],
        [
            [look.Mark(one.advisory, small=one.label), f"{one.component} {one.version}",
             one.affected_range,
             look.Mark("OVERDUE", "bad", str(one.due_on))
             if one.status == OPEN and one.due_on < today else one.due_on,
             look.Mark(one.status, _TONES.get(one.status, "plain")),
             f"{one.decided_by}: {one.words}" if one.words else "not yet"]
            for one in found
        ],
        empty="No advisory named a locked component: 'radvigil soup advisories FILE'.",
        wide="Decided",
    )  # fmt: skip
    left = [one for one in found if one.status not in (NOT_AFFECTED, RESOLVED)]
    if left and desk.may(Action.ASSESS_SUPPLIED_SOFTWARE):
        labels = {f"{one.label}, {one.component}, {one.status}": one for one in left}
        _decide(desk, choose(desk, "Advisory", labels, key="triage"))


def _decide(desk: Desk, one: VulnerabilityTriage) -> None:
    if not has_acknowledged(desk.reader, desk.person):
        return
    with st.form(f"triage-{one.label}"):
        to = st.selectbox("It is", [NOT_AFFECTED, AFFECTED, PATCH_PLANNED, RESOLVED],
                          key="triage-to")  # fmt: skip
        why = st.selectbox("Why it is not affected; else nothing", ["", *JUSTIFICATIONS],
                           key="triage-justification")  # fmt: skip
        words = st.text_area("In words; with a patch planned, by when", key="triage-words")
        reason = st.text_input("Reason", key="triage-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="triage-password")  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button("Sign the decision", type="primary", key="triage-decide")
    if not pressed:
        return

    def decide() -> str:
        with desk.act_on(one, f"decision {to}", reason) as (tx, person, now):
            done = decide_triage(
                tx, tx.get_one(VulnerabilityTriage, one.id), str(to), words=words,
                justification=str(why), by=person, password=password, now=now,
            )
            return f"{done.label} is {done.status}."

    act(decide, reason=reason)
