"""The gaps of a document: what it must say and cannot yet, and the forms that close them."""

from typing import Any

import streamlit as st

from dashboards import look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.views import document_life, document_texts
from journeys.tell import declare_gaps_unknown
from records.control_overview import DocumentStanding
from records.owed_document_work import DUE, OWNER
from records.permissions import Action
from records.quality import DECLARED_BY
from regulatory.gaps import ATTEMPTS, DECLARED_REASON, attempts_said


def show_gaps(desk: Desk, one: DocumentStanding) -> None:
    """What is missing, the texts of people in their places, and what is done of the rest."""
    look.section("Gaps", "What the document must say and cannot yet.")
    gap_table(one)
    document_texts.texts(desk, one)
    if one.status != "draft" or not one.gaps:
        return
    look.section("What nobody has supplied yet")
    if desk.may(Action.DECLARE_GAPS):
        document_texts.owner(desk, one)
        document_life.attempt(desk, one)
    if any(not row.get(DECLARED_BY) for row in _rows(one)):
        _declare(desk, one)


def _rows(one: DocumentStanding) -> list[dict[str, Any]]:
    return [gap if isinstance(gap, dict) else {"missing": str(gap)} for gap in one.gaps]


def gap_table(one: DocumentStanding) -> None:
    """Each gap by its number: what is missing, why, who supplies it and until when."""
    look.table(
        ["Gap", "Section", "Missing", "Why", "Who supplies it", "Until"],
        [[number, row.get("section") or "none", row.get("missing"), _why(row), _who(row),
          row.get(DUE, "not set")]
         for number, row in enumerate(_rows(one), start=1)],
        empty="The document has no gap.", wide="Missing",
    )  # fmt: skip


def _who(gap: dict[str, Any]) -> str:
    return f"{gap.get('who')}: {gap[OWNER]}" if gap.get(OWNER) else str(gap.get("who"))


def _why(gap: dict[str, Any]) -> str:
    tried = f"; {attempts_said(gap)}" if gap.get(ATTEMPTS) else ""
    if gap.get(DECLARED_BY):
        return f"declared unknown by {gap[DECLARED_BY]}: {gap[DECLARED_REASON]}{tried}"
    return f"{gap.get('reason', '')}{tried}"


def _declare(desk: Desk, one: DocumentStanding) -> None:
    """What nobody can supply is declared unknown with the reason, which is then printed."""
    if not desk.may(Action.DECLARE_GAPS):
        return
    with st.form(f"declare-{one.id}"):
        st.markdown(
            "An open gap blocks the approval. Declare the open gaps unknown where nobody can "
            "supply them; the reason is printed in their place. Gaps for the responsible person, "
            "top management or the clinical lead are declared by that role only. Signatures given "
            "before become invalid."
        )
        reason = st.text_input("Why this is not known", key=f"declare-reason-{one.id}")
        pressed = st.form_submit_button("Declare unknown", key=f"declare-submit-{one.id}")
    if not pressed:
        return
    def declare() -> str:
        done = declare_gaps_unknown(
            desk.store, one.id, by=desk.person.name, reason=reason, now=desk.now
        )
        left = [f"{gap['missing']} (for the {gap['who']})" for gap in done.open_gaps]
        others = f" Not yours to declare, still open: {'; '.join(left)}." if left else ""
        return f"Open gaps of {one.number} v{one.version} are declared unknown.{others}"

    act(declare)
