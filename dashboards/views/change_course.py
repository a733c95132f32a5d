"""A change beyond its criteria: the gate, the plan line by line, and what came of it at the sites.
"""

from typing import Any

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.links import to_record
from records.change_course import ChangeCourse, ShadowLook, course_of
from records.people import Role
from records.permissions import Action, roles_named
from records.plan_checks import last_check
from records.product import ModelVersion
from records.quality import ChangeRequest
from regulatory.change_gate import gate_of, passes
from regulatory.documents.wording import measure_name, spaced

_STATES: dict[str, look.Tone] = {
    "holds": "good", "fails": "bad", "outside the plan": "waiting", "not known": "unknown",
}  # fmt: skip
_TONES: dict[str, look.Tone] = {
    "completed": "good", "halted": "bad", "running": "waiting", "planned": "waiting",
    "not worse": "good", "failed": "bad", "worse": "bad", "accepted": "good", "declined": "bad",
    "passed": "good", "inferior": "bad", "judged": "waiting",
}  # fmt: skip


def show_gate(desk: Desk, change: ChangeRequest, *, decided: bool) -> None:
    """What the gate asks now, line by line, of an undecided change; then the check of the plan."""
    if not decided:
        look.section("The gate", "What a release would be held against now, line by line; nothing "
                     "is filed by looking.")  # fmt: skip
        lines = gate_of(desk.reader, desk.reader.get_one(ModelVersion, change.model_version_id))
        if passes(lines):
            look.notice("Nothing stands in the way of a release.", "good")
        else:
            open_ones = sum(one.state == "fails" for one in lines)
            look.notice(f"It would not pass now: {open_ones} of {len(lines)} lines fail.", "bad")
        look.table(
            ["Line", "State", "Found", "To do"],
            [[spaced(one.part), look.Mark(one.state, _STATES.get(one.state, "plain")), one.words,
              one.to_do or "nothing"] for one in lines],
            empty="The gate asks nothing.", wide="Found",
        )  # fmt: skip
    _plan(desk, change)


def _plan(desk: Desk, change: ChangeRequest) -> None:
    """The recorded check against the predetermined change control plan."""
    look.section("Predetermined change control plan", "The newest recorded check, line by line.")
    check = last_check(desk.reader, change.id or 0)
    if check is None:
        look.quiet(
            "It was not held against a plan: the first version of a device has none to follow, a "
            "later one is checked when it is assessed under the regime of the plan."
        )
        return
    look.facts([
        ("Record", to_record(check.label)), ("Result", spaced(check.result.lower())),
        ("Checked", f"{look.instant(check.checked_at)} by {check.checked_by}"),
        ("Digest of what was read", look.Code(check.inputs_digest, 64)),
    ])  # fmt: skip
    look.table(
        ["Line of the plan", "Answer", "Found"],
        [[_line(one["fact"]), _answer(one["value"]), one["because"]] for one in check.lines],
        empty="The plan has no line.", wide="Found",
    )  # fmt: skip


def _line(fact: str) -> str:
    return look.plain_name(fact).replace("Pccp", "PCCP")


def _answer(value: Any) -> look.Cell:
    if value is None:
        return look.Mark("not known", "unknown")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def show_course(desk: Desk, change: ChangeRequest) -> None:
    """Approvals, shadow runs, stages and the way back, each with where it is worked on."""
    course = course_of(desk.reader, change)
    look.section("Approvals", "Needed for a release, and who gave them; invalid ones do not count.")
    look.table(
        ["Needed", "By", "Given by"],
        [[one.needed, one.who_may, "; ".join(one.given) or look.Mark("nobody yet", "waiting")]
         for one in course.approvals],
        empty="No signature is needed.",
    )  # fmt: skip
    _shadow(course)
    look.section("Staged release")
    look.table(
        ["Rollout", "Stages begun", "Status", "Why halted"],
        [[to_record(one.label), f"{one.begun} of {one.stages}", _mark(one.status),
          one.halted_because or "not halted"] for one in course.rollouts],
        empty="No rollout was planned: a release brings the version to its sites at once.",
        wide="Why halted",
    )  # fmt: skip
    look.table(
        ["Site", "Runs", "Since"],
        [[one.site, look.mark(one.mode), one.since] for one in course.runs],
        empty="The version runs nowhere now.",
    )
    look.section("The way back")
    look.table(
        ["Rollback", "Site", "Went", "Runs again", "Grounds", "By", "When"],
        [[to_record(one.label), one.site, one.went, one.runs_again, one.grounds, one.by, one.at]
         for one in course.rollbacks],
        empty="It was not taken back anywhere.", wide="Grounds",
    )  # fmt: skip
    _where_to_act(desk, change)


def _shadow(course: ChangeCourse) -> None:
    look.section("Shadow runs", "The version beside what was live, on the same studies: trials at "
                 "a site, and looks under the stopping rule of a rollout.")  # fmt: skip
    look.table(
        ["Trial", "Site", "Decides for the site", "Found", "Status"],
        [[to_record(one.label), one.site, one.clinician,
          _mark(one.verdict) if one.verdict else "not judged", _mark(one.status)]
         for one in course.trials],
        empty="No trial at a site is on record.",
    )  # fmt: skip
    look.table(
        ["Look", "Rollout", "Sites", "Studies", "Agreement", "Differences", "Verdict"],
        [_look(one) for one in reversed(course.looks)],
        empty="No look at a shadow is on record.", wide="Differences",
    )  # fmt: skip


def _look(one: ShadowLook) -> list[look.Cell]:
    share = one.figures["changed"]["agreement"]
    return [
        look.Mark(one.label, small=look.instant(one.looked_at)), to_record(one.rollout),
        ", ".join(one.sites) or "none", one.studies,
        look.estimate(share["value"], share["low"], share["high"], n=share["n"],
                      reason=share.get("reason", "")),
        "; ".join(
            f"{measure_name(each['measure'].removesuffix('_difference'))} "
            + look.estimate(each["value"], each["low"], each["high"], n=each["n"],
                            reason=each["reason"])
            for each in one.figures.get("differences", ())
        ) or "nothing is compared",
        _mark(one.verdict),
    ]  # fmt: skip


def _mark(word: str) -> look.Mark:
    return look.Mark(word, _TONES.get(word, "plain"))


def _where_to_act(desk: Desk, change: ChangeRequest) -> None:
    """Trials, stages and rollback are signed on their page; who may not is told so here."""
    for action, deed in ((Action.PLAN_ROLLOUT, "Stages are planned and begun"),
                         (Action.ROLL_BACK, "The version is taken back")):  # fmt: skip
        if not desk.may(action):
            look.quiet(f"{deed} by: {roles_named(action)}. Your roles: "
                       f"{', '.join(Role(one).value for one in desk.person.roles)}.")  # fmt: skip
    if change.status in ("assessed", "approved", "released"):
        st.page_link(desk.pages["rollouts"], label="Try it, bring it to the sites by stages, or "
                     "take it back")  # fmt: skip
