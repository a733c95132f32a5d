"""Trials at the sites: what was planned and came, what was found, and the clinician's decision."""

from typing import Any

import streamlit as st
from sqlmodel import Session

from dashboards import look, signing
from dashboards.acting import act, key_in
from dashboards.desk import Desk
from dashboards.links import choose
from journeys import go_live
from journeys.print_go_live import go_live_facts, go_live_pdf
from records.go_lives import (
    ACCEPTED,
    DECLINED,
    JUDGED,
    PLANNED,
    RUNNING,
    GoLive,
    accept_go_live,
    decline_go_live,
)
from records.lookup import find_record, list_records
from records.people import Actor, Role, find_actor
from records.permissions import Action, has_role, roles_named
from records.product import ModelVersion, Site
from records.revalidation_rules import INFERIOR, PASSED
from records.signature_policy import has_acknowledged
from regulatory.documents.go_live_sheet import GoLiveFacts

_TONES: dict[str, look.Tone] = {
    PLANNED: "waiting", RUNNING: "waiting", JUDGED: "waiting", ACCEPTED: "good", DECLINED: "bad",
    PASSED: "good", INFERIOR: "bad", "non-inferior": "good", "valid": "good",
}  # fmt: skip


def show_go_lives(desk: Desk) -> None:
    """Every trial, one in full with what comes next, and the form that plans one."""
    found = list(reversed(list_records(desk.reader, GoLive)))
    look.table(
        ["Trial", "Site", "Version", "Decides for the site", "Found", "Status"],
        [
            [look.Number(one.label), one.site,
             look.Number(ModelVersion.label_of(one.model_version_id)), one.clinician,
             _mark(one.verdict) if one.verdict else "not judged", _mark(one.status)]
            for one in found
        ],
        empty="No trial was planned. A device whose definition has no section 'go_live' needs "
        "none: a released version runs live at a confirmed site.",
        wide="Site",
    )  # fmt: skip
    if found:
        labels = {f"{one.label}, {one.site}, {one.status}": one for one in found}
        _one(desk, choose(desk, "Trial", labels, key="go-live"))
    _plan(desk)


def _mark(word: str) -> look.Mark:
    return look.Mark(word, _TONES.get(word, "waiting"))


def _one(desk: Desk, one: GoLive) -> None:
    facts = go_live_facts(desk.store, desk.reader, one, now=desk.now)
    tone: look.Tone = "waiting" if facts.tone == "plain" else facts.tone
    look.notice(facts.verdict, tone)
    look.facts([(name, words) for name, words in facts.steps])
    look.table(
        ["Studies with truth", "Planned", "Came"],
        [[each.kind, each.planned, each.came] for each in facts.arrivals], empty="",
    )  # fmt: skip
    for words in facts.exposure:
        look.quiet(words)
    _comparison(facts)
    look.section("Decision of the site", "Only the clinician who was named decides, signed.")
    look.table(
        ["Signed by", "Role", "Meaning", "When", "Reason", "Signature"],
        [[each.by, each.role, each.meaning, f"{each.at} UTC", each.reason,
          _mark("valid") if each.valid else look.Mark("invalid", "bad")]
         for each in facts.signatures],
        empty=f"{one.clinician} has not decided.", wide="Reason",
    )  # fmt: skip
    if facts.gaps:
        look.section("What is missing")
        look.table(["Missing of a complete report"], [[words] for words in facts.gaps], empty="")
    _download(desk, one)
    if one.status == JUDGED:
        _decide(desk, one)
    elif one.status in (PLANNED, RUNNING):
        _go_on(desk, one)


def _comparison(facts: GoLiveFacts) -> None:
    """The shadow's answers at the site beside the bounds, and beside the site's own reports."""
    look.section("What the shadow said here, beside the bounds", facts.how)
    look.table(
        ["Measure", "At least", "Assumed", "Found", "Verdict"],
        [[each.measure, each.least, each.assumed, each.found, _mark(each.verdict)]
         for each in facts.bounds],
        empty="The plan holds no bound.", wide="Found",
    )  # fmt: skip
    look.quiet(f"Operating point at this site: {facts.operating_point}.")
    look.table(
        ["Studies by the site's own reports", "The shadow said the same"],
        [[each.of, each.found] for each in facts.agreement],
        empty="Agreement with the site's own reports: nothing to show yet.",
    )  # fmt: skip


def _download(desk: Desk, one: GoLive) -> None:
    """The report as PDF, set when it is asked for."""
    store, now = desk.store, desk.now

    def made() -> bytes:
        with store.reader() as reader:
            return go_live_pdf(store, reader, find_record(reader, GoLive, one.label), now=now)

    if desk.may(Action.EXPORT_DOCUMENT):
        st.download_button(
            "Go-live report as PDF", made, file_name=f"{one.label}.pdf", mime="application/pdf",
            key=f"go-live-report-{one.label}", on_click="ignore",
        )


def _go_on(desk: Desk, one: GoLive) -> None:
    """Start what is planned; judge what runs."""
    if not desk.may(Action.PLAN_GO_LIVE):
        look.quiet(f"It is started and judged by: {roles_named(Action.PLAN_GO_LIVE)}.")
        return
    starts = one.status == PLANNED
    words = "Start: the version reads as a shadow" if starts else "Judge, where enough has come"
    with st.form(f"go-on-{one.label}"):
        reason = st.text_input("Reason", key=f"go-live-reason-{one.status}")
        pressed = st.form_submit_button(words, type="primary", key=f"go-live-{one.status}")
    if not pressed:
        return

    def go_on() -> str:
        if not starts:
            found = go_live.judge(desk.store, one, actor=desk.person, reason=reason, now=desk.now)
            return f"{one.label}: {found.conclusion}."
        with desk.act_on(one, "start of a go-live", reason) as (tx, person, now):
            made = go_live.start(tx, tx.get_one(GoLive, one.id), by=person, now=now)
            return f"{one.label} runs: {made.label} reads as a shadow at {one.site}."

    act(go_on, reason=reason)


def _decide(desk: Desk, one: GoLive) -> None:
    if not desk.may(Action.DECIDE_GO_LIVE) or desk.person.name != one.clinician:
        look.quiet(f"It is accepted or declined by {one.clinician}, who answers for {one.site}.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        return
    with st.form(f"decide-{one.label}"):
        st.markdown(
            f"You sign as **{desk.person.full_name}** whether the version runs live at "
            f"**{one.site}**. The signature covers plan, counts and judgement."
        )
        reason = st.text_input("Reason", key="go-live-decide-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="go-live-password")  # fmt: skip
        signing.password_hint(desk)
        left, right = st.columns(2)
        accepted = one.verdict == PASSED and left.form_submit_button(
            "Accept: it may run live here", type="primary", key="go-live-accept"
        )
        declined = right.form_submit_button("Decline", key="go-live-decline")
    if not (accepted or declined):
        return

    def decide() -> str:
        decision = accept_go_live if accepted else decline_go_live
        with desk.act_on(one, "acceptance" if accepted else "declining", reason) as (tx, who, now):
            done = decision(tx, tx.get_one(GoLive, one.id), by=who, password=password,
                            reason=reason, now=now)  # fmt: skip
            return f"{done.label} is {done.status} by {who.full_name}."

    act(decide, reason=reason)


def _plan(desk: Desk) -> None:
    versions = list(reversed(list_records(desk.reader, ModelVersion)))
    sites = sorted(one.name for one in list_records(desk.reader, Site))
    if not (versions and sites):
        return
    if not desk.may(Action.PLAN_GO_LIVE):
        look.quiet(f"Trials are planned by: {roles_named(Action.PLAN_GO_LIVE)}.")
        return
    doctors = _clinicians(desk.reader)
    if not doctors:
        look.quiet("To plan a trial, an account of the clinician who answers for the site is "
                   "needed: 'radvigil user add'.")  # fmt: skip
        return
    form = "go-live-plan"
    labels = {f"{one.label} ({one.name})": one for one in versions}
    with st.expander("Plan a trial"), st.form(form):
        site = st.selectbox("Site", sites, key=key_in(form, "site"))
        version = labels[st.selectbox("Version", list(labels), key=key_in(form, "version"))]
        doctor = st.selectbox("Clinician who decides for the site", doctors,
                              key=key_in(form, "clinician"))  # fmt: skip
        reason = st.text_input("Reason", key=key_in(form, "reason"))
        pressed = st.form_submit_button("Plan it", key=key_in(form, "submit"))
    if not pressed:
        return

    def plan() -> str:
        with desk.act_on(desk.person, "planning of a go-live", reason) as (tx, person, now):
            made = go_live.plan(
                tx, tx.get_one(ModelVersion, version.id), str(site),
                clinician=find_actor(tx, str(doctor)), by=person, now=now,
            )
            needed: dict[str, Any] = made.planned
            return (f"{made.label} is planned: {needed['diseased']} diseased and "
                    f"{needed['healthy']} healthy studies with truth are needed.")  # fmt: skip

    act(plan, reason=reason, form=form)


def _clinicians(reader: Session) -> list[str]:
    return [one.name for one in list_records(reader, Actor) if has_role(one, Role.CLINICIAN)]
