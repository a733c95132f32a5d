"""The picture of the page Kinds of truth in README: a simulated clinic, on record without images.

    python scripts/picture_truth_kinds.py [SEED]

The clinic is that of ``python -m benchmarks.truth_kinds`` (three sites, 30 days): the hospitals of
``radvigil demo --clinic``, without making a radiograph of each study. The page is the program's
own, opened in Chromium.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from datetime import time as hour
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.clinic_records import OWN, drawn_studies, put_on_record, register_people
from journeys.compare_truth_kinds import compare_truth_kinds
from journeys.demonstration_clinic import OTHER_DEVICE
from journeys.demonstration_setup import DEMO_PASSWORD
from records.clock import mark_workspace
from records.people import Role, register_person
from records.product import WorkspaceKind
from records.quiet import QUIET
from records.settings import REPOSITORY, Workspace
from records.store import open_store

PICTURE = REPOSITORY / "docs" / "pictures" / "kinds-of-truth.png"
WIDTH, HEIGHT = 1100, 705


def make_clinic(workspace: Workspace, seed: int) -> None:
    """A demonstration workspace with what came back from the clinic, compared."""
    store = open_store(workspace, url="")
    studies = drawn_studies(seed, days=30, daily=14)
    now = datetime.combine(max(one.plan.day for one in studies), hour(23), UTC)
    with store.transaction("setup", "demonstration", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.DEMONSTRATION, now=now, seed=seed)
        register_person(tx, "demo.quality", full_name="Demo Quality Manager", now=now,
                        roles=[Role.QUALITY], password=DEMO_PASSWORD)  # fmt: skip
    register_people(store)
    made = put_on_record(store, studies, seed=seed)
    for device in (OTHER_DEVICE, OWN):
        compare_truth_kinds(store, device, until=now.date(), actor="service:surveillance",
                            now=now, full=made.truth)  # fmt: skip
    store.close()


@contextmanager
def served(workspace: Workspace) -> Iterator[str]:
    """The pages as 'radvigil serve' starts them; their address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = {**os.environ, **QUIET, "RADVIGIL_HOME": str(workspace.home)}
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "dashboards" / "app.py"),
         "--server.port", port, "--server.address", "127.0.0.1"],
        env=environment, cwd=workspace.home, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        for _ in range(600):
            try:
                with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=10):
                    break
            except (URLError, OSError):
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=120)


def take_picture(address: str) -> None:
    """The page as a quality manager sees it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(120_000)
        page.goto(f"{address}/truth-kinds")
        page.get_by_text("Demo Quality Manager").click()
        page.get_by_text("Adjudicated sample (weighted)").first.wait_for()
        page.wait_for_timeout(3000)
        page.screenshot(path=PICTURE)
        browser.close()


def main() -> None:
    """Make the clinic in a folder that goes again, and the picture of its page."""
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace(Path(name) / "clinic").create()
        make_clinic(workspace, int(sys.argv[1]) if len(sys.argv) > 1 else 1)
        with served(workspace) as address:
            take_picture(address)
    print(PICTURE.relative_to(REPOSITORY))


if __name__ == "__main__":
    main()
