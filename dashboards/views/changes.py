"""Change requests, for engineers and those who release: the gate line by line, signatures, the
decision, and what came of it at the sites."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act, tell_of_others
from dashboards.desk import Desk
from dashboards.links import choose, to_record
from dashboards.views.change_course import show_course, show_gate
from dashboards.views.change_regimes import show_regimes
from journeys.release import reject_change, release_change
from records.control_overview import ChangeStanding, Criterion, change_requests
from records.overview import running_versions
from records.permissions import Action
from records.quality import ChangeRequest, Release
from regulatory.documents.wording import number, spaced

DECIDED = ("released", "refused")
OPEN = ("proposed", "assessed")
NOT_YOURS = "People with the role quality or regulatory decide."


def show(desk: Desk) -> None:
    """The change requests; one of them in full, to sign, release or refuse."""
    look.title(
        "Change requests",
        "A version is used only after its declared criteria were checked and two people signed.",
    )
    newest_first = change_requests(desk.reader)
    _tell_refusals(newest_first)
    found = sorted(newest_first, key=lambda one: one.status in DECIDED)
    look.table(
        ["Change", "Title", "Model version", "Criteria", "Signatures", "Status"],
        [_row(one) for one in found],
        empty="No change was proposed yet: 'radvigil change propose MDV-…' puts a version "
        "forward.",
        wide="Title",
    )
    if not found:
        return
    labels = {f"{one.label}: {one.title} ({one.status})": one for one in found}
    look.section("Read and decide")
    chosen = choose(desk, "Change request", labels, key="change")
    tell_of_others("changes", chosen.label, {one.label: one.status for one in found})
    look.section("Declared acceptance criteria", "Declared before the evaluation; all must be met.")
    look.table(
        ["Criterion", "Statement", "Bound", "Observed", "Estimate", "Verdict", "Record"],
        [_criterion_row(one) for one in chosen.criteria],
        empty="No criterion was judged yet: they are with the evaluation of the version.",
        wide="Statement",
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        _identity(chosen)
    with right:
        _decision(desk, chosen)
    change = desk.reader.get_one(ChangeRequest, chosen.id)
    show_gate(desk, change, decided=chosen.status in DECIDED)
    show_regimes(desk, chosen.id, decided=chosen.status not in OPEN)
    show_course(desk, change)
    look.section("Signatures")
    signing.signature_table(chosen.signatures)


def _tell_refusals(newest_first: list[ChangeStanding]) -> None:
    """A release that was refused, and what came of it, before all else; until one is released."""
    for one in newest_first:
        if one.status == "released":
            return
        if one.status == "refused":
            look.notice(
                f"REFUSED: {one.version} was not released ({one.label}, decided by "
                f"{one.decided_by}). {one.outcome_reason}",
                "bad",
            )


def _row(one: ChangeStanding) -> list[look.Cell]:
    met = sum(criterion.verdict == "met" for criterion in one.criteria)
    tone: look.Tone = "unknown"
    if one.criteria:
        tone = "good" if met == len(one.criteria) else "bad"
    valid = sum(signed.valid for signed in one.signatures)
    return [
        look.Number(one.label),
        look.Mark(one.title, small=f"proposed {look.instant(one.proposed_at)}"),
        one.version, look.Mark(f"{met} of {len(one.criteria)} met", tone), f"{valid} valid",
        look.mark(one.status),
    ]  # fmt: skip


def _criterion_row(one: Criterion) -> list[look.Cell]:
    observed = "not estimable" if one.observed is None else number(one.observed)
    words = (
        look.estimate(one.value, one.low, one.high, n=one.n, level=one.level or 0.95,
                      reason=one.reason)
        if one.n is not None
        else "not available"
    )  # fmt: skip
    return [
        one.criterion, one.statement, number(one.bound), observed, words,
        look.mark(one.verdict, small=one.reason),
        to_record(one.record, small=one.estimate_record) if one.record else None,
    ]  # fmt: skip


def _identity(one: ChangeStanding) -> None:
    look.section("What changes")
    look.facts(
        [
            ("Change", f"{one.label}, proposed by {one.proposed_by}"),
            ("What", one.description),
            ("Why", one.reason),
            ("Device", one.device),
            ("Model version", look.Mark(one.version, small=spaced(one.architecture))),
            ("Version digest", look.Code(one.version_digest, 64)),
            ("Weights hash", look.Code(one.weights_hash, 64)),
            ("Operating point", number(one.operating_point, 4)),
            ("Registered, made elsewhere" if one.made_elsewhere else "Trained", one.trained_at),
            ("Tested on dataset version" if one.made_elsewhere else "Dataset version", one.dataset),
            ("Dataset digest", look.Code(one.dataset_digest, 64)),
            ("Predetermined change control plan", _pccp(one)),
            *_retraining(one.retraining),
        ]
    )


def _retraining(run: dict[str, Any]) -> list[tuple[str, look.Cell]]:
    """What the run of the retraining protocol has on record; nothing of another change."""
    if not run:
        return []
    limits = ", ".join(f"{count} {verdict}" for verdict, count in run["limits"].items())
    return [
        ("Retraining", look.Mark(f"{run['run']}, on {run['trigger']}", small=(
            f"attempt {run['attempt']} of {run['attempts_allowed']}; the locked tests were used by "
            f"{run['locked_test_uses']} of {run['locked_test_uses_allowed']} versions"
        ))),
        ("Cases", f"{run['new_cases']} new cases in {run['dataset']}, each with its reason in "
                  f"{run['steps']['selected']}"),
        ("Limits against earlier versions", look.Mark(limits, small=(
            f"{run['evaluation']}, against {', '.join(run['compared_with'])}"
        ))),
        *(("Not estimable", words) for words in run["not_estimable"]),
        *(("Learnt", words) for words in run["learnt"]),
    ]  # fmt: skip


def _pccp(one: ChangeStanding) -> look.Cell:
    if not one.pccp:
        return "not assessed yet"
    if not one.pccp.get("applies"):
        return look.Mark("does not apply", "unknown", str(one.pccp.get("reason", "")))
    inside = bool(one.pccp.get("inside"))
    return look.Mark("inside its bounds" if inside else "outside its bounds",
                     "good" if inside else "waiting")  # fmt: skip


def _decision(desk: Desk, one: ChangeStanding) -> None:
    look.section("Decision")
    if one.status in DECIDED:
        look.facts(
            [
                ("Outcome", look.mark(one.outcome)), ("Why", one.outcome_reason),
                ("Decided by", one.decided_by), ("When", one.decided_at),
            ]
        )  # fmt: skip
        return
    if one.status == "proposed":
        look.quiet("The change waits for its assessment against the declared criteria.")
        return
    signing.missing_signatures(desk, ChangeRequest, one.id)
    sign, release, refuse = st.tabs(["Sign", "Release", "Refuse"], key=f"decide-{one.id}")
    with sign:
        signing.sign_form(
            desk,
            signing.Signable(
                ChangeRequest, one.id, one.label,
                "The signature covers the change, the model version and the assessment.",
            ),
        )
    with release:
        if desk.may(Action.RELEASE_CHANGE):
            _release_form(desk, one)
        else:
            look.quiet(NOT_YOURS)
    with refuse:
        if desk.may(Action.REFUSE_CHANGE):
            _decide_form(desk, one, "refuse", reject_change)
        else:
            look.quiet(NOT_YOURS)


def _release_form(desk: Desk, one: ChangeStanding) -> None:
    known = [site.site for site in running_versions(desk.reader)]
    sites = st.multiselect("Sites where it is to run", known, default=known, key=f"sites-{one.id}")
    _decide_form(desk, one, "release", partial(release_change, sites=sites))


def _decide_form(
    desk: Desk, one: ChangeStanding, verb: str, decide: Callable[..., Release]
) -> None:
    with st.form(f"{verb}-{one.id}"):
        reason = st.text_input("Reason", key=f"{verb}-reason-{one.id}")
        password = st.text_input(
            "Your password, again", type="password", key=f"{verb}-password-{one.id}",
            autocomplete="off",
        )
        signing.password_hint(desk)
        pressed = st.form_submit_button(
            f"{verb.capitalize()} {one.label}", type="primary", key=f"{verb}-submit-{one.id}"
        )
    if not pressed:
        return

    def carry_out() -> str:
        made = decide(
            desk.store, one.id, decided_by=desk.person.name, password=password,
            reason=reason.strip(), now=desk.now,
        )
        return f"{one.label} is {made.outcome}: {made.reason}"

    act(carry_out, reason=reason)
