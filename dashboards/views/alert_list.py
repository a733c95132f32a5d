"""Alerts as a list, the most urgent first, and what of them may have harmed somebody."""

from collections.abc import Sequence

from dashboards import look
from dashboards.desk import Desk
from dashboards.links import to_record
from journeys.tell_people import nobody_is_told
from records.alert_overview import alerts_by_urgency
from records.awareness_waiting import candidates_by_age
from records.counting import counted
from records.overview import AlertStanding


def alerts_shown(desk: Desk) -> list[AlertStanding]:
    """Those of the chosen device, site and period, and the one that the link opens."""
    return [one for one in alerts_by_urgency(desk.reader, now=desk.now)
            if desk.selection.open.casefold() == one.label.casefold()
            or desk.selection.holds(device=one.device, site=one.site, day=one.raised_on)]


def show_alert_list(desk: Desk, found: Sequence[AlertStanding]) -> None:
    """The list in the order given, with what is overdue said before it."""
    late = sum(bool(one.overdue) for one in found)
    if late:
        look.notice(f"Overdue: {late}. Nobody answered in the time that the plan allows.", "bad")
    if untold := nobody_is_told(desk.reader):
        look.quiet(untold)
    look.table(
        ["Alert", "Site", "Control chart", "What was seen", "Raised", "Estimated onset",
         "Given to", "Status"],
        [
            [
                to_record(one.label, small=f"{one.alert_class}; severity: {one.severity}"),
                one.site, _charts(one), f"{one.summary} {one.verdicts}".strip(),
                look.Mark(f"OVERDUE: {one.overdue}", "bad", f"raised {one.raised_on}")
                if one.overdue else one.raised_on,
                one.onset_estimate or "not estimable", one.assigned_to or "nobody",
                look.mark(one.status, small=_answer(one)),
            ]
            for one in found
        ],
        empty=f"No alert was raised of {desk.selection.words}: choose more in the side bar."
        if desk.selection.words
        else "No alert was raised. Quiet charts are a result: see the control charts.",
        wide="What was seen",
    )  # fmt: skip


def show_candidates(desk: Desk) -> None:
    """What suggests harm, with its age: a clock may run from there."""
    look.section(
        "Possible harm, to be screened",
        "From these moments the maker may have known that patients could be harmed: were it a "
        "reportable event, its clock would run from there.",
    )
    look.table(
        ["Candidate", "Alert", "Site", "Why", "Known since", "Age"],
        [
            [
                to_record(one.label), look.mark(one.alert_status, small=one.alert), one.site,
                f"{one.grounds}: {one.words}", one.known_at, counted(one.days, "day"),
            ]
            for one in candidates_by_age(desk.reader, now=desk.now)
        ],
        empty="None: no alert is of the class performance or severe, and none was closed as a "
        "complaint, a fault of the device, or with its use stopped.",
        wide="Why",
    )  # fmt: skip


def _charts(one: AlertStanding) -> look.Cell:
    """The leading chart, with those merged into its alert: every signal is found from an alert."""
    also = ", ".join(look.plain_name(chart) for chart in one.charts[1:])
    name = look.plain_name(one.chart)
    return look.Mark(name, small=f"with {also}") if also else name


def _answer(one: AlertStanding) -> str:
    due = f"; due {one.due_at:%Y-%m-%d}" if one.due_at and not one.overdue else ""
    if not one.acknowledged_by:
        return f"nobody has answered yet{due}"
    cause = f" (root cause: {one.root_cause})" if one.root_cause else ""
    return f"by {one.closed_by or one.acknowledged_by}: {one.disposition}{cause}{due}"
