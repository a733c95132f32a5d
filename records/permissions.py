"""Who may do what, as one table: an act, the roles that may do it; nobody else may.

Everything that asks for a role asks here (21 CFR 11.10(d), (g)). A service acts with the role of
services only, a person with the roles of people only; who is not active may do nothing. Who did a
thing and may therefore not approve it is told in `records.separation`.
"""

from enum import StrEnum

from records.errors import InvalidInput, NotAllowed
from records.people import Actor, Meaning, Role


class Action(StrEnum):
    """An act that needs a role, in the words that stand after 'may'."""

    LOOK = "sign in and look at records"
    EXPORT_DOCUMENT = "export documents"
    EXPORT_TRAIL = "export the audit trail"

    ADD_ACCOUNT = "add accounts"
    UNLOCK_ACCOUNT = "unlock accounts"
    DEACTIVATE_ACCOUNT = "deactivate accounts"
    REPLACE_PASSWORD = "replace forgotten passwords"  # noqa: S105  (an act, no password)
    ACKNOWLEDGE_NOTICE = "acknowledge notices"
    LINK_IDENTITY = "link accounts to people of an identity provider"
    MANAGE_TOKENS = "make and revoke tokens of services"
    QUALIFY = "record qualifications"
    VERIFY_IDENTITY = "record how identities were verified"
    GRANT_ACCESS = "grant auditors access"
    DRAW_SAMPLE = "draw random samples of records"
    RECORD_ABSENCE = "record the absence of others"
    DECLARE_INSTALLATION = "declare what protects the installation"
    ROTATE_KEY = "exchange keys of the workspace"

    DEFINE_DEVICE = "define a device"
    ACCEPT_DEVICE = "put a device's definition into force"
    CONFIRM_SITE = "confirm sites and record their country"
    REGISTER_ENTITY = "register and retire systems that send studies"

    LOOK_UP_STUDY = "look studies up by accession number"
    RESEND_RESULT = "have undelivered results sent again"

    PROPOSE_CHANGE = "propose changes and have them assessed"
    ASSESS_CHANGE = "assess changes under each regime"
    APPROVE_RULES = "approve rule sets, calendars and templates"
    RELEASE_CHANGE = "release a version"
    REFUSE_CHANGE = "refuse a version"
    CARRY_OUT_RELEASE = "deploy what is signed for release"

    PLAN_ROLLOUT = "plan rollouts, look at shadows and halt a rollout"
    ROLL_BACK = "put the version that ran before into use again"
    PLAN_GO_LIVE = "plan and run the trial of a version at a site"
    DECIDE_GO_LIVE = "accept or decline that a version runs live at a site"
    RECORD_CLEARANCE = "record which version was cleared or certified"
    RECORD_FACT = "record facts for documents, correct and withdraw them"

    PLACE_HOLD = "place and lift legal holds"
    RECORD_RETENTION_FACT = "record facts that retention is counted from"
    PROPOSE_DELETION = "propose that bytes are deleted"
    CONFIRM_DELETION = "confirm that bytes are deleted"

    GRANT_IDENTITY = "grant others to ask who is behind a pseudonym; copy the trail with names"
    REVEAL_IDENTITY = "ask who is behind a pseudonym, where it was granted"
    RELEASE_REPORT = "release reports that were held back, where identities were granted"
    MERGE_PATIENTS = "say that two patients are one"
    RECORD_BREACH = "record data breaches and who was told"
    CLOSE_BREACH = "close data breaches"

    DECLARE_GAPS = "declare gaps of a document unknown"
    WRITE_TEXT = "write texts for places of documents"
    COMMENT_DOCUMENT = "comment on documents"
    ANSWER_COMMENT = "answer comments on documents"
    READ_BY_CHECKLIST = "answer the reviewer's checklist on documents"
    SUBMIT_DOCUMENT = "submit documents to review"
    APPROVE_DOCUMENT = "approve documents"
    PUT_DOCUMENT_INTO_FORCE = "put documents into force"
    WITHDRAW_DOCUMENT = "withdraw documents and declare them obsolete"

    ACKNOWLEDGE_ALERT = "acknowledge alerts"
    CLOSE_ALERT = "close alerts"
    ASSIGN_ALERT = "say who works on an alert"
    ANNOUNCE_CHANGE = "announce changes at a site, and withdraw announcements"
    EXPORT_CASES = "export the studies behind an alert"
    SET_ROUTES = "say who is told of alerts, and over which channel"

    PROPOSE_SUSPENSION = "propose that the use of a device is suspended at a site"
    CONFIRM_SUSPENSION = "suspend the use of a device at a site, or decline to"
    RESUME_USE = "propose and carry out that a suspended device runs again"
    ADVANCE_CAPA = "work on corrective and preventive actions"
    CLOSE_CAPA = "close corrective and preventive actions"
    ASSESS_CORRECTION = "assess whether a correction must be reported"

    WORK_ON_RISKS = "work on risk files, reviews of risks, and traces"
    ACCEPT_RISKS = "put risk files into force"
    ASSESS_SUPPLIED_SOFTWARE = "assess software of others and its advisories"
    REPORT_PROBLEM = "report problems of a version"
    DECIDE_PROBLEM = "decide whether problems are fixed"
    RECORD_EVENT = "take in complaints, awareness facts, and what sites were asked"
    SCREEN_EVENT = "screen complaints and candidates, link complaints, open incidents"
    ASSESS_EVENT = "apply the rules of reporting to incidents, and submit reports"
    DECIDE_REPORTABILITY = "decide whether an incident is reported"
    CLOSE_EVENT = "close complaints and incidents, or decide that there was no complaint"
    PLAN_FIELD_ACTION = "open field actions, and record notices and answers"
    DECIDE_FIELD_ACTION = "put field actions into force, withdraw and close them"

    OVERRIDE_DAY = "set another day for what is owed than the computed one"
    OVERRIDE_LEGAL_DAY = "set a day later than the law's, knowingly"
    SUBSCRIBE_CALENDAR = "subscribe to the calendar of one's own work"

    DRAW_ADJUDICATION = "draw studies for adjudication"
    ADJUDICATE = "read studies that were drawn for adjudication"

    SIGN_AUTHOR = "sign with the meaning 'author'"
    SIGN_REVIEW = "sign with the meaning 'review'"
    SIGN_APPROVAL = "sign with the meaning 'approval'"
    SIGN_RELEASE = "sign with the meaning 'release'"
    SIGN_RESPONSIBLE = "sign with the meaning 'responsible-person'"
    SIGN_REJECTION = "sign with the meaning 'rejection'"

    TAKE_IN = "take in studies and truth"
    PREDICT = "have studies read, and be told what the device said"
    TRAIN = "freeze datasets, train and evaluate versions"
    WATCH = "run surveillance"
    SERVE_CALENDAR = "serve the calendars of what is owed"
    RETURN_RESULT = "return results to the hospital's systems"
    COMPILE_DOCUMENT = "compile documents"
    ANCHOR = "anchor the audit trail"
    BACK_UP = "back up and restore the workspace"
    VERIFY_INSTALLATION = "verify the installation"
    MIGRATE = "bring the records to a newer version"
    COLLECT = "collect bytes that no record names"


QUALITY, REGULATORY, RESPONSIBLE = Role.QUALITY, Role.REGULATORY, Role.RESPONSIBLE_PERSON
ENGINEER, CLINICIAN, AUDITOR = Role.ENGINEER, Role.CLINICIAN, Role.AUDITOR
ADMINISTRATOR, SERVICE = Role.ADMINISTRATOR, Role.SERVICE

MAY: dict[Action, frozenset[Role]] = {
    Action.LOOK: frozenset(Role) - {SERVICE},
    Action.EXPORT_DOCUMENT: frozenset(Role),
    Action.EXPORT_TRAIL: frozenset(Role),

    Action.ADD_ACCOUNT: frozenset({ADMINISTRATOR}),
    Action.UNLOCK_ACCOUNT: frozenset({ADMINISTRATOR}),
    Action.DEACTIVATE_ACCOUNT: frozenset({ADMINISTRATOR}),
    Action.REPLACE_PASSWORD: frozenset({ADMINISTRATOR}),
    Action.ACKNOWLEDGE_NOTICE: frozenset({ADMINISTRATOR}),
    Action.LINK_IDENTITY: frozenset({ADMINISTRATOR}),
    Action.MANAGE_TOKENS: frozenset({ADMINISTRATOR}),
    Action.QUALIFY: frozenset({ADMINISTRATOR, QUALITY}),
    Action.RECORD_ABSENCE: frozenset({ADMINISTRATOR, QUALITY}),
    Action.VERIFY_IDENTITY: frozenset({ADMINISTRATOR, QUALITY}),
    Action.GRANT_ACCESS: frozenset({ADMINISTRATOR, QUALITY}),
    Action.DRAW_SAMPLE: frozenset({AUDITOR, QUALITY, REGULATORY, RESPONSIBLE, ADMINISTRATOR}),
    Action.DECLARE_INSTALLATION: frozenset({ADMINISTRATOR}),
    Action.ROTATE_KEY: frozenset({ADMINISTRATOR}),

    Action.DEFINE_DEVICE: frozenset({ENGINEER, QUALITY, REGULATORY}),
    Action.ACCEPT_DEVICE: frozenset({QUALITY, REGULATORY}),
    Action.CONFIRM_SITE: frozenset({QUALITY, ADMINISTRATOR}),
    Action.REGISTER_ENTITY: frozenset({QUALITY, ADMINISTRATOR}),
    Action.LOOK_UP_STUDY: frozenset({ENGINEER, QUALITY, CLINICIAN, ADMINISTRATOR}),
    Action.RESEND_RESULT: frozenset({ENGINEER, QUALITY, ADMINISTRATOR}),

    Action.PROPOSE_CHANGE: frozenset({ENGINEER, QUALITY, SERVICE}),
    Action.ASSESS_CHANGE: frozenset({ENGINEER, QUALITY, REGULATORY}),
    Action.APPROVE_RULES: frozenset({QUALITY, REGULATORY}),
    Action.RELEASE_CHANGE: frozenset({QUALITY, REGULATORY}),
    Action.REFUSE_CHANGE: frozenset({QUALITY, REGULATORY}),
    Action.CARRY_OUT_RELEASE: frozenset({SERVICE}),

    Action.PLAN_ROLLOUT: frozenset({ENGINEER, QUALITY, REGULATORY}),
    Action.ROLL_BACK: frozenset({QUALITY, REGULATORY}),
    Action.PLAN_GO_LIVE: frozenset({ENGINEER, QUALITY}),
    Action.DECIDE_GO_LIVE: frozenset({CLINICIAN}),
    Action.RECORD_CLEARANCE: frozenset({QUALITY, REGULATORY}),
    Action.RECORD_FACT: frozenset({ENGINEER, QUALITY, REGULATORY, RESPONSIBLE}),

    Action.PLACE_HOLD: frozenset({QUALITY, REGULATORY, RESPONSIBLE}),
    Action.RECORD_RETENTION_FACT: frozenset({QUALITY, REGULATORY, RESPONSIBLE}),
    Action.PROPOSE_DELETION: frozenset({QUALITY, REGULATORY, ADMINISTRATOR}),
    Action.CONFIRM_DELETION: frozenset({QUALITY, REGULATORY}),

    Action.GRANT_IDENTITY: frozenset({QUALITY, RESPONSIBLE}),
    Action.REVEAL_IDENTITY: frozenset({QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}),
    Action.RELEASE_REPORT: frozenset({QUALITY, CLINICIAN}),
    Action.MERGE_PATIENTS: frozenset({QUALITY, CLINICIAN, ADMINISTRATOR}),
    Action.RECORD_BREACH: frozenset({QUALITY, REGULATORY, RESPONSIBLE, ADMINISTRATOR}),
    Action.CLOSE_BREACH: frozenset({QUALITY, REGULATORY, RESPONSIBLE}),

    Action.DECLARE_GAPS: frozenset({ENGINEER, QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}),
    Action.WRITE_TEXT: frozenset({ENGINEER, QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}),
    Action.COMMENT_DOCUMENT: frozenset({ENGINEER, QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}),
    Action.ANSWER_COMMENT: frozenset({ENGINEER, QUALITY, REGULATORY, RESPONSIBLE}),
    Action.READ_BY_CHECKLIST: frozenset({QUALITY, REGULATORY, RESPONSIBLE}),
    Action.SUBMIT_DOCUMENT: frozenset({ENGINEER, QUALITY, REGULATORY, RESPONSIBLE}),
    Action.APPROVE_DOCUMENT: frozenset({QUALITY, REGULATORY}),
    Action.PUT_DOCUMENT_INTO_FORCE: frozenset({QUALITY, REGULATORY}),
    Action.WITHDRAW_DOCUMENT: frozenset({QUALITY, REGULATORY}),

    Action.ACKNOWLEDGE_ALERT: frozenset(
        {ENGINEER, QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}
    ),
    Action.CLOSE_ALERT: frozenset({QUALITY}),
    Action.ASSIGN_ALERT: frozenset({ENGINEER, QUALITY, REGULATORY, RESPONSIBLE}),
    Action.ANNOUNCE_CHANGE: frozenset(
        {ENGINEER, QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}
    ),
    Action.EXPORT_CASES: frozenset({ENGINEER, QUALITY, REGULATORY, RESPONSIBLE}),
    Action.SET_ROUTES: frozenset({QUALITY, ADMINISTRATOR}),

    Action.PROPOSE_SUSPENSION: frozenset(
        {ENGINEER, QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}
    ),
    Action.CONFIRM_SUSPENSION: frozenset({QUALITY, REGULATORY}),
    Action.RESUME_USE: frozenset({QUALITY, REGULATORY}),
    Action.ADVANCE_CAPA: frozenset({ENGINEER, QUALITY, REGULATORY}),
    Action.CLOSE_CAPA: frozenset({QUALITY, REGULATORY}),
    Action.ASSESS_CORRECTION: frozenset({REGULATORY, RESPONSIBLE}),

    Action.WORK_ON_RISKS: frozenset({ENGINEER, QUALITY, REGULATORY}),
    Action.ACCEPT_RISKS: frozenset({QUALITY, REGULATORY}),
    Action.ASSESS_SUPPLIED_SOFTWARE: frozenset({ENGINEER, QUALITY}),
    Action.REPORT_PROBLEM: frozenset({ENGINEER, QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}),
    Action.DECIDE_PROBLEM: frozenset({QUALITY, REGULATORY}),
    Action.RECORD_EVENT: frozenset({ENGINEER, QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}),
    Action.SCREEN_EVENT: frozenset({QUALITY, REGULATORY, RESPONSIBLE}),
    Action.ASSESS_EVENT: frozenset({QUALITY, REGULATORY, RESPONSIBLE}),
    Action.DECIDE_REPORTABILITY: frozenset({REGULATORY, RESPONSIBLE}),
    Action.CLOSE_EVENT: frozenset({QUALITY, REGULATORY}),
    Action.PLAN_FIELD_ACTION: frozenset({QUALITY, REGULATORY, RESPONSIBLE}),
    Action.DECIDE_FIELD_ACTION: frozenset({QUALITY, REGULATORY}),

    Action.OVERRIDE_DAY: frozenset({QUALITY, REGULATORY, RESPONSIBLE}),
    Action.OVERRIDE_LEGAL_DAY: frozenset({REGULATORY, RESPONSIBLE}),
    Action.SUBSCRIBE_CALENDAR: frozenset(Role) - {SERVICE, AUDITOR},

    Action.DRAW_ADJUDICATION: frozenset({QUALITY, REGULATORY}),
    Action.ADJUDICATE: frozenset({CLINICIAN}),

    Action.SIGN_AUTHOR: frozenset({ENGINEER, QUALITY, REGULATORY}),
    Action.SIGN_REVIEW: frozenset({QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}),
    Action.SIGN_APPROVAL: frozenset({QUALITY, REGULATORY}),
    Action.SIGN_RELEASE: frozenset({QUALITY, REGULATORY}),
    Action.SIGN_RESPONSIBLE: frozenset({RESPONSIBLE}),
    Action.SIGN_REJECTION: frozenset({QUALITY, REGULATORY, CLINICIAN, RESPONSIBLE}),

    Action.TAKE_IN: frozenset({SERVICE, ENGINEER, QUALITY, ADMINISTRATOR}),
    Action.PREDICT: frozenset({SERVICE, ENGINEER, QUALITY, ADMINISTRATOR}),
    Action.TRAIN: frozenset({SERVICE, ENGINEER}),
    Action.WATCH: frozenset({SERVICE, ENGINEER, QUALITY}),
    Action.SERVE_CALENDAR: frozenset({SERVICE, QUALITY, ADMINISTRATOR}),
    Action.RETURN_RESULT: frozenset({SERVICE, ENGINEER, QUALITY, ADMINISTRATOR}),
    Action.COMPILE_DOCUMENT: frozenset({SERVICE, ENGINEER, QUALITY, REGULATORY, RESPONSIBLE}),
    Action.ANCHOR: frozenset({SERVICE, ADMINISTRATOR, QUALITY}),
    Action.BACK_UP: frozenset({SERVICE, ADMINISTRATOR}),
    Action.VERIFY_INSTALLATION: frozenset({SERVICE, ADMINISTRATOR, QUALITY, ENGINEER}),
    Action.MIGRATE: frozenset({SERVICE, ADMINISTRATOR}),
    Action.COLLECT: frozenset({SERVICE, ADMINISTRATOR}),
}  # fmt: skip
"""Each act with its roles. Routine work is done by a service; the people named beside it are those
who may start it while they are signed in."""

SIGNING: dict[Meaning, Action] = {
    Meaning.AUTHOR: Action.SIGN_AUTHOR,
    Meaning.REVIEW: Action.SIGN_REVIEW,
    Meaning.APPROVAL: Action.SIGN_APPROVAL,
    Meaning.RELEASE: Action.SIGN_RELEASE,
    Meaning.RESPONSIBLE_PERSON: Action.SIGN_RESPONSIBLE,
    Meaning.REJECTION: Action.SIGN_REJECTION,
}

ROUTINES: dict[str, Action] = {
    "service:intake": Action.TAKE_IN,
    "service:node": Action.TAKE_IN,
    "service:hl7": Action.TAKE_IN,
    "service:gateway": Action.PREDICT,
    "service:readers": Action.TAKE_IN,
    "service:results": Action.RETURN_RESULT,
    "service:training": Action.TRAIN,
    "service:evaluation": Action.TRAIN,
    "service:deployment": Action.CARRY_OUT_RELEASE,
    "service:surveillance": Action.WATCH,
    "service:calendar": Action.SERVE_CALENDAR,
    "service:documents": Action.COMPILE_DOCUMENT,
    "service:export": Action.EXPORT_TRAIL,
    "service:anchors": Action.ANCHOR,
    "service:backup": Action.BACK_UP,
    "service:restore": Action.BACK_UP,
    "service:installation": Action.VERIFY_INSTALLATION,
    "service:migration": Action.MIGRATE,
    "service:collection": Action.COLLECT,
}
"""What each routine is started for; one that is not here is not started."""


BY_TOKEN: dict[str, Action] = {
    "take-in": Action.TAKE_IN,
    "predict": Action.PREDICT,
    "train": Action.TRAIN,
    "watch": Action.WATCH,
    "return-results": Action.RETURN_RESULT,
    "compile-document": Action.COMPILE_DOCUMENT,
    "anchor": Action.ANCHOR,
    "back-up": Action.BACK_UP,
    "export-document": Action.EXPORT_DOCUMENT,
    "export-trail": Action.EXPORT_TRAIL,
}
"""What a token of a service can be given, by the word for it; whatever decides or signs is not
here, nor is proposing a change or carrying out a release."""


def permitting(actor: Actor, action: Action) -> list[Role]:
    """The roles of this actor that may do this, in the order in which they were given."""
    if not actor.active:
        return []
    routine = actor.kind == "service"
    return [
        role
        for role in (Role(one) for one in actor.roles)
        if role in MAY[Action(action)] and (role is Role.SERVICE) is routine
    ]


def has_role(actor: Actor, role: Role) -> bool:
    """Whether this is an active person with that role: whom a plan means when it names a role."""
    return actor.active and actor.kind == "person" and role.value in actor.roles


def may(actor: Actor, action: Action) -> bool:
    """Whether this actor may do this."""
    return bool(permitting(actor, action))


def looks_only_as_auditor(actor: Actor) -> bool:
    """Whether this active person may look for no other reason than being an auditor."""
    return permitting(actor, Action.LOOK) == [AUDITOR]


def require(actor: Actor, action: Action) -> Role:
    """The role by which this actor may do this.

    Raises:
        NotAllowed: No role of the actor may, or the account is not active.
    """
    roles = permitting(actor, action)
    if not roles:
        state = "" if actor.active else " any more: the account is not active"
        raise NotAllowed(
            f"'{actor.name}' may not {action.value}{state}.",
            hint=f"Somebody with one of these roles may: {roles_named(action)}.",
        )
    return roles[0]


def roles_named(*actions: Action) -> str:
    """The roles that may do one of these, for whoever is told that others do it.

    Services are named where nobody else may.
    """
    named = {role.value for action in actions for role in MAY[action]}
    return ", ".join(sorted(named - {SERVICE.value} or named))


def routine_action(name: str) -> Action:
    """What the routine of that name does.

    Raises:
        InvalidInput: There is no such routine.
    """
    try:
        return ROUTINES[name]
    except KeyError:
        raise InvalidInput(
            f"There is no routine '{name}'.", hint=f"Known: {', '.join(ROUTINES)}."
        ) from None


def may_add_others(roles: list[Role]) -> bool:
    """Whether somebody with these roles may add accounts; the first account of all must."""
    return not MAY[Action.ADD_ACCOUNT].isdisjoint(roles)
