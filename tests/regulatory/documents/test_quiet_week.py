"""The week on one page: what is quiet is told with what could have been seen."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from regulatory.documents.quiet_week import POWER, Seen, SiteLine, WeekSheet, week_sheet
from regulatory.documents.sheet import SheetList, SheetTable
from regulatory.documents.writers.sheet_pdf import write_sheet

QUIET = WeekSheet(
    device="chest", first=date(2026, 1, 12), last=date(2026, 1, 18),
    at=datetime(2026, 1, 19, 8, tzinfo=UTC), verdict="All quiet.", quiet=True, overdue=(),
    raised=(), waiting=(), unwatched=(),
    sites=tuple(
        SiteLine(one, "studies came", 7, 140, 90, 0, "87 % (95 % CI 85 to 89 %, n = 1180)")
        for one in ("north", "south", "west")
    ),
    judged=15,
    could_see=tuple(
        Seen(chart, site, "0.8 SD of one column (of 140)", "94 of 100 weeks (88 to 97 %)")
        for chart in ("appearance", "scores", "sensitivity", "specificity", "silence")
        for site in ("north", "south", "west")
    ),
    not_judged=(), notes=(), marking="DEMONSTRATION",
)  # fmt: skip


def pages(content: bytes) -> int:
    return content.count(b"/Type /Page\n") + content.count(b"/Type/Page/") + content.count(
        b"/Type /Page "
    )  # fmt: skip


def part(sheet: object, heading: str) -> SheetTable | SheetList:
    return next(one for one in sheet.parts if one.heading == heading)  # type: ignore[attr-defined]


@pytest.mark.requirement("REG-067")
def test_a_quiet_week_is_one_page_with_the_power_of_every_chart_by_site() -> None:
    sheet = week_sheet(QUIET)
    assert (sheet.tone, sheet.verdict) == ("good", "All quiet.")
    seen = part(sheet, "What could have been seen")
    assert isinstance(seen, SheetTable)
    assert seen.titles == ("Chart", "north", "south", "west")
    assert len(seen.rows) == 5
    assert seen.note == POWER
    content = write_sheet(sheet)
    assert content.startswith(b"%PDF-")
    assert content == write_sheet(week_sheet(QUIET)), "the same facts give the same bytes"
    assert pages(content) == 1


@pytest.mark.parametrize(("change", "tone"), [
    ({"raised": ("ALT-0001: x",), "verdict": "1 alert raised. 0 alerts overdue."}, "bad"),
    ({"overdue": ("ALT-0001: x",), "verdict": "Nothing was raised. 1 alert overdue."}, "bad"),
    ({"owed": ("SUS-0001 stands",), "verdict": "Nothing was raised. 1 matter open."}, "bad"),
    ({"waiting": ("ALT-0001: x",), "verdict": "Nothing was raised. 1 alert open."}, "unknown"),
    ({"unwatched": tuple(date(2026, 1, 12 + at) for at in range(7)), "verdict": "NOT WATCHED"},
     "bad"),
    ({"verdict": "Nothing was raised. Silent: north."}, "unknown"),
])  # fmt: skip
def test_only_a_quiet_week_is_green(change: dict[str, object], tone: str) -> None:
    sheet = week_sheet(replace(QUIET, quiet=False, **change))  # type: ignore[arg-type]
    assert sheet.tone == tone


def test_without_a_chart_nothing_could_have_been_seen_and_it_is_said() -> None:
    sheet = week_sheet(replace(QUIET, could_see=(), sites=()))
    seen = part(sheet, "What could have been seen")
    assert isinstance(seen, SheetList)
    assert seen.words[0].startswith("not estimable")
    assert write_sheet(sheet)


def test_many_sites_stand_below_each_other() -> None:
    many = tuple(Seen("scores", f"site {at}", "0.3 SD") for at in range(9))
    seen = part(week_sheet(replace(QUIET, could_see=many)), "What could have been seen")
    assert isinstance(seen, SheetTable)
    assert seen.titles == ("Chart", "Site", "Change")
    assert len(seen.rows) == 9
