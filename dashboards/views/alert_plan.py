"""What the plan says of alerts, who is told of them, and a test of the whole way."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from dashboards.views.announced_changes import show_announced
from journeys.tell_people import nobody_is_told
from journeys.try_alert import Trial, try_alert
from monitoring.plan import ParsedPlan, parse_plan
from records.clock import now_in
from records.errors import RadvigilError
from records.lookup import list_records
from records.message_routes import MessageRoute
from records.messages import Message
from records.overview import devices
from records.permissions import Action, roles_named
from records.queries import effective_plan, find_device
from records.settings import current_settings

LATEST = 20
"""How many messages are shown."""


def show_alert_plan(desk: Desk) -> None:
    """Plan by device, routes, latest messages, and the button that tests them."""
    for device in devices(desk.reader):
        plan = effective_plan(desk.reader, find_device(desk.reader, device.name))
        look.section(f"What the plan of {device.name} says of alerts")
        if plan is None:
            look.quiet("No monitoring plan is in force: nothing raises an alert.")
            continue
        try:
            _plan(parse_plan(plan.content))
        except RadvigilError as wrong:
            look.refusal(wrong)
            continue
        _test(desk, device.name)
    show_announced(desk)
    _routes(desk)


def _plan(plan: ParsedPlan) -> None:
    rules = plan.alerts
    look.quiet(
        f"Owner: {rules.owner.value}. An alert that nobody answers in time goes to "
        f"{', then '.join(role.value for role in rules.escalate_to)}."
    )
    look.table(
        ["Control chart", "Class", "An alert of it", "In control", "Smallest change of interest"],
        [
            [
                look.plain_name(one.name), rules.class_of(one.name), rules.rule_of(one.name).words,
                one.in_control, one.smallest_shift or "not declared by this kind of chart",
            ]
            for one in plan.charts
        ],
        empty="The plan in force declares no chart: nothing is watched, and nothing raises an "
        "alert.",
        wide="An alert of it",
    )


def _test(desk: Desk, device: str) -> None:
    if not desk.may(Action.WATCH):
        look.quiet(f"How people are told is tested by: {roles_named(Action.WATCH)}.")
        return
    if not st.button("Test how people are told", key=f"test-alert-{device}"):
        return
    try:
        found = try_alert(
            desk.store, Trial(device), actor=desk.person.name,
            clock=lambda: now_in(desk.reader), pages=current_settings().pages,
        )
    except RadvigilError as refused:
        look.refusal(refused)
        return
    look.table(
        ["Message", "Who", "Channel", "Status", "What became of it"],
        [
            [one.message, one.recipient, one.channel, look.mark(one.status), one.outcome]
            for one in found
        ],
        empty="No route of the device carries alerts: nobody would be told.",
    )


def _routes(desk: Desk) -> None:
    look.section(
        "Who is told", "Routes are set with 'radvigil alert route'; addresses are not shown."
    )
    untold = nobody_is_told(desk.reader)
    known = {one.id: one for one in list_records(desk.reader, MessageRoute)}
    if untold and known:  # routes of other messages alone; without any the table says it
        look.quiet(untold)
    look.table(
        ["Route", "Who", "Channel", "About", "Classes", "Sites", "Status"],
        [
            [
                one.label, one.recipient, one.scheme, ", ".join(one.about),
                ", ".join(one.classes) or "every", ", ".join(one.sites) or "every",
                look.mark(one.status),
            ]
            for one in known.values()
        ],
        empty=untold,
    )
    sent = list_records(desk.reader, Message)[-LATEST:][::-1]
    look.section("Latest messages")
    look.table(
        ["Message", "To", "Title", "Queued", "Status"],
        [
            [
                one.label, known[one.route_id].words, one.title, look.instant(one.queued_at),
                look.mark(one.status, small=one.outcome),
            ]
            for one in sent
        ],
        empty="No message was written: nothing was raised, overdue or told since a route stands.",
    )
