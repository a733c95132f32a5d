"""After a trigger: is the deployed version still what was claimed, at this site, since then?

Judges stored predictions whose truth is known, before and after the estimated onset; never
predicts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from measures.comparison import newcombe_difference, unpaired_auc_difference
from measures.estimate import Estimate
from monitoring.baselines import claim_bounds
from monitoring.claim_verdicts import Judgement
from monitoring.evaluate import EvaluationFacts, evaluate_rows, record_evaluation
from records.definition import DeviceDefinition
from records.finding_states import any_is_known
from records.product import ModelVersion, Site
from records.revalidation_rules import RevalidationRules
from records.surveillance import Alert, Revalidation

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class RevalidationFacts:
    """What was found at one site before and after a day, with the differences and the verdict."""

    site: str
    periods: tuple[tuple[date, date], tuple[date, date]]
    before: EvaluationFacts
    after: EvaluationFacts
    without_truth: int
    differences: list[Estimate]
    below_claim: tuple[str, ...]
    """The claimed measures whose estimate lies below the claim less its margin."""
    outcome: str
    conclusion: str


def prepare_revalidation(
    definition: DeviceDefinition, rows: Rows, *, site: str, onset: date, until: date
) -> RevalidationFacts:
    """Judge one site's operation before and since a day.

    Args:
        definition: Claims with margins are the bounds that must hold.
        rows: Predictions of the version at the site in operation, truth None where not known.
        site: The site's name.
        onset: First day that counts as after.
        until: Last day that counts.
    """
    first = min((row["arrived_on"] for row in rows), default=onset)
    known = [dict(row) | {"study": row["study_id"]} for row in rows if row["truth"] is not None]
    parts = [
        [row for row in known if row["arrived_on"] < onset],
        [row for row in known if onset <= row["arrived_on"] <= until],
    ]
    before, after = (
        evaluate_rows(definition, part, purpose="revalidation") for part in parts
    )
    outcome, conclusion = judge_claims(definition, after)
    below = tuple(
        measure for measure, bound in claim_bounds(definition).items()
        if (value := _overall(after, measure).value) is not None and value < bound
    )
    differences = _differences(parts, before, after)
    return RevalidationFacts(
        site=site, periods=((first, onset), (onset, until)), before=before, after=after,
        without_truth=sum(
            row["truth"] is None and row["arrived_on"] >= onset for row in rows
        ),
        differences=differences, below_claim=below, outcome=outcome,
        conclusion=conclusion + _falls(differences),
    )


def _overall(facts: EvaluationFacts, measure: str) -> Estimate:
    for one in facts.estimates:
        if one.measure == measure and one.subgroup == "all":
            return one
    return Estimate.not_estimable(measure, "the task does not give it", n=0)


def _differences(
    parts: Sequence[Rows], before: EvaluationFacts, after: EvaluationFacts
) -> list[Estimate]:
    """After minus before: AUC (DeLong, unpaired), sensitivity and specificity (Newcombe)."""
    arrays = [
        ([int(row["truth"]) for row in told], [float(row["score"]) for row in told])
        for part in parts
        for told in ([row for row in part if any_is_known(row.get("truth_finding") or "")],)
    ]
    found = []
    if _overall(before, "auc").estimable and _overall(after, "auc").estimable:
        found.append(unpaired_auc_difference(arrays[1], arrays[0]).difference)
    for measure in ("sensitivity", "specificity"):
        one, other = _overall(after, measure), _overall(before, measure)
        if one.estimable and other.estimable:
            found.append(newcombe_difference(one, other))
    return found


def _falls(differences: Sequence[Estimate]) -> str:
    """What fell for certain since the onset, claim kept or not; empty where nothing did."""
    said = [
        f"{one.measure.removesuffix('_difference')} fell by {-one.value:.3f} "
        f"(95 % CI {-one.high:.3f} to {-one.low:.3f})"
        for one in differences
        if one.value is not None and one.low is not None and one.high is not None and one.high < 0
    ]
    return f" Since the onset {' and '.join(said)}." if said else ""


def judge_claims(definition: DeviceDefinition, facts: EvaluationFacts) -> tuple[str, str]:
    """('maintained', 'degraded' or 'not estimable', the sentence that says why).

    A claim is maintained while its estimate lies at or above the claim minus its margin; degraded
    when it lies below. One claim below is enough for degraded; maintained needs all of them.
    Where the interval reaches across the bound, the sentence says so.
    """
    said, below, unknown = [], False, False
    for measure, bound in claim_bounds(definition).items():
        estimate = _overall(facts, measure)
        if estimate.value is None or estimate.low is None or estimate.high is None:
            said.append(f"{measure} not estimable ({estimate.reason})")
            unknown = True
            continue
        below = below or estimate.value < bound
        side = "below" if estimate.value < bound else "at or above"
        sure = "" if (estimate.high < bound or estimate.low >= bound) else ", interval across it"
        said.append(
            f"{measure} {estimate.value:.3f} (95 % CI {estimate.low:.3f} to {estimate.high:.3f}, "
            f"n = {estimate.n}) {side} its bound {bound:.2f}{sure}"
        )
    outcome = "degraded" if below else "not estimable" if unknown else "maintained"
    return outcome, "; ".join(said) + "."


def record_revalidation(
    tx: Session,
    version: ModelVersion,
    site: Site,
    facts: RevalidationFacts,
    *,
    trigger: str,
    alert: Alert | None,
    now: datetime,
    judged: tuple[Judgement, RevalidationRules] | None = None,
) -> Revalidation:
    """Record both evaluations and the revalidation that compares them.

    trigger: why it was made. judged: the verdict by the plan's rules, where it has any.
    """
    before, after = (
        record_evaluation(tx, version, one, site=site, period=period, now=now)
        for one, period in zip((facts.before, facts.after), facts.periods, strict=True)
    )
    assert version.id is not None
    judgement, rules = judged or (None, None)
    words = f"{judgement.conclusion} By point estimates, since then: " if judgement else ""
    revalidation = Revalidation(
        alert_id=alert.id if alert else None, model_version_id=version.id, site=site.name,
        trigger=trigger, period_from=facts.periods[1][0],
        period_to=facts.periods[1][1], before_evaluation_id=before.id,
        after_evaluation_id=after.id,
        comparison={
            "differences_after_minus_before": [one.to_dict() for one in facts.differences],
            "without_truth": facts.without_truth,
            "below_claim": list(facts.below_claim),
        },
        outcome=facts.outcome, conclusion=words + facts.conclusion, revalidated_at=now,
        verdict=judgement.verdict if judgement else "",
        judgement=judgement.to_dict(rules) if judgement and rules else {},
    )
    tx.add(revalidation)
    tx.flush()
    return revalidation
