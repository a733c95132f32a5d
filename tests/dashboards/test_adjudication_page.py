"""The page Adjudication: a blinded case, its answer, and for others what came of it."""

import pytest
from sqlmodel import select

from journeys.adjudicate import evaluate_adjudicated
from records.adjudication import AdjudicationReading
from records.product import ModelVersion
from records.store import Store
from tests.adjudicated_workspace import READERS, keep_pictures, populate_read, read_queue
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import TODAY
from tests.monitoring.test_draw_adjudication import sampled


@pytest.fixture
def drawn(records: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr("tests.adjudicated_workspace.populate", lambda _store: None)
    records.truth = populate_read(records, studies=120)  # type: ignore[attr-defined]
    sampled(records)
    keep_pictures(records)
    return records


def test_a_clinician_works_through_the_queue_blinded(visit: Visit, drawn: Store) -> None:
    app = visit(READERS[0], "adjudication")
    assert not app.exception
    words = text_of(app)
    assert "Does the study show pneumonia?" in words and "61 years" in words
    assert not any(one in words.lower() for one in ("score", "flagged", "stratum", "probab"))
    assert "Not shown" not in words
    (button,) = [one for one in app.button if "Record and go on" in one.label]
    button.click().run()
    assert "choose an answer" in text_of(app)
    first = app.radio[0].key
    app.radio[0].set_value("absent")
    next(one for one in app.button if "Record and go on" in one.label).click().run()
    assert not app.exception
    assert "is recorded" in text_of(app) and app.radio[0].key != first
    with drawn.reader() as reader:
        (said,) = reader.exec(select(AdjudicationReading)).all()
    assert (said.actor, said.answer, said.part) == (READERS[0], "absent", "first")


def test_others_see_samples_and_estimates_and_read_nothing(visit: Visit, drawn: Store) -> None:
    read_queue(drawn, drawn.truth, most=10)  # type: ignore[attr-defined]
    with drawn.reader() as reader:
        version = reader.get_one(ModelVersion, 1)
    evaluate_adjudicated(drawn, version, actor="service:evaluation", now=TODAY)
    app = visit("demo.quality", "adjudication")
    words = text_of(app)
    assert not app.exception and not app.radio
    assert "ADS-0001" in words and "adjudicated, weighted" in words and "naive" in words
    assert "Kappa" in words and "cannot be told" in words
    assert "Positive predictive value" in words and "Ppv" not in words
    reasons = [one for one in words.splitlines() if "Not estimable for" in one]
    assert len(reasons) == len(set(reasons))
