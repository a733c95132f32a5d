"""The curves of an evaluation, drawn from the points that were stored with it."""

from collections.abc import Sequence

from measures.estimate import Estimate
from records.surveillance import Evaluation, EvaluationResult
from regulatory.documents.facts import Curve, FreeResponse, Reliability
from regulatory.gathering.edition import estimate_of
from regulatory.gathering.task_words import reliability_words


def curve_of(
    evaluation: Evaluation, overall: Sequence[EvaluationResult], *, label: str
) -> Curve | None:
    """The stored ROC curve with its AUC and the operating point, or None where there is none."""
    points = evaluation.figures.get("roc")
    by_measure = {one.measure: one for one in overall}
    area = by_measure.get("auc")
    if not points or area is None or area.value is None:
        return None
    here = [by_measure[name].value for name in ("specificity", "sensitivity") if name in by_measure]
    operating = None
    if len(here) == 2 and here[0] is not None and here[1] is not None:
        operating = (1.0 - here[0], here[1])
    return Curve(
        label=label,
        false_positive_rate=tuple(1.0 - value for value in points["specificity"]),
        true_positive_rate=tuple(points["sensitivity"]),
        auc=estimate_of(area), operating_point=operating,
    )


def free_response_of(
    evaluation: Evaluation, overall: Sequence[EvaluationResult], *, label: str
) -> FreeResponse | None:
    """The stored free-response curve with its score, or None where there is none."""
    points = evaluation.figures.get("froc")
    score = next((one for one in overall if one.measure == "froc_score"), None)
    if not points or score is None:
        return None
    false, found = points["operating_point"]
    return FreeResponse(
        label=label, false_positives=tuple(points["false_positives"]),
        sensitivity=tuple(points["sensitivity"]), score=estimate_of(score),
        operating_point=(float(false), float(found)),
    )


def reliability_of(evaluation: Evaluation, *, label: str, kind: str) -> Reliability | None:
    """The stored observed shares by predicted probability of a task of that kind, or None."""
    stored = evaluation.figures.get("reliability") or []
    bins = [one for one in stored if one["observed"] is not None]
    if not bins:
        return None
    across, up = reliability_words(kind)
    return Reliability(
        label=label,
        predicted=tuple(one["predicted"] for one in bins),
        observed=tuple(
            Estimate(
                "observed share", n=one["n"], value=one["observed"], low=one["low"],
                high=one["high"], method=one.get("method", "Wilson"),
            )
            for one in bins
        ),
        across=across, up=up,
    )
