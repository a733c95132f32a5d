"""Tables that the PSUR, the PMS report, the PMS plan and the trend report have in common."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from measures.estimate import Estimate
from records.counting import counted
from regulatory.documents.assembly import written_at
from regulatory.documents.blocks import Block, Cell, Column, ComputedText, Gap, Table, Tone
from regulatory.documents.facts import Notes
from regulatory.documents.places import Place
from regulatory.documents.surveillance_facts import (
    Across,
    InPeriod,
    Listed,
    PeriodTable,
    Rows,
    Value,
)
from regulatory.documents.wording import (
    NOT_RECORDED,
    cell,
    estimate_cell,
    grouped,
    number,
    share,
    span,
)

_PERIOD: Final = re.compile(r"N(?:\N{MINUS SIGN}\d)?: (\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d)\Z")
_REGULATION: Final = re.compile(r"(?<!EU )(?<!FDA )\bMDR\b")
_MARK: Final = re.compile(r"\s*\[[A-Z](?:[/ ][^\]]*)?\]")
COUNTED_HERE: Final = "studies counted here"
ESTIMATE: Final = "recorded estimate"
PER: Final = 1000
"""Rates of events are given for so many of the exposure."""


def columns(*titles: tuple[str, float] | str) -> tuple[Column, ...]:
    """Columns by title and share of width; 1 where none is given."""
    return tuple(
        Column(one) if isinstance(one, str) else Column(one[0], width=one[1]) for one in titles
    )


def listed(
    caption: str, heads: tuple[Column, ...], rows: tuple[Listed, ...], *, none: str, note: str = ""
) -> Block:
    """A table of records, the label of each in its first column; a sentence where there is none."""
    if not rows:
        return ComputedText(none)
    return Table(caption, heads, tuple(_row(one) for one in rows), note=note)


def _row(one: Listed) -> tuple[Cell, ...]:
    behind = (one.record, *one.records)
    first = cell(one.record or None, *behind)
    return (first, *(_value(value, behind) for value in one.values))


def _value(value: Value, records: tuple[str, ...]) -> Cell:
    if isinstance(value, Estimate):
        return estimate_cell(value, *records)
    if isinstance(value, float):
        return cell(f"{value:g}", *records)
    return cell(value, *records)


def known(
    caption: str, heads: tuple[Column, ...], found: Rows, *, none: str, missing: str, who: str,
    clause: str = "", note: str = "",
) -> tuple[Block, ...]:
    """A table of facts, and a gap for what nobody recorded of them."""
    return (
        listed(caption, heads, found.rows, none=none, note=note),
        *lacking(found.lacking, missing=missing, who=who, clause=clause),
    )


def lacking(
    sentences: tuple[str, ...], *, missing: str, who: str, clause: str = ""
) -> tuple[Gap, ...]:
    """One gap for all that is lacking of a thing; none where nothing is."""
    # the writers end the reason with a full stop of their own
    return (Gap(missing, " ".join(sentences).rstrip("."), who, clause),) if sentences else ()


def by_period(
    caption: str, heads: tuple[str, ...], found: PeriodTable, *, none: str = "", note: str = "",
    missing: str = "", who: str = "regulatory affairs", clause: str = "",
) -> tuple[Block, ...]:
    """A table whose last columns are 12-month periods, the newest first, and what is lacking."""
    titles = tuple(
        Column("N" + (f"\N{MINUS SIGN}{back}" if back else "") + f": {span(one)}", width=1.5)
        for back, one in enumerate(found.periods)
    )
    rows = tuple(_across(one) for one in found.rows)
    note = " ".join(filter(None, (note, _apart(found))))
    shown: Block = (
        Table(caption, (*(Column(one, width=1.2) for one in heads), *titles), rows, note=note)
        if rows else ComputedText(none)
    )
    return (shown, *lacking(found.lacking, missing=missing, who=who, clause=clause))


def _apart(found: PeriodTable) -> str:
    """Of a table of rates: that those related to different studies are not comparable."""
    kinds = {one.related_to for row in found.rows for one in row.periods if one.related_to}
    if not kinds:
        return ""
    said = "Each cell says in brackets which studies its rate is related to."
    if COUNTED_HERE in kinds and len(kinds) > 1:
        said += (
            f" Rates related to {COUNTED_HERE} and rates related to a {ESTIMATE} are not "
            "comparable: a difference between them is no trend."
        )
    return said


def _across(row: Across) -> tuple[Cell, ...]:
    return (*(Cell(one) for one in row.labels), *(in_period(one) for one in row.periods))


def in_period(one: InPeriod) -> Cell:
    """A count of a period, with its rate for 1,000 of the exposure, or its share of a whole."""
    if one.value is None:
        return Cell(one.why or NOT_RECORDED, one.records, tone="unknown")
    text = grouped(one.value) if one.of is None else share(one.value, one.of)
    if one.rate is not None:
        text = f"{text}; {rate_text(one.rate)}"
        if one.related_to:
            text = f"{text} [{one.related_to}]"
    elif one.why:
        text = f"{text} ({one.why})"
    tone: Tone = "plain" if one.rate is None or one.rate.estimable else "unknown"
    return Cell(text, one.records, tone=tone, estimate=one.rate)


def rate_text(rate: Estimate) -> str:
    """A rate for 1,000 with its interval and exposure, or why there is none."""
    if rate.value is None or rate.low is None or rate.high is None:
        return f"rate not estimable: {rate.reason}"
    return (
        f"{number(rate.value)} per {grouped(PER)} ({100 * rate.level:g} % CI {number(rate.low)} to "
        f"{number(rate.high)}; n = {grouped(rate.n)})"
    )


def timeliness(due: date | None, frozen: date) -> str:
    """How a report stands to the day by which it is issued, at its data freeze.

    >>> timeliness(date(2026, 3, 1), date(2026, 3, 4))
    'late: the data freeze, 2026-03-04, is 3 days after the day by which it was to be issued'
    """
    if due is None:
        return "not known: no day is set by the rules"
    days = (frozen - due).days
    if days > 0:
        return (
            f"late: the data freeze, {frozen}, is {counted(days, 'day')} after the day by which it "
            "was to be issued"
        )
    if days == 0:
        return f"the data freeze, {frozen}, is the day by which it is to be issued"
    return f"{counted(-days, 'day')} are left at the data freeze, {frozen}"


def issued_before(through: date | None, period: tuple[date, date] | None) -> tuple[Block, ...]:
    """That a period counts as issued by the definition; nothing where it does not."""
    if through is None or period is None or period[1] > through:
        return ()
    return (ComputedText(
        "By the definition, the reports of the periods up to "
        f"{through} were issued before or outside this system: the period of this report counts as "
        "issued, and lateness at this data freeze says nothing of the one that was issued."
    ),)  # fmt: skip


def is_wide(blocks: tuple[Block, ...]) -> bool:
    """Whether a section needs a page turned sideways: a table has more than five columns."""
    return any(isinstance(one, Table) and len(one.columns) > 5 for one in blocks)


def person(notes: Notes, places: dict[str, Place], *keys: str) -> tuple[Block, ...]:
    """What people wrote for these places, or the gaps they leave."""
    return tuple(written_at(notes, places[key]) for key in keys)


def european(words: str) -> str:
    """The same words with the regulation named in full: 'MDR' alone is two laws.

    The rules mark how far a source was read, such as '[S]'; a document cites without the marks.

    >>> european("MDR Art. 88; EU MDR Annex III; MDCG 2022-21 [S]")
    'EU MDR Art. 88; EU MDR Annex III; MDCG 2022-21'
    """
    return _REGULATION.sub("EU MDR", _MARK.sub("", words))


def named(labels: tuple[str, ...], what: str) -> str:
    """So many of something, by label.

    >>> named(("INC-0001", "INC-0002"), "incident")
    '2 incidents (INC-0001, INC-0002)'
    """
    listed_ones = f" ({', '.join(labels)})" if labels else ""
    return f"{counted(len(labels), what)}{listed_ones}"


def period_figures(
    caption: str, titles: list[str], rows: list[list[str]]
) -> list[tuple[str, str, str, str]]:
    """Table, row, period and text of each cell below a column that is a period."""
    periods = {place: found[1] for place, one in enumerate(titles) if (found := _PERIOD.match(one))}
    return [
        (caption, ", ".join(text for place, text in enumerate(row) if place not in periods), period,
         row[at])
        for row in rows for at, period in periods.items()
    ]  # fmt: skip
