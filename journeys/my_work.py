"""My work: one list of what is owed by whom and by when, the law's days first.

Each part of the system gives its lines by one function in :data:`SOURCES`; nothing else is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlmodel import Session, col, select

from journeys.look_at_trends import owed_trends
from journeys.tell_week import owed_of
from records.absences import absences_on
from records.correction_assessments import CorrectionAssessment
from records.counting import counted
from records.day_overrides import DayOverride, override_day, with_overrides
from records.errors import NotFound
from records.event_work import owed_work as owed_events
from records.field_actions import WITHDRAWN, FieldAction, asks_about
from records.form_versions import FormVersion
from records.owed_change_work import owed_change_work
from records.owed_document_work import owed_document_work
from records.owed_field_actions import owed_field_action_work
from records.owed_rollout_work import owed_rollout_work
from records.owed_work import OwedWork, sources_read
from records.people import Actor
from records.permissions import Action, require
from records.product import Device
from records.regulatory_reports import ACKNOWLEDGED, SENT, Submission
from records.work_sources import owed_capas, owed_open_work, owed_training
from records.work_steps import NEXT_STEPS, roles_of
from regulatory.periodic_schedule import owed_periodic_reports
from regulatory.recomputing import owed_recomputing
from regulatory.release_evidence import owed_risk_work
from regulatory.rules.applying import apply_rules
from regulatory.rules.catalogue import catalogue

AHEAD: Final = timedelta(days=30)
"""So long before its day a revalidation stands in the list."""


FORM_OF_REGIME: Final = {"21 CFR 806": "806", "MDR Art. 87(1)(b)": "FSCA"}
"""By regime of an assessed correction the form that reports it."""


def owed_corrections(session: Session, _now: datetime) -> list[OwedWork]:
    """Suspensions of which nobody said yet whether they must be reported, by R-806-02.

    The day is that of the report, were it one: ten working days from the UTC day of initiation.
    """
    query = select(CorrectionAssessment).where(CorrectionAssessment.status == "open")
    what, acts = NEXT_STEPS["correction", "open"]
    found = []
    for one in session.exec(query.order_by(col(CorrectionAssessment.id))):
        day = due_of_correction(one)
        found.append(OwedWork(
            one.label, "correction", what, roles_of(*acts), day,
            "21 CFR 806.10(b), R-806-02" if day else "", one.aware_at, legal=day is not None,
            step=one.status, rules=("R-806-02",) if day else (),
            status=one.status, words=f"{one.site}: {one.words}",
            day_0=one.initiated_at.date() if day else None,
        ))  # fmt: skip
    return found


def owed_correction_reports(session: Session, _now: datetime) -> list[OwedWork]:
    """Field actions whose assessment says that they are reported, and of which no form was sent.

    806 within ten working days of the action (R-806-02); FSCA before it is taken.
    """
    query = select(FieldAction).where(FieldAction.status != WITHDRAWN)
    sent = {
        (about, form) for about, form in session.exec(
            select(FormVersion.about, FormVersion.form)
            .join(Submission, col(Submission.form_version_id) == FormVersion.id)
            .where(col(Submission.status).in_((SENT, ACKNOWLEDGED)))
        )
    }
    assessed = session.exec(
        select(CorrectionAssessment).where(CorrectionAssessment.status == "assessed")
        .order_by(col(CorrectionAssessment.id))
    ).all()
    found = []
    for one in session.exec(query.order_by(col(FieldAction.id))):
        for said in (each for each in assessed if asks_about(each, one)):
            for regime, form in FORM_OF_REGIME.items():
                reportable = (said.answers.get(regime) or {}).get("reportable") is True
                if not reportable or {(one.label, form), (said.label, form)} & sent:
                    continue
                day = due_of_correction(said) if form == "806" else said.initiated_at.date()
                found.append(OwedWork(
                    one.label, "field action", f"submit form {form}: {said.label} says reportable",
                    roles_of(Action.ASSESS_EVENT), day, regime, said.assessed_at or said.opened_at,
                    legal=day is not None, step=f"report {form}", status=one.status,
                    words=one.reason, day_0=said.initiated_at.date(),
                ))  # fmt: skip
    return found


def due_of_correction(one: CorrectionAssessment) -> date | None:
    """The last day of the report by R-806-02: ten working days from the UTC day of initiation."""
    said = apply_rules(
        ["R-806-02"],
        {"jurisdiction": "US", "initiated_local_date": one.initiated_at.date().isoformat()},
    )
    return date.fromisoformat(said["due_legal"]) if said.get("due_legal") else None


def owed_revalidations(session: Session, now: datetime) -> list[OwedWork]:
    """Sites whose next revalidation is due within :data:`AHEAD`, or overdue."""
    names = sorted(set(session.exec(select(Device.name))))
    return [
        OwedWork(
            f"{name} at {one.site}", "revalidation", "Judge the version in use again",
            roles_of(Action.WATCH), one.due_on, "monitoring plan, revalidation",
            one.alert.raised_at if one.alert else _begin(one.due_on - AHEAD), words=one.trigger,
        )
        for name in names for one in owed_of(session, name)
        if one.due_on <= now.date() + AHEAD
    ]  # fmt: skip


def owed_regimes(session: Session, now: datetime) -> list[OwedWork]:
    """What each regime still asks of a change; its signatures stand on the change's own line."""
    return [one for one in owed_change_work(session, now) if one.kind != "change signatures"]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


SOURCES: Final[tuple[Callable[[Session, datetime], list[OwedWork]], ...]] = (
    owed_open_work,
    owed_corrections,
    owed_correction_reports,
    owed_capas,
    owed_revalidations,
    owed_training,
    owed_events,
    owed_recomputing,
    owed_regimes,
    owed_rollout_work,
    owed_field_action_work,
    owed_document_work,
    owed_risk_work,
    owed_trends,
    owed_periodic_reports,
)
"""One line a source."""


def owed_work(session: Session, now: datetime) -> list[OwedWork]:
    """All that is owed: by legal day, then by own day, then what has none.

    A day that a person set by signature counts; the computed one stays beside it.
    """
    found = [one for source in SOURCES for one in source(session, now)]
    return sorted(map(_checked, with_overrides(session, found)), key=_urgency)


def _checked(one: OwedWork) -> OwedWork:
    """With what of the sources of its day was read, by whom and when."""
    if one.checked or not one.rules or one.due is None:
        return one
    known = catalogue()
    said = {name: known[name].checked for name in one.rules if name in known}
    return replace(one, checked=sources_read(said))


def find_owed(session: Session, key: str, now: datetime) -> OwedWork:
    """What is owed under this key, such as RPB-0001 or CAPA-0001:planned.

    Raises:
        NotFound: Nothing is, or several things are under one record: the keys are named.
    """
    work = owed_work(session, now)
    wanted = key.strip().casefold()
    exact = [one for one in work if one.key.casefold() == wanted]
    found = exact or [one for one in work if one.label.casefold() == wanted]
    if len(found) != 1:
        keys = [one.key for one in found] or [one.key for one in work if one.due is not None]
        raise NotFound(
            f"'{key}' is owed under {counted(len(found), 'key')}." if found
            else f"Nothing is owed under '{key}'.",
            hint=f"Known: {', '.join(keys[:20]) or 'none'}.",
        )
    return found[0]


def override_owed(
    tx: Session, key: str, day: date, *, grounds: str, by: Actor, password: str, now: datetime,
    beyond_law: bool = False,
) -> DayOverride:
    """Set another day for what is owed than the computed one, signed, with its reason.

    Raises:
        NotFound: Nothing is owed under this key.
        NotAllowed, InvalidInput, Refused: As :func:`records.day_overrides.override_day` says.
    """
    require(by, Action.OVERRIDE_DAY)
    return override_day(tx, find_owed(tx, key, now), day, grounds=grounds, by=by,
                        password=password, now=now, beyond_law=beyond_law)  # fmt: skip


def _urgency(one: OwedWork) -> tuple[int, date]:
    if one.due is None:
        return 2, date.max
    return (0 if one.legal else 1), one.due


def my_work(
    session: Session, work: Sequence[OwedWork], person: Actor, *, on: date
) -> list[OwedWork]:
    """Of a list what waits for a person: by name, by role, or for whom he or she stands in.

    What was given to somebody by name waits for nobody else; standing in gives no role.
    """
    away = {one.person_id for one in absences_on(session, on) if one.substitute_id == person.id}
    names = {person.name, *session.exec(select(Actor.name).where(col(Actor.id).in_(away)))}
    roles = set(person.roles)
    return [one for one in work if roles & set(one.roles) and one.owner in {"", *names}]
