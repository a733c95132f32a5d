"""A report says of patients with several studies what the stored intervals did about them."""

from records.surveillance import EvaluationResult
from regulatory.gathering.validation_model import clustering


def result(method: str) -> EvaluationResult:
    return EvaluationResult(
        evaluation_id=1, measure="auc", subgroup="all", n=9, value=0.8, low=0.7, high=0.9,
        method=method,
    )


def test_patients_counted_once_are_said_with_their_number() -> None:
    said = clustering({"internal_test": [result("Obuchowski, logit, 304 patients")]}, "auc")
    assert "counts patients, not studies" in said
    assert "internal test: 304 patients" in said


def test_intervals_over_studies_say_that_no_patient_has_several() -> None:
    said = clustering({"internal_test": [result("DeLong, logit")]}, "auc")
    assert said == "no patient of a test set has several studies"
    assert clustering({}, "auc") == ""
