"""A case whole: a complaint, an incident in three jurisdictions, its report, a field action."""

from typing import Any

import pytest

from records.capas import open_capa_for
from records.complaints import Complaint, screen_complaint
from records.correction_assessments import assess_correction
from records.field_actions import FieldAction, assessments_of, open_field_action, put_in_force
from records.field_notices import answer_notice, notify_consignee
from records.incidents import Incident
from records.regulatory_reports import Submission, acknowledge_submission
from records.reportabilities import decide_reportability, rows_of
from records.store import Store
from regulatory.reportability import assess_incident, examine_completeness
from tests.dashboards.small_workspace import PASSWORD, TODAY
from tests.regulatory.event_team import ELEMENTS, US
from tests.regulatory.reported_incident import (
    LATER,
    MIR,
    PLAN,
    UNKNOWN,
    Act,
    act,
    kept,
    released,
    reported,
    sent,
    store,
)

__all__ = ["act", "case", "store"]
NOT_806 = "no risk to health: only the order of reading changes"
NOT_JP = "the device is not sold in Japan"
OTHER = MIR | {"operator": UNKNOWN, "other_information": "The awareness dates differ because the "
               "call came in the evening, and it was decided on the day after."}  # fmt: skip


@pytest.fixture(scope="module")
def case(store: Store, act: Act) -> Store:
    """Complaint, incident (EU reported, US reportable, JP not applicable), field action that is not
    reported in the US, CAPA: each the first of its kind.
    """
    act("quality", _screened)
    act("regulatory", _elsewhere)
    act("regulatory", kept(store, OTHER))
    act("regulatory", reported("FRM-0001"))
    act("responsible", lambda tx, by: released(tx, by, "FRM-0001"))
    act("regulatory", sent(1))
    act("regulatory", lambda tx, by: acknowledge_submission(
        tx, tx.get_one(Submission, 1), digest="ab" * 32, reference="N-77",
        reference_status="assigned", by=by, now=TODAY,
    ))  # fmt: skip
    made = act("quality", lambda tx, by: open_field_action(tx, PLAN, by=by, now=TODAY))
    act("regulatory", lambda tx, by: put_in_force(
        tx, tx.get_one(FieldAction, 1), by=by, password=PASSWORD, reason="plain", now=TODAY,
    ))  # fmt: skip
    act("quality", lambda tx, by: [
        notify_consignee(tx, tx.get_one(FieldAction, 1), site, channel="letter",
                         addressee="radiology", on=TODAY.date(), by=by, now=TODAY)
        for site in made.sites
    ])  # fmt: skip
    act("quality", lambda tx, by: answer_notice(
        tx, tx.get_one(FieldAction, 1), made.sites[0], words="read and done", installations=1,
        on=LATER.date(), by=by, now=LATER,
    ), now=LATER)  # fmt: skip
    act("quality", lambda tx, by: open_capa_for(
        tx, "INC-0001", problem="Small findings are missed.", by=by, now=LATER,
    ), now=LATER)  # fmt: skip
    act("regulatory", _answered, now=LATER)
    return store


def _screened(tx: Any, by: Any) -> None:
    one = tx.get_one(Complaint, 1)
    screen_complaint(tx, one, harm="NONE", harm_grounds="the radiologist saw it",
                     categories=["finding missed"], investigated=True,
                     investigation="the score was 0.2", elements=ELEMENTS, by=by)  # fmt: skip
    examine_completeness(tx, one)


def _elsewhere(tx: Any, by: Any) -> None:
    one = tx.get_one(Incident, 1)
    for place, facts, decision, why in (
        ("US", US, "reportable", "a malfunction that may recur"),
        ("JP", {}, "not applicable", NOT_JP),
    ):
        assess_incident(tx, one, place, facts, grounds="the call", by=by, now=TODAY)
        decide_reportability(tx, rows_of(tx, one)[-1], decision, grounds=why, by=by,
                             password=PASSWORD, now=TODAY)  # fmt: skip


def _answered(tx: Any, by: Any) -> None:
    (asked,) = assessments_of(tx, tx.get_one(FieldAction, 1))
    assess_correction(tx, asked, {
        "21 CFR 806": (False, NOT_806), "MDR Art. 87(1)(b)": (True, "it prevents incidents"),
    }, by=by, now=LATER)  # fmt: skip
