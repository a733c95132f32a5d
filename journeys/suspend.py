"""What a failed revalidation sets going, and what follows when use is suspended or resumed.

Everything of one decision is written in one transaction: the CAPA, the suspension, the notice, the
messages and the question whether it must be reported. Messages are sent right after it.
"""

from datetime import datetime

from sqlmodel import Session

from records.capas import CAPA, open_capa
from records.correction_assessments import CorrectionAssessment
from records.errors import Refused
from records.held_results import give_up_deliveries
from records.message_routes import SUSPENSION, active_routes
from records.messages import Message
from records.notices import NoticeKind, raise_notice
from records.product import Device, ModelVersion
from records.queries import effective_plan, find_device
from records.result_deliveries import ResultDelivery
from records.revalidation_rules import FAILING, WHEN, RevalidationRules, read_revalidation
from records.signatures import require_two_people
from records.surveillance import MonitoringPlan, Revalidation
from records.suspensions import (
    IN_FORCE,
    Suspension,
    live_at,
    propose_suspension,
    unsettled,
)

NOBODY = "No route carries it: nobody was told over a channel."


def act_on_verdict(
    tx: Session, plan: MonitoringPlan, rules: RevalidationRules, version: ModelVersion,
    made: Revalidation, *, by: str, now: datetime,
) -> tuple[CAPA | None, Suspension | None]:
    """Open the CAPA and propose the suspension that a failed revalidation calls for.

    Where the plan, signed by two people, has a fail-safe rule for the verdict, use is suspended at
    once. A version that returns nothing to care at the site has no use to suspend.
    """
    if made.verdict not in FAILING:
        return None, None
    capa = open_capa(
        tx, device_id=version.device_id, source=made, by=by, now=now,
        problem=f"{made.label} at {made.site} is {made.verdict}: {WHEN[made.verdict]}; the figures "
        f"stand in {made.label}",
    )
    device = tx.get_one(Device, version.device_id)
    rule = _rule(tx, plan, rules, made.verdict)
    known = unsettled(tx, device.name, made.site)
    if not live_at(tx, device.name, made.site) or (
        known is not None and (known.status == IN_FORCE or not rule)
    ):
        return capa, known
    one = propose_suspension(
        tx, version, made.site, by=by, now=now, revalidation=made, rule=rule,
        grounds=f"{made.label} is {made.verdict}: {WHEN[made.verdict]}",
    )
    if one.status == IN_FORCE:
        put_in_force(tx, one, now=now)
    else:
        _tell(tx, one, f"suspension proposed at {one.site}", "A named person confirms or declines "
              f"it: 'radvigil suspension confirm {one.label}'.", now)  # fmt: skip
    return capa, one


def _rule(tx: Session, plan: MonitoringPlan, rules: RevalidationRules, verdict: str) -> str:
    """The fail-safe rule that holds; '' without one, or where the plan is not signed."""
    if verdict not in rules.fail_safe:
        return ""
    try:
        require_two_people(tx, tx.get_one(Device, plan.device_id))
    except Refused:
        return ""
    return f"{plan.label}, revalidation.fail_safe: when {verdict}, suspend"


def put_in_force(tx: Session, one: Suspension, *, now: datetime) -> CorrectionAssessment:
    """What follows at once when use is suspended: results on their way are held, the site and the
    administrators are told, a CAPA stands, and the question of a reportable correction is opened.
    """
    device = tx.get_one(Device, one.device_id)
    held = give_up_deliveries(tx, ResultDelivery, device.name, one.site, one.why_not_read)
    made = tx.get(Revalidation, one.revalidation_id) if one.revalidation_id else None
    open_capa(
        tx, device_id=one.device_id, source=made or one, by=one.decided_by, now=now,
        problem=f"{one.label} at {one.site}: {one.grounds}",
    )
    assessment = CorrectionAssessment(
        device_id=one.device_id, suspension_id=one.id or 0, site=one.site, words=one.grounds,
        aware_at=made.revalidated_at if made else one.proposed_at, initiated_at=now, opened_at=now,
    )
    tx.add(assessment)
    tx.flush()
    by = f"By the rule of the signed plan ({one.rule})" if one.rule else f"By {one.decided_by}"
    _tell(
        tx, one, f"USE SUSPENDED at {one.site}",
        f"{by}, since {now:%Y-%m-%d %H:%M} UTC. Studies are taken in and not read: the AI does not "
        f"run and returns no result. Read without it until it is resumed. {held} results on their "
        "way were held back. Whether this is a correction that must be reported is asked in "
        f"{assessment.label}.", now,
    )
    return assessment


def no_way_back(session: Session, one: Suspension) -> str:
    """What must be added before use can resume: a resumption rests on a passed revalidation, which
    a plan without rules never makes. '' where the plan in force has them."""
    name = session.get_one(Device, one.device_id).name
    plan = effective_plan(session, find_device(session, name))
    if plan is not None and read_revalidation(plan.content) is not None:
        return ""
    return (
        f"Use at {one.site} cannot resume yet: the monitoring plan of {name} has no section "
        "'revalidation'. Add it to a new revision of the definition: docs/revalidation.md."
    )


def tell_resumed(tx: Session, one: Suspension, *, now: datetime) -> None:
    """The site is told that the device runs again."""
    _tell(tx, one, f"use resumed at {one.site}", "Studies that arrive from now on are read.", now)


def _tell(tx: Session, one: Suspension, title: str, words: str, now: datetime) -> None:
    """A message over every route that carries the site's alerts, and a notice."""
    from journeys.tell_people import marked

    device = tx.get_one(Device, one.device_id)
    routes = [each for each in active_routes(tx) if each.carries(SUSPENSION, site=one.site)]
    body = f"{one.label}, {device.name} at {one.site}: {one.grounds}\n\n{words}\n"
    tx.add_all([
        Message(route_id=each.id or 0, kind=SUSPENSION, title=f"{marked(tx)}{title}, {device.name}",
                body=body, record=one.label, queued_at=now)
        for each in routes
    ])  # fmt: skip
    told = "" if routes else f" {NOBODY}"
    raise_notice(
        tx, NoticeKind.DEVICE_SUSPENDED, one.subject,
        f"{one.label}, {device.name}: {title}. {one.grounds}.{told}", now=now,
    )

