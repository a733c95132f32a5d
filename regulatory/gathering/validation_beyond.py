"""What a validation of a version found beyond the locked tests, as it is on record."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from records.deletions import deleted_digests
from records.product import ModelVersion
from records.queries import evaluations_of, results_of
from records.surveillance import VALIDATION, Evaluation
from records.vault import Vault
from regulatory.documents.beyond_facts import (
    BeyondFacts,
    Cut,
    Interval,
    PairAt,
    Part,
    SmoothCurves,
)
from regulatory.documents.facts import Measured
from regulatory.gathering.failure_pictures import failures_of
from regulatory.gathering.phrases import quoted
from regulatory.gathering.validation_further import (
    Found,
    further_estimates,
    group_test,
    meetings_of,
    readers_of,
    shortcuts_of,
)

STABILITY = "icc"
"""Of a radiomic feature, between outlines of the same region."""


def validated(session: Session, version: ModelVersion) -> Sequence[Evaluation]:
    """The newest validation of the version; none where it was not validated."""
    return evaluations_of(session, version, VALIDATION)[-1:]


def beyond_of(
    session: Session, version: ModelVersion, *, vault: Vault | None = None
) -> BeyondFacts | None:
    """Its estimates and tables; None where the version was not validated.

    vault: where the images of the worst failures lie; without it they are named and not shown.

    Raises:
        IntegrityBroken: An image that nobody deleted is missing or altered.
    """
    for evaluation in validated(session, version):
        stored = evaluation.figures
        found = {
            (one.measure, one.subgroup): quoted(one) for one in results_of(session, evaluation)
        }
        supplement = stored.get("supplement")
        shown = _supplementary(stored, found)
        return BeyondFacts(
            record=evaluation.label,
            conditions=tuple(
                _condition(subgroup, one)
                for (measure, subgroup), one in found.items()
                if (measure, subgroup) not in shown
            ),
            parts=tuple(_part(one, found) for one in stored.get("parts", ())),
            failures=failures_of(
                stored.get("failures", {}), vault, gone=deleted_digests(session, "image")
            ),
            not_asked=tuple(sorted(stored.get("not_asked", {}).items())),
            studies=supplement["studies"] if supplement else evaluation.studies,
            unavailable=supplement["reason"] if supplement else "the record is older than they are",
            cuts=tuple(_cut(one) for one in stored.get("thresholds", ())),
            rules=tuple(
                PairAt(one["rule"], one["threshold"],
                       found["sensitivity", one["subgroup"]],
                       found["specificity", one["subgroup"]])
                for one in stored.get("rules", ())
            ),
            prevalences=tuple(
                PairAt(one["subgroup"].partition("=")[2], one["prevalence"],
                       found["ppv_at_prevalence", one["subgroup"]],
                       found["npv_at_prevalence", one["subgroup"]])
                for one in stored.get("prevalences", ())
            ),
            groups=tuple(group_test(one, found) for one in stored.get("group_tests", ())),
            further=tuple(found[name, "all"] for name in stored.get("further", ())),
            own=tuple(
                _of_class(subgroup, found[name, subgroup])
                for name, subgroup in stored.get("own", ())
            ),
            curves=_curves(stored.get("curves"), found),
            meetings=meetings_of(stored, found),
            readers=readers_of(stored, found),
            shortcuts=shortcuts_of(stored, found),
            stability=tuple(
                replace(one, estimate=replace(one.estimate, subgroup=subgroup.partition("=")[2]))
                for (measure, subgroup), one in found.items() if measure == STABILITY
            ),
        )  # fmt: skip
    return None


def _supplementary(stored: Mapping[str, Any], found: Found) -> set[tuple[str, str]]:
    """The estimates that have a table of their own."""
    conditions = {one["subgroup"] for name in ("rules", "prevalences") for one in
                  stored.get(name, ())}  # fmt: skip
    conditions |= {one["gap"] for one in stored.get("parts", ())}
    beside = tuple(one["subgroup"] for one in stored.get("parts", ()))
    own = {(name, subgroup) for name, subgroup in stored.get("own", ())}
    return own | further_estimates(stored) | {
        (measure, subgroup) for measure, subgroup in found
        if subgroup == "all" or subgroup in conditions or measure.endswith(("_gap", "_worst"))
        or _condition_of(subgroup) in beside or measure == STABILITY
    }


def _condition_of(subgroup: str) -> str:
    """The condition of a subgroup that also names a class."""
    return subgroup.partition(", class=")[0]


def _part(one: Mapping[str, Any], found: Found) -> Part:
    measures = tuple(
        _of_class(subgroup, known) for (_, subgroup), known in found.items()
        if _condition_of(subgroup) == one["subgroup"]
    )
    return Part(
        one["part"], int(one["studies"]), one["reason"], measures,
        found.get((f"{one['measure']}_difference", one["gap"])), bool(one["flagged"]),
    )


def _of_class(subgroup: str, one: Measured) -> Measured:
    """Of one class with its name as the group; else of all."""
    _, _, name = subgroup.partition("class=")
    return replace(one, estimate=replace(one.estimate, subgroup=name or "all"))


def _condition(subgroup: str, one: Measured) -> Measured:
    words = subgroup.replace(", class=", ", ").replace("=", " at ")
    return replace(one, estimate=replace(one.estimate, subgroup=words))


def _cut(one: Mapping[str, Any]) -> Cut:
    shares = [_interval(one[name]) for name in ("sensitivity", "specificity", "ppv", "npv")]
    return Cut(
        threshold=one["threshold"], operating_point=one["operating_point"],
        flagged=one["flagged"], missed=one["missed"],
        shares=(shares[0], shares[1], shares[2], shares[3]),
        net_benefit=_interval(one.get("net_benefit", (None, None, None))),
        act_on_all=one.get("act_on_all"),
    )


def _interval(stored: Sequence[float | None]) -> Interval:
    value, low, high = stored
    return value, low, high


def _curves(stored: Mapping[str, Any] | None, found: Found) -> SmoothCurves | None:
    if stored is None:
        return None
    index = found.get(("integrated_calibration_index", "all"))
    return SmoothCurves(
        recall=tuple(stored["recall"]), precision=tuple(stored["precision"]),
        score=tuple(stored["score"]), share=tuple(stored["share"]),
        average_precision=found["average_precision", "all"].estimate,
        calibration_index=index.estimate if index else None,
    )  # fmt: skip
