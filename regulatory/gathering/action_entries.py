"""Field actions, corrections and CAPAs as documents tell them. Queries only."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlmodel import Session

from records.capas import CAPA, WORDS
from records.correction_assessments import CorrectionAssessment
from records.field_actions import FieldAction, sites_not_covered
from records.field_notices import (
    Consigned,
    FieldActionCheck,
    FieldNotice,
    Reconciliation,
    consigned,
    notices_of,
    reconciled,
)
from records.suspensions import Suspension
from regulatory.documents.action_facts import (
    ActionEntry,
    CapaEntry,
    CheckEntry,
    ConsigneeRow,
    CorrectionEntry,
    InstallationRow,
    NoCapaEntry,
    StepRow,
    SubmissionEntry,
)
from regulatory.gathering.case_records import CaseRecords, grouped, signatures_by
from regulatory.gathering.event_entries import Signatures, by_at, cited, full_names
from regulatory.rules.applying import apply_rules

NOT_NOTIFIED: Final = "not notified"
NONE_YET: Final = "none yet"


def action_entries(
    session: Session, case: CaseRecords, sent: Sequence[SubmissionEntry],
    about: dict[str, str],
) -> tuple[tuple[ActionEntry, ...], dict[str, list[Any]]]:
    """Every field action of a case, and the records behind them.

    sent: submissions of forms; about: by the label of a form what it is about.
    """
    steps = notices_of(session, case.actions)
    checks = grouped(session, FieldActionCheck, "field_action_id",
                     [one.id for one in case.actions])  # fmt: skip
    made = [each for found in checks.values() for each in found]
    signed = signatures_by(session, [*case.actions, *made])
    names = full_names(session)
    found = tuple(
        _action(
            session, one, steps[one.id or 0], checks.get(one.id or 0, []), signed,
            names,
            tuple(each for each in sent if about.get(each.of) == one.label),
        )
        for one in case.actions
    )
    return found, {
        "field actions": list(case.actions), "checks of field actions": made,
        "steps with recipients": [each for told in steps.values() for each in told],
    }


def _action(
    session: Session, one: FieldAction, steps: list[FieldNotice],
    checks: list[FieldActionCheck], signed: Signatures, people: dict[str, str],
    sent: tuple[SubmissionEntry, ...],
) -> ActionEntry:
    rows = consigned(one, steps)
    names = {row["version"]: row["name"] for row in one.scope}
    return ActionEntry(
        record=one.label, kind=one.kind,
        versions=tuple((label, names.get(label, label)) for label in one.versions),
        since=str(one.since or ""), reason=one.reason, risk=one.risk, actions=one.actions,
        advice=one.advice, timetable=one.timetable, act_by=str(one.act_by or ""),
        remind_after=one.remind_after, notice=one.notice, languages=tuple(one.languages),
        incidents=tuple(one.incidents), ties=tuple(one.ties), criterion=one.criterion,
        status=one.status, opened=by_at(one.opened_at, one.opened_by),
        opened_by=people.get(one.opened_by, one.opened_by), opened_at=one.opened_at,
        in_force=by_at(one.in_force_at, one.decided_by) if one.in_force_at else "",
        ended=f"{one.ended_at:%Y-%m-%d}" if one.ended_at else "",
        scope=tuple(
            InstallationRow(row["site"], row["version"], row["name"], ", ".join(row["modes"]),
                            row["from"][:10], row["until"][:10])
            for row in one.scope
        ),
        consignees=tuple(_consignee(here, steps) for here in rows),
        steps=tuple(_step(each) for each in steps),
        totals=reconciled(rows).words, not_covered=tuple(sites_not_covered(session, one)),
        checks=tuple(
            CheckEntry(each.label, each.result, each.words,
                       Reconciliation(**each.totals).words,
                       by_at(each.decided_at, each.decided_by), signed(each))
            for each in checks
        ),
        submissions=sent, signatures=signed(one),
    )  # fmt: skip


def _consignee(here: Consigned, steps: list[FieldNotice]) -> ConsigneeRow:
    return ConsigneeRow(
        here.site, here.installations, here.status,
        str(here.notified_on or NOT_NOTIFIED),
        ", ".join(map(str, here.reminders)) or "0 reminders",
        str(here.answered_on or NONE_YET), str(here.done_on or "not done"),
        "not said" if here.corrected is None else str(here.corrected), here.words,
        tuple(each.label for each in steps if each.site == here.site),
    )


def _step(one: FieldNotice) -> StepRow:
    return StepRow(one.label, one.site, one.step, one.happened_on, one.channel, one.addressee,
                   one.words, one.installations, by_at(one.recorded_at, one.recorded_by))


def correction_entries(session: Session, case: CaseRecords) -> tuple[CorrectionEntry, ...]:
    """Every assessment of a correction of a case, with its answers by regime."""
    signed = signatures_by(session, case.corrections)
    return tuple(_correction(one, signed) for one in case.corrections)


def _correction(one: CorrectionAssessment, signed: Signatures) -> CorrectionEntry:
    stopped = Suspension.label_of(one.suspension_id) if one.suspension_id else ""
    rule = apply_rules(["R-806-02"], {
        "jurisdiction": "US", "initiated_local_date": one.initiated_at.date().isoformat(),
    })
    due = rule.get("due_legal")
    return CorrectionEntry(
        one.label, one.source or stopped, one.site, one.words, one.aware_at, one.initiated_at,
        one.status,
        tuple((regime, "reported" if said["reportable"] else "not reported", said["why"])
              for regime, said in sorted(one.answers.items())),
        by_at(one.assessed_at, one.assessed_by), date.fromisoformat(due) if due else None,
        str(rule["rule_version"]), cited("; ".join(rule["citations"].values())),
        bool(rule["primary_text_checked"]), signed(one),
    )  # fmt: skip


def capa_entries(session: Session, case: CaseRecords) -> tuple[CapaEntry, ...]:
    """Every CAPA of a case, step by step."""
    signed = signatures_by(session, case.capas)
    return tuple(_capa(one, signed) for one in case.capas)


def _capa(one: CAPA, signed: Signatures) -> CapaEntry:
    return CapaEntry(
        one.label, one.source, one.problem,
        tuple((name.replace("_", " ").capitalize(), getattr(one, name)) for name in WORDS),
        _criterion(one.criterion), str(one.effectiveness.get("words", "")), one.closed_as,
        one.owner,
        tuple(sorted(((step, str(day)) for step, day in one.due.items()), key=lambda at: at[1])),
        tuple(map(str, one.links)), one.status, by_at(one.opened_at, one.opened_by),
        by_at(one.implemented_at, one.implemented_by), by_at(one.closed_at, one.closed_by),
        one.external_number or "", signed(one),
    )  # fmt: skip


def _criterion(said: dict[str, Any]) -> str:
    return "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in sorted(said.items())
                     if value not in (None, "", [], {}))  # fmt: skip


def no_capa_entries(session: Session, case: CaseRecords) -> tuple[NoCapaEntry, ...]:
    """Every signed decision of a case that no CAPA is needed."""
    signed = signatures_by(session, case.no_capas)
    return tuple(
        NoCapaEntry(one.label, one.source, one.grounds, by_at(one.decided_at, one.decided_by),
                    signed(one))
        for one in case.no_capas
    )  # fmt: skip
