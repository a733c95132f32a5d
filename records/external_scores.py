"""Whether another maker's product contradicts itself: a yes at a lower score than a no.

A product that decides by a threshold says no below it and yes from it on, so within one version at
one site a number parts its scores by its decisions. Where none does, a score or a decision is sent
or read wrongly, or the threshold was changed without a new version. Nothing is refused for it: what
was said is what is watched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from records.cases import Prediction, Study
from records.external_versions import EXTERNAL
from records.product import Deployment, Device, ModelVersion, Site

Said = tuple[float, bool]
"""Score, 0 to 1, and decision of one result."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A version that at one site says yes below a score at which it says no; its scores, and how
    many of its results no threshold can explain, at least."""

    version: str
    product: str
    site: str
    results: int
    against: int
    lowest_yes: float
    highest_no: float

    @property
    def words(self) -> str:
        """One sentence, for a person."""
        return (
            f"{self.product} at {self.site}: of {self.results} results with a score at least "
            f"{self.against} contradict it; a yes was said at {self.lowest_yes:.3f}, a no at "
            f"{self.highest_no:.3f}, and no threshold parts them."
        )


def unexplained(said: Sequence[Said]) -> int:
    """The fewest results that contradict a threshold, whichever it is; one at the threshold itself
    may be either.

    >>> unexplained([(0.2, False), (0.5, True), (0.5, False), (0.9, True)])
    0
    >>> unexplained([(0.1, True), (0.4, False), (0.6, True), (0.95, False), (0.97, True)])
    2
    """
    at: dict[float, list[int]] = {}
    for score, decision in said:
        at.setdefault(score, [0, 0])[decision] += 1
    above, below, fewest = sum(no for no, _ in at.values()), 0, len(said)
    for score in sorted(at):
        no, yes = at[score]
        above -= no
        fewest = min(fewest, below + above)
        below += yes
    return fewest if said else 0


def contradicts_at(
    session: Session, version: ModelVersion, site: Site, said: Sequence[Said]
) -> bool:
    """Whether one of these results, which are on record, takes part in a contradiction of the
    version at the site."""
    lowest_yes, highest_no = _extremes(session, version, site)
    if lowest_yes is None or highest_no is None or lowest_yes >= highest_no:
        return False
    return any(
        score < highest_no if decision else score > lowest_yes for score, decision in said
    )


def contradictions(session: Session, device_name: str) -> list[Contradiction]:
    """Every version of a product that contradicts itself at a site, by site."""
    query = (
        select(ModelVersion, Site)
        .join(Deployment, col(Deployment.model_version_id) == ModelVersion.id)
        .join(Site, col(Site.id) == Deployment.site_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device_name, Deployment.mode == EXTERNAL)
        .distinct().order_by(Site.name, col(ModelVersion.id))
    )
    found = []
    for version, site in session.exec(query):
        lowest_yes, highest_no = _extremes(session, version, site)
        if lowest_yes is None or highest_no is None or lowest_yes >= highest_no:
            continue
        said = list(session.exec(
            select(Prediction.score, Prediction.decision).where(*_scored(version, site))
        ))  # fmt: skip
        found.append(Contradiction(
            version.label, version.name, site.name, len(said),
            unexplained([(float(score or 0.0), decision) for score, decision in said]),
            lowest_yes, highest_no,
        ))  # fmt: skip
    return found


def _extremes(
    session: Session, version: ModelVersion, site: Site
) -> tuple[float | None, float | None]:
    """The lowest score of a yes and the highest of a no."""
    lowest, highest = (
        session.exec(
            select(function(Prediction.score)).where(
                *_scored(version, site), col(Prediction.decision).is_(decision)
            )
        ).one()
        for function, decision in ((func.min, True), (func.max, False))
    )
    return lowest, highest


def _scored(version: ModelVersion, site: Site) -> tuple[Any, ...]:
    return (
        Prediction.model_version_id == version.id, col(Prediction.score).is_not(None),
        col(Prediction.study_id).in_(select(Study.id).where(Study.site_id == site.id)),
    )  # fmt: skip
