"""Write docs/part-11.md from requirements and tagged tests: python scripts/write_part_11.py"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from regulatory.traceability import (
    PART_11,
    Catalogue,
    Requirement,
    Section,
    Standing,
    Tag,
    find_tags,
    read_catalogue,
    shown_by,
    standing_of,
)  # fmt: skip

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "part-11.md"

OPENING = """# Requirements, controls and tests

Written by `scripts/write_part_11.py` from `regulatory/requirements.yaml` and from the tests, which
say by a marker which row they show; a test compares this page with both. The rows are our own
reading of the regulations, no legal advice. Software can be able to meet 21 CFR Part 11; only an
organisation with its procedures, training and validation complies with it.

A row is **shown** where a control and a test of it exist, **partly** where something of it is still
missing, and **due** where no test shows it; what is missing stands under *Not yet due*. Run a test
with `.venv/bin/python -m pytest` and its name (with `-m service` or `-m proof` where it is marked
so).
"""


def part_11_page() -> str:
    """The whole page, from the rows and the tags as they are."""
    catalogue, tags = read_catalogue(), find_tags(ROOT)
    part_11 = [one for one in catalogue.sections if one.id == PART_11]
    others = [one for one in catalogue.sections if one.id != PART_11]
    lines = [OPENING, summary(catalogue, tags), ""]
    for section in (*part_11, *others):
        lines += section_lines(section, tags)
    return "\n".join([*lines, *due_lines(catalogue, tags)]).rstrip() + "\n"


def summary(catalogue: Catalogue, tags: list[Tag]) -> str:
    """How many rows are shown, partly shown and due, and by how many tests."""
    count = Counter(standing_of(row, shown_by(row, tags)) for row in catalogue.rows)
    return (
        f"Version {catalogue.version} has {len(catalogue.rows)} rows: {count[Standing.SHOWN]} "
        f"shown by tests, {count[Standing.PARTLY]} partly, {count[Standing.DUE]} due; "
        f"{len({tag.test for tag in tags})} tests are tagged."
    )


def section_lines(section: Section, tags: list[Tag]) -> Iterator[str]:
    """A table of the rows that a test shows; nothing where there is none."""
    shown = [row for row in section.rows if shown_by(row, tags)]
    if not shown:
        return
    asked = "clause" if section.id == PART_11 else "requirement"
    title = section.title if section.id == PART_11 else f"{section.id}. {section.title}"
    yield f"## {title}\n\n| row | {asked} | control | tests |\n|---|---|---|---|"
    for row in shown:
        tests = shown_by(row, tags)
        partly = standing_of(row, tests) is Standing.PARTLY
        waits = f" **Partly**: due with *{row.due_with}*." if partly else ""
        listed = "<br>".join(f"`{test}`" for test in tests)
        yield f"| {row.id} | {asked_for(row)} | {cell(row.control)}{waits} | {listed} |"
    yield ""


def due_lines(catalogue: Catalogue, tags: list[Tag]) -> Iterator[str]:
    """What is missing: of rows that no test shows, and of those that are partly shown."""
    yield "## Not yet due\n\n| row | requirement | due with | what is missing |\n|---|---|---|---|"
    for row in catalogue.rows:
        if row.due_with:
            standing = standing_of(row, shown_by(row, tags))
            name = f"{row.id} (partly)" if standing is Standing.PARTLY else row.id
            yield f"| {name} | {asked_for(row)} | {row.due_with} | {cell(row.missing)} |"


def asked_for(row: Requirement) -> str:
    """What a row asks, with its clause."""
    return cell(f"{row.title} ({row.citation})")


def cell(text: str) -> str:
    """Text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(part_11_page(), encoding="utf-8")
