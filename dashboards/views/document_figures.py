"""The figures of a document on the page: one is chosen, and its records are shown."""

from urllib.parse import urlencode

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.links import address_of, to_record
from journeys.trace_figure import behind, stored_content
from records.control_overview import DocumentStanding
from records.errors import RadvigilError
from records.quality import Document
from regulatory.documents.content import Content
from regulatory.documents.identified import WORDING, Identified, Item, identify, places

WHOLE = ""
"""Where no statement of a section is chosen: the section itself."""
FIGURE = "figure"
"""In the address: the figure that a link opens."""
FOLLOWED = "followed-figure"
MOST, WIDEST = 200, 180
"""How many statements of a section are listed, and how many letters of one a choice shows."""


def records_behind(desk: Desk, one: DocumentStanding) -> None:
    """Choose a section and one of its figures: the question, the records, and their digests."""
    look.section("Figures and their records", "Each figure rests on records as of the freeze: "
                 "choose one, or click on one of those that are listed.")  # fmt: skip
    document = desk.reader.get_one(Document, one.id)
    read = stated(desk, document)
    if read is None:
        return
    content, found = read
    _follow_link(found, one)
    place = chosen_place(found, "trace", one.id, figures_only=True)
    if place not in found.items:
        _listed(found, place, one.label)
        return
    traced = behind(desk.reader, document, content, found.items[place])
    item = traced.item
    look.facts([
        ("Figure", item.text), ("Where", item.place), ("Identifier", look.Long(item.id)),
        ("Question", "; ".join(traced.questions) or "none: it is about the document itself"),
    ])  # fmt: skip
    look.table(
        ["Record", "Kind", "What it says now", "Status", "Digest at the freeze"],
        [[to_record(row.label), row.kind, row.says or "nothing", row.status,
          look.Code(row.digest, 16) if row.digest else "none kept"] for row in traced.sources],
        empty="No record by itself: it rests on the data freeze.", wide="What it says now",
    )  # fmt: skip


def stated(desk: Desk, document: Document) -> tuple[Content, Identified] | None:
    """The stored document with its identifiers; None, and said, where it cannot be read."""
    try:
        content = stored_content(desk.store, document)
    except RadvigilError as why:
        look.refusal(why)
        return None
    return content, identify(content)


def _follow_link(found: Identified, one: DocumentStanding) -> None:
    """A figure that the link names is chosen, once: what is chosen by hand afterwards stands."""
    wanted = st.query_params.get(FIGURE, "")
    if wanted not in found.items or st.session_state.get(FOLLOWED) == (one.id, wanted):
        return
    st.session_state[FOLLOWED] = one.id, wanted
    st.session_state[f"trace-section-{one.id}"] = found.items[wanted].section
    st.session_state[f"trace-place-{one.id}"] = wanted


def _listed(found: Identified, section: str, label: str) -> None:
    """What stands in a section, each with the records that it rests on."""
    inside = [one for one in found.items.values() if one.section == section and _rests(one)]
    shown = inside[:MOST]
    look.table(
        ["Where", "What it says", "Records"],
        [[one.place, look.Link(one.text, _address(label, one.id)), look.Long(_few(one.records))]
         for one in shown],
        empty="Nothing here rests on records.", wide="What it says",
    )  # fmt: skip
    if len(shown) < len(inside):
        look.quiet(f"Listed are {len(shown)} of {len(inside)}; each can be chosen above.")


def _address(label: str, figure: str) -> str:
    """The address at which a figure is open with its records."""
    return f"{address_of(label)}&{urlencode({'part': 'figures', FIGURE: figure})}"


def _few(records: tuple[str, ...]) -> str:
    more = f" and {len(records) - 5} more" if len(records) > 5 else ""
    return ", ".join(records[:5]) + more or "the data freeze"


def _rests(item: Item) -> bool:
    return item.kind != WORDING


def chosen_place(
    found: Identified, form: str, number: int, *, figures_only: bool = False
) -> str:
    """The identifier that is chosen: a section first, then it as a whole or what stands in it.

    figures_only: neither tables as such nor the template's own words.
    """
    known = places(found)
    sections = ["H", *(one.section.number for one in found.sections)]
    section = st.selectbox("Section", sections, format_func=lambda one: known[one],
                           key=f"{form}-section-{number}")  # fmt: skip
    inside = [key for key in known if key not in found.items and key.startswith(f"{section}/")
              and not figures_only]  # fmt: skip
    inside += [key for key, item in found.items.items()
               if item.section == section and (_rests(item) or not figures_only)]  # fmt: skip

    def said(key: str) -> str:
        if key == WHOLE:
            return "the section as a whole"
        item = found.items.get(key)
        words = f"{known[key]}: {item.text}" if item else known[key]
        return words if len(words) <= WIDEST else f"{words[:WIDEST]}…"

    place = st.selectbox("What stands there", [WHOLE, *dict.fromkeys(inside)], format_func=said,
                         key=f"{form}-place-{number}")  # fmt: skip
    return str(place or section)
