"""Validations, for engineers and those who decide: what was found beyond the locked tests, with the
images of the worst failures, as the validation report tells it."""

import base64
from html import escape

import streamlit as st
from sqlmodel import col, select

from dashboards import look
from dashboards.desk import Desk
from records.product import ModelVersion
from records.surveillance import VALIDATION, Evaluation
from records.vault import Vault
from regulatory.documents.blocks import Block, Cell, ComputedText, Figure, Heading, Table
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
        empty="No version was validated beyond the locked tests yet: 'radvigil model validate'.",
    )  # fmt: skip
    if not found:
        return
    versions = {f"{version.name} ({version.label})": version for _, version in found}
    version = versions[st.selectbox("Version", list(versions), key="validated-version")]
    beyond = beyond_of(desk.reader, version, vault=Vault(desk.store.workspace.vault))
    for block in beyond_blocks(beyond):
        _show(block)


def _show(block: Block) -> None:
    match block:
        case Heading():
            look.section(block.text)
        case ComputedText():
            look.quiet(block.text)
        case Table():
            st.html(f"<p><strong>{escape(block.caption)}</strong></p>")
            look.table(
                [f"{one.title} ({one.unit})" if one.unit else one.title for one in block.columns],
                [[_cell(one) for one in row] for row in block.rows],
                empty="Nothing was measured.",
            )
            if block.note:
                look.quiet(block.note)
        case Figure():
            _figure(block)


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
