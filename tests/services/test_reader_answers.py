"""A reader opens the link of a result in a real browser, and a mail scanner opens it before."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from records.reader_answers import REASONS, UNVERIFIED
from records.store import Store
from tests.dashboards.test_browser import browser_page
from tests.gateway.answering import answering, answers, issue, links
from tests.journeys.returning import in_care

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser_page"]
pytestmark = pytest.mark.service


@pytest.fixture
def address(store: Store, tmp_path: Path) -> Iterator[str]:
    """The page of links over three studies that were read; its address."""
    in_care(store, tmp_path / "in", studies=3)
    with answering(store) as found:
        yield found


def _keep_picture(page: "Page", name: str) -> None:
    if folder := os.environ.get("RADVIGIL_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_reader_accepts_changes_and_rejects_in_a_browser(
    store: Store, address: str, browser_page: tuple["Page", list[str]]
) -> None:
    page, outside = browser_page
    first, second, third = (issue(store, study=one, reader=f"R{one}") for one in (1, 2, 3))
    assert requests.get(f"{address}/answer/{first}", timeout=60).status_code == 200  # a scanner
    page.goto(f"{address}/answer/{first}")
    page.get_by_text("probability 0.870, at or above").wait_for()
    _keep_picture(page, "answer")
    assert answers(store, "R1") == []
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("your answer is recorded").wait_for()
    _keep_picture(page, "answered")
    page.goto(f"{address}/answer/{first}")
    page.get_by_text("This result was answered").wait_for()

    page.goto(f"{address}/answer/{second}")
    page.get_by_role("button", name="Change").click()  # nothing chosen: the browser holds it back
    assert answers(store, "R2") == []
    form = page.locator("form", has=page.get_by_role("button", name="Change"))
    form.locator("select[name=choice]").select_option("absent")
    form.get_by_label("before I saw").check()
    page.get_by_role("button", name="Change").click()
    page.get_by_text("your answer is recorded").wait_for()

    page.set_viewport_size({"width": 390, "height": 844})  # a telephone
    page.goto(f"{address}/answer/{third}")
    form = page.locator("form", has=page.get_by_role("button", name="Reject"))
    form.locator("select[name=reason]").select_option(REASONS[0])
    form.locator("select[name=choice]").select_option("present")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    _keep_picture(page, "answer on a telephone")
    page.get_by_role("button", name="Reject").click()
    page.get_by_text("your answer is recorded").wait_for()

    (one,), (two,), (three,) = (answers(store, f"R{number}") for number in (1, 2, 3))
    assert [(each.response, each.present) for each in (one, two, three)] == [
        ("accepted", True), ("changed", False), ("rejected", True)
    ]  # fmt: skip
    assert two.reading_order == "before the output"
    assert {each.identity for each in (one, two, three)} == {UNVERIFIED}
    assert three.evidence.endswith(REASONS[0])
    assert outside == []
    assert page.context.cookies() == []


def test_a_form_on_another_page_cannot_answer(
    store: Store, address: str, browser_page: tuple["Page", list[str]], tmp_path: Path
) -> None:
    page, _ = browser_page
    token = issue(store, reader="R7", now=datetime.now(UTC))
    trap = tmp_path / "trap.html"
    trap.write_text(
        f'<form method="post" action="{address}/answer/{token}"><input name="response" '
        'value="accepted"><input name="reading_order" value="with the output">'
        "<button>Win</button></form>"
    )
    page.goto(trap.as_uri())
    page.get_by_role("button", name="Win").click()
    page.get_by_text("Nothing was recorded").wait_for()
    assert answers(store, "R7") == []
    assert links(store, "R7")[0].status == "open"
