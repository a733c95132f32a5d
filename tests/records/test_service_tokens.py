"""A token lets a program outside do routine work in its own name for a time; it decides nothing."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from records.errors import InvalidInput, NotAllowed, TransitionRefused
from records.lookup import find_events
from records.people import Actor, Role, find_actor, register_person
from records.permissions import BY_TOKEN, MAY, SIGNING, Action
from records.service_tokens import (
    REFUSED,
    ServiceToken,
    acts_named,
    make_token,
    revoke_token,
    service_acting,
)
from records.services import ensure_service
from records.store import Store
from records.verify import verify_records


@pytest.fixture
def staffed(store: Store, now: datetime) -> Store:
    with store.transaction("radvigil", now=now) as tx:
        register_person(tx, "ada", full_name="Ada", roles=[Role.ADMINISTRATOR],
                        password="correct horse", now=now)  # fmt: skip
        register_person(tx, "quinn", full_name="Quinn", roles=[Role.QUALITY],
                        password="correct horse", now=now)  # fmt: skip
    return store


def make(
    store: Store, *acts: Action, now: datetime, days: int = 30, name: str = "pacs-bridge",
    by: str = "ada",
) -> str:  # fmt: skip
    """The secret of a new token."""
    with store.transaction(by, "a bridge to the PACS", now=now) as tx:
        _, secret = make_token(
            tx, name, acts=list(acts), until=(now + timedelta(days=days)).date(),
            by=find_actor(tx, by), now=now,
        )
    return secret


def refusals(reader: Session) -> list[tuple[str, str, str]]:
    """Actor, subject and what was wanted of each refused attempt."""
    events = find_events(reader, action=REFUSED)
    return [(one.actor, one.subject, one.new) for one in events]


@pytest.mark.requirement("REG-006")
def test_a_token_lets_its_service_do_what_it_names_under_its_own_name(
    staffed: Store, now: datetime
) -> None:
    secret = make(staffed, Action.TAKE_IN, now=now)
    service = service_acting(staffed, secret, Action.TAKE_IN, now=now)
    assert (service.name, service.kind) == ("service:pacs-bridge", "service")
    with staffed.reader() as reader:
        assert refusals(reader) == []
        assert verify_records(reader).whole


@pytest.mark.requirement("REG-006")
@pytest.mark.parametrize("action", sorted(set(Action) - {Action.TAKE_IN, Action.WATCH}))
def test_a_token_is_refused_every_other_act_and_the_attempt_is_on_record(
    staffed: Store, now: datetime, action: Action
) -> None:
    secret = make(staffed, Action.TAKE_IN, Action.WATCH, now=now)
    with pytest.raises(NotAllowed, match="RADVIGIL_TOKEN is refused"):
        service_acting(staffed, secret, action, now=now)
    with staffed.reader() as reader:
        ((actor, subject, new),) = refusals(reader)
    assert (actor, subject) == ("service:pacs-bridge", "ServiceToken:1")
    assert action.value in new


@pytest.mark.requirement("REG-006", "REG-002")
@pytest.mark.parametrize("action", sorted(set(Action) - set(BY_TOKEN.values())))
def test_no_token_is_made_for_what_is_not_routine(
    staffed: Store, now: datetime, action: Action
) -> None:
    with pytest.raises(NotAllowed, match=f"No token may {action.value}"):
        make(staffed, action, now=now)


def test_what_a_token_can_be_given_is_a_services_and_no_signature() -> None:
    for action in BY_TOKEN.values():
        assert Role.SERVICE in MAY[action]
        assert action not in SIGNING.values()


def test_the_secret_is_shown_once_and_kept_nowhere(staffed: Store, now: datetime) -> None:
    secret = make(staffed, Action.TAKE_IN, now=now)
    assert secret.startswith("rvt_") and len(secret) > 40
    assert secret != make(staffed, Action.TAKE_IN, now=now), "a service may have several"
    with staffed.reader() as reader:
        events = "".join(one.new + one.reason for one in find_events(reader))
    assert secret.removeprefix("rvt_") not in events
    for path in staffed.workspace.home.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_a_token_counts_through_its_last_day(staffed: Store, now: datetime) -> None:
    secret = make(staffed, Action.ANCHOR, now=now, days=2)
    service_acting(staffed, secret, Action.ANCHOR, now=now + timedelta(days=2))
    with pytest.raises(NotAllowed, match="TKN-0001 ended on"):
        service_acting(staffed, secret, Action.ANCHOR, now=now + timedelta(days=3))


def test_a_revoked_token_counts_no_more(staffed: Store, now: datetime) -> None:
    secret = make(staffed, Action.ANCHOR, now=now)
    for attempt in (1, 2):
        with staffed.transaction("ada", "lost", now=now) as tx:
            token, by = tx.get_one(ServiceToken, 1), find_actor(tx, "ada")
            if attempt == 1:
                revoke_token(tx, token, by=by, now=now)
            else:
                with pytest.raises(TransitionRefused):
                    revoke_token(tx, token, by=by, now=now)
    with pytest.raises(NotAllowed, match="TKN-0001 was revoked"):
        service_acting(staffed, secret, Action.ANCHOR, now=now)


def test_a_service_that_was_deactivated_acts_by_no_token(staffed: Store, now: datetime) -> None:
    secret = make(staffed, Action.ANCHOR, now=now)
    with staffed.transaction("ada", "gone", now=now) as tx:
        find_actor(tx, "service:pacs-bridge").active = False
    with pytest.raises(NotAllowed):
        service_acting(staffed, secret, Action.ANCHOR, now=now)


def test_nobodys_token_is_refused_and_what_was_tried_is_not_written_down(
    staffed: Store, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="no token of this workspace"):
        service_acting(staffed, "rvt_guessed", Action.TAKE_IN, now=now)
    with staffed.reader() as reader:
        ((actor, subject, new),) = refusals(reader)
    assert (actor, subject) == ("service:tokens", "ServiceToken:unknown")
    assert "guessed" not in new


def test_a_person_is_no_service(staffed: Store, now: datetime) -> None:
    secret = make(staffed, Action.TAKE_IN, now=now)
    with pytest.raises(NotAllowed, match="needs a person"):
        service_acting(staffed, secret, None, now=now)


def test_a_token_never_acts_under_the_name_of_a_routine(staffed: Store, now: datetime) -> None:
    with staffed.transaction("service:tokens", now=now) as tx:
        ensure_service(tx, "service:tokens", now=now)
    for name in ("intake", "service:intake", "tokens"):
        with pytest.raises(InvalidInput, match="a routine of Radvigil itself"):
            make(staffed, Action.TAKE_IN, now=now, name=name)
    with pytest.raises(InvalidInput, match="no name of a service"):
        make(staffed, Action.TAKE_IN, now=now, name="PACS Bridge")
    with staffed.reader() as reader:
        assert reader.exec(select(Actor).where(Actor.name == "service:intake")).first() is None


def test_bad_orders_are_refused(staffed: Store, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="'quinn' may not make and revoke tokens"):
        make(staffed, Action.TAKE_IN, now=now, by="quinn")
    with pytest.raises(InvalidInput, match="No act was named"):
        make(staffed, now=now)
    with pytest.raises(InvalidInput, match="is past"):
        make(staffed, Action.TAKE_IN, now=now, days=-1)
    with pytest.raises(InvalidInput, match=r"'sign' is no act of a token.*take-in"):
        acts_named(["take-in", "sign"])
