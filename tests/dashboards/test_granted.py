"""In a live workspace an auditor sees one page: what was granted; the rest is refused on record."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from records.audit_grants import grant_access
from records.kinds import Scope
from records.lookup import find_events
from records.people import Role, find_actor, register_person
from records.settings import Workspace
from records.store import Store
from tests.dashboards.conftest import Visit, go_to, text_of
from tests.dashboards.small_workspace import PASSWORD
from tests.dashboards.test_pages import PAGES

OWN = "Records for your audit"


@pytest.fixture
def live(populated: Workspace) -> Workspace:
    """The populated workspace as a live one would be, with an auditor."""
    with sqlite3.connect(populated.database) as database:
        database.execute("UPDATE workspace_mark SET kind = 'live', clock_at = NULL, seed = NULL")
    database.close()
    return populated


def enter(visit: Visit, records: Store) -> AppTest:
    now = datetime.now(UTC)
    with records.transaction("setup", now=now) as tx:
        register_person(tx, "olga", full_name="Olga Auditor", roles=[Role.AUDITOR],
                        password=PASSWORD, now=now)  # fmt: skip
    app = visit()
    app.text_input(key="sign-in-account").set_value("olga")
    app.text_input(key="sign-in-password").set_value(PASSWORD)
    return app.button(key="sign-in-submit").click().run()


def refusals(records: Store) -> list[str]:
    with records.reader() as reader:
        found = find_events(reader, action="audit access refused", actor="olga")
        return [json.loads(one.new)["wanted"] for one in found]


@pytest.mark.requirement("R-P11-10d", "R-P11-10g")
def test_without_a_grant_every_page_is_empty_and_each_attempt_an_event(
    live: Workspace, visit: Visit, records: Store
) -> None:
    app = enter(visit, records)
    assert "Nothing was granted to you for today" in text_of(app)
    for page in set(PAGES) - {"overview"}:
        words = text_of(go_to(app, page))
        assert "Not granted" in words
        assert not [one for one in ("ALT-0001", "CHR-0001", "DOC-26-0001") if one in words], page
    assert sorted(refusals(records)) == [
        "page Alerts", "page Audit trail", "page CAPA", "page Change requests",
        "page Complaints and incidents", "page Control charts", "page Data quality",
        "page Datasets", "page Deadlines", "page Discordant cases", "page Documents",
        "page Drift and alerts", "page Facts for documents", "page Go-live and rollout",
        "page How is it doing here", "page Keeping and deleting", "page Kinds of truth",
        "page Models", "page Performance", "page Pipelines",
        "page Readers", "page Reference standards", "page Revalidations",
        "page Risk and traceability",
        "page Validations", "records",
    ]


def test_a_search_outside_is_refused_and_noted_once_however_often_it_is_drawn(
    live: Workspace, visit: Visit, records: Store
) -> None:
    app = enter(visit, records)
    app.text_input(key="find").set_value("CHR-0001").run()
    for _ in range(2):
        assert "lies outside what 'olga' was granted" in unescape(text_of(app.run()))
    assert refusals(records).count("ChangeRequest:1") == 1


@pytest.mark.requirement("R-P11-10d", "R-P11-10g")
def test_what_was_granted_is_read_and_drawn_from_and_nothing_else(
    live: Workspace, visit: Visit, records: Store
) -> None:
    now = datetime.now(UTC)
    app = enter(visit, records)
    with records.transaction("demo.quality", "audit 7", now=now) as tx:
        grant_access(
            tx, find_actor(tx, "olga"), Scope(kinds=("alert",)), purpose="audit 7",
            first_day=now.date(), last_day=now.date() + timedelta(days=1),
            by=find_actor(tx, "demo.quality"), now=now,
        )
    words = text_of(app.run())
    assert OWN in words
    assert "ALT-0001" in words
    assert app.selectbox(key="granted-kind").options == ["alert"]
    app.text_input(key="history-record").set_value("ALT-0001").run()
    assert "ALT-0001: 1 event" in text_of(app)
    app.text_input(key="history-record").set_value("CHR-0001").run()
    assert "lies outside what 'olga' was granted" in text_of(app)
    assert "ChangeRequest:1" in refusals(records)
    app.text_input(key="history-record").set_value("").run()
    app.number_input(key="sample-year").set_value(2026)
    app.button(key="sample-draw").click().run()
    assert "Drawn: 1 of 1 (alert, 2026-01-01 to 2026-12-31), seed" in text_of(app)
    assert not app.exception


def test_quality_draws_a_sample_on_the_page_of_the_trail(visit: Visit, records: Store) -> None:
    app = visit("demo.quality", "audit-trail")
    app.selectbox(key="sample-kind").set_value("evaluation")
    app.text_input(key="sample-seed").set_value("x")
    app.button(key="sample-draw").click().run()
    assert "Nothing was drawn: a seed is a number" in text_of(app)
    app.text_input(key="sample-seed").set_value("7")
    app.button(key="sample-draw").click().run()
    assert "(evaluation, 2026-01-01 to 2026-12-31), seed 7" in text_of(app)
    with records.reader() as reader:
        (event,) = find_events(reader, action="draw sample")
    assert json.loads(event.new)["seed_chosen_by_person"] is True
