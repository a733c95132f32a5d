"""The declared acceptance criteria of a version, as they were judged."""

from sqlmodel import Session, select

from records.definition import DeviceDefinition
from records.product import ModelVersion
from records.surveillance import AcceptanceResult


def acceptance_results(session: Session, version: ModelVersion) -> list[AcceptanceResult]:
    """The judged criteria of a version, in the order of their identifiers; the latest of each."""
    query = select(AcceptanceResult).where(AcceptanceResult.model_version_id == version.id)
    latest = {result.criterion: result for result in session.exec(query.order_by("id"))}
    return [latest[criterion] for criterion in sorted(latest)]


def verdict_of(definition: DeviceDefinition, results: list[AcceptanceResult]) -> str:
    """'met' only if every declared criterion was judged and met; otherwise 'not met'."""
    judged = {result.criterion: result.verdict for result in results}
    declared = [criterion.id for criterion in definition.acceptance_criteria]
    return "met" if all(judged.get(one) == "met" for one in declared) else "not met"
