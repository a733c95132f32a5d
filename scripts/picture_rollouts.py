"""The pictures of the pages on risks and on go-live in README: a version under trial, on record.

    python scripts/picture_rollouts.py

The workspace is that of the tests of these pages, with 240 simulated studies that the shadow and
the live version read, and a review of the risk file. The pages are the program's own, opened in
Chromium.
"""

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from records.settings import Workspace
from records.store import open_store
from scripts.picture_truth_kinds import served
from scripts.take_pictures import WIDTH, keep
from tests.dashboards import tried_version
from tests.dashboards.small_workspace import populate

if TYPE_CHECKING:
    from playwright.sync_api import Page

STUDIES: Final = 240
READ_RIGHT: Final = (0.93, 0.88)
"""Of the diseased and of the healthy studies."""
RULES: Final = {
    "measures": [
        {"measure": "sensitivity", "value": 0.9, "margin": 0.08, "assumed": 0.93},
        {"measure": "specificity", "value": 0.85, "margin": 0.08, "assumed": 0.88},
    ],
    "minimum_days": 7, "flagged_between": [0.2, 0.8], "site_reports": True,
}  # fmt: skip


def make_workspace(workspace: Workspace) -> None:
    """A demonstration workspace with a rollout that runs, a trial that is judged, and risks."""
    store = open_store(workspace, url="")
    populate(store)
    tried_version.with_rollout(store)
    tried_version.with_trial(store, RULES)
    tried_version.with_studies(store, STUDIES, right=READ_RIGHT)
    tried_version.with_look(store)
    tried_version.with_verdict(store)
    tried_version.with_risk_file(store)
    store.close()


def take_pictures(page: "Page", address: str) -> None:
    """The risks beside what was observed; the trial and what the shadow said at the site."""
    page.goto(address)
    page.get_by_text("Demo Regulatory Officer").first.click()
    page.get_by_text("What needs you today").wait_for()
    links = page.get_by_test_id("stSidebarNav")
    for title, words, name, most in (
        ("Risk and traceability", "Hazards: the estimate", "risks.png", 900),
        ("Go-live and rollout", "What the shadow said here", "go-live.png", 1130),
    ):
        links.get_by_role("link", name=title, exact=True).click()
        page.get_by_text(words).first.wait_for()
        page.wait_for_timeout(2000)
        keep(page, name, most=most)


def main() -> None:
    """Take both."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Workspace(Path(folder) / "workspace").create()
        make_workspace(workspace)
        with served(workspace) as address:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": WIDTH, "height": 900})
            page.set_default_timeout(120_000)
            take_pictures(page, address)
            browser.close()


if __name__ == "__main__":
    main()
