"""Notices stand on the administrators' first page, and on nobody else's, until answered."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from records.notices import NoticeKind, open_notices, raise_notice
from records.people import Role, register_person
from records.store import Store
from tests.dashboards.conftest import text_of
from tests.dashboards.small_workspace import PASSWORD, TODAY


@pytest.mark.requirement("R-P11-300", "REG-004")
def test_an_administrator_sees_and_answers_a_notice_and_others_do_not_see_it(
    visit: Callable[..., AppTest], records: Store
) -> None:
    with records.transaction("service:sign-in", now=TODAY) as tx:
        register_person(
            tx, "demo.administrator", full_name="Demo Administrator",
            roles=[Role.ADMINISTRATOR], password=PASSWORD, now=TODAY,
        )
        raise_notice(tx, NoticeKind.ACCOUNT_LOCKED, "Actor:1", "'demo.engineer' rests", now=TODAY)
    assert "demo.engineer' rests" not in text_of(visit("demo.quality"))
    app = visit("demo.administrator")
    assert "NTC-0001" in text_of(app)
    app.text_input(key="notice-answer").set_value("I called her")
    app.button(key="notice-acknowledge").click().run()
    assert "NTC-0001 is acknowledged by Demo Administrator" in text_of(app)
    assert "Notices to administrators" not in text_of(app)
    with records.reader() as reader:
        assert open_notices(reader) == []
