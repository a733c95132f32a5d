"""What axe-core finds on a page that lies open in Chromium."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Page

KEPT_ROWS = 3
_SHORTENED = """kept => { for (const body of document.querySelectorAll('tbody'))
    while (body.rows.length > kept) body.rows[kept].remove();
    for (const list of document.querySelectorAll('ol.records'))
    while (list.children.length > kept) list.children[kept].remove() }"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One element that breaks a rule, or of which axe-core is not sure (``unsure``)."""

    rule: str
    impact: str
    element: str
    html: str
    why: str
    unsure: bool = False


@cache
def axe() -> "Axe":
    """The checker, with the axe-core that travels in its package."""
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


def look_at(page: "Page", within: str = "", **options: Any) -> list[Finding]:
    """Every finding on the page, of all rules for WCAG 2.0 to 2.1 AA and of good practice.

    within: the part to look at, as a selector; the whole page where none is given.
    options: those of ``axe.run``, such as rules switched on or off.
    """
    asked = {"resultTypes": ["violations", "incomplete"], **options}
    found = axe().run(page, context=within or None, options=asked)
    return [one for kind in ("violations", "incomplete") for one in _of(found.response, kind)]


def _of(response: dict[str, Any], kind: str) -> Iterator[Finding]:
    for rule in response[kind]:
        for node in rule["nodes"]:
            why = "; ".join(one["message"] for how in ("any", "all", "none") for one in node[how])
            element = " ".join(str(one) for one in node["target"])
            yield Finding(rule["id"], str(node["impact"]), element, node["html"], why,
                          kind == "incomplete")  # fmt: skip


def classes_on(page: "Page") -> set[str]:
    """What the page's style sheet can give a colour: each element's name with its class."""
    named = "[...document.querySelectorAll('*')].map(e => e.tagName + '.' + e.className)"
    return set(page.evaluate(named))


def shorten(page: "Page") -> None:
    """Leave the first rows of tables and lists of records: the others only repeat them."""
    page.evaluate(_SHORTENED, KEPT_ROWS)
