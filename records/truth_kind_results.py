"""How good a version is by each way of knowing the truth, as it was last compared and recorded."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlmodel import Session, col, select

from records.product import ModelVersion
from records.queries import results_of
from records.surveillance import TRUTH_KINDS, Evaluation, EvaluationResult

BETWEEN: Final = " | "
"""Stands between site and way in the subgroup of a recorded estimate."""
EVERYWHERE: Final = "all"


@dataclass(frozen=True, slots=True)
class ByTruth:
    """One estimate: of which version and site, by which way of knowing the truth."""

    version: str
    name: str
    site: str
    way: str
    caveat: str
    result: EvaluationResult

    @property
    def words(self) -> str:
        """The figure with interval and n, or why there is none."""
        one = self.result
        if one.value is None:
            return f"not estimable: {one.reason} (n = {one.n})"
        return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f}), n = {one.n}"


@dataclass(frozen=True, slots=True)
class TruthComparison:
    """The newest comparison of a version."""

    label: str
    since: date | None
    until: date | None
    studies: int
    made_at: datetime
    rows: tuple[ByTruth, ...]


def newest_comparisons(session: Session) -> list[TruthComparison]:
    """Of each version that was compared the newest comparison, in order of version."""
    query = (
        select(Evaluation, ModelVersion)
        .join(ModelVersion, col(ModelVersion.id) == Evaluation.model_version_id)
        .where(Evaluation.purpose == TRUTH_KINDS)
        .order_by(col(ModelVersion.id), col(Evaluation.id))
    )
    newest = {version.id: (made, version) for made, version in session.exec(query)}
    return [_comparison(session, made, version) for made, version in newest.values()]


def _comparison(
    session: Session, made: Evaluation, version: ModelVersion
) -> TruthComparison:
    caveats = made.figures.get("ways", {})
    rows = []
    for one in results_of(session, made):
        site, _, way = one.subgroup.partition(BETWEEN)
        rows.append(ByTruth(version.label, version.name, site, way, caveats.get(way, ""), one))
    return TruthComparison(
        made.label, made.period_from, made.period_to, made.studies, made.evaluated_at, tuple(rows)
    )
