"""CAPAs, for quality teams: what is worked on, the next step, and whether what was done worked."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.links import choose, to_record
from records.capa_criteria import (
    AT_LEAST,
    AT_MOST,
    MET,
    NOT_MET,
    EffectivenessCriterion,
    read_criterion,
)
from records.capa_effectiveness import check_effectiveness
from records.capas import (
    CAPA,
    CLOSED,
    EFFECTIVE,
    IMPLEMENTED,
    NEXT,
    OPTIONAL,
    PLANNED,
    STEPS,
    WORDS,
    advance_capa,
    assign_capa,
    open_capa_for,
)
from records.lookup import find_record, list_records
from records.no_capas import NoCAPA, decide_no_capa
from records.permissions import Action, roles_named
from records.signature_policy import has_acknowledged

_TONES: dict[str, look.Tone] = {MET: "good", NOT_MET: "bad"}


def show(desk: Desk) -> None:
    """Every CAPA, one in full with its next step, and the form that opens one."""
    look.title(
        "Corrective and preventive actions",
        "From the problem to the check, by later records, that what was done has worked.",
    )
    found = [one for one in reversed(list_records(desk.reader, CAPA))
             if desk.shows(one, day=one.opened_at)]
    look.table(
        ["CAPA", "For", "Problem", "Owner", "Next due", "Status"],
        [
            [to_record(one.label), to_record(one.source), one.problem, one.owner or "nobody",
             _due(one, desk.now.date()), _status(one)]
            for one in found
        ],
        empty=desk.none_of("None was opened"), wide="Problem",
    )  # fmt: skip
    if found:
        labels = {f"{one.label}, {one.source}, {one.status}": one for one in found}
        _one(desk, choose(desk, "CAPA", labels, key="capa"))
    _begin(desk)
    _declined(list_records(desk.reader, NoCAPA))


def _status(one: CAPA) -> look.Mark:
    tone: look.Tone = "waiting"
    if one.status == CLOSED:
        tone = "good" if one.closed_as in (EFFECTIVE, "") else "plain"
    return look.Mark(one.status, tone, one.closed_as)


def _due(one: CAPA, today: date) -> look.Cell:
    step = NEXT.get(one.status)
    day = one.due.get(step, "") if step else ""
    if not day:
        return "closed" if one.status == CLOSED else "no day was set"
    late = date.fromisoformat(day) < today
    return look.Mark("OVERDUE", "bad", f"{step} by {day}") if late else f"{step} by {day}"


def _one(desk: Desk, one: CAPA) -> None:
    said = [
        (name.replace("_", " ").capitalize(), getattr(one, name)) for name in ("problem", *WORDS)
    ]
    criterion = read_criterion(one.criterion).words if one.criterion else "none: a person judges it"
    look.facts(
        [
            *((name, words) for name, words in said if words),
            ("Checked by records", criterion),
            ("Belongs to it", ", ".join([one.source, *one.links])),
            ("Opened", f"by {one.opened_by}, {look.instant(one.opened_at)}"),
            *([("Implemented", f"by {one.implemented_by}, {look.instant(one.implemented_at)}")]
              if one.implemented_at else []),
        ]
    )  # fmt: skip
    if one.external_number:
        look.quiet(f"Taken over from another system, where it is {one.external_number}.")
    if one.status == CLOSED:
        words = one.effectiveness.get("words", "")
        look.notice(f"Closed by {one.closed_by}: {one.closed_as or 'by its result'}. {words}",
                    "good" if one.closed_as == EFFECTIVE else "waiting")  # fmt: skip
        return
    if one.status == IMPLEMENTED:
        found = check_effectiveness(desk.reader, one)
        look.notice(f"The check says: {found.words}", _TONES.get(found.verdict, "waiting"))
    if not desk.may(Action.ADVANCE_CAPA):
        look.quiet(f"It is worked on by: {roles_named(Action.ADVANCE_CAPA)}.")
        return
    _assign(desk, one)
    for to in (to for current, to in STEPS if current == one.status):
        _step(desk, one, to)


def _assign(desk: Desk, one: CAPA) -> None:
    step = NEXT[one.status]
    with st.expander("Owner, day and what belongs to it"), st.form(f"assign-{one.label}"):
        owner = st.text_input("Owner (account)", value=one.owner, key="capa-owner")
        day = st.date_input(f"'{step}' is due", value=None, key="capa-due")
        links = st.text_input("Records that belong to it, such as ALT-0003", key="capa-links")
        reason = st.text_input("Reason", key="capa-assign-reason")
        pressed = st.form_submit_button("Write it down", key="capa-assign")
    if not pressed:
        return

    def assign() -> str:
        with desk.act_on(one, "assignment", reason) as (tx, person, now):
            assign_capa(
                tx, find_record(tx, CAPA, one.label), by=person, now=now, owner=owner.strip(),
                due={step: day} if isinstance(day, date) else {},
                links=links.replace(",", " ").split(),
            )
        return f"{one.label}: owner, day and records are written down."

    act(assign, reason=reason)


def _step(desk: Desk, one: CAPA, to: str) -> None:
    closing = to == CLOSED
    if closing and not desk.may(Action.CLOSE_CAPA):
        look.quiet(f"It is closed by: {roles_named(Action.CLOSE_CAPA)}.")
        return
    if closing and not has_acknowledged(desk.reader, desk.person):
        signing.policy_form(desk)
        return
    title = "Close it, with your signature" if closing else f"Step to '{to}'"
    with st.expander(title, expanded=to == NEXT[one.status]), st.form(f"step-{one.label}-{to}"):
        fields = (*STEPS[one.status, to], *OPTIONAL.get((one.status, to), ()))
        said = {
            name: st.text_area(
                f"{name.replace('_', ' ').capitalize()}: {WORDS[name]}", key=f"capa-{to}-{name}"
            )
            for name in fields
        }
        asked = _criterion() if to == PLANNED else {}
        otherwise, password = False, ""
        if closing:
            otherwise = st.checkbox("Close it though its check is not met", key="capa-otherwise")
            password = st.text_input("Your password, again", type="password", key="capa-password",
                                     autocomplete="off")  # fmt: skip
            signing.password_hint(desk)
        reason = st.text_input("Reason", key=f"capa-{to}-reason")
        pressed = st.form_submit_button(title, type="primary", key=f"capa-{to}-submit")
    if not pressed:
        return

    def take() -> str:
        criterion: EffectivenessCriterion | None = read_criterion(asked) if asked else None
        with desk.act_on(one, f"step to {to}", reason) as (tx, person, now):
            done = advance_capa(
                tx, find_record(tx, CAPA, one.label), to,
                {name: words for name, words in said.items() if words.strip()}, by=person, now=now,
                password=password, criterion=criterion, otherwise=otherwise,
            )
            words = f"{done.label} is {done.status}"
            return f"{words}: {done.closed_as}." if done.closed_as else f"{words}."

    act(take, reason=reason)


def _criterion() -> dict[str, str]:
    """What a later record must hold; nothing where no name was given."""
    look.quiet("What a later record must show. Without a name, a person judges it.")
    left, middle, right = st.columns(3)
    name = left.text_input("Chart or measure, such as sensitivity", key="capa-name")
    on = left.selectbox("It is a", ["measure", "chart"], key="capa-on")
    site = middle.text_input("Site; nothing for all sites", key="capa-site")
    group = middle.text_input("Subgroup; nothing for all studies", key="capa-subgroup")
    direction = right.selectbox("It must be", [AT_LEAST, AT_MOST], key="capa-direction")
    bound = right.text_input("Bound", key="capa-bound")
    least = middle.text_input("Cases needed", key="capa-minimum")
    by = right.date_input("By", value=None, key="capa-by")
    if not name.strip():
        return {}
    return {"on": on, "name": name.strip(), "site": site.strip(), "subgroup": group.strip(),
            "direction": direction, "bound": bound.strip(), "minimum_n": least.strip(),
            "by": str(by or "")}  # fmt: skip


def _begin(desk: Desk) -> None:
    look.section("For another record", "Open a CAPA, or decide by signature that none is needed.")
    if not desk.may(Action.ADVANCE_CAPA):
        look.quiet(f"CAPAs are opened by: {roles_named(Action.ADVANCE_CAPA)}.")
        return
    with st.form("open-capa"):
        source = st.text_input("Record, such as ALT-0003", key="capa-source")
        words = st.text_area("What is wrong and where; or why no CAPA is needed", key="capa-words")
        reason = st.text_input("Reason", key="capa-open-reason")
        opened = st.form_submit_button("Open a CAPA", type="primary", key="capa-open")
        password, declined = "", False
        if desk.may(Action.CLOSE_CAPA):
            password = st.text_input("Your password, to sign that none is needed", type="password",
                                     key="capa-none-password", autocomplete="off")  # fmt: skip
            declined = st.form_submit_button("No CAPA is needed", key="capa-none")

    def begin() -> str:
        with desk.act_on(desk.person, "opening of a CAPA", reason) as (tx, person, now):
            made = open_capa_for(tx, source, problem=words, by=person, now=now)
            return f"{made.label} of {made.source} is {made.status}."

    def decide() -> str:
        with desk.act_on(desk.person, "decision that no CAPA is needed", reason) as (tx, who, now):
            made = decide_no_capa(tx, source=source, grounds=words, by=who, password=password,
                                  now=now)  # fmt: skip
            return f"{made.label}: {made.source} needs no CAPA."

    if opened or declined:
        act(begin if opened else decide, reason=reason)


def _declined(found: Sequence[NoCAPA]) -> None:
    look.section("No CAPA was needed")
    look.table(
        ["Decision", "For", "Grounds", "By", "When"],
        [
            [look.Number(one.label), look.Number(one.source), one.grounds, one.decided_by,
             one.decided_at]
            for one in reversed(found)
        ],
        empty="Nobody decided so.", wide="Grounds",
    )  # fmt: skip
