"""Reports to authorities as versions, how each was submitted, and what sites were asked.

A follow-up is a version of the same report (21 CFR 803.56); an acknowledgement is a file by its
digest; a reference number is assigned, pending or unknown (803.18(b)(1)(iii)). What was asked and
not answered shows the effort made (803.50(b)).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, Refused
from records.form_versions import (
    FormVersion,
    form_of_label,
    require_complete_form,
    require_ready,
)
from records.incidents import Incident, require_open
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.reasons import says
from records.reportabilities import REPORTABLE, Reportability

KINDS_OF_REPORT: Final = ("initial", "follow-up", "final")
PREPARED, SENT, ACKNOWLEDGED, FAILED = "prepared", "sent", "acknowledged", "failed"
REFERENCES: Final = ("assigned", "pending", "unknown")
FORM_OF: Final[dict[str, str]] = {"US": "3500A", "EU": "MIR"}
"""By jurisdiction the form of its authorities that is filled here."""


class RegulatoryReport(Record, table=True):
    """A version of the report of an incident to the authorities of one jurisdiction."""

    __tablename__ = "regulatory_report"
    __table_args__ = (UniqueConstraint("reportability_id", "version"),)
    PREFIX: ClassVar[str] = "RGR"

    id: int | None = Field(default=None, primary_key=True)
    reportability_id: int = Field(foreign_key="reportability.id", index=True)
    version: int
    kind: str
    event_type: str = ""
    """As reported, such as MALFUNCTION; a change of it is a new version."""
    changed: str
    """What is new in this version, and what was not known."""
    form: str = ""
    """The form and its version, such as MIR 7.3.1."""
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The data set that goes out, by the names of its form."""
    rules: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What the rules said of this follow-up, whole."""
    due: date | None = None
    """By when a follow-up is submitted; None where no rule sets a day."""
    prepared_by: str
    prepared_at: datetime


class Submission(Record, table=True):
    """A report on its way to an authority: channel, attempts, acknowledgement, reference.

    It is a version of the report of an incident, or a form alone: of a correction, such as 806.
    """

    __tablename__ = "submission"
    PREFIX: ClassVar[str] = "SBM"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"form_version_id": None}

    id: int | None = Field(default=None, primary_key=True)
    report_id: int | None = Field(default=None, foreign_key="regulatory_report.id", index=True)
    form_version_id: int | None = Field(default=None, foreign_key="form_version.id", index=True)
    authority: str
    channel: str
    attempts: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """When it was tried, by whom, and what came of it."""
    acknowledgement_digest: str = ""
    reference: str = ""
    reference_status: str = "pending"
    opened_by: str
    opened_at: datetime
    status: str = Field(default=PREPARED, index=True)
    acknowledged_at: datetime | None = None


class InformationRequest(Record, table=True):
    """What a site was asked about an incident, over which channel, and what it answered."""

    __tablename__ = "information_request"
    PREFIX: ClassVar[str] = "IRQ"

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    asked: str
    """Site and function that were asked; nobody is named."""
    channel: str
    question: str
    about: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """The facts that are asked for, by the names of the rules."""
    asked_by: str
    asked_at: datetime
    status: str = Field(default="open", index=True)
    answer: str = ""
    answered_at: datetime | None = None


def versions_of_report(session: Session, row: Reportability) -> list[RegulatoryReport]:
    """The versions of a row's report, in order."""
    query = select(RegulatoryReport).where(RegulatoryReport.reportability_id == row.id)
    return list(session.exec(query.order_by(col(RegulatoryReport.version))))


def prepare_report(
    tx: Session, row: Reportability, *, kind: str, changed: str, by: Actor, now: datetime,
    event_type: str = "", form: str = "", content: Mapping[str, Any] | None = None,
    rules: Mapping[str, Any] | None = None, due: date | None = None,
    filled: FormVersion | None = None, no_form: str = "",
) -> RegulatoryReport:
    """The next version of the report of a row that was decided to be reportable.

    filled: the filled form that goes out. no_form: why none was filled here, in a person's words.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No such kind, or nothing said of what is new.
        Refused: Not decided to be reportable, a second initial report, a follow-up of none, or the
            form lacks a field, is of another incident or authority, or does not follow the one
            that was reported last; or there is none, and no reason for that.
    """
    require(by, Action.ASSESS_EVENT)
    require_open(tx.get_one(Incident, row.incident_id))
    if kind not in KINDS_OF_REPORT:
        raise InvalidInput(f"'{kind}' is no kind of report.",
                           hint=f"Known: {', '.join(KINDS_OF_REPORT)}.")  # fmt: skip
    if not says(changed):
        raise InvalidInput("Nothing is said of what is new.", hint="Say what this version tells.")
    if row.status != REPORTABLE:
        raise Refused(f"{row.label} is '{row.status}': no report is prepared.",
                      hint="Decide first: 'radvigil incident decide'.")  # fmt: skip
    before = versions_of_report(tx, row)
    if (kind == "initial") is bool(before):
        raise Refused(f"{row.label} has {len(before)} versions: a report begins with one initial "
                      "version, and goes on with follow-ups.")  # fmt: skip
    said = dict(content or {})
    if filled is not None:
        _require_form_of(tx, row, filled, before)
        form = form or f"{filled.form} {filled.edition}"
        said |= {"filled_form": filled.label, "digest": filled.digest}
    elif row.jurisdiction in FORM_OF and not says(no_form):
        raise Refused(
            f"No filled form {FORM_OF[row.jurisdiction]} is named: whether a mandatory field is "
            "missing cannot be told.",
            hint="Name it (--filled FRM-0001), or say why none is filled here (--no-form).",
        )
    if no_form:
        said["no_form"] = no_form.strip()
    made = RegulatoryReport(
        reportability_id=row.id or 0, version=len(before) + 1, kind=kind,
        event_type=event_type or (before[-1].event_type if before else ""),
        changed=changed.strip(), form=form, content=said, rules=dict(rules or {}),
        due=due, prepared_by=by.name, prepared_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def _require_form_of(
    tx: Session, row: Reportability, filled: FormVersion, before: list[RegulatoryReport]
) -> None:
    """The form is whole, of this incident and authority, and follows the one reported last."""
    incident = tx.get_one(Incident, row.incident_id)
    wanted = FORM_OF.get(row.jurisdiction)
    if filled.about != incident.label or (wanted and filled.form != wanted):
        raise Refused(
            f"{filled.label} is form {filled.form} of {filled.about}: it does not report "
            f"{incident.label} in {row.jurisdiction}.",
            hint=f"Fill it: radvigil submission keep {wanted or 'FORM'} --incident "
            f"{incident.label}.",
        )
    last = next((one.content["filled_form"] for one in reversed(before)
                 if "filled_form" in one.content), "")  # fmt: skip
    follows = FormVersion.label_of(filled.follows_id) if filled.follows_id else ""
    if last != follows:
        raise Refused(
            f"{filled.label} follows {follows or 'no version'}, and "
            f"{last or 'none'} was reported last.",
            hint=f"Keep it with --follows {last}: what changed is then told." if last else
            "The first form of a report follows none.",
        )
    require_complete_form(filled)


def form_of(session: Session, report: RegulatoryReport) -> FormVersion | None:
    """The filled form of a version of a report; None where none was filled here."""
    label = report.content.get("filled_form")
    return form_of_label(session, str(label)) if label else None


def require_form(session: Session, report: RegulatoryReport) -> None:
    """Raise :class:`Refused` unless what goes out is whole: the form lacks nothing and is signed.

    Where the jurisdiction has no form here, or a person said why none was filled, nothing is held
    against it.
    """
    filled = form_of(session, report)
    if filled is not None:
        require_ready(session, filled)
        return
    place = session.get_one(Reportability, report.reportability_id).jurisdiction
    if place in FORM_OF and not says(str(report.content.get("no_form", ""))):
        raise Refused(
            f"{report.label} has no filled form {FORM_OF[place]}: whether a mandatory field is "
            "missing cannot be told.",
            hint="Prepare the version with --filled FRM-0001, or with --no-form and the reason.",
        )


def submit_report(
    tx: Session, report: RegulatoryReport, *, authority: str, channel: str, outcome: str,
    sent: bool, by: Actor, now: datetime,
) -> Submission:
    """Record an attempt to submit; a report that failed is tried again in the same submission.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No authority, channel or outcome.
        TransitionRefused: It was sent already.
        Refused: It would be sent, and a mandatory field is missing, unknown without reason or
            attempts, or the form is not signed.
    """
    require(by, Action.ASSESS_EVENT)
    if sent:
        require_form(tx, report)
    return _attempt(tx, report, authority=authority, channel=channel, outcome=outcome, sent=sent,
                    by=by, now=now)  # fmt: skip


def submit_form(
    tx: Session, form: FormVersion, *, authority: str, channel: str, outcome: str, sent: bool,
    by: Actor, now: datetime,
) -> Submission:
    """Record an attempt to submit a form that reports no incident: of a correction or field action.

    Raises:
        NotAllowed, InvalidInput, TransitionRefused: As :func:`submit_report`.
        Refused: It reports an incident, and goes out with its report; or it would be sent, and a
            field or the signature is missing.
    """
    require(by, Action.ASSESS_EVENT)
    if form.about.startswith(f"{Incident.PREFIX}-"):
        raise Refused(f"{form.label} reports {form.about}: it goes out as a version of its report.",
                      hint=f"Use 'radvigil incident follow-up {form.about} --filled "
                      f"{form.label}', then 'incident submit'.")  # fmt: skip
    if sent:
        require_ready(tx, form)
    return _attempt(tx, form, authority=authority, channel=channel, outcome=outcome, sent=sent,
                    by=by, now=now)  # fmt: skip


def require_submittable(session: Session, one: Submission) -> None:
    """Raise :class:`Refused` unless what a submission sends is whole and signed."""
    if one.report_id is not None:
        require_form(session, session.get_one(RegulatoryReport, one.report_id))
    elif one.form_version_id is not None:
        require_ready(session, session.get_one(FormVersion, one.form_version_id))


def submission_to(
    session: Session, sent: RegulatoryReport | FormVersion, authority: str
) -> Submission | None:
    """The submission of a report or form to an authority; None where there is none."""
    query = select(Submission).filter_by(authority=authority.strip(), **_named(sent))
    return session.exec(query).first()


def _named(sent: RegulatoryReport | FormVersion) -> dict[str, Any]:
    return {"report_id" if isinstance(sent, RegulatoryReport) else "form_version_id": sent.id}


def _attempt(
    tx: Session, what: RegulatoryReport | FormVersion, *, authority: str, channel: str,
    outcome: str, sent: bool, by: Actor, now: datetime,
) -> Submission:
    if not (says(authority) and says(channel) and says(outcome)):
        raise InvalidInput("Say to which authority, over which channel, and what came of it.")
    one = submission_to(tx, what, authority)
    if one is None:
        one = Submission(**_named(what), authority=authority.strip(), channel=channel, attempts=[],
                         opened_by=by.name, opened_at=now)  # fmt: skip
        tx.add(one)
        tx.flush()
    wanted = SENT if sent else FAILED
    if one.status != FAILED or sent:
        check_transition("Submission", one.label, one.status, wanted)
    tried = {"at": now.isoformat(), "by": by.name, "channel": channel, "outcome": outcome.strip()}
    one.channel, one.attempts, one.status = channel, [*one.attempts, tried], wanted
    tx.add(one)
    tx.flush()
    return one


def acknowledge_submission(
    tx: Session, one: Submission, *, digest: str, reference: str, reference_status: str,
    by: Actor, now: datetime,
) -> Submission:
    """Keep what the authority answered: the file by its SHA-256, and its reference number.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No file, or a reference that contradicts its status.
        TransitionRefused: It was not sent.
    """
    require(by, Action.ASSESS_EVENT)
    check_transition("Submission", one.label, one.status, ACKNOWLEDGED)
    if not digest:
        raise InvalidInput("The acknowledgement is not there.", hint="Attach the file.")
    assigned = reference_status == "assigned"
    if reference_status not in REFERENCES or assigned is not bool(reference):
        raise InvalidInput("A reference is given where it is assigned, and only there.",
                           hint=f"Its status is one of {', '.join(REFERENCES)}.")  # fmt: skip
    one.acknowledgement_digest, one.reference = digest, reference
    one.reference_status, one.status, one.acknowledged_at = reference_status, ACKNOWLEDGED, now
    tx.add(one)
    tx.flush()
    return one


def ask_site(
    tx: Session, incident: Incident, *, asked: str, channel: str, question: str, by: Actor,
    now: datetime, about: tuple[str, ...] = (),
) -> InformationRequest:
    """Record that a site was asked. Raises NotAllowed, InvalidInput, Refused where it is closed."""
    require(by, Action.RECORD_EVENT)
    require_open(incident)
    if not (says(asked) and says(channel) and says(question)):
        raise InvalidInput("Say who was asked, over which channel, and what.")
    made = InformationRequest(incident_id=incident.id or 0, asked=asked.strip(), channel=channel,
                              question=question.strip(), about=list(about), asked_by=by.name,
                              asked_at=now)  # fmt: skip
    tx.add(made)
    tx.flush()
    return made


def answer_request(
    tx: Session, one: InformationRequest, answer: str, *, by: Actor, now: datetime
) -> InformationRequest:
    """Record the answer, or that none came: then the words say so. Raises as the others do."""
    require(by, Action.RECORD_EVENT)
    check_transition("InformationRequest", one.label, one.status, "answered")
    if not says(answer):
        raise InvalidInput("The answer says nothing.", hint="Say also where none came.")
    one.answer, one.answered_at, one.status = answer.strip(), now, "answered"
    tx.add(one)
    tx.flush()
    return one


def requests_of(session: Session, incident: Incident) -> list[InformationRequest]:
    """What was asked about an incident, in order."""
    query = select(InformationRequest).where(InformationRequest.incident_id == incident.id)
    return list(session.exec(query.order_by(col(InformationRequest.id))))


def require_all_reported(session: Session, incident: Incident) -> None:
    """Raise :class:`Refused` naming each jurisdiction that is undecided or not yet told.

    Raises:
        Refused: No jurisdiction was looked at, one is open, or a version lacks its acknowledgement.
    """
    query = select(Reportability).where(Reportability.incident_id == incident.id)
    rows = list(session.exec(query.order_by(col(Reportability.id))))
    told = session.exec(
        select(RegulatoryReport.reportability_id, RegulatoryReport.version, Submission.status)
        .join(Submission, col(Submission.report_id) == RegulatoryReport.id, isouter=True)
        .where(col(RegulatoryReport.reportability_id).in_([one.id for one in rows]))
    ).all()
    lacking = [] if rows else ["no jurisdiction was assessed"]
    for row in rows:
        mine = [status for number, _, status in told if number == row.id]
        if row.status == "open":
            lacking.append(f"{row.jurisdiction} is not decided")
        elif row.status == REPORTABLE and not mine:
            lacking.append(f"{row.jurisdiction} has no report")
        elif row.status == REPORTABLE and any(one != ACKNOWLEDGED for one in mine):
            lacking.append(f"{row.jurisdiction} has a version without acknowledgement")
    if lacking:
        raise Refused(f"{incident.label} is not closed: {'; '.join(lacking)}.",
                      hint="See 'radvigil incident show'.")  # fmt: skip
