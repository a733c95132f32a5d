"""The page Discordant cases: the list of a month, and one case with its pictures."""

from datetime import date

import pytest

from records.store import Store
from tests.adjudicated_workspace import keep_pictures, populate_read
from tests.dashboards.conftest import Visit, go_to, text_of
from tests.dashboards.small_workspace import TODAY
from tests.journeys.test_discordance import answers, tell
from tests.monitoring.test_draw_adjudication import sampled


@pytest.fixture
def told(records: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr("tests.adjudicated_workspace.populate", lambda _store: None)
    populate_read(records, studies=60)
    return records


def test_a_clinician_opens_a_case_of_a_month_and_sees_its_picture(
    visit: Visit, told: Store
) -> None:
    said = answers(told)
    tell(told, {number: not flagged for number, flagged in said.items()}, known_on=date(2026, 2, 9))
    app = visit("demo.reader1", "discordance")
    assert "No disagreement became known in 2026-03" in text_of(app)
    app.selectbox(key="discordance-month").set_value("2026-02").run()
    words = text_of(app)
    assert not app.exception
    assert words.count("</span>missed</span>") == sum(not flagged for flagged in said.values())
    assert "./discordance?device=chest-radiograph-pneumonia" in words and "open=STU-" in words
    assert "No image of this study is kept here" in words


def test_what_waits_for_blinded_readers_is_told_by_number_alone(visit: Visit, told: Store) -> None:
    sampled(told)
    keep_pictures(told)
    tell(told, {number: not flagged for number, flagged in answers(told).items()},
         known_on=TODAY.date())  # fmt: skip
    app = visit("demo.reader1", "discordance")
    assert "wait for blinded readers" in text_of(app)
    assert not app.exception


def test_figures_up_to_a_day_are_not_called_those_of_all_studies(visit: Visit, told: Store) -> None:
    app = visit("demo.reader1")
    app.query_params["site"] = "north hospital"
    assert "all studies so far" in text_of(go_to(app, "here"))
    app.query_params["to"] = "2026-01-31"
    words = text_of(app.run())
    assert "all studies so far" not in words
    assert "studies that arrived from the beginning to 2026-01-31" in words
