"""A change under each regime: what is decided, the questions of one that is open, the review."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.drafts import keep, kept_fields
from journeys.assess_change import (
    NextQuestions,
    assess_change,
    form_of_regime,
    next_questions,
    review_change,
    standing_of,
)  # fmt: skip
from records.overview import running_versions
from records.permissions import Action, roles_named
from records.quality import ChangeRequest
from records.regime_decisions import Regime
from regulatory.rules.dictionary import fact_dictionary

_TONES: dict[str, look.Tone] = {
    "open": "waiting", "assessed": "waiting", "reviewed": "good", "returned": "bad",
    "not needed": "plain",
}  # fmt: skip
UNSAID, YES, NO, UNKNOWN = "–", "yes", "no", "not known"
_VALUES: dict[str, bool | None] = {YES: True, NO: False, UNKNOWN: None}


@dataclass(frozen=True, slots=True)
class _Asking:
    """The form of one regime of one change: its fields, each kept as a draft when it changes."""

    desk: Desk
    form: str
    key: str
    kept: Mapping[str, str]

    def _keeping(self, field: str) -> dict[str, Any]:
        key = f"{self.key}-{field}"
        return {"key": key, "on_change": keep,
                "args": (self.desk, self.form, field, Action.ASSESS_CHANGE, key)}  # fmt: skip

    def choice(self, words: str, name: str, seen: Mapping[str, Any] | None) -> str:
        """Yes, no or not known; unsaid, what the records answer counts."""
        options = [UNSAID, *_VALUES]
        unsaid = f"as records show: {_as_word(seen['value'])}" if seen is not None else UNSAID
        told = self.kept.get(name, UNSAID)
        return str(st.selectbox(
            words, options, index=options.index(told) if told in options else 0,
            format_func=lambda one: unsaid if one == UNSAID else one, **self._keeping(name),
        ))  # fmt: skip

    def text(self, words: str, field: str, *, area: bool = False) -> str:
        """Words of a person."""
        make = st.text_area if area else st.text_input
        return str(make(words, value=self.kept.get(field, ""), **self._keeping(field)))


def show_regimes(desk: Desk, change_id: int, *, decided: bool) -> None:
    """Each regime with its decision; the questions and the review where the person may."""
    change = desk.reader.get_one(ChangeRequest, change_id)
    rows = standing_of(desk.reader, change)
    look.section("Regimes", "A later version is released only where each is answered and reviewed.")
    if not rows:
        look.quiet("The first version of a device: there is no change to assess.")
        return
    look.table(
        ["Regime", "Result", "Status", "Assessed by", "Reviewed by", "Rules approved by"],
        [_row(one) for one in rows], empty="", wide="Regime",
    )  # fmt: skip
    labels = {f"{one['title']} ({one['status']})": one for one in rows}
    chosen = labels[st.selectbox("Regime", list(labels), key=f"regime-{change_id}")]
    _questions(chosen)
    if not decided:
        _describe(desk, change)
        _assess(desk, change, Regime(chosen["regime"]))
        _review(desk, change, chosen)


def _row(one: dict[str, Any]) -> list[look.Cell]:
    approvers = sorted({said["approved_by"] for said in one["rule_sets"]})
    return [
        look.Mark(one["title"], small=one["because"]), one["result"] or "",
        look.Mark(one["status"], _TONES[one["status"]], one["decision"] or ""),
        one["assessed_by"] or "", one["reviewed_by"] or "", ", ".join(approvers),
    ]  # fmt: skip


def _questions(row: dict[str, Any]) -> None:
    """Every question of a decision, also those that were not reached and why."""
    if row["decision"] is None:
        return
    look.table(
        ["Question", "Asked", "Answer", "By", "Why"],
        [
            [one["id"], one["ask"], _said(one), one["by"] or "not reached",
             one["rationale"] if one["reached"] else one["why_not"]]
            for one in row["questions"]
        ],
        empty="It is declared not to apply.", wide="Asked",
    )  # fmt: skip


def _said(one: dict[str, Any]) -> str:
    if not one["reached"]:
        return ""
    value = one["answer"]
    return {True: YES, False: NO, None: UNKNOWN}[value] if value in (True, False, None) else str(
        value
    )


def _describe(desk: Desk, change: ChangeRequest) -> None:
    if not desk.may(Action.ASSESS_CHANGE):
        look.quiet(f"It is assessed by: {roles_named(Action.ASSESS_CHANGE)}.")
        return
    with st.expander("Affected items, risk review, verification plan"), st.form(
        f"describe-{change.id}"
    ):
        items = st.text_area("Affected items, one a line", "\n".join(change.affected_items or ()))
        risk = st.text_area("Risk review", change.risk_review or "")
        plan = st.text_area("Verification plan", change.verification_plan or "")
        reason = st.text_input("Reason", key=f"describe-reason-{change.id}")
        pressed = st.form_submit_button("State them")
    if not pressed:
        return

    def state() -> str:
        said = {"affected_items": [one for one in items.splitlines() if one.strip()],
                "risk_review": risk, "verification_plan": plan}  # fmt: skip
        assess_change(
            desk.store, change.label, {"change": said}, actor=desk.person.name, password="",
            reason=reason, now=desk.now,
        )
        return f"{change.label} states what it touches and how it is verified."

    act(state, reason=reason)


def _assess(desk: Desk, change: ChangeRequest, regime: Regime) -> None:
    """The questions one after the other, as far as the answers lead."""
    if not desk.may(Action.ASSESS_CHANGE):
        return
    key = f"{change.id}-{regime.value}"
    with st.expander("Answer the questions", expanded=False):
        form = form_of_regime(change.label, regime)
        asking = _Asking(desk, form, key, kept_fields(desk, form))
        section, asked = _answers(desk, change, regime, asking)
        look.quiet(f"By {asked.rule}. " + (
            "A question waits." if asked.result is None else f"The answers lead to {asked.result}."
        ))  # fmt: skip
        section |= _further(desk, regime, key)
        reason = st.text_input("Reason", key=f"assess-reason-{key}")
        password = st.text_input("Your password, again", type="password",
                                 key=f"assess-password-{key}", autocomplete="off")  # fmt: skip
        signing.password_hint(desk)
        pressed = st.button(f"Sign the assessment under {regime.value}", key=f"assess-{key}")
    if not pressed:
        return

    def sign_it() -> str:
        (made,) = assess_change(
            desk.store, change.label, {"regimes": {regime.value: section}},
            actor=desk.person.name, password=password, reason=reason, now=desk.now,
        )
        return f"{made.label}: {regime.value} is {made.result}. Another person reviews it."

    act(sign_it, reason=reason)


def _answers(
    desk: Desk, change: ChangeRequest, regime: Regime, asking: _Asking
) -> tuple[dict[str, Any], NextQuestions]:
    facts: dict[str, Any] = {}
    rationale: dict[str, str] = {}
    overrides: dict[str, str] = {}
    shown: set[str] = set()
    while True:  # each answer may lead to another question
        asked = next_questions(desk.reader, change, regime, facts)
        new = [one for one in asked.questions if one["id"] not in shown]
        if not new:
            break
        for one in new:
            shown.add(one["id"])
            _ask(one, asking, facts, rationale, overrides)
    return {"facts": facts, "rationale": rationale, "overrides": overrides}, asked


def _ask(
    one: dict[str, Any], asking: _Asking, facts: dict[str, Any], rationale: dict[str, str],
    overrides: dict[str, str],
) -> None:
    """One question: what records answer stands in it, and each change of an answer is kept."""
    st.markdown(f"**{one['id']}** {one['ask']}")
    for name in one["facts"]:
        seen, kind = one["found"].get(name), fact_dictionary()[name].kind
        words = name.replace("_", " ").capitalize()
        if kind == "list" and seen is None:
            text = asking.text(f"{words}, one a line; empty means none", name, area=True)
            facts[name] = [line for line in text.splitlines() if line.strip()]
        elif kind == "yes_no":
            value = asking.choice(words, name, seen)
            if value in _VALUES:
                facts[name] = _VALUES[value]
        if seen is not None:
            look.quiet(f"Records show {_as_word(seen['value'])}: {seen['because']}")
            if name in facts and facts[name] != seen["value"]:
                overrides[name] = asking.text("Why otherwise", f"why-{name}")
    if why := asking.text("Rationale", f"rationale-{one['id']}"):
        rationale[one["id"]] = why


def _as_word(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {True: YES, False: NO, None: UNKNOWN}[value]
    return str(value)


def _further(desk: Desk, regime: Regime, key: str) -> dict[str, Any]:
    """What settles a result, where the version is to run, or why the regime does not apply."""
    found: dict[str, Any] = {}
    if regime is Regime.PCCP:
        sites = [one.site for one in running_versions(desk.reader)]
        found["sites"] = st.multiselect("Sites where it is to run", sites, key=f"{key}-sites")
    settled = {
        name: st.text_input(f"Settled: {words}", key=f"{key}-settled-{name}")
        for name, words in (("reference", "number of the decision, certificate or UDI"),
                            ("on", "day, such as 2026-03-01"), ("evidence", "where it is kept"))
    }  # fmt: skip
    if any(settled.values()):
        found["settled"] = settled
    if no := st.text_input("Does not apply, because", key=f"{key}-not"):
        found["not_applicable"] = no
    return found


def _review(desk: Desk, change: ChangeRequest, row: dict[str, Any]) -> None:
    if row["status"] != "assessed":
        return
    if not desk.may(Action.SIGN_REVIEW):
        look.quiet(f"It is reviewed by another person: {roles_named(Action.SIGN_REVIEW)}.")
        return
    if row["assessed_by"] == desk.person.name:
        look.quiet(f"Another person than {desk.person.name} reviews it.")
        return
    key = f"{change.id}-{row['regime']}"
    with st.form(f"review-form-{key}"):
        reason = st.text_input("Reason", key=f"review-reason-{key}")
        password = st.text_input("Your password, again", type="password",
                                 key=f"review-password-{key}", autocomplete="off")  # fmt: skip
        left, right = st.columns(2)
        agreed = left.form_submit_button(f"Sign the review of {row['decision']}", type="primary",
                                         key=f"review-{key}")  # fmt: skip
        back = right.form_submit_button("Send it back", key=f"return-{key}")
    if not (agreed or back):
        return

    def sign_it() -> str:
        (done,) = review_change(
            desk.store, change.label, [row["regime"]], agrees=agreed, actor=desk.person.name,
            password=password, reason=reason, now=desk.now,
        )
        return f"{done.label} is {done.status}."

    act(sign_it, reason=reason)
