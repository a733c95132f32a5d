"""How soon the pages show what they have to say, beside an empty Streamlit page of the same run.

    python -m benchmarks.dashboards FOLDER [PREDICTIONS [DEMONSTRATION]]

FOLDER holds the workspace (:mod:`benchmarks.dashboard_workspace`), made at the first run: with
1,000,000 predictions where no number is given, begun with the finished demonstration named. Both
servers are warm; each opening is a fresh context of Chromium, the pages take turns with the empty
one. A page's time runs from its address until its own heading is seen, a click on the sign-in page
between, so it pays for two pages; 'whole' is when nothing of it is still to come. A filter's time
runs from the click on another value until the page shows something else and is done.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.dashboard_workspace import make_workspace
from cli.serve import QUIET_SETTINGS
from dashboards.shell import PAGES
from records.quiet import QUIET
from records.settings import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS, SESSIONS, PREDICTIONS = 5, 10, 1_000_000
PERSON, EMPTY = "demo.quality", "Nothing is here"
FILTERS = (
    ("drift-and-alerts", "Control charts", "chart"),
    ("drift-and-alerts", "Control charts", "chart-site"),
    ("drift-and-alerts", "Performance", "performance-chart"),
    ("drift-and-alerts", "Arrivals and quarantine", "volume"),
    ("reference-standards", "", "truth-device"),
    ("audit-trail", "", "trail-actor"),
    ("audit-trail", "", "trail-action"),
)
"""Page, tab and the key of the box whose value is changed."""
DONE = "document.querySelector('.stApp')?.dataset.testScriptState === 'notRunning'"
CHROMIUM = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Server:
    """A Streamlit server of its own process: its address, its processor time and its memory."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.address = process, f"http://127.0.0.1:{port}"

    def processor(self) -> float:
        """Seconds of processor time until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> tuple[float, float]:
        """Resident, and with shared pages counted in part."""
        told = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()[1:]
        named = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in told}
        return named["Rss"], named["Pss"]


@contextmanager
def served(application: Path, home: Path | None = None) -> Iterator[Server]:
    """An application, as 'radvigil serve' serves the pages."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", str(application), "--server.address",
               "127.0.0.1", "--server.port", str(port)]  # fmt: skip
    for name, value in QUIET_SETTINGS.items():
        command += [f"--{name}", value]
    environment = {**os.environ, **QUIET} | ({"RADVIGIL_HOME": str(home)} if home else {})
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        server = Server(process, port)
        _wait(server.address)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            with urlopen(f"{address}/_stcore/health", timeout=10):  # noqa: S310
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("the server did not start in two minutes")


def open_empty(browser: Browser, server: Server) -> tuple[float, float]:
    """Seconds until the empty page shows its words, and until it is done."""
    with fresh(browser) as page:
        begun = time.perf_counter()
        page.goto(server.address, wait_until="commit")
        page.get_by_text(EMPTY).first.wait_for()
        seen = time.perf_counter() - begun
        page.wait_for_function(DONE)
        return seen, time.perf_counter() - begun


def open_page(browser: Browser, server: Server, address: str) -> tuple[float, float]:
    """Seconds until a page is seen by somebody who signs in at once, and until it is whole."""
    with fresh(browser) as page:
        begun = time.perf_counter()
        enter(page, server, address)
        seen = time.perf_counter() - begun
        page.wait_for_function(DONE)
        return seen, time.perf_counter() - begun


def enter(page: Page, server: Server, address: str) -> None:
    """Open the address, sign in, and see the page's own heading."""
    page.goto(f"{server.address}/{address}", wait_until="commit")
    page.locator(f".st-key-enter-{PERSON.replace('.', '-')} button").click()
    page.locator("[data-testid=stSidebar]").wait_for(state="attached")
    page.locator("[data-testid=stMain] h1").filter(has_not_text="Sign in").first.wait_for()


@contextmanager
def fresh(browser: Browser) -> Iterator[Page]:
    """A page of a context of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(120_000)
        yield page
    finally:
        context.close()


def change(page: Page, server: Server, key: str, times: int) -> list[tuple[float, float]]:
    """Choose other values of a box: seconds until the page shows something else, and of the
    server's processor. None where there is no other value."""
    taken = []
    for at in range(times):
        box = page.locator(f".st-key-{key}").first
        box.locator("input").click()
        options = page.locator("[role=option]")
        options.first.wait_for()
        chosen = options.nth((at + 1) % options.count())
        if chosen.get_attribute("aria-selected") == "true":
            chosen = options.nth((at + 2) % options.count())
        page.evaluate("window.before = document.querySelector('[data-testid=stMain]').innerHTML")
        begun, spent = time.perf_counter(), server.processor()
        chosen.click()
        page.wait_for_function(
            f"{DONE} && document.querySelector('[data-testid=stMain]').innerHTML !== window.before"
        )
        taken.append((time.perf_counter() - begun, server.processor() - spent))
        page.wait_for_timeout(300)
    return taken


def pages(browser: Browser, empty: Server, ours: Server) -> None:
    """The table of pages: medians of rounds, and what a page takes more than the empty one."""
    addresses = [one for group in PAGES.values() for one, _, _ in group]
    open_empty(browser, empty)
    open_page(browser, ours, addresses[0])
    nothing: list[float] = []
    for address in addresses:
        rows = []
        for _ in range(ROUNDS):
            base, _ = open_empty(browser, empty)
            nothing.append(base)
            spent = ours.processor()
            first, whole = open_page(browser, ours, address)
            rows.append((first, whole, first - base, ours.processor() - spent))
        columns = [_words(list(one)) for one in zip(*rows, strict=True)]
        print(f"| {address} | {' | '.join(columns)} |", flush=True)
    print(f"| empty page | {_words(nothing)} | | | |", flush=True)


def filters(browser: Browser, ours: Server) -> None:
    """The table of filters."""
    print("\n| filter | seconds | server's processor |\n|---|---|---|")
    for address, tab, key in FILTERS:
        with fresh(browser) as page:
            enter(page, ours, address)
            page.wait_for_function(DONE)
            if tab:
                page.get_by_role("tab", name=tab).click()
                page.locator(f".st-key-{key}").first.wait_for()
                page.wait_for_function(DONE)
            if not page.locator(f".st-key-{key}").count():
                continue
            rows = change(page, ours, key, ROUNDS)
            wall, processor = zip(*rows, strict=True)
            print(f"| {address} {tab}: {key} | {_words(wall)} | {_words(processor)} |",
                  flush=True)  # fmt: skip


def memory(browser: Browser, ours: Server) -> None:
    """What the server holds while so many people have pages open."""
    before = ours.memory_mb()
    contexts = [browser.new_context() for _ in range(SESSIONS)]
    addresses = [one for group in PAGES.values() for one, _, _ in group]
    for at, context in enumerate(contexts):
        page = context.new_page()
        page.set_default_timeout(120_000)
        enter(page, ours, addresses[at % len(addresses)])
        page.wait_for_function(DONE)
    after = ours.memory_mb()
    print(f"\nserver before {SESSIONS} sessions: RSS {before[0]:.0f} MB, PSS {before[1]:.0f} MB; "
          f"with them: RSS {after[0]:.0f} MB, PSS {after[1]:.0f} MB")  # fmt: skip
    for context in contexts:
        context.close()


def _words(values: Any) -> str:
    """Median, least and most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Make the workspace, serve it, measure."""
    from playwright.sync_api import sync_playwright

    given = sys.argv[1:]
    size = int(given[1]) if len(given) > 1 else PREDICTIONS
    demonstration = Path(given[2]) if len(given) > 2 else None
    home = make_workspace(Path(given[0]), size, demonstration=demonstration)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        nothing = Path(folder) / "empty.py"
        nothing.write_text(f"import streamlit as st\nst.title('{EMPTY}')\n")
        with served(nothing) as empty, served(REPOSITORY / "dashboards/app.py", home) as ours:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM))
            print(f"{size:,} predictions; n = {ROUNDS} each, median (least to most); "
                  f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.0f}\n")  # fmt: skip
            print("| page | seen, s | whole, s | seen more than the empty page, s | "
                  "server's processor, s |\n|---|---|---|---|---|")  # fmt: skip
            pages(browser, empty, ours)
            filters(browser, ours)
            memory(browser, ours)
            print(f"load {os.getloadavg()[0]:.0f}")
            browser.close()


if __name__ == "__main__":
    main()
