"""Models, for engineers and those who release: what there is, where it came from, how it compares.
"""

from html import escape

import streamlit as st

from dashboards import figures, look
from dashboards.acting import act
from dashboards.desk import Desk
from dashboards.lineage_drawing import NAMES, lineage_picture
from dashboards.links import choose, to_record
from dashboards.views.failure_pictures import show_failures
from dashboards.views.version_comparison import show_comparison
from journeys.release import propose_version
from records.lineage import VersionStanding, lineage_of, newest_documents, version_standings
from records.permissions import Action, roles_named
from records.product import ModelVersion
from records.quality import Document

LINEAGE, COMPARE, FAILURES = "Lineage", "Compare two versions", "Failure gallery"
DRAWN = 8
"""Versions that are drawn together; of a device with more, the chosen one alone."""
REPORTS = {
    "validation_report": "Validation report", "model_card": "Model card",
    "revalidation_report": "Revalidation report",
}  # fmt: skip


def show(desk: Desk) -> None:
    """Every version with where it runs; one of them with lineage, comparison and failures."""
    look.title(
        "Models",
        "Which versions there are and where they run, what each was made from, and how one differs "
        "from another.",
    )
    found = version_standings(desk.reader, device=desk.selection.device)
    _what_waits(found)
    look.section("Versions")
    look.table(
        ["Version", "Status", "Made", "Dataset", "Runs", "Change requests"],
        [_row(one) for one in found],
        empty=desk.none_of(
            "No version was made", "'radvigil model train' trains one, 'radvigil model register' "
            "takes in another maker's ONNX file."
        ),
        wide="Runs",
    )  # fmt: skip
    if not found:
        return
    labels = {f"{one.label}: {one.name} ({one.status})": one for one in found}
    chosen = choose(desk, "Version", labels, key="version")
    _about(desk, chosen)
    shown = st.radio("Show", [LINEAGE, COMPARE, FAILURES], horizontal=True, key="model-part")
    if shown == LINEAGE:
        _lineage(desk, chosen)
    elif shown == COMPARE:
        show_comparison(desk, chosen, [one for one in found if one.device == chosen.device])
    else:
        show_failures(desk, chosen)


def _what_waits(found: list[VersionStanding]) -> None:
    """Candidates that nobody put forward: what an engineer would do next."""
    waiting = [one.label for one in found if one.status == "candidate" and not one.changes]
    if waiting:
        look.notice(
            f"Not put forward yet: {', '.join(waiting)}. Choose it below and propose it, or leave "
            "it as it is: a candidate runs nowhere.", "waiting",
        )  # fmt: skip


def _row(one: VersionStanding) -> list[look.Cell]:
    return [
        look.Mark(one.label, small=one.name), look.mark(one.status),
        look.Mark(one.made, small=one.made_at),
        to_record(one.dataset) if one.dataset else "none: seen from outside",
        "; ".join(one.runs) or look.Mark("nowhere", "unknown"),
        to_record(one.changes[-1], small=", ".join(one.changes[:-1])) if one.changes else "none",
    ]


def _about(desk: Desk, one: VersionStanding) -> None:
    documents = newest_documents(desk.reader, one.device, tuple(REPORTS))
    look.facts([
        ("Version", look.Mark(f"{one.label} {one.name}", small=one.architecture)),
        ("Runs", "; ".join(one.runs) or "nowhere"),
        *((f"{words} of the device, the newest",
           to_record(documents[kind].label, small=_edition(documents[kind]))
           if kind in documents else f"none yet: 'radvigil document compile {kind}'")
          for kind, words in REPORTS.items()),
    ])  # fmt: skip
    st.page_link(desk.pages["validations"], label="What was found beyond the locked tests",
                 query_params={"open": one.label})  # fmt: skip
    if one.status == "candidate" and not one.changes:
        _propose(desk, one)


def _edition(document: Document) -> str:
    return f"{document.number} v{document.version}, {document.status}"


def _propose(desk: Desk, one: VersionStanding) -> None:
    if not desk.may(Action.PROPOSE_CHANGE):
        look.quiet(f"It is put forward by: {roles_named(Action.PROPOSE_CHANGE)}.")
        return
    with st.form(f"propose-{one.label}"):
        reason = st.text_input("Reason", key=f"propose-reason-{one.label}")
        pressed = st.form_submit_button(f"Propose {one.label} as a change", type="primary",
                                        key=f"propose-submit-{one.label}")  # fmt: skip
    if not pressed:
        return

    def propose() -> str:
        made = propose_version(
            desk.store, desk.reader.get_one(ModelVersion, one.id), reason=reason.strip(),
            actor=desk.person.name, now=desk.now,
        )
        return f"{made.label} puts {one.label} forward; it is {made.status}."

    act(propose, reason=reason)


def _lineage(desk: Desk, one: VersionStanding) -> None:
    look.section(
        "Lineage", "Which data made a version, what it was evaluated in before the decision, and "
        "how that went.",
    )  # fmt: skip
    whole = lineage_of(desk.reader, one.device)
    drawn = whole
    if sum(each.kind == "model" for each in whole.nodes) > DRAWN:
        drawn = lineage_of(desk.reader, one.device, version=one.label)
        look.quiet(f"{one.device} has more than {DRAWN} versions: {one.label} is drawn alone, the "
                   "tables have all.")  # fmt: skip
    address, words = lineage_picture(drawn, dark=figures.is_dark())
    st.html(
        '<div class="rv-scroll" tabindex="0" role="group" aria-label="Lineage">'
        f'<img src="{address}" alt="{escape(words)}" '
        'style="width:100%;max-width:60.5rem;min-width:46rem"></div>'
    )
    titles = {each.label: each for each in whole.nodes}
    look.table(
        ["From", "Which is", "Step", "To", "Which is then"],
        [
            [to_record(each.source), _said(titles[each.source].kind, titles[each.source].status),
             each.said, to_record(each.target),
             _said(titles[each.target].kind, titles[each.target].status)]
            for each in whole.edges
        ],
        empty="Nothing led to it: it is seen from outside only.",
    )  # fmt: skip


def _said(kind: str, status: str) -> look.Cell:
    return look.Mark(status, look.mark(status).tone, NAMES[kind].lower())
