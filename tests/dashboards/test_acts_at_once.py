"""Two people who act on the same record at once, one who clicks twice, and what a session keeps."""

import ast
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from records.alert_decisions import acknowledge_alert
from records.errors import RadvigilError
from records.lookup import find_events, list_records
from records.people import find_actor
from records.quality import Signature
from records.settings import REPOSITORY
from records.store import Store
from records.surveillance import Alert
from tests.dashboards.conftest import Visit, click_twice, text_of
from tests.dashboards.small_workspace import PASSWORD
from tests.dashboards.test_documents_page import LABEL, reviewed

ALERTS = "alerts"
LATE = "ALT-0001 is acknowledged by {} meanwhile: somebody else was first. What you entered"


def acknowledgements(store: Store) -> list[str]:
    """Who acknowledged the alert, by the trail."""
    with store.reader() as reader:
        return [one.actor for one in find_events(reader)
                if one.subject == "Alert:1" and '"status":"acknowledged"' in one.new]  # fmt: skip


def test_of_two_people_at_one_alert_the_first_wins_and_the_other_is_told(
    visit: Visit, records: Store
) -> None:
    first, second = visit("demo.engineer", ALERTS), visit("demo.quality", ALERTS)
    first.text_area(key="alert-reason").set_value("The detector was looked at")
    second.text_area(key="alert-reason").set_value("The site was called")
    second.button(key="alert-decide").click()  # the form as it stood before the other's deed
    words = text_of(first.button(key="alert-decide").click().run())
    assert "ALT-0001 is acknowledged by Demo Engineer." in words
    assert "somebody else was first" not in words
    words = text_of(second.run())
    assert LATE.format("demo.engineer") in words
    assert "ALT-0001 is acknowledged by Demo Quality Manager" not in words
    assert not second.exception and not second.error
    assert acknowledgements(records) == ["demo.engineer"]
    assert "somebody else was first" not in text_of(second.run()), "it is told once"
    with records.reader() as reader:
        assert reader.get_one(Alert, 1).disposition == "The detector was looked at"


def test_of_two_transactions_in_the_same_instant_one_is_refused_with_the_reason(
    records: Store,
) -> None:
    ready, refused = threading.Barrier(2), list[str]()

    def acts(name: str) -> None:
        ready.wait(30)
        try:
            with records.transaction(name, "seen", now=datetime.now(UTC)) as tx:
                acknowledge_alert(tx, tx.get_one(Alert, 1), by=find_actor(tx, name),
                                  finding="seen", now=datetime.now(UTC))  # fmt: skip
        except RadvigilError as why:
            refused.append(why.message)

    people = [threading.Thread(target=acts, args=(one,))
              for one in ("demo.quality", "demo.engineer")]  # fmt: skip
    for one in people:
        one.start()
    for one in people:
        one.join(60)
    assert len(acknowledgements(records)) == 1
    (told,) = refused
    assert "ALT-0001" in told and "acknowledged" in told


def filled(app: AppTest, reason: str) -> AppTest:
    app.selectbox(key=f"meaning-{LABEL}").set_value("approval")
    app.text_input(key=f"sign-reason-{LABEL}").set_value(reason)
    app.text_input(key=f"sign-password-{LABEL}").set_value(PASSWORD)
    return app


@pytest.mark.requirement("REG-022")
def test_a_double_click_signs_once(visit: Visit, records: Store) -> None:
    reviewed(records)
    app = click_twice(filled(visit("demo.quality", "documents"), "complete"),
                      f"sign-submit-{LABEL}")  # fmt: skip
    with records.reader() as reader:
        (signature,) = [one for one in list_records(reader, Signature)
                        if one.subject_name == "Document:2"]  # fmt: skip
    assert (signature.printed_name, signature.reason) == ("Demo Quality Manager", "complete")
    assert "has signed DOC-0002 with this meaning already" in app.error[0].value
    assert not app.exception


def test_a_double_click_answers_an_alert_once(visit: Visit, records: Store) -> None:
    app = visit("demo.quality", ALERTS)
    app.text_area(key="alert-reason").set_value("The site was called")
    app = click_twice(app, "alert-decide")
    assert not app.exception
    assert acknowledgements(records) == ["demo.quality"]
    assert "somebody else was first" not in text_of(app)


KEPT: dict[str, str] = {
    "ACCOUNT": "who is signed in; read anew from the records on every run",
    "LAST_USED": "when the session was last used: it ends unused",
    "NOTICE": "the sentence on what was just done, until it was shown",
    "TO_CHANGE": "whose own password is still to be set",
    "provider.LINK": "by which link to an identity provider the person came",
    "_WAITS": "which answer of the provider waits for an own password",
    "_SETTLED": "which answer of the provider was decided on",
    "ROUND": "how many records a form has made, which names its next fields",
    "SEEN": "how the record read last stood, to tell of others' deeds; acted on by none",
    "COUNT": "a count of files as of its instant, shown with it; dropped after each deed",
    "_ASKED": "that the count was asked for",
    "DRAWN": "a sample of studies as it was drawn, until it is read or discarded",
    "STEP": "which step of an assessment is looked at",
    "PART": "which part of a document is looked at",
    "FOLLOWED": "which figure a link opened last",
    "UNKEPT": "why a field could not be kept, until it was said",
    "fact-": "what a question of an assessment stands at; its draft is a record",
    "text-words-": "what a text stands at; its draft is a record",
    "trace-section-": "which section of a document is looked at",
    "trace-place-": "which figure of it is looked at",
    "PREPARED": "the bytes of a format just set, until another is chosen",
    "complaint": "which complaint is chosen",
    "CHOSEN": "device, site and period that the address says, kept from page to page",
    "pick-": "what a picker in the side bar stands at",
    "key": "which record a select box stands at",
    "opened-": "which record the address opened last in a select box",
    "opened-history": "whose history the address opened last",
    "history-record": "whose history is shown",
    "work-link": "which work the address asked for last",
    "work-when": "whether work overdue, due soon or all of it is listed",
    "work-mine": "whether only own work is listed",
    "choice": "which chart and site a page shows",
    "chart": "which control chart is shown",
    "chart-level-": "to which level of a chart a page is narrowed",
    "chart-link": "which chart the address named last, so that a new link is told apart",
    "discordance-month": "which month of discordant cases is shown",
    "discordance-asked": "which month the address named last",
    "OUTSIDE": "what an auditor asked for last and was refused, so that it is noted once",
    "_SAID": "which pages an auditor was refused, so that each is noted once",
}
"""All that a session keeps, with what it is: choices of a view, never a fact to decide by."""


def named(key: ast.expr, local: dict[str, ast.expr]) -> str:
    """The constant that a key is made of, as the code writes it."""
    if isinstance(key, ast.Name) and key.id in local:
        return named(local[key.id], local)
    if isinstance(key, ast.JoinedStr):
        first = key.values[0]
        return named(first.value if isinstance(first, ast.FormattedValue) else first, local)
    return str(key.value) if isinstance(key, ast.Constant) else ast.unparse(key)


def kept_keys(tree: ast.AST) -> set[str]:
    """Every key by which a module reads or writes what the session keeps."""
    local = {one.targets[0].id: one.value for one in ast.walk(tree)
             if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
             and isinstance(one.value, ast.JoinedStr)}  # fmt: skip
    found = set()
    for one in ast.walk(tree):
        key: Any = None
        if isinstance(one, ast.Subscript) and is_state(one.value):
            key = one.slice
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            key = one.args[0] if is_state(one.func.value) and one.args else None
        elif isinstance(one, ast.Compare) and is_state(one.comparators[0]):
            key = one.left
        elif isinstance(one, ast.Attribute) and is_state(one.value):
            key = None if one.attr in {"get", "pop", "setdefault", "clear"} else ast.Name(one.attr)
        if key is not None:
            found.add(named(key, local).removeprefix("sign_in."))
    return found


def is_state(node: ast.expr) -> bool:
    return ast.unparse(node) == "st.session_state"


def test_a_session_keeps_choices_of_the_view_and_no_facts() -> None:
    found: set[str] = set()
    for path in sorted((REPOSITORY / "dashboards").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= kept_keys(tree)
        reaching = [one for one in ast.walk(tree)
                    if isinstance(one, ast.Name | ast.Attribute) and is_state(one)]  # fmt: skip
        assert path.read_text(encoding="utf-8").count("session_state") == len(reaching), path
    assert found == set(KEPT), "name what it is, or do not keep it"
