"""Every page of the application, each tab and folded part of it, is without fault for axe-core.

What axe-core finds in parts that Streamlit draws, and that no page can change, is named below;
docs/accessibility.md tells it to users.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dashboards.shell import PAGES
from tests.accessibility import Finding, look_at
from tests.dashboards.test_browser import address, browser_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "browser_page"]
pytestmark = pytest.mark.service

STREAMLITS = {
    ("list", '[data-testid="stSidebarNav"]'): "links of a group stand in boxes inside the list",
    ("listitem", '[data-testid="stSidebarNav"]'): "the same, seen from the links",
    ("presentation-role-conflict", '[data-testid="stFileUploaderDropzone"]'):
        "the field for a file has a role and a name; its button is what one reaches by keys",
}  # fmt: skip
"""Rule and part of the page in which a finding is Streamlit's, with the reason."""
EVERY = [address for group in PAGES.values() for address, _, _ in group]
SEEN_BY = {
    "Demo Quality Manager": EVERY,
    "Demo Regulatory Officer": ["incidents", "documents", "facts"],
    "Demo Engineer": ["pending-changes", "rollouts"],
}
"""Who opens what: quality sees every page, the others have forms of their own on some."""
QUIET = """() => !document.querySelector('[data-stale="true"]')
    && document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === 'notRunning'"""
OURS = '[data-testid="stMain"]'
UNFOLD = f"""() => [...document.querySelectorAll('{OURS} details:not([open]) > summary')]
    .filter(one => one.offsetParent).map(one => one.click()).length"""


def of_streamlit(page: "Page", one: Finding) -> tuple[str, str] | None:
    """The entry of the list above that the finding falls under."""
    inside = "([element, part]) => !!document.querySelector(element)?.closest(part)"
    for rule, part in STREAMLITS:
        if rule == one.rule and page.evaluate(inside, [one.element, part]):
            return rule, part
    return None


def settled(page: "Page") -> None:
    page.wait_for_timeout(100)
    page.wait_for_function(QUIET)


def unfold(page: "Page") -> None:
    for _ in range(3):  # one may hold another
        if not page.evaluate(UNFOLD):
            return
        settled(page)


def states(page: "Page", where: str) -> Iterator[str]:
    """The page as it opens, then each tab of it; all that is folded is opened."""
    unfold(page)
    yield where
    tabs = page.get_by_role("tab")
    for tab in (tabs.nth(number) for number in range(tabs.count())):
        if tab.is_visible() and tab.get_attribute("aria-selected") != "true":
            tab.click()
            settled(page)
            unfold(page)
            yield f"{where}, {tab.inner_text()}"


def open_page(page: "Page", where: str) -> None:
    title = next(name for group in PAGES.values() for at, name, _ in group if at == where)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    settled(page)


@pytest.mark.timeout(900)
def test_no_page_has_a_finding_that_is_ours(
    address: str, browser_page: tuple["Page", list[str]]
) -> None:
    page, _ = browser_page
    ours: dict[str, list[Finding]] = {}
    used: set[tuple[str, str] | None] = set()

    def look(where: str, within: str = "") -> None:
        for one in look_at(page, within):
            if not one.unsure:
                part = of_streamlit(page, one)
                used.add(part)
                if part is None:
                    ours.setdefault(where, []).append(one)

    page.goto(address)
    for person, addresses in SEEN_BY.items():
        page.get_by_text(person).wait_for()
        settled(page)
        look(f"sign-in before {person}")
        page.get_by_text(person).click()
        page.get_by_text("What needs you today").wait_for()
        look(f"the whole page for {person}")
        for where in addresses:
            open_page(page, where)
            for state in states(page, f"{person}: {where}"):
                look(state, OURS)
        page.get_by_role("button", name="Sign out").click()
    assert ours == {}
    assert used == set(STREAMLITS), "Streamlit mended something: take it off the list"


def test_a_wide_table_is_scrolled_by_keys_on_a_narrow_screen(
    address: str, browser_page: tuple["Page", list[str]]
) -> None:
    page, _ = browser_page
    page.goto(f"{address}/documents")
    page.get_by_text("Demo Quality Manager").click()
    page.get_by_text("Read and sign").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    settled(page)
    wide = page.locator(".rv-scroll").first
    assert wide.evaluate("box => box.scrollWidth > box.clientWidth")
    assert [one for one in look_at(page, OURS) if not one.unsure] == []
    wide.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")
    assert str(wide.get_attribute("aria-label")).startswith("Table: ")
