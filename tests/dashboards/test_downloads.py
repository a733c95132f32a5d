"""Tables are drawn by the way that takes them along, charts by the one that explains them."""

import ast
from pathlib import Path

import pytest

from dashboards import downloads, figures
from dashboards.cells import ZONE, Code, Link, Mark, shown
from dashboards.charts import DARK
from monitoring.detectors import KINDS
from records.lookup import find_events
from records.store import Store
from tests.dashboards.conftest import Visit
from tests.dashboards.small_workspace import TODAY

HERE = Path(downloads.__file__).parent
FORBIDDEN = {"dataframe", "table", "data_editor", "line_chart", "bar_chart", "area_chart",
             "scatter_chart", "altair_chart", "vega_lite_chart", "pyplot"}  # fmt: skip
"""What of Streamlit draws a table or chart that nobody can take along or ask how it was made."""


@pytest.mark.parametrize("file", sorted(HERE.rglob("*.py")), ids=lambda one: one.stem)
def test_no_page_draws_a_table_or_chart_of_its_own(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "st":
            assert node.attr not in FORBIDDEN, f"{file.name}:{node.lineno}: use look.table"
            assert node.attr != "plotly_chart" or file.name == "figures.py", (
                f"{file.name}:{node.lineno}: use figures.draw")  # fmt: skip
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert "<table" not in node.value or file.name == "look.py", f"{file.name}: look.table"
            assert "|---" not in node.value, f"{file.name}:{node.lineno}: use look.table"


def test_a_copy_is_whole_harmless_and_on_record(visit: Visit, records: Store) -> None:
    content = downloads.csv_of(
        ["Name", "=head"],
        [[Mark("open", "bad", "late"), Code("a" * 64)], [Link("ALT-0001", "./x"), None],
         ["=HYPERLINK(1)", "\tx"], [TODAY, -3], ["ü", "-0.5"]],
    )  # fmt: skip
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == [
        "Name,'=head", f"open; late,{'a' * 64}", "ALT-0001,not recorded",
        "'=HYPERLINK(1),'\tx", "2026-03-06T18:00:00Z,-3", "ü,-0.5",
    ]  # fmt: skip
    from records.table_copies import note_table_copy

    note_table_copy(records, "demo.quality", page="overview", file="x.csv", content=content)
    with records.reader() as reader:
        (event,) = find_events(reader, action="export table", actor="demo.quality")
    assert "x.csv" in event.new


def test_a_chart_says_its_definition_n_window_and_method(visit: Visit) -> None:
    from monitoring.chart_definitions import chart_explanation, words_of
    from records.settings import require_workspace
    from records.store import open_reader
    from records.surveillance_overview import chart_series

    visit("demo.quality")
    store = open_reader(require_workspace(None).home)
    with store.reader() as reader:
        device = "chest-radiograph-pneumonia"
        points = chart_series(reader, "image_noise", "south clinic", device=device)
        found = chart_explanation(reader, device, "sensitivity in use", "", points)
        gone = chart_explanation(reader, device, "image_noise", "south clinic", points)
    store.close()
    assert found.question == "Is the device still as good as claimed, where the truth is known?"
    assert "Value: the share right among all truth" in found.definition
    assert "2026-02-05 to 2026-03-06: 30 of 30 points" in found.window
    assert "n = 20" in found.n
    assert "does not name this chart any more" in gone.definition
    for kind in KINDS:
        question, definition = words_of(kind)
        assert len(question) > 20 and len(definition) > 60 and "`" not in question + definition


def test_the_theme_changes_every_colour_and_times_are_the_readers() -> None:
    from dashboards.charts import control_chart

    light = control_chart([], [])
    dark = figures.in_theme(light, dark=True)
    assert figures.in_theme(light, dark=False) is light
    assert dark.layout.paper_bgcolor == DARK[light.layout.paper_bgcolor]
    assert dark.layout.font.color == DARK[light.layout.font.color]
    token = ZONE.set("Europe/Berlin")
    try:
        assert shown(TODAY) == (
            '<span class="rv-when" title="2026-03-06 18:00 UTC">2026-03-06 19:00 CET</span>'
        )
    finally:
        ZONE.reset(token)
