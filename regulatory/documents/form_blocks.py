"""A form of an authority, field by field: answers with their records, and what is missing."""

from __future__ import annotations

from collections.abc import Callable

from regulatory.documents.blocks import (
    Block,
    Cell,
    Column,
    ComputedText,
    Definitions,
    Gap,
    Heading,
    HumanText,
    Section,
    Table,
)
from regulatory.documents.event_facts import FormEntry, FormFacts
from regulatory.documents.wording import NOT_RECORDED, cell, digest_cell

NARRATIVE = 60
"""Characters from which a text that a person gave is set as that person's words."""
WHO = "regulatory affairs, in the form (radvigil submission keep)"
HEADS = {
    "country_incidents": "Incidents, country", "country_devices": "Devices, country",
    "eea_incidents": "Incidents, EEA + CH + TR", "eea_devices": "Devices, EEA + CH + TR",
    "world_incidents": "Incidents, world", "world_devices": "Devices, world",
}
"""Columns of a form's tables that do not read by themselves."""
STATES = {"unknown": "unknown", "not applicable": "does not apply"}


def form_control(form: FormFacts) -> list[Block]:
    """Which form, in which edition, kept as which record; what its numbers are."""
    checked = "yes" if form.primary_text_checked else "no: the form itself was not at hand"
    kept = form.record
    items = (
        ("Form", cell(f"{form.form}: {form.title}", kept)),
        ("Edition", cell(form.edition, kept)),
        ("Primary text checked", cell(checked, kept)),
        ("Numbers of the fields", cell(form.numbers, kept)),
        ("Kept as", cell(kept and f"{kept}, version {form.version}", kept,
                         absent="no form was kept: below is what records alone say")),
        ("Follows", cell(form.follows, form.follows, absent="none: it is the first")),
        ("Filled", cell(f"{form.filled_at:%Y-%m-%d %H:%M:%S} UTC by {form.filled_by}"
                        if form.filled_at else None, kept)),
        ("Digest of the data set", digest_cell(form.digest, kept, absent="none")),
        ("Counts as submitted", cell("yes" if kept and not form.not_ready else "no: " + (
            "; ".join(form.not_ready) or "no form was kept"), kept)),
    )  # fmt: skip
    blocks: list[Block] = [Definitions(items)]
    if form.not_read:
        blocks.append(Gap(f"The fields of form {form.form}", form.not_read,
                          "whoever operates this installation"))  # fmt: skip
    return blocks


def form_changes(form: FormFacts) -> Block:
    """What a follow-up changed, with what stood there (21 CFR 803.56(c))."""
    columns = (Column("Number", width=0.7), Column("Field", width=1.6), Column("Change", width=0.7),
               Column("Was", width=2), Column("Is", width=2))  # fmt: skip
    rows = tuple(
        (Cell(number), Cell(name), Cell(change), Cell(was), cell(now, form.record))
        for number, name, change, was, now in form.changed
    )
    if rows:
        return Table(f"Form {form.form}: changed since {form.follows}", columns, rows)
    return ComputedText(f"Form {form.form} follows no earlier version, so no field changed (0)."
                        if not form.follows else
                        f"No field of form {form.form} changed since {form.follows} (0).")


def form_section(
    form: FormFacts, number: str, title: str, belongs: Callable[[FormEntry], bool], *,
    more: tuple[Block, ...] = (), wide: bool = False,
) -> Section:
    """A section with the fields that belong to it, further blocks behind them."""
    entries = [one for one in form.entries if belongs(one)]
    blocks: list[Block] = []
    if entries:
        blocks.append(_table(form, number, entries))
    for one in entries:
        blocks += _beside(form, one)
    if not form.record and (lacking := [one for one in entries if one.why_missing]):
        named = "; ".join(f"{one.number} {one.name}" for one in lacking)
        blocks.append(Gap(f"Fields of section {number}: {named}", "they are needed or may be, no "
                          "record tells them, and no form was kept", WHO, _clause(form)))
    return Section(number, title, (*blocks, *more), wide=wide)


def _table(form: FormFacts, section: str, entries: list[FormEntry]) -> Table:
    columns = (Column("Number", width=0.8), Column("Field", width=1.6), Column("Answer", width=2.6),
               Column("From", width=1.2))  # fmt: skip
    rows = tuple(
        (Cell(one.number), Cell(one.name), _answer(form, one), _source(form, one))
        for one in entries
    )
    return Table(f"Form {form.form}, section {section}", columns, rows)


def _human(form: FormFacts, one: FormEntry) -> bool:
    """Whether the answer is a text that a person gave, to be set as that person's."""
    return (one.state == "value" and not one.sources and bool(form.record)
            and len(one.words) >= NARRATIVE)  # fmt: skip


def _answer(form: FormFacts, one: FormEntry) -> Cell:
    if one.state == "empty":
        said = "missing" if one.why_missing else "not given, and not needed"
        return Cell(said, tone="unknown")
    if one.state in STATES:
        tried = f"; attempts: {'; '.join(one.attempts)}" if one.attempts else ""
        return Cell(f"{STATES[one.state]}: {one.reason or 'no reason is recorded'}{tried}",
                    _records(form, one), tone="unknown")  # fmt: skip
    if one.rows or one.columns:
        return Cell(f"{len(one.rows)} rows, in the table below", _records(form, one))
    if _human(form, one):
        return Cell("in the words of a person, below", _records(form, one))
    return cell(one.words, *_records(form, one))


def _records(form: FormFacts, one: FormEntry) -> tuple[str, ...]:
    return one.sources or tuple(filter(None, (form.record,)))


def _source(form: FormFacts, one: FormEntry) -> Cell:
    if one.state == "empty":
        return Cell("nothing")
    if one.sources:
        return Cell(", ".join(one.sources), one.sources)
    return cell(f"{form.filled_by} ({form.record})" if form.record else None,
                *filter(None, (form.record,)))  # fmt: skip


def _beside(form: FormFacts, one: FormEntry) -> list[Block]:
    """What stands below the table for a field: a person's text, a table of rows, a gap."""
    found: list[Block] = []
    if one.rows:
        columns = tuple(Column(HEADS.get(name, name.replace("_", " ").capitalize()))
                        for name in one.columns)  # fmt: skip
        rows = tuple(
            tuple(cell(value, *_records(form, one), absent=NOT_RECORDED) for value in row)
            for row in one.rows
        )
        found.append(Table(f"{one.number} {one.name}", columns, rows))
    if _human(form, one) and form.filled_at is not None:
        found += [Heading(f"{one.number} {one.name}"),
                  HumanText(one.words, form.filled_by, "who filled the form", form.filled_at,
                            form.record)]  # fmt: skip
    what = f"{one.number} {one.name}"
    if one.why_missing and form.record:
        found.append(Gap(what, one.why_missing, WHO, _clause(form)))
    if one.wrong:
        found.append(Gap(f"{what}, corrected", one.wrong.rstrip("."), WHO, _clause(form)))
    return found


def _clause(form: FormFacts) -> str:
    return f"form {form.form}, {form.edition}"
