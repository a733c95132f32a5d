"""An incident that is reportable in the EU, people who act on it, and what they keep and send."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from journeys.keep_submission import keep_submission
from journeys.my_work import owed_work
from records.complaints import receive_complaint
from records.field_actions import (
    FieldActionPlan,
)
from records.form_versions import FormVersion, form_of_label
from records.incidents import Incident, add_awareness, open_incident
from records.lookup import list_records
from records.people import Meaning, Role, find_actor, register_person
from records.product import Deployment, Device
from records.regulatory_reports import (
    RegulatoryReport,
    Submission,
    ask_site,
    prepare_report,
    submit_report,
    versions_of_report,
)
from records.reportabilities import Reportability, decide_reportability, rows_of
from records.settings import Workspace
from records.signatures import sign
from records.store import Store, open_store
from regulatory.reportability import assess_incident, follow_up
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate
from tests.people import qualify_everybody
from tests.regulatory.forms.whole_forms import whole
from tests.regulatory.test_reportability import EU

LATER = TODAY + timedelta(days=20)
MIR = {
    key: value for key, value in whole("MIR").items()
    if key not in {"own_reference", "event_description", "awareness_incident", "software_version",
                   "awareness_reportability", "classification", "similar_counts", "counts_method",
                   "denominator_basis", "similar_basis", "fsca_references", "device_name"}
} | {"report_type": "INITIAL", "incident_from": "2026-03-01", "incident_to": "2026-03-02",
     "submission_date": "2026-03-07", "next_report": "2026-04-06",
     "other_information": "decided on the day of the call"}  # fmt: skip
"""What a person gives: all that no record tells."""
UNKNOWN = {"unknown": "The site has not answered.", "attempts": ["IRQ-0001"]}
PLAN = FieldActionPlan(
    kind="correction", versions=("MDV-0001",), reason="Small findings are missed after an update.",
    risk="A finding may be treated late.", actions="The threshold is set back.",
    advice="Read every film without the device until then.", timetable="Within four weeks.",
    notice="Do not rely on the result. Read every film yourself.", languages=("de", "en"),
    criterion="no missed finding of this kind in 100 studies a site", remind_after=14,
    since=date(2026, 3, 1), act_by=date(2026, 4, 15), incidents=("INC-0001",),
)  # fmt: skip

Act = Callable[..., Any]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An incident in the EU that is reportable; the shadow at the third site has ended."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(opened)
    with opened.transaction("demo.quality", "the call of a site", now=TODAY) as tx:
        register_person(tx, "demo.responsible", full_name="Demo Responsible",
                        roles=[Role.RESPONSIBLE_PERSON], password=PASSWORD, now=TODAY)  # fmt: skip
        qualify_everybody(tx, TODAY)
        shadow = tx.get_one(Deployment, 3)
        shadow.ended_at = TODAY - timedelta(days=20)
        tx.add(shadow)
        by = find_actor(tx, "demo.quality")
        complaint = receive_complaint(
            tx, device=list_records(tx, Device)[-1], words="It missed a pneumothorax.",
            channel="telephone", received_at=TODAY, site=SITES[0], by=by, now=TODAY,
        )
        one = open_incident(tx, complaint, words="", by=by, now=TODAY,
                            categories=["finding missed"])  # fmt: skip
        one.event_from = one.event_to = date(2026, 3, 1)
        add_awareness(tx, one, person="support", person_class="ANY_EMPLOYEE", known_at=TODAY,
                      zone="Europe/Berlin", how="a call", by=by, now=TODAY)  # fmt: skip
    with opened.transaction("demo.regulatory", "as the rules say", now=TODAY) as tx:
        by = find_actor(tx, "demo.regulatory")
        one = tx.get_one(Incident, 1)
        assess_incident(tx, one, "EU", EU, grounds="the call", by=by, now=TODAY)
        decide_reportability(tx, rows_of(tx, one)[0], "reportable", grounds="by the rules", by=by,
                             password=PASSWORD, now=TODAY)  # fmt: skip
        ask_site(tx, one, asked="radiology", channel="telephone", question="Who operated it?",
                 by=by, now=TODAY)  # fmt: skip
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def act(store: Store) -> Act:
    """A deed of a person in a transaction of its own, which the store holds against its guards."""
    def does(who: str, deed: Callable[..., Any], now: Any = TODAY) -> Any:
        with store.transaction(f"demo.{who}", "a step of the journey", now=now) as tx:
            return deed(tx, find_actor(tx, f"demo.{who}"))

    return does


def kept(store: Store, facts: dict[str, Any], **more: Any) -> Callable[..., FormVersion]:
    return lambda tx, by: keep_submission(
        tx, store.workspace, "MIR", tx.get_one(Incident, 1), facts, by=by, now=TODAY,
        **{key: form_of_label(tx, value) for key, value in more.items()},
    )


def released(tx: Any, by: Any, label: str) -> None:
    sign(tx, form_of_label(tx, label), signer=by, password=PASSWORD, reason="complete", now=TODAY,
         meaning=Meaning.RESPONSIBLE_PERSON)  # fmt: skip


def reported(label: str) -> Callable[..., RegulatoryReport]:
    """The next version of the report in the EU, with a filled form."""
    def made(tx: Any, by: Any) -> RegulatoryReport:
        row, form = tx.get_one(Reportability, 1), form_of_label(tx, label)
        if versions_of_report(tx, row):
            return follow_up(tx, row, changed="more is known", received=TODAY.date(), filled=form,
                             by=by, now=TODAY)  # fmt: skip
        return prepare_report(tx, row, kind="initial", changed="all that is known", by=by,
                              filled=form, now=TODAY)  # fmt: skip

    return made


def sent(number: int) -> Callable[..., Submission]:
    return lambda tx, by: submit_report(
        tx, tx.get_one(RegulatoryReport, number), authority="BfArM", channel="EUDAMED",
        outcome="taken", sent=True, by=by, now=TODAY,
    )


def owed(store: Store, now: Any) -> list[tuple[str, date | None]]:
    with store.reader() as reader:
        return [(one.what, one.due) for one in owed_work(reader, now) if one.kind == "field action"]
