"""What a story may tell of complaints, incidents and field actions: each verb one use case."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from journeys.demonstration_setup import DEMO_PASSWORD
from journeys.keep_submission import keep_submission
from journeys.scenario import Act, Deed
from records.complaints import (
    Complaint,
    decide_complaint,
    link_complaints,
    receive_complaint,
    screen_complaint,
)
from records.correction_assessments import CorrectionAssessment, assess_correction
from records.errors import NotFound
from records.field_actions import (
    FieldAction,
    FieldActionPlan,
    assessments_of,
    open_field_action,
    put_in_force,
)
from records.field_notices import answer_notice, check_effectiveness, ledger_of, notify_consignee
from records.incidents import Incident, add_awareness, close_incident, open_incident
from records.lookup import list_records
from records.regulatory_reports import (
    InformationRequest,
    RegulatoryReport,
    Submission,
    acknowledge_submission,
    answer_request,
    ask_site,
    prepare_report,
    submit_report,
)
from records.reportabilities import Reportability, decide_reportability, rows_of
from records.vault import Vault
from regulatory.reportability import assess_incident, examine_completeness, follow_up


def _instant(words: Any, zone: str = "UTC") -> datetime:
    """An instant that the story tells in the time of a place."""
    return datetime.fromisoformat(str(words)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _event(said: Mapping[str, Any]) -> tuple[date | None, date | None]:
    days = said.get("event")
    if not days:
        return None, None
    first, last = (days, days) if isinstance(days, str) else (days[0], days[-1])
    return date.fromisoformat(str(first)), date.fromisoformat(str(last))


def _receive(deed: Deed) -> Complaint:
    from records.queries import newest_model

    return receive_complaint(
        deed.tx, device=deed.device, words=deed.said["words"], channel=deed.said["channel"],
        received_at=deed.now - timedelta(hours=1), site=deed.said.get("site", ""),
        version=newest_model(deed.tx, deed.device), event=_event(deed.said), by=deed.by,
        now=deed.now,
    )


def _screen(deed: Deed) -> Complaint:
    said = deed.said
    made = screen_complaint(
        deed.tx, deed.record("complaint", Complaint), harm=said["harm"],
        harm_grounds=said["harm_grounds"], categories=said["categories"],
        investigated=said.get("investigated", True), investigation=said["investigation"],
        elements=said["elements"], by=deed.by,
    )
    examine_completeness(deed.tx, made)
    return made


def _decide_complaint(deed: Deed) -> Complaint:
    return decide_complaint(
        deed.tx, deed.record("complaint", Complaint), deed.said.get("to", "closed"),
        conclusion=deed.said["conclusion"], by=deed.by, password=DEMO_PASSWORD, now=deed.now,
    )


def _link(deed: Deed) -> Any:
    return link_complaints(
        deed.tx, deed.record("complaint", Complaint), deed.record("to", Complaint),
        deed.said["kind"], grounds=deed.said["grounds"], by=deed.by, now=deed.now,
    )


def _open_incident(deed: Deed) -> Incident:
    return open_incident(
        deed.tx, deed.record("complaint", Complaint), words=deed.said.get("words", ""), by=deed.by,
        now=deed.now,
    )


def _aware(deed: Deed) -> Any:
    zone = deed.said.get("zone", "UTC")
    return add_awareness(
        deed.tx, deed.record("incident", Incident), person=deed.said["person"],
        person_class=deed.said.get("person_class", "ANY_EMPLOYEE"),
        known_at=_instant(deed.said["known_at"], zone), zone=zone, how=deed.said["how"],
        by=deed.by, now=deed.now,
    )


def _assess(deed: Deed) -> Any:
    return assess_incident(
        deed.tx, deed.record("incident", Incident), deed.said["jurisdiction"],
        deed.said.get("facts") or {}, grounds=deed.said["grounds"], by=deed.by, now=deed.now,
    )


def _row(deed: Deed) -> Reportability:
    wanted, incident = deed.said["jurisdiction"], deed.record("incident", Incident)
    for one in rows_of(deed.tx, incident):
        if one.jurisdiction == wanted:
            return one
    raise NotFound(f"{incident.label} was not assessed for {wanted}.")


def _decide(deed: Deed) -> Any:
    return decide_reportability(
        deed.tx, _row(deed), deed.said["decision"], grounds=deed.said["grounds"], by=deed.by,
        password=DEMO_PASSWORD, now=deed.now,
    )


def _report(deed: Deed) -> RegulatoryReport:
    common: dict[str, Any] = {
        "changed": deed.said["changed"], "event_type": deed.said.get("event_type", ""),
        "no_form": deed.said["no_form"], "by": deed.by, "now": deed.now,
    }
    if deed.said.get("kind") == "follow-up":
        return follow_up(deed.tx, _row(deed), received=deed.now.date(), **common)
    return prepare_report(deed.tx, _row(deed), kind="initial", **common)


def _submit(deed: Deed) -> Submission:
    return submit_report(
        deed.tx, deed.record("report", RegulatoryReport), sent=deed.said.get("sent", True),
        by=deed.by, now=deed.now, **deed.words("authority", "channel", "outcome"),
    )


def _acknowledge(deed: Deed) -> Submission:
    digest = Vault(deed.store.workspace.vault).put(str(deed.said["answer"]).encode())
    return acknowledge_submission(
        deed.tx, deed.record("submission", Submission), digest=digest,
        reference=deed.said["reference"], reference_status="assigned", by=deed.by, now=deed.now,
    )


def _form(deed: Deed) -> Any:
    return keep_submission(
        deed.tx, deed.store.workspace, deed.said["form"], deed.record("about"),
        deed.said["facts"], by=deed.by, now=deed.now,
    )


def _ask(deed: Deed) -> InformationRequest:
    return ask_site(deed.tx, deed.record("incident", Incident), by=deed.by, now=deed.now,
                    **deed.words("asked", "channel", "question"))  # fmt: skip


def _answer(deed: Deed) -> InformationRequest:
    return answer_request(deed.tx, deed.record("request", InformationRequest), deed.said["words"],
                          by=deed.by, now=deed.now)  # fmt: skip


def _close_incident(deed: Deed) -> Incident:
    return close_incident(
        deed.tx, deed.record("incident", Incident), conclusion=deed.said["conclusion"], by=deed.by,
        password=DEMO_PASSWORD, now=deed.now,
    )


def _open_action(deed: Deed) -> FieldAction:
    said = dict(deed.said)
    for key in ("since", "act_by"):
        if said.get(key):
            said[key] = date.fromisoformat(str(said[key]))
    for key in ("versions", "languages", "incidents", "ties"):
        said[key] = tuple(said.get(key) or ())
    return open_field_action(deed.tx, FieldActionPlan(**said), by=deed.by, now=deed.now)


def _action(deed: Deed) -> FieldAction:
    found: FieldAction = deed.record("action", FieldAction)
    return found


def _approve_action(deed: Deed) -> FieldAction:
    return put_in_force(deed.tx, _action(deed), by=deed.by, password=DEMO_PASSWORD,
                        reason=deed.said["words"], now=deed.now)  # fmt: skip


def _notify(deed: Deed) -> FieldAction:
    """Every consignee, or the one that is named, is told on this day."""
    one = _action(deed)
    for site in [deed.said["site"]] if "site" in deed.said else one.sites:
        notify_consignee(deed.tx, one, site, channel=deed.said["channel"],
                         addressee=deed.said["addressee"], on=deed.now.date(), by=deed.by,
                         now=deed.now)  # fmt: skip
    return one


def _answer_notice(deed: Deed) -> FieldAction:
    one, site = _action(deed), deed.said["site"]
    here = next(each for each in ledger_of(deed.tx, one) if each.site == site)
    answer_notice(
        deed.tx, one, site, words=deed.said["words"], on=deed.now.date(), by=deed.by, now=deed.now,
        installations=here.installations if deed.said.get("done") else None,
    )
    return one


def _close_action(deed: Deed) -> FieldAction:
    one = _action(deed)
    check_effectiveness(deed.tx, one, effective=True, words=deed.said["finding"], by=deed.by,
                        password=DEMO_PASSWORD, now=deed.now)  # fmt: skip
    return one


def _assess_correction(deed: Deed) -> CorrectionAssessment:
    """The open question of whether a field action, rollback or suspension is reported."""
    about = deed.record("about")
    asked = assessments_of(deed.tx, about) if isinstance(about, FieldAction) else [
        one for one in list_records(deed.tx, CorrectionAssessment) if one.source == about.label
    ]  # fmt: skip
    (waiting,) = [one for one in asked if one.status == "open"]
    answers = {regime: (bool(one["reportable"]), str(one["why"]))
               for regime, one in deed.said["answers"].items()}  # fmt: skip
    return assess_correction(deed.tx, waiting, answers, by=deed.by, now=deed.now)


EVENTS: Final[Mapping[str, Act]] = MappingProxyType({
    "receive complaint": _receive,
    "screen complaint": _screen,
    "decide complaint": _decide_complaint,
    "link complaints": _link,
    "open incident": _open_incident,
    "record awareness": _aware,
    "assess incident": _assess,
    "decide reportability": _decide,
    "prepare report": _report,
    "submit report": _submit,
    "acknowledge submission": _acknowledge,
    "keep form": _form,
    "ask site": _ask,
    "answer request": _answer,
    "close incident": _close_incident,
    "open field action": _open_action,
    "approve field action": _approve_action,
    "notify consignees": _notify,
    "answer notice": _answer_notice,
    "close field action": _close_action,
    "assess correction": _assess_correction,
})
