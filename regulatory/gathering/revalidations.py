"""The facts of a revalidation report: the newest revalidation of each site, and all on record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from measures.estimate import Estimate
from records.base import Record
from records.capas import CAPA
from records.errors import InvalidInput
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest
from records.queries import effective_plan
from records.regime_decisions import SUPERSEDED, TITLES, Regime, RegimeDecision
from records.revalidation_rules import RevalidationRules, read_revalidation
from records.risk import newest_risk_file
from records.surveillance import (
    Alert,
    Evaluation,
    EvaluationResult,
    MonitoringPlan,
    Revalidation,
)
from records.suspensions import Resumption, Suspension
from records.use_in_care import used_in_care
from regulatory.cleared import last_cleared
from regulatory.documents.registry import REVALIDATION_REPORT
from regulatory.documents.retraining_facts import LimitEntry
from regulatory.documents.revalidation_facts import (
    Consequence,
    FieldData,
    JudgedBasis,
    JudgedRow,
    LockedResult,
    Repeated,
    RevalidationEntry,
    RevalidationFacts,
    SiteRevalidation,
)
from regulatory.documents.wording import measure_name, spaced
from regulatory.gathering.edition import Basis, edition_of, name_of, signed_on, trace
from regulatory.gathering.phrases import percent, quoted
from regulatory.gathering.retraining import gather_retraining
from regulatory.gathering.validation_judged import LOCKED_SPLITS
from regulatory.gathering.validation_model import judged_measures


@dataclass(frozen=True)
class _Found:
    """The records behind the report, by number where they are looked up."""

    made: list[Revalidation]
    """Newest first."""
    versions: dict[int, ModelVersion]
    alerts: dict[int, Alert]
    evaluations: dict[int, Evaluation]
    results: dict[int, list[EvaluationResult]]
    plans: list[MonitoringPlan]
    """Newest first."""
    running: dict[str, ModelVersion]
    """By site the version in use."""
    suspensions: list[Suspension]
    resumptions: list[Resumption]
    capas: list[CAPA]

    @property
    def latest(self) -> list[Revalidation]:
        """The newest of each site, by site."""
        by_site: dict[str, Revalidation] = {}
        for one in self.made:
            by_site.setdefault(one.site, one)
        return [one for _, one in sorted(by_site.items())]


def gather_revalidations(session: Session, basis: Basis) -> RevalidationFacts:
    """What was judged again, by which rules, and what followed; empty where nothing was."""
    found = _found(session, basis)
    plan = effective_plan(session, basis.device)
    content: dict[str, Any] = plan.content if plan else basis.definition.monitoring_plan
    rules = read_revalidation(content)
    record = plan.label if plan else basis.device.label
    cleared = last_cleared(session, basis.device.name)
    latest = found.latest
    judged = {one.model_version_id for one in latest}
    locked, looks = _locked(session, basis, [
        one for number, one in found.versions.items()
        if number in judged or (cleared is not None and number == cleared.id)
    ])
    retraining, _ = gather_retraining(session, basis.device)
    labels = {found.versions[number].label for number in judged}
    risks = newest_risk_file(session, basis.device.name)
    decisions, changes = _decisions(session, judged)
    return RevalidationFacts(
        edition=replace(edition_of(REVALIDATION_REPORT, basis), model_versions=tuple(
            name_of(found.versions[one]) for one in sorted(judged)
        )),
        all=tuple(_entry(one, found, latest=one in latest) for one in found.made),
        sites=tuple(_site(session, one, found, rules, basis) for one in latest),
        cleared=name_of(cleared) if cleared else None, locked=locked,
        paired=_paired(retraining, labels), plan_record=record,
        rules=_rules(rules, basis), risk_file=f"{risks.label} ({risks.status})" if risks else "",
        decisions=decisions, charts=len(content.get("charts", ())),
        traces=_traces(found, [
            ("2", "looks at the locked tests", looks),
            ("3", "monitoring plan in force", [plan] if plan else [basis.device]),
            ("5", "changes of the versions judged, and what they are under each regime", changes),
        ]),
    )  # fmt: skip


def _found(session: Session, basis: Basis) -> _Found:
    own = select(ModelVersion).join(Device, col(Device.id) == ModelVersion.device_id).where(
        Device.name == basis.device.name
    )
    versions = {one.id or 0: one for one in session.exec(own)}
    query = select(Revalidation).where(col(Revalidation.model_version_id).in_(list(versions)))
    made = list(session.exec(query.order_by(col(Revalidation.id).desc())))
    numbers = {one for each in made
               for one in (each.before_evaluation_id, each.after_evaluation_id) if one}  # fmt: skip
    looks = select(Evaluation).where(col(Evaluation.id).in_(numbers))
    stored = select(EvaluationResult).where(col(EvaluationResult.evaluation_id).in_(numbers))
    results: dict[int, list[EvaluationResult]] = {}
    for one in session.exec(stored.order_by(col(EvaluationResult.id))):
        results.setdefault(one.evaluation_id, []).append(one)
    alerts = select(Alert).where(col(Alert.id).in_([one.alert_id for one in made if one.alert_id]))
    running = session.exec(
        select(Deployment, Site.name).join(Site, col(Site.id) == Deployment.site_id)
        .where(col(Deployment.model_version_id).in_(list(versions)),
               col(Deployment.ended_at).is_(None), used_in_care())
        .order_by(col(Deployment.id))
    )  # fmt: skip
    planned = select(MonitoringPlan).join(Device, col(Device.id) == MonitoringPlan.device_id).where(
        Device.name == basis.device.name
    )
    plans = list(session.exec(planned.order_by(col(MonitoringPlan.id).desc())))
    by_alert = {one.id or 0: one for one in session.exec(alerts)}
    stopped = select(Suspension).where(
        col(Suspension.revalidation_id).in_([one.id for one in made])
    )
    suspensions = list(session.exec(stopped.order_by(col(Suspension.id))))
    resumed = select(Resumption).where(or_(
        col(Resumption.revalidation_id).in_([one.id for one in made]),
        col(Resumption.suspension_id).in_([one.id for one in suspensions]),
    ))
    sources = [one.label for one in (*made, *by_alert.values(), *suspensions)]
    capas = select(CAPA).where(col(CAPA.source).in_(sources))
    return _Found(
        made, versions, by_alert, {one.id or 0: one for one in session.exec(looks)}, results,
        plans,
        {site: versions[one.model_version_id] for one, site in running}, suspensions,
        list(session.exec(resumed.order_by(col(Resumption.id)))),
        list(session.exec(capas.order_by(col(CAPA.id)))),
    )


def _entry(one: Revalidation, found: _Found, *, latest: bool = True) -> RevalidationEntry:
    version, alert = found.versions[one.model_version_id], found.alerts.get(one.alert_id or 0)
    return RevalidationEntry(
        one.label, one.site, one.trigger, alert.label if alert else "",
        (one.period_from, one.period_to), one.revalidated_at,
        f"{version.name} ({version.label})", one.verdict or one.outcome, latest,
    )


def _site(
    session: Session, one: Revalidation, found: _Found, rules: RevalidationRules | None,
    basis: Basis,
) -> SiteRevalidation:
    judged: dict[str, Any] = one.judgement
    compared: dict[str, Any] = one.comparison
    running = found.running.get(one.site)
    plan = next((each for each in found.plans if each.effective_at <= one.revalidated_at), None)
    due = one.revalidated_at.date() + timedelta(days=rules.every_days) if rules else None
    alpha, power = judged.get("alpha"), judged.get("power")
    return SiteRevalidation(
        entry=_entry(one, found), model=name_of(found.versions[one.model_version_id]),
        current=name_of(running) if running else None, outcome=one.outcome,
        conclusion=one.conclusion, by_rules=bool(judged),
        plan=plan.label if plan else "", plan_since=plan.effective_at if plan else None,
        level=f"one-sided alpha {percent(alpha)}, power {percent(power)}, at least "
        f"{judged.get('minimum_n')} studies of a subgroup" if alpha and power else "",
        bases=tuple(_basis(each) for each in judged.get("bases", ())),
        repeated=tuple(
            Repeated(**{**each, "figures": tuple(map(measure_name, each.get("figures", ())))})
            for each in judged.get("reproductions", ())
        ),
        remarks=tuple(judged.get("notes", ())),
        field_data=tuple(
            _field(when, number, found, basis)
            for when, number in (("before", one.before_evaluation_id),
                                 ("since", one.after_evaluation_id))
            if number is not None and number in found.evaluations
        ),
        differences=tuple(
            Estimate.from_dict(each)
            for each in compared.get("differences_after_minus_before", ())
        ),
        without_truth=compared.get("without_truth"),
        below_claim=tuple(map(measure_name, compared.get("below_claim", ()))),
        consequences=_consequences(one, found), signed=signed_on(session, one), next_due=due,
    )  # fmt: skip


def _basis(stored: Mapping[str, Any]) -> JudgedBasis:
    return JudgedBasis(
        stored["name"], stored["studies"], stored["patients"],
        tuple(_row(one) for one in stored["rows"]), stored.get("missing", ""),
    )


def _row(one: Mapping[str, Any]) -> JudgedRow:
    known = one["value"] is not None and one["low"] is not None and one["high"] is not None
    estimate = Estimate(
        one["measure"], n=one["n"], value=one["value"], low=one["low"], high=one["high"],
        level=one["level"], method=one["method"], subgroup=one["subgroup"],
    ) if known else Estimate.not_estimable(
        one["measure"], one["reason"] or "no reason was recorded", n=one["n"]
    ).for_subgroup(one["subgroup"])  # fmt: skip
    return JudgedRow(
        estimate, one["claim"], one["bound"], _counts(one["needed"]), _counts(one["had"]),
        one["p_above"], one["verdict"], one["reason"],
    )


def _counts(by_class: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in by_class.items())


def _field(when: str, number: int, found: _Found, basis: Basis) -> FieldData:
    look = found.evaluations[number]
    shown = judged_measures(basis)
    measures = [quoted(one) for one in found.results.get(number, ())]
    period = (look.period_from, look.period_to)
    return FieldData(
        look.label, when, (period[0], period[1]) if period[0] and period[1] else None,
        look.studies, look.patients,
        tuple(one for one in measures if one.estimate.subgroup == "all"
              and one.estimate.measure in shown),
        tuple(one for one in measures if one.estimate.subgroup != "all"
              and one.estimate.measure in shown),
    )  # fmt: skip


def _consequences(one: Revalidation, found: _Found) -> tuple[Consequence, ...]:
    """What names this revalidation or its alert, in order of time."""
    stopped = [each for each in found.suspensions if each.revalidation_id == one.id]
    numbers = {each.id for each in stopped}
    alert = found.alerts.get(one.alert_id or 0)
    sources = {one.label, *([alert.label] if alert else []), *(each.label for each in stopped)}
    made = [
        Consequence(each.label, "suspension of use", each.rule or each.grounds, each.status,
                    each.proposed_at)
        for each in stopped
    ] + [
        Consequence(each.label, "resumption of use", each.grounds, each.status, each.proposed_at)
        for each in found.resumptions
        if each.revalidation_id == one.id or each.suspension_id in numbers
    ] + [
        Consequence(each.label, "CAPA", each.problem, each.status, each.opened_at)
        for each in found.capas if each.source in sources
    ]  # fmt: skip
    if alert is not None:
        made.append(Consequence(alert.label, "alert", alert.disposition or alert.summary,
                                alert.status, alert.raised_at))  # fmt: skip
    return tuple(sorted(made, key=lambda each: (each.at, each.record)))


def _locked(
    session: Session, basis: Basis, versions: Sequence[ModelVersion]
) -> tuple[tuple[LockedResult, ...], list[Evaluation]]:
    """The newest look of each version at each locked test, for all studies."""
    names = {one.id: f"{one.name} ({one.label})" for one in versions}
    query = select(Evaluation).where(
        col(Evaluation.model_version_id).in_(list(names)),
        col(Evaluation.purpose).in_(LOCKED_SPLITS),
    )
    newest = {(one.purpose, one.model_version_id): one
              for one in session.exec(query.order_by(col(Evaluation.id)))}  # fmt: skip
    looks = {one.id: one for one in newest.values()}
    stored = select(EvaluationResult).where(
        col(EvaluationResult.evaluation_id).in_(list(looks)), EvaluationResult.subgroup == "all",
        col(EvaluationResult.measure).in_(judged_measures(basis)),
    )
    rows = [
        LockedResult(names[look.model_version_id], look.attempt,
                     quoted(one, split=look.purpose))
        for one in session.exec(stored.order_by(col(EvaluationResult.id)))
        for look in (looks[one.evaluation_id],)
    ]  # fmt: skip
    rows.sort(key=lambda one: (one.measured.split, one.measured.estimate.measure, one.version))
    return tuple(rows), list(looks.values())


def _paired(retraining: Any, labels: Iterable[str]) -> tuple[LimitEntry, ...]:
    """Paired comparisons on record of a version that was judged with every earlier one."""
    known = set(labels)
    return tuple(
        limit for run in (retraining.runs if retraining else ()) if run.candidate in known
        for limit in run.limits
    )


def _rules(rules: RevalidationRules | None, basis: Basis) -> tuple[tuple[str, str], ...]:
    if rules is None:
        return ()
    try:
        bounds = tuple(
            (f"Bound of {measure_name(one.measure)}",
             f"at least {one.least:g}: the claim of {one.claim:g} less {one.margin:g}")
            for one in rules.bounds(basis.definition.overall_claims)
        )  # fmt: skip
    except InvalidInput as wrong:
        bounds = (("Bounds", wrong.message),)
    return (
        ("Every", f"{rules.every_days} days"),
        ("Recent truth of", f"{rules.recent_days} days"),
        ("Locked tests asked again", ", ".join(map(spaced, rules.splits))),
        ("One-sided alpha", percent(rules.alpha)), ("Power", percent(rules.power)),
        ("Fewest studies of a subgroup", str(rules.minimum_n)), *bounds,
        ("Suspends use by itself at", ", ".join(rules.fail_safe) or "no verdict: a person decides"),
    )


def _decisions(
    session: Session, versions: Iterable[int]
) -> tuple[tuple[Consequence, ...], list[Record]]:
    """The changes of the versions judged, and what each is under each regime."""
    wanted = select(ChangeRequest).where(col(ChangeRequest.model_version_id).in_(set(versions)))
    changes = list(session.exec(wanted.order_by(col(ChangeRequest.id))))
    query = select(RegimeDecision).where(
        col(RegimeDecision.change_request_id).in_([one.id for one in changes]),
        RegimeDecision.status != SUPERSEDED,
    )
    regimes = list(session.exec(query.order_by(col(RegimeDecision.id))))
    told = [Consequence(one.label, "change request", one.title, one.status, one.proposed_at)
            for one in changes]  # fmt: skip
    told += [
        Consequence(one.label, TITLES[Regime(one.regime)], result_words(one.result), one.status,
                    one.assessed_at)
        for one in regimes
    ]
    return tuple(told), [*changes, *regimes]


RESULTS: Final[dict[str, str]] = {
    "NEW_510K": "new 510(k)",
    "NB_NOTIFY_BEFORE_IMPLEMENTATION": "notify the notified body before it is implemented",
    "NEW_UDI_DI": "new UDI-DI",
    "NO_NEW_UDI": "no new UDI",
    "NO_PCCP": "no predetermined change control plan",
    "IN_BOUNDS": "within the bounds of the plan",
    "OUT_OF_BOUNDS": "outside the bounds of the plan",
    "PCCP_IN_BOUNDS": "within the bounds of the plan (PCCP)",
}
"""Results of regimes whose own name is no word that people use."""


def result_words(result: str) -> str:
    """The result of a regime in words.

    >>> result_words("LETTER_TO_FILE"), result_words("NEW_510K")
    ('letter to file', 'new 510(k)')
    """
    return RESULTS.get(result, spaced(result).lower())


def _traces(found: _Found, more: Sequence[tuple[str, str, Sequence[Record]]]) -> Any:
    rows = (
        trace("1", "revalidations of the device", found.made),
        trace("1", "alerts that demanded them", found.alerts.values()),
        trace("2", "versions of the device", found.versions.values()),
        trace("4", "evaluations before and since", found.evaluations.values()),
        trace("4", "their estimates", [one for some in found.results.values() for one in some]),
        trace("5", "suspensions, resumptions and CAPAs",
              [*found.suspensions, *found.resumptions, *found.capas]),
        *(trace(section, query, records) for section, query, records in more),
    )  # fmt: skip
    return tuple(one for one in rows if one.records)
