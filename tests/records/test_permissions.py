"""Each act has its roles: the table written down a second time, and each cell tried."""

import ast
from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest
from sqlmodel import Session

from journeys.define import accept_device
from records.absences import record_absence
from records.accounts import add_person, deactivate_account
from records.alert_assignments import assign_alert
from records.alert_decisions import Conclusion, acknowledge_alert, close_alert
from records.audit_grants import grant_access
from records.deletions import Deletion, withdraw_deletion
from records.errors import InvalidInput, NotAllowed, Refused
from records.identity_checks import verify_identity
from records.identity_links import link_identity
from records.installation import declare
from records.kinds import Scope
from records.legal_holds import place_hold
from records.lockout import unlock_account
from records.message_routes import MessageRoute, withdraw_route
from records.notices import Notice, acknowledge_notice
from records.own_passwords import replace_password
from records.people import Actor, Meaning, Role, find_actor
from records.permissions import (
    MAY,
    ROUTINES,
    SIGNING,
    Action,
    may,
    require,
    routine_action,
)  # fmt: skip
from records.planned_changes import announce_change
from records.product import Device, Site
from records.qualifications import qualify
from records.quality import ChangeRequest, Document
from records.retention_facts import record_fact
from records.sampling import draw_sample
from records.service_tokens import make_token
from records.services import start_service
from records.settings import REPOSITORY
from records.site_decisions import confirm_site
from records.store import Store
from records.surveillance import Alert
from regulatory.changes import refuse_change, release_version
from regulatory.gaps import declare_unknown

LETTERS = {
    "E": Role.ENGINEER, "Q": Role.QUALITY, "R": Role.REGULATORY, "C": Role.CLINICIAN,
    "P": Role.RESPONSIBLE_PERSON, "A": Role.ADMINISTRATOR, "U": Role.AUDITOR, "S": Role.SERVICE,
}  # fmt: skip
EXPECTED: dict[Action, str] = {
    Action.LOOK: "EQRCPAU", Action.EXPORT_DOCUMENT: "EQRCPAUS", Action.EXPORT_TRAIL: "EQRCPAUS",
    Action.ADD_ACCOUNT: "A", Action.UNLOCK_ACCOUNT: "A",
    Action.DEACTIVATE_ACCOUNT: "A", Action.REPLACE_PASSWORD: "A", Action.QUALIFY: "QA",
    Action.LINK_IDENTITY: "A", Action.RECORD_ABSENCE: "QA",
    Action.VERIFY_IDENTITY: "QA", Action.GRANT_ACCESS: "QA", Action.DRAW_SAMPLE: "QRPAU",
    Action.ACKNOWLEDGE_NOTICE: "A", Action.MANAGE_TOKENS: "A",
    Action.DEFINE_DEVICE: "EQR", Action.ACCEPT_DEVICE: "QR", Action.CONFIRM_SITE: "QA",
    Action.LOOK_UP_STUDY: "EQCA",
    Action.REGISTER_ENTITY: "QA", Action.RESEND_RESULT: "EQA", Action.RETURN_RESULT: "EQAS",
    Action.PROPOSE_CHANGE: "EQS", Action.RELEASE_CHANGE: "QR", Action.REFUSE_CHANGE: "QR",
    Action.ASSESS_CHANGE: "EQR", Action.APPROVE_RULES: "QR",
    Action.CARRY_OUT_RELEASE: "S", Action.DECLARE_GAPS: "EQRCP", Action.APPROVE_DOCUMENT: "QR",
    Action.WRITE_TEXT: "EQRCP", Action.COMMENT_DOCUMENT: "EQRCP", Action.ANSWER_COMMENT: "EQRP",
    Action.READ_BY_CHECKLIST: "QRP",
    Action.SUBMIT_DOCUMENT: "EQRP", Action.PUT_DOCUMENT_INTO_FORCE: "QR",
    Action.WITHDRAW_DOCUMENT: "QR", Action.SIGN_REJECTION: "QRCP",
    Action.ACKNOWLEDGE_ALERT: "EQRCP", Action.CLOSE_ALERT: "Q", Action.ASSIGN_ALERT: "EQRP",
    Action.EXPORT_CASES: "EQRP", Action.ANNOUNCE_CHANGE: "EQRCP",
    Action.SET_ROUTES: "QA",
    Action.OVERRIDE_DAY: "QRP", Action.OVERRIDE_LEGAL_DAY: "RP",
    Action.SUBSCRIBE_CALENDAR: "EQRCPA", Action.SERVE_CALENDAR: "QAS",
    Action.DRAW_ADJUDICATION: "QR", Action.ADJUDICATE: "C",
    Action.SIGN_AUTHOR: "EQR", Action.SIGN_REVIEW: "QRCP", Action.SIGN_APPROVAL: "QR",
    Action.SIGN_RELEASE: "QR", Action.SIGN_RESPONSIBLE: "P",
    Action.TAKE_IN: "EQAS", Action.PREDICT: "EQAS", Action.TRAIN: "ES", Action.WATCH: "EQS",
    Action.COMPILE_DOCUMENT: "EQRPS", Action.ANCHOR: "QAS", Action.BACK_UP: "AS",
    Action.MIGRATE: "AS", Action.COLLECT: "AS",
    Action.VERIFY_INSTALLATION: "EQAS", Action.DECLARE_INSTALLATION: "A",
    Action.ROTATE_KEY: "A", Action.PLACE_HOLD: "QRP", Action.RECORD_RETENTION_FACT: "QRP",
    Action.GRANT_IDENTITY: "QP", Action.REVEAL_IDENTITY: "QRCP", Action.RECORD_BREACH: "QRPA",
    Action.MERGE_PATIENTS: "QCA", Action.RELEASE_REPORT: "QC",
    Action.CLOSE_BREACH: "QRP",
    Action.PROPOSE_SUSPENSION: "EQRCP", Action.CONFIRM_SUSPENSION: "QR", Action.RESUME_USE: "QR",
    Action.ADVANCE_CAPA: "EQR", Action.CLOSE_CAPA: "QR", Action.ASSESS_CORRECTION: "RP",
    Action.PLAN_ROLLOUT: "EQR", Action.ROLL_BACK: "QR", Action.PLAN_GO_LIVE: "EQ",
    Action.DECIDE_GO_LIVE: "C", Action.RECORD_CLEARANCE: "QR", Action.RECORD_FACT: "EQRP",
    Action.WORK_ON_RISKS: "EQR",
    Action.ACCEPT_RISKS: "QR", Action.ASSESS_SUPPLIED_SOFTWARE: "EQ",
    Action.REPORT_PROBLEM: "EQRCP", Action.DECIDE_PROBLEM: "QR",
    Action.RECORD_EVENT: "EQRCP", Action.SCREEN_EVENT: "QRP", Action.ASSESS_EVENT: "QRP",
    Action.DECIDE_REPORTABILITY: "RP", Action.CLOSE_EVENT: "QR",
    Action.PLAN_FIELD_ACTION: "QRP", Action.DECIDE_FIELD_ACTION: "QR",
    Action.PROPOSE_DELETION: "QRA", Action.CONFIRM_DELETION: "QR",
}  # fmt: skip
"""Written down a second time: a change of the code's table shows here."""

CELLS = [(role, action) for role in Role for action in Action]
READS_ROLES = {"records/people.py", "records/permissions.py"}


def somebody(role: Role, now: datetime, *, active: bool = True) -> Actor:
    kind = "service" if role is Role.SERVICE else "person"
    return Actor(name="by", full_name="Somebody", kind=kind, roles=[role.value], active=active,
                 registered_at=now)  # fmt: skip


@pytest.mark.requirement("REG-002", "REG-006", "R-P11-10g")
@pytest.mark.parametrize(("role", "action"), CELLS)
def test_each_role_may_do_what_is_written_and_nothing_else(
    role: Role, action: Action, now: datetime
) -> None:
    allowed = role in {LETTERS[letter] for letter in EXPECTED[action]}
    assert may(somebody(role, now), action) is allowed
    assert not may(somebody(role, now, active=False), action)
    if allowed:
        assert require(somebody(role, now), action) is role
    else:
        with pytest.raises(NotAllowed, match=f"'by' may not {action.value}"):
            require(somebody(role, now), action)


@pytest.mark.requirement("R-P11-10g")
def test_what_the_table_does_not_hold_is_an_error(now: datetime) -> None:
    assert set(MAY) == set(Action) == set(EXPECTED)
    assert set(SIGNING) == set(Meaning)
    with pytest.raises(ValueError, match="launch"):
        may(somebody(Role.QUALITY, now), "launch")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="no routine 'service:launch'"):
        routine_action("service:launch")


@pytest.mark.requirement("REG-006")
def test_a_service_decides_nothing_and_a_person_is_no_service(now: datetime) -> None:
    robot = somebody(Role.SERVICE, now)
    robot.roles = [role.value for role in Role]
    person = somebody(Role.QUALITY, now)
    person.roles = [Role.SERVICE.value]
    assert {action for action in Action if may(robot, action)} == {
        Action.EXPORT_DOCUMENT, Action.PROPOSE_CHANGE, *ROUTINES.values()
    }  # fmt: skip
    assert not any(may(person, action) for action in Action)


def use_cases(tx: Session, by: Actor, now: datetime) -> dict[Action, Callable[[], object]]:
    alert, device, site, change, draft = (
        tx.get_one(table, 1) for table in (Alert, Device, Site, ChangeRequest, Document)
    )
    other = find_actor(tx, "first")
    return {
        Action.ACKNOWLEDGE_ALERT: lambda: acknowledge_alert(tx, alert, by=by, finding="x", now=now),
        Action.CLOSE_ALERT: lambda: close_alert(
            tx, alert, by=by, conclusion=Conclusion("?", "?", "no cause"), now=now
        ),
        Action.ASSIGN_ALERT: lambda: assign_alert(tx, alert, owner="?", by=by, now=now),
        Action.ANNOUNCE_CHANGE: lambda: announce_change(
            tx, site, kind="?", first_day=now.date(), last_day=now.date(), description="",
            reason="x", by=by, now=now,
        ),
        Action.SET_ROUTES: lambda: withdraw_route(
            tx, MessageRoute(recipient="quality", scheme="json", about=[], classes=[], sites=[],
                             address_digest="", registered_by="", registered_at=now,
                             status="withdrawn"), by=by, now=now,
        ),
        Action.ADD_ACCOUNT: lambda: add_person(
            tx, "demo.new", full_name="Demo New", roles=[Role.QUALITY], password="x" * 12,
            added_by=by, now=now,
        ),
        Action.MANAGE_TOKENS: lambda: make_token(
            tx, "bridge", acts=[Action.TAKE_IN], until=now.date(), by=by, now=now
        ),
        Action.VERIFY_IDENTITY: lambda: verify_identity(
            tx, other, way="?", evidence="", verified_on=now.date(), by=by, now=now
        ),
        Action.GRANT_ACCESS: lambda: grant_access(
            tx, other, Scope(), purpose="", first_day=now.date(), last_day=now.date(), by=by,
            now=now,
        ),
        Action.DRAW_SAMPLE: lambda: draw_sample(
            tx, "alert", 0, period=Scope(), seed=None, by=by, on=now.date()
        ),
        Action.RECORD_ABSENCE: lambda: record_absence(
            tx, other, substitute=other, first_day=now.date(), last_day=now.date(), reason="x",
            by=by, now=now,
        ),
        Action.LINK_IDENTITY: lambda: link_identity(
            tx, other, issuer="", identity="", by=by, now=now
        ),
        Action.ACKNOWLEDGE_NOTICE: lambda: acknowledge_notice(
            tx, Notice(kind="?", about="?", words="?", raised_at=now), by=by, answer="", now=now
        ),
        Action.UNLOCK_ACCOUNT: lambda: unlock_account(tx, other, by=by),
        Action.REPLACE_PASSWORD: lambda: replace_password(tx, other, "y" * 12, by=by, now=now),
        Action.DEACTIVATE_ACCOUNT: lambda: deactivate_account(tx, other, by=by),
        Action.DECLARE_INSTALLATION: lambda: declare(
            tx, ["vault"], "encrypted below", evidence="ticket 7", until=date(2099, 1, 1), by=by,
            now=now,
        ),
        Action.PLACE_HOLD: lambda: place_hold(tx, by=by, reason="a claim", now=now),
        Action.RECORD_RETENTION_FACT: lambda: record_fact(
            tx, "expected_life_years", device.name, "5", evidence="file 3", by=by, now=now
        ),
        Action.PROPOSE_DELETION: lambda: withdraw_deletion(
            tx, Deletion(kind="image", items=[], grounds="", rule="", periods_version=1,
                         proposed_by="", proposed_role="", proposed_at=now, status="done"),
            by=by, now=now,
        ),
        Action.QUALIFY: lambda: qualify(
            tx, other, [Meaning.REVIEW], until=date(2099, 1, 1), evidence="course",
            recorded_by=by, now=now,
        ),
        Action.ACCEPT_DEVICE: lambda: accept_device(tx, device, by=by, now=now),
        Action.CONFIRM_SITE: lambda: confirm_site(tx, site, by=by),
        Action.REFUSE_CHANGE: lambda: refuse_change(tx, change, decided_by=by, now=now),
        Action.RELEASE_CHANGE: lambda: release_version(
            tx, change, sites=[], decided_by=by, now=now
        ),
        Action.DECLARE_GAPS: lambda: declare_unknown(tx, draft, by=by, reason=""),
        Action.BACK_UP: lambda: start_service(
            tx, "service:backup", task="backup", system_user="op", now=now, started_by=by
        ),
    }


@pytest.mark.requirement("REG-002", "R-P11-10g")
@pytest.mark.parametrize("role", Role)
def test_the_use_cases_ask_the_table(store: Store, now: datetime, role: Role) -> None:
    from tests.dashboards.small_workspace import populate

    populate(store)
    tried, done = set(), set()
    with store.transaction("demo.quality", "try", now=now) as tx:
        first, by = somebody(Role.ENGINEER, now), somebody(role, now)
        first.name = "first"
        tx.add_all([first, by])
        tx.flush()
        for action, act in use_cases(tx, by, now).items():
            tried.add(action)
            try:
                act()
            except NotAllowed:
                continue
            except (Refused, InvalidInput):
                pass  # by something that comes after the role
            done.add(action)
    assert done == {action for action in tried if LETTERS_OF[role] in EXPECTED[action]}


LETTERS_OF = {role: letter for letter, role in LETTERS.items()}


def role_checks() -> Iterator[str]:
    """Comparisons and set operations that look at roles, outside the two modules that may."""
    rooms = ("records", "imaging", "models", "monitoring", "regulatory", "journeys", "pipelines",
             "dashboards", "cli", "radvigil")  # fmt: skip
    for room in rooms:
        for path in sorted((REPOSITORY / room).rglob("*.py")):
            name = path.relative_to(REPOSITORY).as_posix()
            if name in READS_ROLES:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Compare) or (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in {"isdisjoint", "intersection", "issubset", "issuperset"}
                ):
                    said = ast.unparse(node)
                    if ".roles" in said or "Role." in said:
                        yield f"{name}:{node.lineno}: {said}"


@pytest.mark.requirement("REG-002")
def test_no_other_module_checks_roles_by_itself() -> None:
    assert list(role_checks()) == []
