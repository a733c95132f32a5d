"""What an identity provider's answer opens: one session of a linked account, once."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from records.accounts import add_person, deactivate_account
from records.errors import InvalidInput, NotAllowed, NotFound, PasswordToChange, Refused
from records.identity_links import IdentityLink, active_links, counts, link_identity, revoke_link
from records.identity_provider import IdentityProvider
from records.lockout import FAILURES, SIGN_IN_REFUSED, note_failed_password
from records.lookup import find_events
from records.people import Actor, Role, find_actor, prove_identity
from records.provider_sign_in import Entrance, is_new, read_answer, sign_in_by_provider
from records.store import Store

PASSWORD = "correct horse battery"
OWN = "a word for signing"
ISSUER = "https://login.example.org"
PROVIDER = IdentityProvider("Example Hospital", ISSUER, "radvigil", Path("unused"))

Enter = Callable[..., Entrance]


@pytest.fixture
def people(store: Store, now: datetime) -> Store:
    """Ada and Abe administer; Lena of quality is linked, with a password that Ada gave her."""
    with store.transaction("ada", "setup", now=now) as tx:
        ada = None
        for name, role in (
            ("ada", Role.ADMINISTRATOR), ("abe", Role.ADMINISTRATOR), ("lena", Role.QUALITY)
        ):
            made = add_person(
                tx, name, full_name=name.title(), roles=[role], password=PASSWORD, added_by=ada,
                now=now,
            )
            ada = ada or made
        link_identity(tx, find_actor(tx, "lena"), issuer=f"{ISSUER}/", identity="7f3a",
                      by=find_actor(tx, "ada"), now=now)  # fmt: skip
    return store


def claims(now: datetime, **changes: Any) -> dict[str, Any]:
    """What an ID token says."""
    said = {"iss": ISSUER, "sub": "7f3a", "aud": "radvigil", "iat": int(now.timestamp()),
            "nonce": "n-1"}  # fmt: skip
    return said | changes


@pytest.fixture
def enter(people: Store, now: datetime) -> Enter:
    def call(*, after: timedelta = timedelta(seconds=3), password: str = OWN,
             **changes: Any) -> Entrance:  # fmt: skip
        return sign_in_by_provider(
            people, PROVIDER, read_answer(claims(now, **changes)), now=now, wall_clock=now + after,
            new_password=password,
        )

    return call


def events(store: Store, action: str) -> list[tuple[str, str, dict[str, Any]]]:
    with store.reader() as reader:
        found = find_events(reader, action=action)
        return [(one.actor, one.subject, json.loads(one.new)) for one in found]


@pytest.mark.requirement("R-P11-10d", "R-P11-200")
def test_who_has_no_own_password_yet_sets_one_and_is_in_and_the_event_names_the_provider(
    people: Store, enter: Enter, now: datetime
) -> None:
    with pytest.raises(PasswordToChange):
        enter(password="")
    with pytest.raises(InvalidInput, match="too short"):
        enter(password="short")
    entrance = enter()
    assert entrance.person.name == "lena"
    ((actor, subject, new),) = events(people, "sign in by provider")
    assert (actor, subject) == ("lena", entrance.person.subject)
    assert (new["provider"], new["issuer"], new["link"]) == ("Example Hospital", ISSUER, "LNK-0001")
    with people.reader() as reader:
        prove_identity(find_actor(reader, "lena"), OWN)
        assert not find_actor(reader, "lena").password_temporary
        assert counts(reader, entrance.link_id)
    assert enter(password="", nonce="n-2").person.name == "lena"


@pytest.mark.requirement("R-P11-10d")
def test_an_answer_opens_one_session_and_not_a_second_one(
    people: Store, enter: Enter, now: datetime
) -> None:
    answer = read_answer(claims(now))
    with people.reader() as reader:
        assert is_new(reader, answer)
    enter()
    with people.reader() as reader:
        assert not is_new(reader, answer)
    with pytest.raises(NotAllowed, match="was used before"):
        enter()


@pytest.mark.requirement("R-P11-10d", "REG-001")
@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"sub": "mallory"}, "knows you as 'mallory', and no account here is linked"),
        ({"iss": "https://elsewhere.example.org"}, "not of the identity provider that is set"),
        ({"aud": ["another"]}, "for another application"),
        ({"after": timedelta(minutes=11)}, "not of the last 10 minutes"),
        ({"after": timedelta(minutes=-5)}, "not of the last 10 minutes"),
    ],
)
def test_what_is_nobodys_not_for_us_or_old_is_refused_once_and_on_record(
    people: Store, enter: Enter, changes: dict[str, Any], match: str
) -> None:
    with pytest.raises(NotAllowed, match=match):
        enter(**changes)
    ((actor, _, new),) = events(people, "sign-in by provider refused")
    assert actor == "service:sign-in"
    assert new["identity"] == changes.get("sub", "7f3a")
    assert events(people, "sign in by provider") == []


def test_an_answer_without_what_makes_it_the_only_one_is_refused(now: datetime) -> None:
    for name in ("iss", "sub", "aud", "iat", "nonce"):
        with pytest.raises(NotAllowed, match=f"lacks: {name}"):
            read_answer({**claims(now), name: None})


@pytest.mark.requirement("R-P11-10d", "REG-004")
def test_a_locked_and_a_deactivated_person_are_refused(
    people: Store, enter: Enter, now: datetime
) -> None:
    for _ in range(FAILURES):
        with people.transaction("service:sign-in", now=now) as tx:
            note_failed_password(tx, find_actor(tx, "lena"), SIGN_IN_REFUSED, now=now)
    with pytest.raises(NotAllowed, match="'lena' is locked until"):
        enter()
    with people.transaction("ada", "left", now=now) as tx:
        deactivate_account(tx, find_actor(tx, "lena"), by=find_actor(tx, "ada"))
    with pytest.raises(NotAllowed, match="not active any more"):
        enter(nonce="n-2")
    assert [one[1] for one in events(people, "sign-in by provider refused")] == ["Actor:3"] * 2


@pytest.mark.requirement("R-P11-10d")
def test_a_revoked_link_opens_nothing_and_another_can_be_made(
    people: Store, enter: Enter, now: datetime
) -> None:
    with people.transaction("ada", "another provider", now=now) as tx:
        revoke_link(tx, find_actor(tx, "lena"), by=find_actor(tx, "ada"), now=now)
        with pytest.raises(NotFound, match="not linked"):
            revoke_link(tx, find_actor(tx, "lena"), by=find_actor(tx, "ada"), now=now)
    with people.reader() as reader:
        assert not counts(reader, 1)
    with pytest.raises(NotAllowed, match="no account here is linked"):
        enter()
    with people.transaction("ada", "again", now=now) as tx:
        link_identity(tx, find_actor(tx, "lena"), issuer=ISSUER, identity="7f3a",
                      by=find_actor(tx, "ada"), now=now)  # fmt: skip
    assert enter(nonce="n-2").link_id == 2


@pytest.mark.requirement("R-P11-10d", "REG-001", "REG-002")
def test_only_another_administrator_links_and_one_person_to_one_account(
    people: Store, now: datetime
) -> None:
    def link(name: str, by: str, identity: str = "other", issuer: str = ISSUER) -> IdentityLink:
        with people.transaction(by, "link", now=now) as tx:
            return link_identity(
                tx, find_actor(tx, name), issuer=issuer, identity=identity, by=find_actor(tx, by),
                now=now,
            )

    with pytest.raises(NotAllowed, match="may not link accounts"):
        link("abe", "lena")
    with pytest.raises(NotAllowed, match="Nobody links the own account"):
        link("ada", "ada")
    with pytest.raises(Refused, match="linked to an account already"):
        link("abe", "ada", identity="7f3a")
    with pytest.raises(Refused, match="'lena' is linked already"):
        link("lena", "ada")
    with pytest.raises(InvalidInput, match="issuer is no address"):
        link("abe", "ada", issuer="hospital")
    with pytest.raises(InvalidInput, match="subject is blank"):
        link("abe", "ada", identity=" ")
    made = link("abe", "ada")
    with people.reader() as reader:
        assert active_links(reader, reader.get_one(Actor, made.person_id)) == [made]


@pytest.mark.requirement("REG-004")
def test_coming_in_by_the_provider_does_not_forgive_failed_passwords(
    people: Store, enter: Enter, now: datetime
) -> None:
    for number in range(FAILURES):
        with people.transaction("service:sign-in", now=now) as tx:
            note_failed_password(tx, find_actor(tx, "lena"), SIGN_IN_REFUSED, now=now)
        if number < FAILURES - 1:
            enter(nonce=f"n-{number}", password="" if number else OWN)
    with pytest.raises(NotAllowed, match="locked until"):
        enter(nonce="last")
