"""Validations, for engineers and those who decide: what was found beyond the locked tests, with the
images of the worst failures, as the validation report tells it."""

import base64
from collections.abc import Sequence
from html import escape
from itertools import groupby

import streamlit as st
from sqlmodel import col, select

from dashboards import look
from dashboards.desk import Desk
from dashboards.links import choose
from records.counting import counted
from records.product import ModelVersion
from records.surveillance import VALIDATION, Evaluation
from records.vault import Vault
from regulatory.documents.blocks import Block, Cell, ComputedText, Figure, Heading, Paragraph, Table
from regulatory.documents.validation_beyond import beyond_blocks
from regulatory.gathering.validation_beyond import beyond_of

_TONES: dict[str, look.Tone] = {"good": "good", "bad": "bad", "unknown": "unknown"}


def show(desk: Desk) -> None:
    """The validated versions; one of them in full."""
    look.title(
        "Validations",
        "What was found beyond the locked tests: tables, figures and images of the validation "
        "report.",
    )
    query = (
        select(Evaluation, ModelVersion)
        .join(ModelVersion, col(ModelVersion.id) == Evaluation.model_version_id)
        .where(Evaluation.purpose == VALIDATION)
        .order_by(col(Evaluation.id).desc())
    )
    found = desk.reader.exec(query).all()
    look.table(
        ["Validation", "Model version", "Studies", "Patients", "Look at the locked test", "Made"],
        [
            [look.Number(one.label), f"{version.name} ({version.label})", one.studies,
             one.patients, one.attempt, one.evaluated_at]
            for one, version in found
        ],
        empty="No version was validated beyond the locked tests yet. 'radvigil model validate "
        f"{_newest(desk)}' fills this page; it takes from half a minute to some minutes, and a "
        "demonstration that goes on to operation leaves it out for that.",
    )  # fmt: skip
    if not found:
        return
    versions = {f"{version.name} ({version.label})": version for _, version in found}
    version = choose(desk, "Version", versions, key="validated-version")
    beyond = beyond_of(desk.reader, version, vault=Vault(desk.store.workspace.vault))
    for kind, together in groupby(beyond_blocks(beyond), key=type):
        blocks = list(together)
        if kind is Figure:
            _figures([one for one in blocks if isinstance(one, Figure)])
            continue
        for block in blocks:
            show_block(block)


def _newest(desk: Desk) -> str:
    """The label of the newest version, which is likely to be meant."""
    query = select(ModelVersion).order_by(col(ModelVersion.id).desc())
    version = desk.reader.exec(query).first()
    return version.label if version is not None else "MDV-0001"


def show_block(block: Block) -> None:
    """Text as it is; a table behind its caption, as all of them open are too long to find one."""
    match block:
        case Heading():
            look.section(block.text)
        case ComputedText() | Paragraph():
            look.quiet(block.text)
        case Table():
            said = f"{block.caption} ({counted(len(block.rows), 'row')})"
            with st.expander(said, expanded="what to conclude" in block.caption):
                _table(block)


def _table(table: Table) -> None:
    """The columns in which rows differ; what is alike in all of them is said once."""
    titles = [f"{one.title} ({one.unit})" if one.unit else one.title for one in table.columns]
    alike = [
        at for at in range(1, len(titles))
        if len(table.rows) > 2 and len({row[at].text for row in table.rows}) == 1
    ]
    shown = [at for at in range(len(titles)) if at not in alike]
    look.table(
        [titles[at] for at in shown],
        [[_cell(row[at]) for at in shown] for row in table.rows],
        empty="Nothing of this kind was measured: the device or the version gives no ground "
        "for it.",
    )
    if alike:
        said = "; ".join(f"{titles[at]}: {table.rows[0][at].text or 'none'}" for at in alike)
        look.quiet(f"In every row: {said}.")
    if table.note:
        look.quiet(table.note)


def _figures(figures: Sequence[Figure]) -> None:
    with st.expander(f"{counted(len(figures), 'figure')}: {figures[0].caption}"):
        for one in figures:
            _figure(one)


def _cell(one: Cell) -> look.Cell:
    tone = _TONES.get(one.tone)
    return look.Mark(one.text, tone) if tone else look.Long(one.text)


def _figure(figure: Figure) -> None:
    """The figure with its description for who does not see it."""
    picture = base64.b64encode(figure.svg.encode()).decode()
    st.html(
        f'<figure><img src="data:image/svg+xml;base64,{picture}" alt="{escape(figure.alt)}" '
        f'style="width:100%;max-width:60rem">'
        f"<figcaption>{escape(figure.caption)}</figcaption></figure>"
    )
