"""Corrections that were to be reported and were not, or late (21 CFR 806.10(b); EU MDR Art. 87(8)).
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from sqlmodel import Session, col, select

from records.correction_assessments import CorrectionAssessment
from records.form_versions import FormVersion
from records.regulatory_reports import ACKNOWLEDGED, SENT, Submission
from records.suspensions import Suspension
from regulatory.documents.review_facts import Remarkable
from regulatory.documents.wording import instant
from regulatory.gathering.edition import Basis
from regulatory.rules.applying import apply_rules

US: Final = "21 CFR 806"
EU: Final = "MDR Art. 87(1)(b)"
_FORMS: Final = {US: "806", EU: "FSCA"}


def late_corrections(
    session: Session, basis: Basis, since: datetime | None
) -> Iterator[Remarkable]:
    """What was answered to be reported and went out late, or not by its last day.

    since: nothing that was done until then is told again; what is still open always is. Under
    Part 806 the last day is ten working days from initiating; under the EU MDR the report comes
    before the action, so its day is that of initiating.
    """
    sent = _first_sent(session)
    query = select(CorrectionAssessment).order_by(col(CorrectionAssessment.id))
    for one in session.exec(query):
        stopped = Suspension.label_of(one.suspension_id) if one.suspension_id else ""
        about = {one.label, one.source, stopped} - {""}
        for regime, said in sorted(one.answers.items()):
            due = _last_day(regime, one.initiated_at)
            if regime not in _FORMS or not said["reportable"] or due is None:
                continue
            went = min((at for (form, label), at in sent.items()
                        if form == _FORMS[regime] and label in about), default=None)  # fmt: skip
            told = _told(one.label, one.source or stopped, regime, due, went, basis.freeze_at)
            if told and (went is None or since is None or went > since):
                yield told


def _told(
    label: str, source: str, regime: str, due: date, went: datetime | None, freeze: datetime
) -> Remarkable | None:
    law = f"EU {regime}" if regime == EU else regime
    day = "last day by law" if regime == US else "owed before the action, initiated on"
    what = f"report of {source or label} under {law}"
    if went is None and freeze.date() > due:
        return Remarkable(label, f"{what}: not sent", str(due), "nobody",
                          f"{day} {due}, {(freeze.date() - due).days} days past at the data freeze")
    if went is not None and went.date() > due:
        return Remarkable(label, f"{what}: sent late", instant(went), "see the submission",
                          f"{day} {due}, {(went.date() - due).days} days late")  # fmt: skip
    return None


def _last_day(regime: str, initiated: datetime) -> date | None:
    if regime == EU:
        return initiated.date()
    day = apply_rules(["R-806-02"], {
        "jurisdiction": "US", "initiated_local_date": initiated.date().isoformat(),
    }).get("due_legal")  # fmt: skip
    return date.fromisoformat(day) if day else None


def _first_sent(session: Session) -> dict[tuple[str, str], datetime]:
    """By form and what it is about the instant at which it was first sent."""
    query = (
        select(FormVersion.form, FormVersion.about, Submission)
        .join(FormVersion, col(FormVersion.id) == Submission.form_version_id)
        .where(col(Submission.status).in_((SENT, ACKNOWLEDGED)))
    )
    found: dict[tuple[str, str], datetime] = {}
    for form, about, one in session.exec(query):
        at = datetime.fromisoformat(one.attempts[-1]["at"])
        found[form, about] = min(found.get((form, about), at), at)
    return found
