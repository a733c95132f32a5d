"""Reference standards, for quality: how much of the truth has come back, how late, and whether its
sources agree."""

import streamlit as st
from sqlmodel import select

from dashboards import look
from dashboards.desk import Desk
from dashboards.views.validations import show_block
from records.product import Device
from records.queries import find_device
from regulatory.documents.blocks import Table
from regulatory.documents.truth_facts import truth_blocks
from regulatory.gathering.truth_states import truth_facts


def show(desk: Desk) -> None:
    """By site, by kind, by delay; and which rule says what counts."""
    look.title(
        "Reference standards",
        "How much of the truth about the studies has come back from the clinic, by what it is "
        "known, and how late.",
    )
    names = sorted(set(desk.reader.exec(select(Device.name)).all()))
    if not names:
        look.quiet("No device is defined here yet.")
        return
    name = names[0] if len(names) == 1 else st.selectbox("Device", names, key="truth-device")
    found = truth_facts(desk.reader, find_device(desk.reader, name), by=desk.now.date())
    if not any(one.studies for one in found.sites):
        look.quiet(found.rule)
        look.quiet(
            "The device has read no study in operation yet. Truth comes in by the list "
            "incoming/truth.csv day by day, or by 'radvigil study truth'."
        )
        return
    for block in truth_blocks(found):
        if isinstance(block, Table):  # few and short: in full, not behind their captions
            look.section(block.caption)
            look.table(
                [one.title for one in block.columns],
                [
                    [look.Number(row[0].text), *(look.Long(one.text) for one in row[1:])]
                    for row in block.rows
                ],
                empty=block.note or "None.",
            )
        else:
            show_block(block)
