"""The page of facts: one is recorded by its form, a table is refused and taken, one corrected."""

import pytest

from records.distribution import Sales
from records.known_facts import standing_facts
from records.recorded_facts import newest_versions
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.records.each_fact import example_cells

DEVICE = "chest-radiograph-pneumonia"


@pytest.mark.requirement("REG-002")
def test_a_fact_is_recorded_corrected_and_withdrawn_by_forms(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.quality", "facts")
    app.selectbox(key="fact-kind").set_value("sales").run()
    cells = example_cells(Sales, key="2024-de", since="2024-07-01", until="2025-06-30")
    for name, text in (cells | {"reason": "quarterly"}).items():
        key = f"fact-sales-{name}"
        if name in ("since", "until"):
            app.date_input(key=key).set_value(text)
        elif name == "unit":
            app.selectbox(key=key).set_value(text)
        else:
            app.text_input(key=key).set_value("x" if name == "number" else text)
    app.button(key="fact-add").click().run()
    assert "column number: Write a whole number" in app.error[0].value
    app.text_input(key="fact-sales-number").set_value("12")
    app.button(key="fact-add").click().run()
    assert "SAL-0001 (2024-de, version 1) is recorded." in app.success[0].value
    assert "region: EEA+TR+XI" in text_of(app)
    app.selectbox(key="fact-column").set_value("number")
    app.text_input(key="fact-text").set_value("13")
    app.text_input(key="fact-change-reason").set_value("recount")
    app.button(key="fact-correct-one").click().run()
    assert "SAL-0002 (2024-de, version 2) is recorded" in app.success[0].value
    app.text_input(key="fact-change-reason").set_value("twice")
    app.button(key="fact-withdraw").click().run()
    assert "SAL-0003 (2024-de, version 3) is withdrawn" in app.success[0].value
    with records.reader() as reader:
        assert standing_facts(reader, Sales, DEVICE) == ()
        (one,) = newest_versions(reader, Sales, DEVICE)
        assert (one.recorded_by, one.because, one.number) == ("demo.quality", "twice", 13)

