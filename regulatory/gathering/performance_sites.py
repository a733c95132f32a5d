"""Where the device ran in a period, what it was given and what it returned: counts of rows."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from measures.estimate import Estimate
from measures.proportions import wilson
from records.cases import Prediction, Quarantine, ReferenceStandard, Study
from records.one_a_site import measured_at_site
from records.product import Deployment, ModelVersion, Site
from records.reference_kinds import rule_declared
from records.truth import standing_truths
from regulatory.documents.performance_facts import OutputFacts, SitePeriod
from regulatory.gathering.edition import Basis, name_of
from regulatory.gathering.phrases import refusal_words

NOT_PLANNED = "not part of the monitoring plan"


@dataclass(frozen=True)
class Coverage:
    """Deployments that overlap a period, and the rows of operation behind them."""

    period: tuple[date, date]
    deployments: list[Deployment]
    versions: dict[int, ModelVersion]
    sites: dict[int, str]
    arrived: dict[tuple[int, date], int]
    """Studies in operation by site and day."""
    predictions: list[Prediction]
    truths: list[ReferenceStandard]
    """Truths about studies of the period that figures rest on, as known at the freeze."""
    refused: list[Quarantine]

    @property
    def names(self) -> list[str]:
        """The sites, in order of their names."""
        return sorted({self.sites[one.site_id] for one in self.deployments})

    @property
    def measured(self) -> dict[int, list[Deployment]]:
        """By version that ran in care in the period, its deployments; in the order they began."""
        found: dict[int, list[Deployment]] = {}
        for one in measured_at_site(self.deployments):
            found.setdefault(one.model_version_id, []).append(one)
        return found

    def deployment_on(self, site_id: int, day: date) -> int | None:
        """Which deployment a site's day belongs to: the latest that had begun and not yet ended."""
        running = [
            one.id for one in self.deployments
            if one.site_id == site_id and one.started_at.date() <= day
            and (one.ended_at is None or day <= one.ended_at.date())
        ]
        return running[-1] if running else None


def coverage_of(session: Session, basis: Basis, period: tuple[date, date]) -> Coverage:
    """What ran where in a period; six questions, whatever the number of studies."""
    versions = {one.id: one for one in basis.versions if one.id is not None}
    query = select(Deployment).where(col(Deployment.model_version_id).in_(list(versions)))
    deployments = [
        one for one in session.exec(query.order_by(col(Deployment.id)))
        if one.started_at.date() <= period[1]
        and (one.ended_at is None or one.ended_at.date() >= period[0])
    ]
    sites = sorted({one.site_id for one in deployments})
    rule = rule_declared(basis.device.definition)
    here = (
        Study.purpose == "clinical", col(Study.site_id).in_(sites),
        col(Study.arrived_on).between(*period),
    )
    arrived = session.exec(
        select(col(Study.site_id), col(Study.arrived_on), func.count(col(Study.id)))
        .where(*here).group_by(col(Study.site_id), col(Study.arrived_on))
    )
    predictions = (
        select(Prediction).join(Study, col(Study.id) == Prediction.study_id)
        .where(*here, col(Prediction.deployment_id).in_([one.id for one in deployments]))
    )
    truths = (
        select(ReferenceStandard)
        .join(Study, standing_truths(rule, by=basis.freeze_at.date()))
        .where(*here)
    )
    refused = select(Quarantine).where(
        col(Quarantine.site_id).in_(sites), col(Quarantine.arrived_on).between(*period)
    )
    return Coverage(
        period=period, deployments=deployments, versions=versions,
        sites={one.id: one.name for one in session.exec(select(Site)) if one.id is not None},
        arrived={(site, day): count for site, day, count in arrived},
        predictions=list(session.exec(predictions.order_by(col(Prediction.id)))),
        truths=list(session.exec(truths.order_by(col(ReferenceStandard.id)))),
        refused=list(session.exec(refused.order_by(col(Quarantine.id)))),
    )


def site_periods(found: Coverage) -> tuple[SitePeriod, ...]:
    """Each deployment with its studies, predictions, refused files and known truths."""
    studies: Counter[int | None] = Counter()
    for (site, day), count in found.arrived.items():
        studies[found.deployment_on(site, day)] += count
    refused = Counter(found.deployment_on(one.site_id, one.arrived_on) for one in found.refused)
    predicted = Counter(one.deployment_id for one in found.predictions)
    known_studies = {one.study_id for one in found.truths}
    known = Counter(
        one.deployment_id for one in found.predictions if one.study_id in known_studies
    )
    return tuple(
        SitePeriod(
            site=found.sites[one.site_id], version=name_of(found.versions[one.model_version_id]),
            mode=one.mode, started=one.started_at.date(),
            ended=one.ended_at.date() if one.ended_at else None, studies=studies[one.id],
            predictions=predicted[one.id], quarantined=refused[one.id],
            truth_known=known[one.id], record=one.label,
        )
        for one in sorted(
            found.deployments, key=lambda one: (found.sites[one.site_id], one.id or 0)
        )
    )


def quarantine_rows(found: Coverage) -> tuple[tuple[str, str, int], ...]:
    """Files refused in the period, by site and reason."""
    counts = Counter((found.sites[one.site_id], refusal_words(one.reason)) for one in found.refused)
    return tuple((site, reason, count) for (site, reason), count in sorted(counts.items()))


def outputs(found: Coverage) -> tuple[OutputFacts, ...]:
    """What the device returned at each site: how many studies it flagged.

    The plan watches the score by its chart and sets no limit for what is out of distribution, so
    neither is summed up in a figure of its own here.
    """
    site_of = {one.id: found.sites[one.site_id] for one in found.deployments}
    read: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    for one in found.predictions:
        read[site_of[one.deployment_id]] += 1
        flagged[site_of[one.deployment_id]] += one.decision
    records = {found.sites[one.site_id]: one.label for one in found.deployments}
    return tuple(
        OutputFacts(
            site=site,
            score=Estimate.not_estimable(
                "score", f"a mean is {NOT_PLANNED}", n=read[site]
            ),
            flagged=wilson("flagged", flagged[site], read[site]),
            out_of_distribution=Estimate.not_estimable(
                "out_of_distribution", f"a limit is {NOT_PLANNED}", n=read[site]
            ),
            record=records[site],
        )
        for site in found.names
    )
