"""From an incident to its MIR, the follow-up, and a field action whose silent site is reminded."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from journeys.fill_submission import fill_submission_about
from journeys.keep_submission import data_set_of
from journeys.my_work import owed_work
from records.correction_assessments import QUESTIONS, assess_correction
from records.errors import InvalidInput, NotAllowed, Refused
from records.field_actions import (
    FieldAction,
    assessments_of,
    open_field_action,
    put_in_force,
)
from records.field_notices import (
    answer_notice,
    check_effectiveness,
    ledger_of,
    notify_consignee,
    reconciled,
)
from records.form_versions import FormVersion
from records.incidents import Incident, add_awareness
from records.lookup import find_record, list_records
from records.queries import sites_by_name
from records.site_decisions import address_site, place_site
from records.store import Store
from regulatory.reportability import assess_incident
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY
from tests.regulatory.reported_incident import (
    LATER,
    MIR,
    PLAN,
    UNKNOWN,
    Act,
    act,
    kept,
    owed,
    released,
    reported,
    sent,
    store,
)

__all__ = ["act", "store"]


@pytest.mark.requirement("REG-025", "REG-035", "REG-080", "REG-084")
def test_a_form_is_kept_lacks_fields_by_number_and_counts_when_signed(
    store: Store, act: Act
) -> None:
    first = act("regulatory", kept(store, MIR | {"udi_pi": None, "operator": None}))
    assert (first.label, first.version) == ("FRM-0001", 1)
    assert [one["number"] for one in first.missing] == ["2.1", "3.2"]
    told = {one["key"]: one.get("from") for one in data_set_of(store.workspace, first)["fields"]}
    assert told["awareness_incident"] == ["AWF-0001"] and told["device_name"] == ["DEV-0001"]
    assert told["awareness_reportability"] == ["RPD-0001"]
    assert (told["classification"], told["software_version"]) == (["CLK-0001"], ["DEP-0001"])
    assert told["report_type"] is None, "a person gave it"
    with pytest.raises(Refused, match=r"2\.1 UDI-PI: needed; 3\.2 Operator at the time"):
        act("regulatory", reported("FRM-0001"))
    second = act("regulatory", kept(store, MIR | {"operator": {"unknown": "Nobody told."}}))
    assert second.missing == [] and second.unknown[0]["number"] == "3.2"
    with pytest.raises(Refused, match=r"Operator .*: unknown, and what was done to learn it"):
        act("regulatory", reported(second.label))
    odd = UNKNOWN | {"attempts": ["IRQ-0009: asked again"]}
    with pytest.raises(Refused, match="IRQ-0009 is no question that was asked about INC-0001"):
        act("regulatory", kept(store, MIR | {"operator": odd}))
    act("regulatory", kept(store, MIR | {"operator": UNKNOWN}))
    report = act("regulatory", reported("FRM-0003"))
    assert (report.form, report.kind) == ("MIR 7.3.1", "initial")
    with pytest.raises(Refused, match="no valid signature with the meaning 'responsible-person'"):
        act("regulatory", sent(1))
    act("responsible", lambda tx, by: released(tx, by, "FRM-0003"))
    assert act("regulatory", sent(1)).status == "sent"


@pytest.mark.requirement("REG-082", "REG-084")
def test_a_follow_up_shows_what_changed_against_what_was_reported_last(
    store: Store, act: Act
) -> None:
    said = {"report_type": "FOLLOW_UP", "operator": "radiographer",
            "authority_reference": UNKNOWN, "eudamed_reference": UNKNOWN}  # fmt: skip
    later = act("regulatory", kept(store, said, follows="FRM-0003"))
    assert (later.label, later.version, later.missing) == ("FRM-0004", 2, [])
    assert [one["number"] for one in later.changed] == ["1.1c", "1.1d", "1.2e", "3.2"]
    shown = data_set_of(store.workspace, later)["changed"][-1]
    assert (shown["was"], shown["is"]) == (
        {"unknown": "The site has not answered."}, "radiographer"
    )
    with pytest.raises(Refused, match="FRM-0002 follows no version, and FRM-0003 was reported"):
        act("regulatory", reported("FRM-0002"))
    made = act("regulatory", reported("FRM-0004"))
    assert (made.version, made.kind) == (2, "follow-up")
    with pytest.raises(Refused, match="no valid signature"):
        act("regulatory", sent(2))
    act("responsible", lambda tx, by: released(tx, by, "FRM-0004"))
    assert act("regulatory", sent(2)).status == "sent"


def test_who_names_a_patient_is_refused_and_nothing_is_kept(store: Store, act: Act) -> None:
    with store.reader() as reader:
        before = len(list_records(reader, FormVersion))
    named = MIR | {"event_description": "Patient Zwetschkenbaum was sent home."}
    with pytest.raises(Refused, match=r"3\.1 Description of the incident seems to hold"):
        act("regulatory", kept(store, named))

    def assessed(tx: Any, by: Any) -> None:
        facts = {"member_states": ["patient Zwetschkenbaum, MRN 4711234"]}
        one = Incident(device_id=1, complaint_id=1, site=SITES[0], words="x", opened_by="ada",
                       opened_at=TODAY)  # fmt: skip
        tx.add(one)
        tx.flush()
        add_awareness(tx, one, person="support", person_class="ANY_EMPLOYEE", known_at=TODAY,
                      zone="UTC", how="a call", by=by, now=TODAY)  # fmt: skip
        assess_incident(tx, one, "JP", facts, grounds="x", by=by, now=TODAY)

    with pytest.raises(InvalidInput, match=r"The fact member states seems to hold") as refused:
        act("regulatory", assessed)
    assert "4711234" not in str(refused.value)
    with store.reader() as reader:
        assert len(list_records(reader, FormVersion)) == before
        assert len(list_records(reader, Incident)) == 1


@pytest.mark.requirement("REG-086", "REG-036")
def test_a_silent_consignee_is_owed_reminded_answers_and_the_action_is_closed(
    store: Store, act: Act
) -> None:
    one = act("quality", lambda tx, by: open_field_action(tx, PLAN, by=by, now=TODAY))
    assert (one.label, one.sites) == ("FSA-0001", [SITES[0], SITES[1]])
    with store.reader() as reader:
        (asked,) = assessments_of(reader, one)
        assert [each.due for each in owed_work(reader, TODAY) if each.label == asked.label] == [
            date(2026, 3, 20)
        ]

    def told(site: str, on: date, now: Any = TODAY) -> Callable[..., Any]:
        return lambda tx, by: notify_consignee(
            tx, tx.get_one(FieldAction, 1), site, channel="letter", addressee="radiology", on=on,
            by=by, now=now,
        )

    def answered(site: str, done: int | None = None) -> Callable[..., Any]:
        return lambda tx, by: answer_notice(
            tx, tx.get_one(FieldAction, 1), site, words="read and done", installations=done,
            on=LATER.date(), by=by, now=LATER,
        )

    def in_force(tx: Any, by: Any) -> Any:
        return put_in_force(tx, tx.get_one(FieldAction, 1), by=by, password=PASSWORD,
                            reason="the text is plain", now=TODAY)  # fmt: skip

    def closed(effective: bool) -> Callable[..., Any]:
        return lambda tx, by: check_effectiveness(
            tx, tx.get_one(FieldAction, 1), effective=effective, words="no finding missed in 100",
            by=by, password=PASSWORD, now=LATER,
        )

    with pytest.raises(Refused, match="nobody is told of it"):
        act("quality", told(SITES[0], TODAY.date()))
    with pytest.raises(NotAllowed, match="made FSA-0001"):
        act("quality", in_force)
    act("regulatory", in_force)
    for site in one.sites:
        act("quality", told(site, TODAY.date()))
    act("quality", answered(SITES[0], done=1), now=LATER)
    assert owed(store, LATER) == [
        (f"{SITES[1]} has not answered: remind it", TODAY.date() + timedelta(days=14))
    ]
    with pytest.raises(Refused, match=r"not closed: south clinic is 'notified'"):
        act("regulatory", closed(True), now=LATER)
    act("quality", told(SITES[1], LATER.date(), LATER), now=LATER)
    assert owed(store, LATER)[0][1] == LATER.date() + timedelta(days=14)
    act("quality", answered(SITES[1]), now=LATER)
    assert owed(store, LATER) == [
        (f"{SITES[1]} answered: have it say that it is done", PLAN.act_by)
    ]
    act("quality", answered(SITES[1], done=0), now=LATER)
    with store.reader() as reader:
        rows = ledger_of(reader, reader.get_one(FieldAction, 1))
    assert [each.status for each in rows] == ["done", "partly done"]
    assert reconciled(rows).open_installations == 1
    with pytest.raises(InvalidInput, match="2 are not corrected there"):
        act("quality", answered(SITES[1], done=2), now=LATER)
    act("quality", answered(SITES[1], done=1), now=LATER)
    assert [what for what, _ in owed(store, LATER)] == ["check whether it worked, and close it"]

    def described(tx: Any, by: Any) -> None:
        for name, country in zip(SITES, ("DE", "US"), strict=False):
            site = place_site(tx, sites_by_name(tx)[name], country, by=by)
            address_site(tx, site, address=f"1 High Street, {country}", telephone="+49 30 000000",
                         by=by)  # fmt: skip

    filled_of_action(store, "806", faults="nobody recorded an address")
    act("quality", described, now=LATER)
    fsca = filled_of_action(store, "FSCA")
    assert fsca["states_affected"] == ["DE", "US"]
    assert fsca["devices_affected"] == 2 and len(fsca["responses"]) == 2
    assert fsca["related_incidents"] == ["INC-0001"] and fsca["software_versions"] == ["chest-1.0"]
    of_us = filled_of_action(store, "806")
    assert [(row["devices"], row["address"], row["telephone"]) for row in of_us["consignees"]] == [
        (1, "1 High Street, DE", "+49 30 000000"), (1, "1 High Street, US", "+49 30 000000"),
    ]  # fmt: skip

    def not_reported(tx: Any, by: Any) -> None:
        (asked,) = assessments_of(tx, tx.get_one(FieldAction, 1))
        assess_correction(tx, asked, dict.fromkeys(QUESTIONS, (False, "no risk to health")), by=by,
                          now=LATER)  # fmt: skip

    act("regulatory", not_reported, now=LATER)
    assert not [what for what, _ in owed(store, LATER) if what.startswith("submit")]
    for label in ("FSA-0001", "COA-0001"):
        kept_here = filled_of_action(store, "806.20", label)
        assert kept_here["justification"] == "no risk to health"
        assert kept_here["own_reference"] == label
    assert act("regulatory", closed(False), now=LATER).result == "not effective"
    with pytest.raises(NotAllowed, match="opened FSA-0001"):
        act("quality", closed(True), now=LATER)
    act("regulatory", closed(True), now=LATER)
    assert owed(store, LATER) == []
    with store.reader() as reader:
        assert find_record(reader, FieldAction, "FSA-0001").status == "closed"
        filled = fill_submission_about(reader, store.workspace, "MIR", "INC-0001", {}, now=LATER)
    told_now = {each["key"]: each for each in filled["fields"]}
    assert told_now["fsca_references"]["written"] == ["FSA-0001"]


def filled_of_action(
    store: Store, form: str, label: str = "FSA-0001", faults: str = ""
) -> dict[str, Any]:
    with store.reader() as reader:
        content = fill_submission_about(reader, store.workspace, form, label, {}, now=LATER)
    assert all(one["from"] for one in content["fields"])
    assert ("cells of address, telephone are empty" in str(content["faults"])) is bool(faults)
    return {one["key"]: one["written"] for one in content["fields"]}
