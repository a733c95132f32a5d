"""A document by the reviewer's checklist: its score, each question with its answer, the forms."""

import streamlit as st

from dashboards import look
from dashboards.acting import act, key_in
from dashboards.desk import Desk
from journeys.read_by_checklist import answer_from_table, answer_questions
from records.checklist_answers import ANSWERS
from records.control_overview import DocumentStanding
from records.permissions import Action, roles_named
from records.quality import Document
from regulatory.checklist_readings import Reading, newest_reading, reading_on
from regulatory.checklist_tables import blank_sheet
from regulatory.documents.checklist import BLOCKER, FAIL, PASS, QuestionSection
from regulatory.table_files import CSV, XLSX

FORM = "checklist"
_TONES: dict[str, look.Tone] = {PASS: "good", FAIL: "bad"}
_ANSWERED: dict[str, look.Tone] = {
    "yes": "good", "partly": "waiting", "no": "bad", "not_applicable": "unknown",
}


def checklist(desk: Desk, one: DocumentStanding) -> None:
    """How this revision was read; what it is asked, section by section; the forms to answer."""
    document = desk.reader.get_one(Document, one.id)
    found = reading_on(desk.reader, document)
    look.section(
        "Reviewer's checklist",
        "What a strict reviewer asks of this kind of document. An answer is of the revision read.",
    )
    _standing(desk, found, document)
    with st.expander("Questions and answers"):
        for section in found.sections:
            _questions(section, found)
    if not desk.may(Action.READ_BY_CHECKLIST):
        look.quiet(f"It is answered by: {roles_named(Action.READ_BY_CHECKLIST)}.")
        return
    with st.expander("Answer a question"):
        _answer(desk, one, found)
    with st.expander("Answer by a table"):
        _table(desk, one)


def _standing(desk: Desk, found: Reading, document: Document) -> None:
    if not found.answers:
        newest = newest_reading(desk.reader, document)
        other = f" Another revision was: {newest.words}." if newest is not None else ""
        look.quiet(f"This revision is {found.words}.{other}")
        return
    if found.not_current:
        look.notice(f"{found.words[:1].upper()}{found.words[1:]}.", "waiting")
    else:
        look.notice(f"{found.words[:1].upper()}{found.words[1:]}.",
                    _TONES.get(found.score.verdict, "waiting"))  # fmt: skip
    look.table(
        ["Section", "Score"],
        [[f"{one.id}. {one.title}", found.score_of(one).words] for one in found.sections],
        empty="", wide="Section",
    )  # fmt: skip


def _questions(section: QuestionSection, found: Reading) -> None:
    rows: list[list[look.Cell]] = []
    for one in section.questions:
        said = found.answers.get(one.id)
        rows.append([
            look.Mark(one.id, "plain", one.weight), look.Mark(one.words, small=one.evidence),
            look.Mark(_plain(said.answer), _ANSWERED[said.answer]) if said
            else look.Mark("not answered", "unknown"),
            said.page or "none named" if said else "not answered",
            said.remark or "none" if said else "not answered",
            f"{said.printed_name}, {said.answered_at:%Y-%m-%d}" if said else "nobody",
        ])  # fmt: skip
    st.markdown(f"**{section.id}. {section.title}**")
    look.table(["Question", "What is asked, and where the evidence must be", "Answer", "Page",
                "Remark", "By"], rows, empty="",
               wide="What is asked, and where the evidence must be")  # fmt: skip


def _plain(answer: str) -> str:
    return answer.replace("_", " ")


def _answer(desk: Desk, one: DocumentStanding, found: Reading) -> None:
    asked = [each for section in found.sections for each in section.questions]
    waiting = [each for each in asked if each.id not in found.answers] or asked
    words = {
        each.id: f"{each.id}{', blocker' if each.weight == BLOCKER else ''}: {each.words}"
        for each in asked
    }  # fmt: skip
    form = f"{FORM}-{one.id}"
    with st.form(form):
        question = st.selectbox("Question", list(words), format_func=words.__getitem__,
                                index=asked.index(waiting[0]),
                                key=key_in(form, "question"))  # fmt: skip
        answer = st.selectbox("Answer", list(ANSWERS), index=None, format_func=_plain,
                              placeholder="Choose one", key=key_in(form, "answer"))  # fmt: skip
        page = st.text_input("Page of the evidence, such as 7 or 7, 12-14",
                             key=key_in(form, "page"))  # fmt: skip
        remark = st.text_area("Remark: what is missing, or why it does not apply",
                              key=key_in(form, "remark"))  # fmt: skip
        pressed = st.form_submit_button("Answer", key=f"{form}-submit")
    if not pressed:
        return
    row = {"question": str(question), "answer": answer or "", "page": page, "remark": remark}

    def carry_out() -> str:
        made = answer_questions(desk.store, one.id, [(0, row)], by=desk.person.name, now=desk.now)
        return (f"{made[0].label}: {question} is answered." if made
                else f"{question} was answered so already.")  # fmt: skip

    act(carry_out, form=form)


def _table(desk: Desk, one: DocumentStanding) -> None:
    st.download_button("Empty sheet, CSV", blank_sheet(one.kind, CSV),
                       file_name=f"{one.kind}-checklist.csv", mime="text/csv",
                       key=f"{FORM}-blank-{one.id}")  # fmt: skip
    with st.form(f"{FORM}-table-{one.id}"):
        file = st.file_uploader("Table, CSV in UTF-8 or XLSX", type=[CSV, XLSX],
                                key=f"{FORM}-file-{one.id}")  # fmt: skip
        pressed = st.form_submit_button("Take the answers in", key=f"{FORM}-take-{one.id}")
    if not pressed:
        return
    if file is None:
        st.error("Nothing was done: choose a file.")
        return
    content = file.getvalue()

    def take() -> str:
        made = answer_from_table(desk.store, one.id, content, by=desk.person.name, now=desk.now)
        return f"Answers recorded: {len(made)}."

    act(take)
