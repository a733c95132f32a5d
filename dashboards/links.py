"""From a record to the page where it is worked on, with the record opened there.

A link in a table is an ordinary address; the pages' script follows it without a new sign-in. A
page opens the record that a link names by :func:`choose`, and so its address can be mailed.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st

from dashboards import look
from dashboards.cells import Link
from dashboards.desk import Desk
from dashboards.selection import OPEN

T = TypeVar("T")

TRAIL = "audit-trail"
"""Where everything about any record is read: the page of what has none of its own."""

PAGE_OF_LABEL: dict[str, str] = {
    **dict.fromkeys(("ALT", "ESC", "ASN"), "alerts"),
    "PLC": "drift-and-alerts",
    **dict.fromkeys(("RVL", "SUS", "RSM", "COA", "IRP"), "revalidations"),
    **dict.fromkeys(("CAPA", "NCA"), "capas"),
    **dict.fromkeys(("CMP", "CML", "INC", "AWR", "AWF", "GVF", "SCR", "SSC", "RPB", "CLK", "RPD",
                     "RGR", "SBM", "IRQ", "TLK", "TRD"), "incidents"),
    **dict.fromkeys(("ADS", "ADJ"), "adjudication"),
    **dict.fromkeys(("DEL", "HLD"), "keeping"),
    **dict.fromkeys(("DOC", "TXT", "RVC"), "documents"),
    **dict.fromkeys(("RKF", "RSK", "RRV", "SPR", "VLN", "TRN", "PRB"), "risks"),
    **dict.fromkeys(("CHR", "RGD", "PCK", "REL"), "pending-changes"),
    **dict.fromkeys(("GLV", "RLO", "RLL", "RBK", "DEP"), "rollouts"),
    "MDV": "models", "DSV": "datasets", "NTC": "overview", "QUA": "data-quality",
}  # fmt: skip
"""By the letters of a label; what is not listed opens in the audit trail."""


def page_of(label: str) -> str:
    """The address of the page where a record is worked on.

    >>> page_of("ALT-0007"), page_of("DOC-26-0001"), page_of("STU-0001")
    ('alerts', 'documents', 'audit-trail')
    """
    return PAGE_OF_LABEL.get(label.partition("-")[0].upper(), TRAIL)


def address_of(label: str, page: str = "") -> str:
    """The address that opens a record, from any page; of a page that is another's, the page alone.

    >>> address_of("ALT-0007"), address_of("DEV-0001", "documents")
    ('./alerts?open=ALT-0007', './documents')
    """
    if page and page != page_of(label):
        return f"./{page}"
    return f"./{page or page_of(label)}?{urlencode({OPEN: label})}"


def to_record(label: str, *, page: str = "", small: str = "") -> Link:
    """A cell with the label, which opens the record on its page, or on the page that is named."""
    return Link(label, address_of(label, page), small)


def choose(
    desk: Desk, label: str, options: Mapping[str, T], *, key: str, first: int = 0,
    of: Callable[[T], str] = lambda one: str(getattr(one, "label", "")),
) -> T:
    """A select box of records, at the one that the link names, else at number ``first``.

    The address follows what is chosen. ``options``: the records by the words that tell them apart;
    ``of``: the label of one of them.
    """
    words = list(options)
    wanted = desk.selection.open.casefold()
    found = [place for place, one in enumerate(options.values())
             if wanted and of(one).casefold() == wanted]  # fmt: skip
    applied = f"opened-{key}"
    if found:
        desk.selection.opened = True
        first = found[0]
        if st.session_state.get(applied) != wanted and key in st.session_state:
            st.session_state[key], first = words[first], 0
        st.session_state[applied] = wanted
    labels = {one: of(record) for one, record in options.items()}
    chosen = st.selectbox(label, words, index=first, key=key, on_change=_chosen,
                          args=(key, labels))  # fmt: skip
    return options[chosen]


def _chosen(key: str, labels: Mapping[str, str]) -> None:
    if label := labels.get(st.session_state[key], ""):
        st.query_params[OPEN] = label
        st.session_state[f"opened-{key}"] = label.casefold()


def say_of_opened(desk: Desk, address: str) -> None:
    """Below a page that does not show the record of its link: said, with where it is read."""
    wanted = desk.selection.open
    if not wanted or desk.selection.opened:
        return
    look.notice(f"The link names {wanted}, which this page does not show in full.", "waiting")
    if address != TRAIL and TRAIL in desk.pages:
        st.page_link(desk.pages[TRAIL], label=f"Everything about {wanted}",
                     query_params={OPEN: wanted})  # fmt: skip
