"""Complaints: taken in as they came, what may tell of the same, harm, and what becomes of each."""

from datetime import date, time
from typing import Any

import streamlit as st

from dashboards import look, signing
from dashboards.acting import act, key_in
from dashboards.desk import Desk
from dashboards.links import choose, to_record
from records.complaint_likeness import likely_duplicates
from records.complaints import (
    CHANNELS,
    CLOSED,
    ELEMENTS,
    LINKS,
    NO_COMPLAINT,
    OPEN,
    SCREENED,
    Complaint,
    decide_complaint,
    link_complaints,
    links_of,
    others_about,
    receive_complaint,
    screen_complaint,
)
from records.event_terms import HARMS, event_terms
from records.incidents import PERSONS, Incident, add_awareness, open_incident
from records.lookup import find_record, list_records
from records.overview import devices
from records.permissions import Action, roles_named
from records.product import ModelVersion, Site
from records.queries import find_device
from records.signature_policy import has_acknowledged
from records.zones import instant_in
from regulatory.reportability import examine_completeness

_TONES: dict[str, look.Tone] = {OPEN: "waiting", SCREENED: "waiting", CLOSED: "good"}
_INVESTIGATED: dict[str, bool | None] = {"not known": None, "yes": True, "no": False}


def show_complaints(desk: Desk) -> None:
    """Every complaint, one with what may be done with it, and the form that takes one in."""
    look.section("Complaints", "In the words in which they came.")
    found = [one for one in reversed(list_records(desk.reader, Complaint)) if desk.shows(
        one, site=one.site or None, day=one.received_at)]  # fmt: skip
    look.table(
        ["Complaint", "Received", "Site", "Words", "Harm", "Status"],
        [
            [to_record(one.label), one.received_at, one.site or "none told", one.words,
             HARMS.get(one.harm, one.harm), look.Mark(one.status, _TONES.get(one.status, "plain"))]
            for one in found
        ],
        empty=desk.none_of("No complaint was received"), wide="Words",
    )  # fmt: skip
    _receive(desk)
    if found:
        labels = {_named(one): one for one in found}
        _one(desk, choose(desk, "Complaint", labels, key="complaint"))


def _named(one: Complaint) -> str:
    return f"{one.label}, {one.site or 'no site'}, {one.status}"


def _receive(desk: Desk) -> None:
    names = [one.name for one in devices(desk.reader)]
    if not names:
        look.quiet("No device was defined yet: a complaint is about one.")
        return
    if not desk.may(Action.RECORD_EVENT):
        look.quiet(f"Complaints are taken in by: {roles_named(Action.RECORD_EVENT)}.")
        return
    form = "complaint"
    sites = sorted(one.name for one in list_records(desk.reader, Site))
    versions = {
        f"{one.label} ({one.name})": one.label
        for one in reversed(list_records(desk.reader, ModelVersion))
    }
    with st.expander("Take a complaint in"), st.form("take-a-complaint-in"):
        device = st.selectbox("Device", names, key=key_in(form, "device"))
        words = st.text_area("Words, verbatim; name no patient", key=key_in(form, "words"))
        left, right = st.columns(2)
        channel = left.selectbox("It came by", CHANNELS, key=key_in(form, "channel"))
        by = right.text_input("Taken by, where not you", key=key_in(form, "by"))
        received = instant_fields(form, "Received")
        site = left.selectbox("Site that it tells of", ["", *sites], key=key_in(form, "site"))
        version = right.selectbox("Version, where known", ["", *versions],
                                  key=key_in(form, "version"))  # fmt: skip
        first = left.date_input("Event: first possible day", None, key=key_in(form, "first"))
        last = right.date_input("Event: last possible day", None, key=key_in(form, "last"))
        involved = st.text_input("Studies and predictions involved, such as STU-0001, PRE-0007",
                                 key=key_in(form, "involved"))  # fmt: skip
        reason = st.text_input("Reason", key=key_in(form, "reason"))
        pressed = st.form_submit_button("Take it in", type="primary", key=key_in(form, "submit"))
    if not pressed:
        return

    def receive() -> str:
        at = instant_in(*received)
        with desk.act_on(desk.person, "receipt of a complaint", reason) as (tx, person, now):
            known = versions.get(str(version))
            made = receive_complaint(
                tx, device=find_device(tx, str(device)), words=words, channel=str(channel),
                received_at=at, received_by=by.strip(), site=str(site),
                version=find_record(tx, ModelVersion, known) if known else None,
                event=(_day(first), _day(last)), involved=involved.replace(",", " ").split(),
                by=person, now=now,
            )
            alike = likely_duplicates(tx, made)
        st.session_state["complaint"] = _named(made)  # it is what one works on next
        said = ", ".join(each.label for each in alike)
        return f"{made.label} is on record.{f' It may tell of the same as {said}.' if said else ''}"

    act(receive, reason=reason, form=form)


def instant_fields(form: str, words: str) -> tuple[date | None, time | None, str]:
    """Day, time and zone as somebody's clock showed them; nothing is filled in for anybody."""
    left, middle, right = st.columns(3)
    day = left.date_input(f"{words}: day", None, key=key_in(form, "day"))
    clock = middle.time_input("Time by the clock there", None, step=300, key=key_in(form, "time"))
    zone = right.text_input("Time zone of that clock", "UTC", key=key_in(form, "zone"))
    return _day(day), clock, zone.strip()


def _day(chosen: Any) -> date | None:
    return chosen if isinstance(chosen, date) else None


def _one(desk: Desk, one: Complaint) -> None:
    lacks = one.completeness.get("missing")
    incidents = [each.label for each in list_records(desk.reader, Incident, complaint_id=one.id)]
    look.facts(
        [
            ("Words", one.words), ("Came by", f"{one.channel}, taken by {one.received_by}"),
            ("Event", f"{one.event_from} to {one.event_to}" if one.event_from
             else "on an unknown day"),
            ("Involved", ", ".join(one.involved) or "none named"),
            ("Harm", f"{HARMS.get(one.harm, one.harm)}. {one.harm_grounds}"),
            ("Kind", ", ".join(each["category"] for each in one.codes) or "not coded"),
            ("Found", one.investigation or "not investigated yet"),
            ("Its record lacks", "not examined yet" if lacks is None
             else ", ".join(lacks) or "nothing"),
            ("Incidents", ", ".join(incidents) or "none"),
            *([("Concluded", f"{one.conclusion} ({one.closed_by})")] if one.closed_by else []),
        ]
    )  # fmt: skip
    for each in links_of(desk.reader, one):
        look.quiet(f"{Complaint.label_of(each.complaint_id)} is a {each.kind} of "
                   f"{Complaint.label_of(each.other_id)}: {each.grounds}")  # fmt: skip
    may = desk.may(Action.SCREEN_EVENT)
    if not may:
        look.quiet(f"It is screened by: {roles_named(Action.SCREEN_EVENT)}.")
    _duplicates(desk, one, may=may)
    if may and one.status in (OPEN, SCREENED):
        _harm(desk, one)
    if may and one.status != NO_COMPLAINT:
        _incident(desk, one)
    if one.status in (OPEN, SCREENED):
        _close(desk, one)


def _duplicates(desk: Desk, one: Complaint, *, may: bool) -> None:
    found = likely_duplicates(desk.reader, one)
    if found:
        look.notice("Others may tell of the same. A person decides; nothing is merged.", "waiting")
        look.table(
            ["Complaint", "Site", "Words", "Why"],
            [[look.Number(each.label), each.site or "none told", each.words,
              "; ".join(each.because)] for each in found],
            empty="", wide="Words",
        )  # fmt: skip
    others = [each.label for each in others_about(desk.reader, one)]
    if not (may and others):
        return
    first = [each.label for each in found]
    form = f"link-{one.label}"
    with st.expander("Link it to another one"), st.form(form):
        left, right = st.columns(2)
        other = left.selectbox("It tells of the same as",
                               [*first, *(each for each in others if each not in first)],
                               key=key_in(form, "other"))  # fmt: skip
        kind = right.selectbox("As a", LINKS, key=key_in(form, "kind"))
        reason = st.text_input("Grounds", key=key_in(form, "reason"))
        pressed = st.form_submit_button("Link them", key=key_in(form, "submit"))
    if not pressed:
        return

    def link() -> str:
        with desk.act_on(one, "link", reason) as (tx, person, now):
            link_complaints(tx, tx.get_one(Complaint, one.id),
                            find_record(tx, Complaint, str(other)), str(kind), grounds=reason,
                            by=person, now=now)  # fmt: skip
        return f"{one.label} is a {kind} of {other}; both stay as they are."

    act(link, reason=reason, form=form)


def _harm(desk: Desk, one: Complaint) -> None:
    with st.expander("Harm to the patient, and what was found"), st.form(f"harm-{one.label}"):
        codes = list(HARMS)
        harm = st.selectbox("Harm", codes, index=codes.index(one.harm),
                            format_func=lambda code: HARMS[code], key="complaint-harm")  # fmt: skip
        grounds = st.text_area("How that is known, or what was asked", one.harm_grounds,
                               key="complaint-harm-grounds")  # fmt: skip
        kinds = st.multiselect("Kind", list(event_terms()["terms"]),
                               default=[each["category"] for each in one.codes],
                               key="complaint-kinds")  # fmt: skip
        known = {value: words for words, value in _INVESTIGATED.items()}[one.investigated]
        looked = st.selectbox("Investigated", list(_INVESTIGATED),
                              index=list(_INVESTIGATED).index(known),
                              key="complaint-investigated")  # fmt: skip
        found = st.text_area("What was found, or why it was not investigated", one.investigation,
                             key="complaint-investigation")  # fmt: skip
        similar = st.text_input("The like complaint that was investigated, where this was not",
                                one.similar_to, key="complaint-similar")  # fmt: skip
        said = {name: _element(one, name, words) for name, words in ELEMENTS.items()}
        reason = st.text_input("Reason", key="complaint-assess-reason")
        pressed = st.form_submit_button("Write it down", type="primary", key="complaint-assess")
    if not pressed:
        return

    def screen() -> str:
        with desk.act_on(one, "assessment", reason) as (tx, person, _now):
            done = screen_complaint(
                tx, tx.get_one(Complaint, one.id), harm=str(harm), harm_grounds=grounds,
                categories=kinds, investigated=_INVESTIGATED[str(looked)], investigation=found,
                similar_to=similar.strip(), by=person,
                elements={name: value for name, value in said.items() if value is not None},
            )
            lacks = examine_completeness(tx, done)
        words = f"It lacks: {', '.join(lacks)}." if lacks else "Its record is complete."
        return f"{one.label} is screened. {words}"

    act(screen, reason=reason)


def _element(one: Complaint, name: str, words: str) -> str | dict[str, Any] | None:
    """What the law asks for: a text, or that it is unknown and why; None where nothing was told."""
    stands = one.elements.get(name)
    unknown = isinstance(stands, dict)
    left, right = st.columns([4, 1])
    text = left.text_input(
        f"{words[:1].upper()}{words[1:]}",
        str(stands.get("reason", "")) if isinstance(stands, dict) else str(stands or ""),
        key=f"complaint-{name}",
    )
    not_known = right.checkbox("unknown, because", value=unknown, key=f"complaint-{name}-unknown")
    if not text.strip():
        return None
    return {"unknown": True, "reason": text.strip()} if not_known else text.strip()


def _incident(desk: Desk, one: Complaint) -> None:
    """An incident of it, with who became aware first: from then on clocks can run."""
    form = f"incident-{one.label}"
    with st.expander("Open an incident, with who became aware when"), st.form(form):
        words = st.text_area("What happened; else the complaint's words", key=key_in(form, "words"))
        left, right = st.columns(2)
        person = left.text_input("Function of who became aware", key=key_in(form, "person"))
        kind = right.selectbox("That is", list(PERSONS), format_func=lambda code: PERSONS[code],
                               key=key_in(form, "class"))  # fmt: skip
        known = instant_fields(form, "Aware since")
        how = st.text_input("How it became known", key=key_in(form, "how"))
        reason = st.text_input("Reason", key=key_in(form, "reason"))
        pressed = st.form_submit_button("Open the incident", key=key_in(form, "submit"))
    if not pressed:
        return

    def begin() -> str:
        at = instant_in(*known)
        with desk.act_on(one, "opening an incident", reason) as (tx, by, now):
            made = open_incident(tx, tx.get_one(Complaint, one.id), words=words, by=by, now=now)
            add_awareness(tx, made, person=person, person_class=str(kind), known_at=at,
                          zone=known[2], how=how, by=by, now=now)  # fmt: skip
            return f"{made.label} is open. Assess it below, for each jurisdiction."

    act(begin, reason=reason, form=form)


def _close(desk: Desk, one: Complaint) -> None:
    if not desk.may(Action.CLOSE_EVENT):
        look.quiet(f"It is closed by: {roles_named(Action.CLOSE_EVENT)}.")
        return
    if not has_acknowledged(desk.reader, desk.person):
        return
    with st.expander("Close it, or decide that it is no complaint"), st.form(f"close-{one.label}"):
        conclusion = st.text_area("What it was, and what follows", key="complaint-conclusion")
        reason = st.text_input("Reason", key="complaint-close-reason")
        password = st.text_input("Your password, again", type="password", autocomplete="off",
                                 key="complaint-password")  # fmt: skip
        signing.password_hint(desk)
        left, right = st.columns(2)
        closed = left.form_submit_button("Sign and close", type="primary", key="complaint-close")
        none = right.form_submit_button("Sign: it is no complaint", key="complaint-none")
    if not (closed or none):
        return

    def close() -> str:
        with desk.act_on(one, "closing", reason) as (tx, person, now):
            done = decide_complaint(
                tx, tx.get_one(Complaint, one.id), CLOSED if closed else NO_COMPLAINT,
                conclusion=conclusion, by=person, password=password, now=now,
            )
            return f"{done.label} is '{done.status}'."

    act(close, reason=reason)
