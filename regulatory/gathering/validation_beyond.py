"""What a validation of a version found beyond the locked tests, as it is on record."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from records.product import ModelVersion
from records.queries import evaluations_of, results_of
from records.surveillance import VALIDATION, Evaluation
from regulatory.documents.facts import Measured
from regulatory.gathering.phrases import quoted


def validated(session: Session, version: ModelVersion) -> Sequence[Evaluation]:
    """The newest validation of the version; none where it was not validated."""
    return evaluations_of(session, version, VALIDATION)[-1:]


def beyond_of(session: Session, version: ModelVersion) -> tuple[Measured, ...]:
    """Its estimates: each degradation and level, gaps between parts, against an earlier version."""
    found: list[Measured] = []
    for one in validated(session, version):
        for result in results_of(session, one):
            said = quoted(result)
            plain = replace(said.estimate, subgroup=result.subgroup.replace("=", " at "))
            found.append(replace(said, estimate=plain))
    return tuple(found)


def failures_of(
    session: Session, version: ModelVersion
) -> tuple[tuple[str, str, str, float], ...]:
    """Its worst failures: kind, image, site and score."""
    return tuple(
        (kind.replace("_", " "), str(one["image"]), str(one["site"]), float(one["score"]))
        for evaluation in validated(session, version)
        for kind, failures in evaluation.figures.get("failures", {}).items()
        for one in failures
    )
