"""A rollout: its stages, the looks at the shadow under the stopping rule, and what comes next."""

from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act, key_in
from dashboards.desk import Desk
from dashboards.links import choose
from journeys import roll_out
from journeys.tell_people import TellReport, send_messages
from journeys.tell_users import NOBODY, tell_sites
from records.control_overview import signed_on
from records.lookup import list_records
from records.message_routes import VERSION, active_routes
from records.messages import Message
from records.permissions import Action, roles_named
from records.product import Site
from records.quality import ChangeRequest
from records.rollouts import (
    COMPLETED,
    FAILED,
    GOING_ON,
    HALTED,
    LIVE,
    NOT_WORSE,
    PLANNED,
    RUNNING,
    SHADOW,
    WITHDRAWN,
    Rollout,
    RolloutLook,
    looks_of,
    plan_rollout,
)
from records.signature_policy import has_acknowledged
from regulatory.documents.wording import number

_TONES: dict[str, look.Tone] = {
    PLANNED: "waiting", RUNNING: "waiting", COMPLETED: "good", HALTED: "bad", WITHDRAWN: "unknown",
    FAILED: "bad", NOT_WORSE: "good", GOING_ON: "waiting",
}  # fmt: skip


def show_rollouts(desk: Desk) -> None:
    """Every rollout, one in full, and the form that plans one."""
    found = list(reversed(list_records(desk.reader, Rollout)))
    look.table(
        ["Rollout", "Change", "Stages begun", "Status", "Why halted"],
        [
            [look.Number(one.label), look.Number(ChangeRequest.label_of(one.change_request_id)),
             f"{len(one.progress)} of {len(one.stages)}", _mark(one.status),
             one.halted_because or "not halted"]
            for one in found
        ],
        empty="No rollout was planned.", wide="Why halted",
    )  # fmt: skip
    if found:
        labels = {f"{one.label}, {one.status}": one for one in found}
        _one(desk, choose(desk, "Rollout", labels, key="rollout"))
    _plan(desk)


def _mark(word: str) -> look.Mark:
    return look.Mark(word, _TONES.get(word, "plain"))


def _one(desk: Desk, one: Rollout) -> None:
    begun = {each["stage"]: each for each in one.progress}
    look.section("Stages")
    look.table(
        ["Stage", "Runs", "Sites", "Days at least", "Studies at least", "Began"],
        [
            [place, look.mark(each["mode"]), ", ".join(each["sites"]), each["minimum_days"],
             each["minimum_studies"],
             f"{begun[place]['at'][:16].replace('T', ' ')} UTC by {begun[place]['by']}"
             if place in begun else "not yet"]
            for place, each in enumerate(one.stages, start=1)
        ],
        empty="No stage.", wide="Sites",
    )  # fmt: skip
    rule = one.stopping
    margins = ", ".join(f"{name} {margin:g}" for name, margin in rule.margins.items())
    look.facts(
        [
            ("Stops where the shadow is worse by more than", margins or "no margin is set"),
            ("Decided otherwise at most", "no limit" if rule.most_changed is None
             else f"{rule.most_changed:g} of the studies"),
            ("Chance to stop a version that is just good enough", f"at most {rule.alpha:g}, over "
             "all looks and measures together"),
            ("Plan for the way back", one.way_back), ("Planned by", one.proposed_by),
        ]
    )  # fmt: skip
    _looks(looks_of(desk.reader, one))
    look.section("Signatures of the plan")
    signing.signature_table(signed_on(desk.reader, one))
    if one.status == PLANNED:
        signing.missing_signatures(desk, Rollout, one.id or 0)
        if has_acknowledged(desk.reader, desk.person):
            signing.sign_form(desk, signing.Signable(
                Rollout, one.id or 0, one.label, "It covers stages, rule and the way back.",
            ))  # fmt: skip
    if one.status in (PLANNED, RUNNING):
        _advance(desk, one)
        _look_or_halt(desk, one)
    _told(desk, one)


def _looks(looks: list[RolloutLook]) -> None:
    look.section(
        "The shadow beside the live version",
        "On the same studies. Intervals of the rule hold at all looks together; a difference is "
        "the shadow less the live version.",
    )
    look.table(
        ["Look", "Sites", "Studies", "Agreement", "By the rule", "Verdict"],
        [
            [look.Mark(each.label, small=look.instant(each.looked_at)),
             ", ".join(each.sites) or "none", each.studies,
             _interval(each.figures["changed"]["agreement"]),
             "; ".join(_tested(row) for row in each.figures["tested"]) or "nothing is tested",
             _mark(each.verdict)]
            for each in reversed(looks)
        ],
        empty="Nobody has looked at a shadow yet.", wide="By the rule",
    )  # fmt: skip


def _interval(share: dict[str, Any]) -> str:
    return look.estimate(share["value"], share["low"], share["high"], n=share["n"],
                         reason=share.get("reason", ""))  # fmt: skip


def _tested(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return f"{row['measure']} not estimable (n = {row['n']})"
    return (
        f"{row['measure']} {number(row['value'])} ({100 * row['level']:g} % interval "
        f"{number(row['low'])} to {number(row['high'])}, n = {row['n']}), bound "
        f"{number(row['bound'])}: {row['verdict']}"
    )


def _advance(desk: Desk, one: Rollout) -> None:
    coming = one.next_stage
    if coming is None:
        return
    if not desk.may(Action.RELEASE_CHANGE):
        look.quiet(f"Stages are begun by: {roles_named(Action.RELEASE_CHANGE)}.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        return
    place = len(one.progress) + 1
    with st.expander(f"Begin stage {place}"), st.form(f"advance-{one.label}-{place}"):
        st.markdown(
            f"Stage {place}: **{coming.mode}** at **{', '.join(coming.sites)}**, at all sites at "
            "once or at none. The first live stage releases the change. Users are told."
        )
        reason = st.text_input("Reason", key=f"advance-reason-{place}")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key=f"advance-password-{place}")  # fmt: skip
        signing.password_hint(desk)
        pressed = st.form_submit_button("Begin the stage", type="primary", key=f"advance-{place}")
    if not pressed:
        return

    def advance() -> str:
        with desk.act_on(one, "advance", reason) as (tx, person, now):
            made = roll_out.advance(tx, tx.get_one(Rollout, one.id), by=person, password=password,
                                    reason=reason, now=now)  # fmt: skip
            said = ", ".join(each.label for each in made)
        send(desk)
        return f"{one.label}: stage {place} of {len(one.stages)} began ({said})."

    act(advance, reason=reason)


def _look_or_halt(desk: Desk, one: Rollout) -> None:
    if not desk.may(Action.PLAN_ROLLOUT):
        look.quiet(f"It is looked at and halted by: {roles_named(Action.PLAN_ROLLOUT)}.")
        return
    begun = one.status == RUNNING
    with st.form(f"look-{one.label}"):
        reason = st.text_input("Reason", key="rollout-reason")
        left, right = st.columns(2)
        looked = begun and left.form_submit_button(
            "Look at the shadow now", type="primary", key="rollout-look"
        )
        halted = right.form_submit_button("Halt" if begun else "Withdraw", key="rollout-halt")
    if not (looked or halted):
        return

    def compare() -> str:
        made = roll_out.look(desk.store, one, actor=desk.person, reason=reason, now=desk.now)
        send(desk)
        where = ", ".join(made.sites) or "no site: no shadow runs beside a live version"
        return (f"{made.label} at {where}: {made.studies} studies read by both: {made.verdict}. "
                f"{roll_out.WHAT_NOW if made.verdict == FAILED else ''}")  # fmt: skip

    def halt() -> str:
        with desk.act_on(one, "halt", reason) as (tx, person, now):
            done = roll_out.halt(tx, tx.get_one(Rollout, one.id), because=reason, by=person,
                                 now=now)  # fmt: skip
            status = done.status
        send(desk)
        return f"{one.label} is {status}."

    act(compare if looked else halt, reason=reason)


def _told(desk: Desk, one: Rollout) -> None:
    """Who is told at each site of the rollout, what was told, and the form that tells more."""
    look.section(
        "Users told", "Sites are told at once when a live stage begins or the rollout is halted."
    )
    sites = sorted({site for each in one.stages for site in each["sites"]})
    routes = active_routes(desk.reader)
    look.table(
        ["Site", "Told there"],
        [
            [site, ", ".join(told) if told else look.Mark("nobody", "bad", NOBODY)]
            for site in sites
            for told in [[each.words for each in routes if each.carries(VERSION, site=site)]]
        ],
        empty="",
    )  # fmt: skip
    said = list_records(desk.reader, Message, record=one.label)
    look.table(
        ["Message", "What", "Queued", "Status"],
        [[look.Number(each.label), each.title, each.queued_at, each.status]
         for each in reversed(said)],
        empty="Nothing was told of this rollout.", wide="What",
    )  # fmt: skip
    if one.progress and desk.may(Action.PLAN_ROLLOUT):
        _tell(desk, one, sorted({site for stage in one.begun for site in stage.sites}))


def _tell(desk: Desk, one: Rollout, reached: list[str]) -> None:
    form = "rollout-tell"
    with st.expander("Tell the users more"), st.form(form):
        sites = st.multiselect("Sites", reached, default=reached, key=key_in(form, "sites"))
        words = st.text_area("What they are told; name no patient", key=key_in(form, "words"))
        reason = st.text_input("Reason", key=key_in(form, "reason"))
        pressed = st.form_submit_button("Tell them", key=key_in(form, "submit"))
    if not pressed:
        return

    def tell() -> str:
        with desk.act_on(one, "word to users", reason) as (tx, person, now):
            told = tell_sites(tx, tx.get_one(Rollout, one.id), sites, words=words,
                              workspace=desk.store.workspace, by=person, now=now)  # fmt: skip
        send(desk)
        return f"{one.label}: told over {told} routes at {', '.join(sites)}."

    act(tell, reason=reason, form=form)


def send(desk: Desk) -> None:
    """Send what was queued, now; what a server does not take goes with the next round."""
    send_messages(desk.store, TellReport(), actor=desk.person.name, clock=lambda: desk.now)


def _plan(desk: Desk) -> None:
    changes = [
        one for one in reversed(list_records(desk.reader, ChangeRequest))
        if one.status in ("assessed", "approved", "released")
    ]
    if not changes:
        return
    if not desk.may(Action.PLAN_ROLLOUT):
        look.quiet(f"Rollouts are planned by: {roles_named(Action.PLAN_ROLLOUT)}.")
        return
    form = "rollout-plan"
    with st.expander("Plan a rollout"):
        many = int(st.number_input("How many stages", 1, 12, 2, key=key_in(form, "stages")))
        with st.form(form):
            _plan_form(desk, form, changes, many)


def _plan_form(desk: Desk, form: str, changes: list[ChangeRequest], many: int) -> None:
    labels = {f"{one.label}: {one.title}": one for one in changes}
    change = labels[st.selectbox("Change", list(labels), key=key_in(form, "change"))]
    names = sorted(one.name for one in list_records(desk.reader, Site))
    stages = [_stage(form, place, names) for place in range(1, many + 1)]
    left, middle, right = st.columns(3)
    sensitivity = left.number_input("Sensitivity may fall by", 0.01, 0.5, 0.05,
                                    key=key_in(form, "sensitivity"))  # fmt: skip
    specificity = middle.number_input("Specificity may fall by", 0.01, 0.5, 0.05,
                                      key=key_in(form, "specificity"))  # fmt: skip
    alpha = right.number_input("Chance of a false stop", 0.001, 0.2, 0.05, format="%.3f",
                               key=key_in(form, "alpha"))  # fmt: skip
    back = st.text_area("Plan for the way back: when, to which version, who decides",
                        key=key_in(form, "back"))  # fmt: skip
    reason = st.text_input("Reason", key=key_in(form, "reason"))
    if not st.form_submit_button("Plan it", key=key_in(form, "submit")):
        return
    rule = {"alpha": alpha, "margins": {"sensitivity": sensitivity, "specificity": specificity}}

    def plan() -> str:
        with desk.act_on(desk.person, "planning of a rollout", reason) as (tx, person, now):
            made = plan_rollout(tx, tx.get_one(ChangeRequest, change.id), stages, rule,
                                way_back=back, by=person, now=now)  # fmt: skip
            return f"{made.label} is planned. Two people in different roles sign it."

    act(plan, reason=reason, form=form)


def _stage(form: str, place: int, names: list[str]) -> dict[str, Any]:
    where, how, days, studies = st.columns([3, 1, 1, 1])
    return {
        "sites": where.multiselect(f"Stage {place}: sites", names,
                                   key=key_in(form, f"sites-{place}")),
        "mode": how.selectbox("Runs", [SHADOW, LIVE], index=int(place > 1),
                              key=key_in(form, f"mode-{place}")),
        "minimum_days": int(days.number_input("Days", 0, 3650, 14 if place == 1 else 7,
                                              key=key_in(form, f"days-{place}"))),
        "minimum_studies": int(studies.number_input("Studies", 0, 1_000_000, 0,
                                                    key=key_in(form, f"studies-{place}"))),
    }  # fmt: skip
