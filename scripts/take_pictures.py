"""The pictures of README but that of the clinic, from a demonstration: pages, documents, summary.

    python scripts/take_pictures.py HOME [SUMMARY]

HOME: a workspace that ``radvigil demo --home HOME`` made. SUMMARY: a file with what that command
printed; without it the picture of the summary stays. The pages are the program's own, opened in
Chromium; the documents are those of the workspace, their pages drawn by poppler. The picture of
kinds of truth is taken by scripts/picture_truth_kinds.py, those of risks and go-live by
scripts/picture_rollouts.py.
"""

import shutil
import subprocess
import sys
import tempfile
import textwrap
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from records.settings import REPOSITORY, Workspace
from regulatory.documents.registry import DOCUMENTS
from scripts.picture_truth_kinds import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES: Final = REPOSITORY / "docs" / "pictures"
WIDTH = 1180
SUMMARY: Final = ("DEMONSTRATION", "SECONDS A STEP")
"""Between what the picture of the summary lies in what the demonstration printed."""
LINE: Final = 112
DOCUMENT_PAGES: Final = (
    ("validation_report", "Signatures"), ("validation_report", "ROC curve with the operating"),
    ("performance_monitoring_report", "statistic by day against its limit"),
)  # fmt: skip
"""Of which documents the first page with these words is shown."""
BACKGROUND: Final = "#8592a3"
HEADING, MARK, PROMPT, PLAIN, DARK = "#7db4f0", "#f0b860", "#8fd694", "#e8eef3", "#17242f"


def take_pages(page: "Page", address: str) -> None:
    """The first page, where every chart stands, and the chart of the site that changed."""
    page.goto(address)
    page.get_by_text("Demo Quality Manager").click()
    page.get_by_text("How every chart stands at every site").wait_for()
    page.wait_for_timeout(3000)
    keep(page, "overview.png")
    links = page.get_by_test_id("stSidebarNav")
    links.get_by_role("link", name="Drift and alerts", exact=True).click()
    page.get_by_text("Where every chart stands").wait_for()
    page.wait_for_timeout(3000)
    keep(page, "drift-and-alerts.png", most=800)
    links.get_by_role("link", name="Control charts", exact=True).click()
    page.get_by_text("Compared with").first.wait_for()
    page.get_by_role("combobox", name="Control chart").click()
    page.get_by_role("option", name="Score distribution").click()
    page.get_by_text("Score distribution at eastbrook").wait_for()
    page.mouse.move(WIDTH - 40, 20)
    page.wait_for_timeout(3000)
    keep(page, "control-chart.png")


def take_documents(page: "Page", home: Path) -> None:
    """Pages of the demonstration's documents, side by side."""
    with tempfile.TemporaryDirectory() as name:
        drawn = [_drawn(home, Path(name), kind, words) for kind, words in DOCUMENT_PAGES]
        shown = "".join(f'<img src="{one.as_uri()}">' for one in drawn)
        sheet = Path(name) / "sheet.html"
        sheet.write_text(
            f"<body style='margin:0;padding:6px;background:{BACKGROUND};display:flex;gap:6px;"
            "align-items:flex-start'>"
            f"<style>img{{width:calc(33.4% - 4px);height:auto}}</style>{shown}"
        )
        _take(page, sheet, "documents.png", width=1400)


def take_summary(page: "Page", summary: str) -> None:
    """What the demonstration printed of a workspace in its usual place, as a terminal shows it."""
    first, last = (summary.index(words) for words in SUMMARY)
    lines = [
        part for line in summary[first:last].strip().splitlines()
        for part in textwrap.wrap(line, LINE, subsequent_indent=" " * 8, drop_whitespace=False)
        or [""]
    ]  # fmt: skip
    said = "\n".join([f"<i style='color:{PROMPT}'>$ make demo</i>", "", *map(_coloured, lines)])
    with tempfile.TemporaryDirectory() as name:
        sheet = Path(name) / "summary.html"
        sheet.write_text(
            f"<meta charset=utf-8><style>i{{font-style:normal}}</style>"
            f"<body style='margin:0;padding:24px;background:{DARK}'>"
            f"<pre style='margin:0;color:{PLAIN};font:13px/1.45 \"DejaVu Sans Mono\"'>{said}</pre>"
        )
        _take(page, sheet, "summary.png", width=980)


def _coloured(line: str) -> str:
    colour = MARK if line.startswith("DEMONSTRATION") else HEADING
    return f"<i style='color:{colour}'>{escape(line)}</i>" if line[:1].isupper() else escape(line)


def _take(page: "Page", sheet: Path, name: str, *, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 200})
    page.goto(sheet.as_uri())
    page.wait_for_timeout(500)
    keep(page, name)


def keep(page: "Page", name: str, *, most: int = 1250) -> None:
    """As much of the page as there is, or so many pixels, in 256 colours: readers load it."""
    from PIL import Image

    height = page.evaluate(
        "document.querySelector('[data-testid=stMain]')?.firstElementChild.scrollHeight"
        " ?? document.documentElement.scrollHeight"
    )
    width = (page.viewport_size or {"width": WIDTH})["width"]
    page.set_viewport_size({"width": width, "height": min(int(height), most)})
    page.wait_for_timeout(1500)
    page.screenshot(path=PICTURES / name)
    with Image.open(PICTURES / name) as taken:
        small = taken.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(PICTURES / name, optimize=True)


def _drawn(home: Path, room: Path, kind: str, words: str) -> Path:
    pdf = next((home / "exports").glob(f"{DOCUMENTS[kind].code}-*.pdf"))
    told = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True)
    pages = [" ".join(one.split()) for one in told.stdout.decode().split("\f")]
    contents = next(at for at, one in enumerate(pages) if "How to read this document" in one)
    number = str(1 + next(at for at, one in enumerate(pages) if words in one and at != contents))
    target = room / f"{kind}-{number}"
    subprocess.run(
        ["pdftoppm", "-r", "90", "-f", number, "-l", number, "-singlefile", "-png", pdf, target],
        check=True,
    )
    return target.with_suffix(".png")


def main() -> None:
    """Take them all."""
    from playwright.sync_api import sync_playwright

    home = Path(sys.argv[1]).resolve()
    with sync_playwright() as playwright, served(Workspace(home)) as address:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.set_default_timeout(120_000)
        take_pages(page, address)
        take_documents(page, home)
        if len(sys.argv) > 2:
            take_summary(page, Path(sys.argv[2]).read_text(encoding="utf-8"))
        browser.close()


if __name__ == "__main__":
    main()
