"""Absence: a substitute acts by the own roles only, and says for whom."""

from datetime import date, timedelta

import pytest

from records.absences import Absence, absence_of, absences_on, end_absence, record_absence
from records.accounts import acting_on, sign_record
from records.errors import InvalidInput, NotAllowed, NotFound, Refused, TransitionRefused
from records.lookup import find_events
from records.notices import Notice
from records.people import Actor, Meaning, Role, find_actor
from records.permissions import Action
from records.product import Device, Site
from records.responsibility import Duty, duties_on, told
from records.site_decisions import confirm_site
from records.store import Store
from tests.conftest import NOW
from tests.people import add_people, qualify_everybody

PASSWORD = "correct horse battery"
FIRST, LAST = date(2026, 1, 5), date(2026, 1, 9)
PEOPLE = (
    ("quentin", Role.QUALITY), ("rita", Role.REGULATORY), ("quirin", Role.QUALITY),
    ("clara", Role.CLINICIAN), ("ed", Role.ENGINEER), ("olga", Role.AUDITOR),
)  # fmt: skip


@pytest.fixture
def people(store: Store) -> Store:
    """Two of quality, one each of other roles; a device that Quirin made; a site."""
    with store.transaction("quirin", "setup", now=NOW) as tx:
        add_people(tx, PEOPLE, PASSWORD, NOW)
        qualify_everybody(tx, NOW)
        tx.add(Device(name="chest", revision=1, trade_name="Chest", definition={},
                      definition_digest="d", defined_at=NOW))  # fmt: skip
        tx.add(Site(name="north", registered_at=NOW, status="unconfirmed"))
    return store


def away(
    store: Store, *, who: str = "quentin", substitute: str = "quirin", by: str = "quentin",
    first: date = FIRST, last: date = LAST,
) -> Absence:
    with store.transaction(by, "holiday", now=NOW) as tx:
        return record_absence(
            tx, find_actor(tx, who), substitute=find_actor(tx, substitute), first_day=first,
            last_day=last, reason="holiday", by=find_actor(tx, by), now=NOW,
        )


def reasons(store: Store, action: str, subject: str) -> list[str]:
    with store.reader() as reader:
        return [one.reason for one in find_events(reader, action=action, subject=subject)]


def confirm(store: Store, by: str, day: date) -> None:
    with store.reader() as reader:
        site = reader.get_one(Site, 1)
    with acting_on(
        store, site, "confirmation", actor=by, reason="contract", now=NOW + (day - NOW.date())
    ) as tx:
        confirm_site(tx, tx.get_one(Site, 1), by=find_actor(tx, by))


@pytest.mark.requirement("REG-003", "R-P11-10g")
def test_what_a_substitute_does_says_for_whom_and_nothing_after_the_last_day(
    people: Store,
) -> None:
    away(people)
    confirm(people, "quirin", LAST)
    assert reasons(people, "change status", "Site:1") == ["contract (for Quentin (quentin))"]


def test_after_the_last_day_or_an_earlier_return_everybody_acts_for_oneself(
    people: Store,
) -> None:
    away(people)
    with people.transaction("quentin", "back", now=NOW) as tx:
        absence = absence_of(tx, find_actor(tx, "quentin"), on=FIRST)
        end_absence(tx, absence, by=find_actor(tx, "quentin"), now=NOW)
        with pytest.raises(TransitionRefused):
            end_absence(tx, absence, by=find_actor(tx, "quentin"), now=NOW)
        with pytest.raises(NotFound, match="No absence of 'quentin'"):
            absence_of(tx, find_actor(tx, "quentin"), on=FIRST)
    away(people)
    confirm(people, "quirin", LAST + timedelta(days=1))
    assert reasons(people, "change status", "Site:1") == ["contract"]


@pytest.mark.requirement("REG-003", "R-P11-10g")
def test_standing_in_gives_no_role_and_no_second_signature(people: Store) -> None:
    away(people)
    with people.reader() as reader:
        device, quirin = reader.get_one(Device, 1), find_actor(reader, "quirin")
    with pytest.raises(NotAllowed, match="'quirin' made DEV-0001"):
        sign_record(people, device, signer=quirin, password=PASSWORD, meaning=Meaning.APPROVAL,
                    reason="read", now=NOW)  # fmt: skip
    with pytest.raises(Refused, match="'clara' may do nothing of what waits for 'olga'"):
        away(people, who="olga", by="olga", substitute="clara")
    away(people, who="rita", by="rita", substitute="clara")
    with people.reader() as reader:
        clara = find_actor(reader, "clara")
    with pytest.raises(NotAllowed, match="may not sign with the meaning 'approval'"):
        sign_record(people, device, signer=clara, password=PASSWORD, meaning=Meaning.APPROVAL,
                    reason="read", now=NOW)  # fmt: skip
    signature = sign_record(people, device, signer=clara, password=PASSWORD,
                            meaning=Meaning.REVIEW, reason="read", now=NOW)  # fmt: skip
    assert (signature.printed_name, signature.reason) == ("Clara", "read")
    assert reasons(people, "create", "Signature") == ["read (for Rita (rita))"]


@pytest.mark.requirement("R-P11-10g")
def test_people_record_their_own_absence_and_a_role_that_of_others(people: Store) -> None:
    with pytest.raises(NotAllowed, match="may not record the absence of others"):
        away(people, by="ed")
    assert away(people, by="quirin", substitute="rita").recorded_by == "quirin"


def test_days_and_people_that_make_no_absence_are_refused(people: Store) -> None:
    yesterday = FIRST - timedelta(days=1)
    for first, last in ((yesterday, yesterday), (LAST, FIRST)):
        with pytest.raises(InvalidInput, match="is past, or ends before it begins"):
            away(people, first=first, last=last)
    with pytest.raises(InvalidInput, match="stands in for himself or herself"):
        away(people, substitute="quentin")
    away(people)
    with pytest.raises(Refused, match=r"'quentin' is recorded as away already, .* \(ABS-0001\)"):
        away(people, substitute="rita", first=LAST, last=LAST)
    with pytest.raises(Refused, match="'quentin' is away too"):
        away(people, who="rita", by="rita", substitute="quentin")
    with people.transaction("quirin", "left", now=NOW) as tx:
        find_actor(tx, "clara").active = False
    with pytest.raises(InvalidInput, match="'clara' is not an active person"):
        away(people, who="rita", by="rita", substitute="clara")


def duty(store: Store, action: Action, on: date) -> Duty:
    with store.reader() as reader:
        return next(one for one in duties_on(reader, on) if one.action is action)


@pytest.mark.requirement("R-P11-10g")
def test_who_answers_today_is_by_role_with_substitutes_in_place_of_who_is_away(
    people: Store,
) -> None:
    assert [one.words for one in duty(people, Action.CLOSE_ALERT, FIRST).answering] == [
        "Quentin", "Quirin"
    ]
    away(people)
    closing = duty(people, Action.CLOSE_ALERT, FIRST)
    assert [one.words for one in closing.answering] == ["Quirin, also for Quentin"]
    assert (closing.away, closing.uncovered) == (("Quentin",), ())
    after = duty(people, Action.CLOSE_ALERT, LAST + timedelta(days=1))
    assert [one.words for one in after.answering] == ["Quentin", "Quirin"]


def test_a_substitute_who_is_away_too_or_may_not_leaves_it_uncovered_and_it_shows(
    people: Store,
) -> None:
    away(people)
    away(people, who="quirin", by="quirin", substitute="rita")
    closing = duty(people, Action.CLOSE_ALERT, FIRST)
    assert (closing.answering, closing.uncovered) == ((), ("Quentin", "Quirin"))
    with people.reader() as reader:
        lacking = [told(reader, one).lacks for one in absences_on(reader, FIRST)]
    assert Action.CLOSE_ALERT in lacking[1]
    assert lacking[0] == ()


def test_a_notice_and_an_account_are_told_apart_by_their_kind(people: Store) -> None:
    from records.absences import spoken_for


    away(people)
    with people.reader() as reader:
        quirin: Actor = find_actor(reader, "quirin")
        notice = Notice(kind="?", about="?", words="?", raised_at=NOW)
        assert spoken_for(reader, quirin, notice, "acknowledgement", on=FIRST) == ""
        assert spoken_for(reader, quirin, notice, "linking", on=FIRST) == ""
