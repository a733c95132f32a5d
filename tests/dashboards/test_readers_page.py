"""The page of readers tells what they make of the output, or how answers come in."""

from datetime import timedelta

from records.cases import Prediction, Study
from records.product import ModelVersion
from records.reader_answers import Answer, record_answers
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import TODAY


def answered(store: Store, n: int = 12) -> None:
    """Readings of the version that runs, which two readers answered: every third was changed."""
    with store.transaction("service:readers", "answers", now=TODAY) as tx:
        answers = []
        for number in range(n):
            study = Study(study_uid=f"2.25.7{number}", patient=f"Q{number}", site_id=1 + number % 2,
                          purpose="clinical", arrived_on=TODAY.date(), received_at=TODAY, rows=64,
                          columns=64)  # fmt: skip
            tx.add(study)
            tx.flush()
            said = Prediction(
                study_id=study.id or 0, model_version_id=tx.get_one(ModelVersion, 1).id or 0,
                score=0.9, decision=True, out_of_distribution=0.1, returned_to_care=True,
                predicted_at=TODAY,
            )
            tx.add(said)
            tx.flush()
            accepted = number % 3 > 0
            answers.append(Answer(
                study.id or 0, f"R{number % 2}", "pneumonia", accepted, saw_output=True,
                assessed_on=(TODAY - timedelta(days=number)).date(), prediction=said.id,
                response="accepted" if accepted else "changed",
            ))  # fmt: skip
        record_answers(tx, answers, now=TODAY)


def test_without_an_answer_the_page_says_how_one_comes_in(visit: Visit) -> None:
    words = text_of(visit("demo.quality", "readers"))
    assert "No result has met a reader yet" in words
    assert "radvigil reader --help" in words


def test_shares_stand_with_interval_and_n_for_all_and_each_reader(
    visit: Visit, records: Store
) -> None:
    answered(records)
    app = visit("demo.quality", "readers")
    assert not app.exception
    words = text_of(app)
    for expected in ("12 results before readers", "0.333 (95 % CI 0.138 to 0.609, n = 12)", "R0",
                     "R1", "not estimable: no result of that kind (n = 0)"):  # fmt: skip
        assert expected in words, expected
