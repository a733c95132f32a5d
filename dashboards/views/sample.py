"""Draw a random sample of records, on record before anything of it is shown."""

from datetime import date

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from records.audit_grants import kinds_visible
from records.clock import now_in
from records.errors import RadvigilError
from records.kinds import Scope
from records.people import find_actor
from records.permissions import Action
from records.sampling import LARGEST_SEED, MOST, Sample, draw_sample

DRAWN = "sample-drawn"


def show_sample(desk: Desk) -> None:
    """The form, and what was drawn in this session last; nothing for who may not draw."""
    if not desk.may(Action.DRAW_SAMPLE):
        return
    kinds = kinds_visible(desk.reader, desk.person, on=desk.now.date())
    if not kinds:
        return
    look.section(
        "Random sample", "Who drew which records by which seed is an event before they are shown."
    )
    with st.form("draw-sample"):
        what, many, of, by = st.columns([3, 1, 1, 2])
        kind = what.selectbox("Kind of record", kinds, key="sample-kind")
        count = many.number_input("How many", 1, MOST, 5, key="sample-count")
        year = of.number_input("Year", 1990, 2200, desk.now.year, key="sample-year")
        seed = by.text_input("Seed, to draw the same again", key="sample-seed").strip()
        pressed = st.form_submit_button("Draw", key="sample-draw")
    if pressed:
        _draw(desk, str(kind), int(count), int(year), seed)
    drawn: Sample | None = st.session_state.get(DRAWN)
    if drawn is not None:
        look.quiet(f"Drawn: {drawn.words}.")
        look.table(["Record"], [[look.Number(one)] for one in drawn.drawn], empty="")


def _draw(desk: Desk, kind: str, count: int, year: int, seed: str) -> None:
    if seed and not (seed.isascii() and seed.isdigit() and int(seed) <= LARGEST_SEED):
        st.error(f"Nothing was drawn: a seed is a number of 0 to {LARGEST_SEED}.")
        return
    now = now_in(desk.reader)
    try:
        with desk.store.transaction(desk.person.name, "random sample", now=now) as tx:
            st.session_state[DRAWN] = draw_sample(
                tx, kind, count, period=Scope(since=date(year, 1, 1), until=date(year, 12, 31)),
                seed=int(seed) if seed else None, by=find_actor(tx, desk.person.name),
                on=now.date(),
            )
    except RadvigilError as refused:
        st.session_state.pop(DRAWN, None)
        look.refusal(refused)
