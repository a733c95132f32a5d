"""Facts for documents: what is there of each kind, how old, by whom, and the form for another."""

from datetime import date

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from records.fact_cells import named, told_in_words
from records.fact_kinds import FACT_KINDS
from records.facts import Column, Fact, columns_of
from records.known_facts import standing_facts, twelve_months_back
from records.lookup import list_records
from records.missing_facts import missing_facts
from records.permissions import Action, roles_named
from records.product import Device
from records.queries import find_device
from records.recorded_facts import (
    FactsOfKind,
    correct_fact,
    facts_by_kind,
    find_fact,
    take_facts,
    withdraw_fact,
)  # fmt: skip
from regulatory.documents.surveillance_tables import european
from regulatory.fact_import import import_fact_table
from regulatory.fact_tables import fact_template, facts_as_table
from regulatory.table_files import CSV, XLSX

_TYPES = {
    CSV: "text/csv",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


_FIRST, _LAST = date(1990, 1, 1), date(2100, 12, 31)


def show(desk: Desk) -> None:
    """Every kind with what stands; one kind in full, with its forms."""
    look.title(
        "Facts for documents",
        "What only people know: sales, searches, claims, organisations, the plan. Missing is not "
        "zero.",
    )
    names = sorted({one.name for one in list_records(desk.reader, Device)})
    if not names:
        look.quiet("No device is defined here yet.")
        return
    device = names[0] if len(names) == 1 else str(st.selectbox("Device", names, key="fact-device"))
    _overview(desk, facts_by_kind(desk.reader, device))
    kind = str(st.selectbox("Kind of fact", list(FACT_KINDS), key="fact-kind"))
    table = FACT_KINDS[kind]
    found = standing_facts(desk.reader, table, device)
    _standing(table, found)
    _tables(table, found)
    if not desk.may(Action.RECORD_FACT):
        look.quiet(f"Facts are recorded by: {roles_named(Action.RECORD_FACT)}.")
    else:
        _add(desk, device, table)
        _import(desk, device, table)
        if found:
            _change(desk, found)
    _missing(desk, device)


def _overview(desk: Desk, kinds: list[FactsOfKind]) -> None:
    look.table(
        ["Code", "Kind", "What", "Standing", "Newest", "By", "Age"],
        [
            [one.table.CODE, one.table.KIND, european(one.table.WORDS),
             one.standing if one.standing else look.Mark("none", "waiting"),
             look.Number(one.newest.label) if one.newest else None,
             one.newest.recorded_by if one.newest else None, _age(desk, one.newest)]
            for one in kinds
        ],
        empty="There is no kind.", wide="What",
    )  # fmt: skip


def _age(desk: Desk, newest: Fact | None) -> str | None:
    if newest is None:
        return None
    days = (desk.now - newest.recorded_at).days
    return "today" if days == 0 else "1 day" if days == 1 else f"{days} days"


def _standing(table: type[Fact], found: tuple[Fact, ...]) -> None:
    look.section(european(table.WORDS), f"Kind {table.KIND}, code {table.CODE} in documents.")
    if not found:
        look.quiet(f"No fact of kind {table.KIND} is recorded.")
        return
    look.table(
        ["Fact", "Key", "Version", "What was told", "By", "On"],
        [
            [look.Number(one.label), _breaking(one.key), one.version,
             _breaking(told_in_words(one)), one.recorded_by, one.recorded_at.date()]
            for one in found
        ],
        empty="",
    )  # fmt: skip


def _breaking(text: str) -> look.Cell:
    """A text with a word that would push the table wider than the page is broken anywhere."""
    return look.Long(text) if any(len(word) > 40 for word in text.split()) else text


def _tables(table: type[Fact], found: tuple[Fact, ...]) -> None:
    left, middle, right = st.columns(3)
    for place, form in ((left, CSV), (middle, XLSX)):
        place.download_button(
            f"Empty table, {form.upper()}", fact_template(table, form),
            file_name=f"{table.KIND}.{form}", mime=_TYPES[form], key=f"fact-template-{form}",
        )  # fmt: skip
    if found:
        right.download_button(
            "What stands, XLSX", facts_as_table(table, found, XLSX),
            file_name=f"{table.KIND}-standing.xlsx", mime=_TYPES[XLSX], key="fact-export",
        )  # fmt: skip


def _add(desk: Desk, device: str, table: type[Fact]) -> None:
    with st.expander(f"Record a fact of kind {table.KIND}"), st.form(f"add-{table.KIND}"):
        cells = {one.name: _field(one, f"fact-{table.KIND}-{one.name}")
                 for one in columns_of(table)}  # fmt: skip
        reason = st.text_input("Reason", key=f"fact-{table.KIND}-reason")
        pressed = st.form_submit_button("Record it", type="primary", key="fact-add")
    if not pressed:
        return

    def add() -> str:
        with desk.act_on(desk.person, f"fact of kind {table.KIND}", reason) as (tx, person, now):
            taken = take_facts(tx, table, find_device(tx, device), [(0, cells)], by=person, now=now)
            if taken.made:
                return f"{taken.made[0].known_as} is recorded."
            return f"{taken.unchanged[0].known_as} is on record already."

    act(add, reason=reason)


def _field(column: Column, key: str) -> str:
    """The text of one cell of a form."""
    name = named(column.name)
    label = f"{name[:1].upper()}{name[1:]}: {column.words}"
    if not column.needed:
        label += " (may be empty)"
    if column.form == "day":
        day = st.date_input(label, value=None, key=key, min_value=_FIRST, max_value=_LAST)
        return day.isoformat() if isinstance(day, date) else ""
    if column.form == "yes-no":
        return str(st.selectbox(label, ["", "yes", "no"], key=key))
    if column.choices:
        return str(st.selectbox(label, ["", *column.choices], key=key))
    return str(st.text_input(label, placeholder=column.example, key=key))


def _import(desk: Desk, device: str, table: type[Fact]) -> None:
    with st.expander("Take facts from a table"), st.form(f"import-{table.KIND}"):
        file = st.file_uploader("Table, CSV in UTF-8 or XLSX", type=[CSV, XLSX], key="fact-file")
        correct = st.checkbox("Rows that say something else are corrections", key="fact-correct")
        reason = st.text_input("Reason", key="fact-import-reason")
        pressed = st.form_submit_button("Take them in", key="fact-import")
    if not pressed:
        return
    if file is None:
        st.error("Nothing was done: choose a file.")
        return
    content = file.getvalue()

    def take() -> str:
        deed = f"import of facts of kind {table.KIND}"
        with desk.act_on(desk.person, deed, reason) as (tx, person, now):
            taken = import_fact_table(tx, table, find_device(tx, device), content, by=person,
                                      now=now, correct=correct, because=reason)  # fmt: skip
            return f"Facts of kind {table.KIND}: {taken.words}."

    act(take, reason=reason)


def _change(desk: Desk, found: tuple[Fact, ...]) -> None:
    with st.expander("Correct or withdraw a fact"):
        labels = {one.known_as: one for one in found}
        one = labels[str(st.selectbox("Fact", list(labels), key="fact-changed"))]
        columns = {column.name: column for column in columns_of(type(one)) if column.name != "key"}
        with st.form(f"change-{one.label}"):
            name = str(st.selectbox("Column", list(columns), format_func=named, key="fact-column"))
            text = st.text_input("What stands there from now on", key="fact-text")
            reason = st.text_input("Reason", key="fact-change-reason")
            corrected = st.form_submit_button("Correct it", key="fact-correct-one")
            withdrawn = st.form_submit_button("Withdraw it", key="fact-withdraw")

    def correct() -> str:
        with desk.act_on(one, "correction of a fact", reason) as (tx, person, now):
            made = correct_fact(tx, find_fact(tx, one.label), {name: text}, by=person, now=now,
                                because=reason)  # fmt: skip
            return f"{made.known_as} is recorded; {one.label} stays on record."

    def withdraw() -> str:
        with desk.act_on(one, "withdrawal of a fact", reason) as (tx, person, now):
            made = withdraw_fact(tx, find_fact(tx, one.label), by=person, now=now, because=reason)
            return f"{made.known_as} is withdrawn; what was told stays on record."

    if corrected or withdrawn:
        act(correct if corrected else withdraw, reason=reason)


def _missing(desk: Desk, device: str) -> None:
    until = desk.now.date()
    since = twelve_months_back(until, 1)[0][0]
    look.section("What is missing", f"For documents of {since} to {until}.")
    look.table(
        ["Kind", "What nobody recorded"],
        [list(one) for one in missing_facts(desk.reader, device, since, until)],
        empty="Nothing is missing.", wide="What nobody recorded",
    )  # fmt: skip
