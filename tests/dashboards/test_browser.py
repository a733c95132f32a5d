"""The pages in a real browser: every page opened, and nothing fetched from elsewhere."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.parse import urlparse
from urllib.request import urlopen

import pytest

from dashboards.look import SCRIPT
from dashboards.views.drift_report import framed
from records.lookup import find_events
from records.quiet import QUIET
from records.settings import Workspace
from records.store import open_reader, open_store
from tests.adjudicated_workspace import keep_pictures, populate_read
from tests.conftest import require
from tests.dashboards.conftest import APP
from tests.monitoring.test_draw_adjudication import sampled

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PAGES = {
    "Overview": "What needs you today",
    "Alerts": "Read and answer an alert",
    "Control charts": "Which verdict counts",
    "Drift and alerts": "Where every chart stands",
    "Performance": "Is it as good as claimed?",
    "Data quality": "Refused, by reason",
    "Revalidations": "What is owed",
    "CAPA": "No CAPA was needed",
    "Complaints and incidents": "What is due",
    "Readers": "What readers make of the output",
    "Adjudication": "What was drawn",
    "How is it doing here": "Sites",
    "Discordant cases": "Month in which it became known",
    "Keeping and deleting": "What is due",
    "Deadlines": "What has a day",
    "Documents": "Read and sign",
    "Risk and traceability": "No risk file of",
    "Go-live and rollout": "No trial was planned",
    "Facts for documents": "What is missing",
    "Audit trail": "events fit",
    "Models": "Which versions there are",
    "Change requests": "Declared acceptance criteria",
    "Pipelines": "Dagster has not run",
    "Datasets": "Frozen datasets",
    "Validations": "What was found beyond the locked tests",
}
CUT_TABLES = """() => [...document.querySelectorAll('.rv-scroll')]
    .filter(box => box.scrollWidth > box.clientWidth).map(box => box.innerText.slice(0, 60))"""
LOOPBACK = {"127.0.0.1", "localhost", ""}

pytestmark = pytest.mark.service


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def address(populated: Workspace, tmp_path: Path) -> Iterator[str]:
    """The application as 'radvigil serve' starts it; its address."""
    port = free_port()
    environment = {**os.environ, **QUIET, "RADVIGIL_HOME": str(populated.home)}
    environment.pop("RADVIGIL_DATABASE_URL", None)
    command = [
        sys.executable, "-m", "streamlit", "run", str(APP),
        "--server.port", str(port), "--server.address", "127.0.0.1",
    ]
    with (tmp_path / "streamlit.log").open("wb") as log:
        server = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=120)


def wait_for(address: str) -> None:
    for _ in range(720):
        try:
            with urlopen(address, timeout=10) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.25)
    pytest.fail("the pages did not start within three minutes")


@pytest.fixture
def browser_page() -> Iterator[tuple["Page", list[str]]]:
    """A page of Chromium, and the addresses that it asked for outside this machine."""
    require("chromium", bool(CHROMIUM), "chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, accept_downloads=True
        )
        page = context.new_page()
        page.set_default_timeout(120_000)
        outside: list[str] = []

        def notice(request: Any) -> None:
            parts = urlparse(request.url)
            if parts.scheme not in ("data", "blob") and (parts.hostname or "") not in LOOPBACK:
                outside.append(request.url)

        page.on("request", notice)
        yield page, outside
        context.close()
        browser.close()


def test_a_quality_manager_opens_every_page_and_nothing_leaves_the_machine(
    address: str, browser_page: tuple["Page", list[str]]
) -> None:
    page, outside = browser_page
    page.goto(address)
    page.get_by_text("Demo Quality Manager").click()
    page.get_by_text("What needs you today").wait_for()
    page.get_by_test_id("stSidebarNavViewButton").click()  # those of other roles' work
    for title, words in PAGES.items():
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        page.get_by_text(words).first.wait_for()
        page.get_by_text("DEMONSTRATION: simulated data and signers").wait_for()
        assert page.get_by_text("It is 2026-03-06 here").is_visible()
        assert page.get_by_test_id("stException").count() == 0
        assert page.evaluate(CUT_TABLES) == [], title
        assert page.get_by_test_id("stAlertContentError").count() == 0
        _keep_picture(page, title)
    assert outside == []


def test_on_a_phone_the_side_bar_closes_after_a_link_and_no_tab_is_cut_off(
    address: str, browser_page: tuple["Page", list[str]]
) -> None:
    page, _ = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    page.get_by_text("Demo Quality Manager").click()
    page.get_by_text("What needs you today").wait_for()
    page.get_by_test_id("stExpandSidebarButton").click()
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name="Performance")
    link.click()
    page.get_by_text("Is it as good as claimed?").wait_for()
    page.get_by_test_id("stExpandSidebarButton").wait_for()
    page.wait_for_function("document.querySelector('[data-testid=stSidebar]')"
                           ".getBoundingClientRect().right <= 0")  # fmt: skip
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        tabs = page.get_by_role("tab").all()
        assert len(tabs) >= 6
        boxes = [tab.bounding_box() for tab in tabs]
        assert all(box and box["x"] + box["width"] <= width for box in boxes)


@pytest.mark.requirement("REG-018")
def test_a_document_is_downloaded_on_record_and_a_link_with_its_query_survives_the_sign_in(
    address: str, browser_page: tuple["Page", list[str]], tmp_path: Path, populated: Workspace
) -> None:
    page, outside = browser_page
    wanted = f"{address}/documents?record=DOC-26-0001&from=mail"
    page.goto(wanted)
    page.get_by_text("Demo Regulatory Officer").click()
    page.get_by_text("Read and sign").wait_for()
    assert page.url == wanted
    page.get_by_text("Files", exact=True).click()
    with page.expect_download() as awaited:
        page.get_by_role("button", name="Download PDF").click()
    awaited.value.save_as(tmp_path / "downloaded.pdf")
    content = (tmp_path / "downloaded.pdf").read_bytes()
    assert content == b"%PDF-1.7 a draft"
    (event,) = _exports(populated)
    assert list(json.loads(event).values()) == [hashlib.sha256(content).hexdigest()]
    assert outside == []


def _exports(workspace: Workspace) -> list[str]:
    """What the trail says was exported; the event is written beside the download, not before."""
    store = open_reader(workspace.home)
    for _ in range(480):
        with store.reader() as reader:
            found = find_events(reader, action="export", actor="demo.regulatory")
        if found:
            break
        time.sleep(0.25)
    store.close()
    return [event.new for event in found]


def test_an_unknown_address_leads_to_the_first_page_and_says_so(
    address: str, browser_page: tuple["Page", list[str]]
) -> None:
    page, _ = browser_page
    page.goto(f"{address}/no-such-page")
    page.get_by_text("does not seem to exist").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Demo Quality Manager").click()
    page.get_by_text("What needs you today").wait_for()


def test_a_link_to_another_server_opens_beside_the_pages(
    browser_page: tuple["Page", list[str]],
) -> None:
    page, _ = browser_page
    page.context.route("**/*", lambda route: route.fulfill(body="<p>x", content_type="text/html"))
    page.goto("http://127.0.0.1:8501/pipelines")
    page.set_content('<a class="rv-link" id="own" href="./alerts">own</a> '
                     '<a class="rv-link" id="far" href="http://127.0.0.1:3000/runs/1">far</a>')
    page.evaluate("window.rvSignedIn = true")
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    with page.context.expect_page() as opened:
        page.click("#far")
    assert opened.value.url == "http://127.0.0.1:3000/runs/1"
    assert page.url == "http://127.0.0.1:8501/pipelines"
    page.click("#own")
    assert page.url == "http://127.0.0.1:8501/alerts"


REPORT = """<p id="said">drawn</p><script>
document.getElementById("said").textContent = "drawn by its script";
fetch("http://127.0.0.1:3000/leak").catch(() => {});
setTimeout(() => { location.href = "http://127.0.0.1:3000/leak"; }, 300);
</script>"""


def test_a_report_in_its_frame_runs_and_asks_nobody(
    browser_page: tuple["Page", list[str]],
) -> None:
    page, _ = browser_page
    asked: list[str] = []
    page.context.route("**/*", lambda route: (asked.append(route.request.url), route.fulfill(
        body="<p>x", content_type="text/html"))[1])  # fmt: skip
    page.goto("http://127.0.0.1:8501/control-charts")
    page.set_content('<iframe id="around" sandbox="allow-scripts allow-same-origin"></iframe>')
    page.evaluate("report => { document.getElementById('around').srcdoc = report }",
                  framed(REPORT, "DRR-0001"))  # fmt: skip
    page.frame_locator("#around").frame_locator("iframe").get_by_text(
        "drawn by its script"
    ).wait_for()
    page.wait_for_timeout(1000)
    assert asked == ["http://127.0.0.1:8501/control-charts"]


def _keep_picture(page: "Page", title: str) -> None:
    """Where RADVIGIL_PICTURES names a folder, what the page looks like."""
    folder = os.environ.get("RADVIGIL_PICTURES")
    if folder:
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(folder) / f"{title.lower().replace(' ', '-')}.png")


def test_a_clinician_reads_the_next_case_and_is_shown_the_one_after(
    populated: Workspace, address: str, browser_page: tuple["Page", list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.adjudicated_workspace.populate", lambda _store: None)
    store = open_store(populated, url="")
    populate_read(store, studies=60)
    sampled(store)
    keep_pictures(store)
    store.close()
    page, outside = browser_page
    page.goto(f"{address}/adjudication")
    page.get_by_role("button", name="Demo.Reader1").click()
    page.get_by_text("Does the study show pneumonia?").wait_for()
    shown = page.get_by_test_id("stImage").locator("img")
    shown.wait_for()
    box, form = shown.bounding_box(), page.get_by_test_id("stForm").bounding_box()
    assert box is not None and form is not None and box["x"] + box["width"] <= form["x"]
    words = page.get_by_test_id("stMain").inner_text()
    assert not any(one in words.lower() for one in ("score", "flagged", "probability"))
    page.get_by_text("absent", exact=True).click()
    page.get_by_role("button", name="Record and go on").click()
    page.get_by_text("is recorded.").wait_for()
    page.get_by_text("Does the study show pneumonia?").wait_for()
    assert page.get_by_test_id("stException").count() == 0
    assert outside == []
