"""``radvigil user``: people, and who is signed in at this command line."""

from typing import Annotated

import typer

from cli import user_absence, user_grants, user_links, user_signing
from cli.deciding import account, deciding
from cli.opening import (
    acting,
    acting_person,
    ask_password,
    looking,
    now_of,
    person_if_signed_in,
    wall_clock,
)  # fmt: skip
from cli.options import ACT, LOOK, AsJson, Home, Reason, day_named, noun

app = noun("People: add, list, qualify, unlock, deactivate, sign in, sign out, change passwords.")
app.command("absences", rich_help_panel=LOOK)(user_absence.absences)
app.command("responsible", rich_help_panel=LOOK)(user_absence.responsible)
app.command("absent", rich_help_panel=ACT)(user_absence.absent)
app.command("returned", rich_help_panel=ACT)(user_absence.returned)
app.command("grants", rich_help_panel=LOOK)(user_grants.grants)
app.command("grant", rich_help_panel=ACT)(user_grants.grant)
app.command("withdraw", rich_help_panel=ACT)(user_grants.withdraw)
app.command("policy", rich_help_panel=LOOK)(user_signing.policy)
app.command("acknowledge", rich_help_panel=ACT)(user_signing.acknowledge)
app.command("verify-identity", rich_help_panel=ACT)(user_signing.verify_identity)
app.command("links", rich_help_panel=LOOK)(user_links.links)
app.command("link", rich_help_panel=ACT)(user_links.link)
app.command("unlink", rich_help_panel=ACT)(user_links.unlink)


@app.command("list", rich_help_panel=LOOK)
def list_users(as_json: AsJson = False, home: Home = None) -> None:
    """Every account, of people and of services, with what each person is qualified to sign."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.people import Actor
    from records.qualifications import qualifications_of

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "account": one.name, "name": one.full_name, "kind": one.kind, "roles": one.roles,
                "active": one.active, "registered_at": one.registered_at,
                "qualified": [
                    f"{held.meaning} until {held.valid_until}"
                    for held in qualifications_of(reader, one)
                ],
            }
            for one in list_records(reader, Actor)
        ]
    print_rows(rows, as_json=as_json, empty="No account is registered.")


@app.command(rich_help_panel=ACT)
def add(
    name: Annotated[str, typer.Argument(help="The account name; never used again for another.")],
    full_name: Annotated[str, typer.Option(help="As it is printed beside a signature.")],
    role: Annotated[
        list[str],
        typer.Option(
            help="engineer, quality, regulatory, clinician, responsible-person, administrator or "
            "auditor; repeatable."
        ),
    ],
    home: Home = None,
) -> None:
    """Add a person. The first is an administrator, who then signs in to add the others.

    The password given here is temporary: the first sign-in asks the person for an own one.
    """
    from records.accounts import add_account
    from records.errors import InvalidInput
    from records.people import ROLES_OF_PEOPLE, Role, check_account

    try:
        roles = [Role(one) for one in role]
    except ValueError as unknown:
        known = ", ".join(one.value for one in ROLES_OF_PEOPLE)
        raise InvalidInput(f"A role is not known: {unknown}.", hint=f"Known: {known}.") from unknown
    password = ask_password(f"Password for {name}", confirm=True)
    # Checked before a workspace is made: what is refused leaves nothing behind.
    check_account(name, full_name=full_name, roles=roles, password=password)
    with acting(home, create=True) as store:
        person = person_if_signed_in(store)
        add_account(
            store, name, full_name=full_name, roles=roles, password=password, added_by=person,
            now=now_of(store),
        )
    typer.echo(f"The account '{name}' is registered. Sign in with 'radvigil user login {name}'.")


@app.command(rich_help_panel=ACT)
def unlock(
    name: Annotated[str, typer.Argument(help="The locked account.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """End the lock after five failed passwords in a row. Needs 'radvigil user login'.

    Only an administrator unlocks; without it a lock ends after 15 minutes.
    """
    from records.lockout import unlock_account

    with deciding(home, account(name), "unlocking", reason=reason) as one:
        unlock_account(one.tx, one.record, by=one.person)
    typer.echo(f"The account '{name}' is unlocked.")


@app.command(rich_help_panel=ACT)
def deactivate(
    name: Annotated[str, typer.Argument(help="The account that is to act no more.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """End an account for good; its name is never used again. Needs 'radvigil user login'.

    Only an administrator deactivates, and nobody the own account.
    """
    from records.accounts import deactivate_account

    with deciding(home, account(name), "deactivation", reason=reason) as one:
        deactivate_account(one.tx, one.record, by=one.person)
    typer.echo(f"The account '{name}' is not active any more.")


@app.command(rich_help_panel=ACT)
def qualify(
    name: Annotated[str, typer.Argument(help="Whose qualification it is.")],
    meaning: Annotated[
        list[str],
        typer.Option(
            "--for",
            help="What it is for, a meaning of a signature: author, review, approval, release or "
            "responsible-person; repeatable.",
        ),
    ],
    until: Annotated[str, typer.Option(help="The last day on which it counts, as 2027-12-31.")],
    evidence: Annotated[str, typer.Option(help="The training and where its record is.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Record what a person is qualified to sign. Without it, or past its end, nobody signs.

    Needs 'radvigil user login' as administrator or quality; nobody records their own.
    """
    from cli.signing import meaning_named
    from records.qualifications import qualify as record_qualification

    meanings, last = [meaning_named(word) for word in meaning], day_named(until)
    with deciding(home, account(name), "qualification", reason=reason) as one:
        made = record_qualification(
            one.tx, one.record, meanings, until=last, evidence=evidence, recorded_by=one.person,
            now=one.now,
        )
    said = ", ".join(each.meaning for each in made)
    typer.echo(f"{one.record.full_name} is qualified until {last} to sign as: {said}.")


@app.command(rich_help_panel=ACT)
def password(
    name: Annotated[str, typer.Argument(help="The account; your own, unless you replace.")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="As administrator: a temporary one for a forgotten one."),
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; needed with --replace.")] = "",
    home: Home = None,
) -> None:
    """Change your own password, or as administrator replace one that somebody forgot.

    Asks for the old and the new one, or reads RADVIGIL_PASSWORD and RADVIGIL_NEW_PASSWORD. With
    --replace (needs 'radvigil user login') only the new one is asked for; it is temporary, and the
    next sign-in of that person asks for an own one.
    """
    from records.accounts import change_password
    from records.own_passwords import replace_password

    if not replace:
        with acting(home) as store:
            change_password(
                store, name, old=ask_password("Password until now"), new=_new_password(),
                now=now_of(store),
            )
        typer.echo(f"The password of '{name}' is changed.")
        return
    with deciding(home, account(name), "replacing a password", reason=reason) as one:
        replace_password(one.tx, one.record, _new_password(), by=one.person, now=one.now)
    typer.echo(f"The password of '{name}' is replaced; the next sign-in asks for an own one.")


def _new_password() -> str:
    return ask_password("New password", confirm=True, variable="RADVIGIL_NEW_PASSWORD")


@app.command(rich_help_panel=ACT)
def login(
    name: Annotated[str, typer.Argument(help="Your account name.")], home: Home = None
) -> None:
    """Sign in at this command line, until 'user logout' or half an hour unused.

    Where somebody else gave the password, or it is too old, a new one is asked for first, or read
    from RADVIGIL_NEW_PASSWORD.
    """
    from records.accounts import change_password, sign_in
    from records.errors import PasswordToChange
    from records.sessions import SessionFile

    with acting(home) as store:
        given, now = ask_password(), now_of(store)
        try:
            actor = sign_in(store, name, given, now=now)
        except PasswordToChange as waits:
            typer.echo(waits.message, err=True)
            new = _new_password()
            change_password(store, name, old=given, new=new, now=now)
            actor = sign_in(store, name, new, now=now)
        SessionFile(store.workspace.keys / "session.json").begin(name, now=wall_clock())
    typer.echo(f"Signed in as {actor.full_name} ({', '.join(actor.roles)}).")


@app.command(rich_help_panel=ACT)
def logout(home: Home = None) -> None:
    """Sign out."""
    from records.accounts import sign_out
    from records.sessions import SessionFile

    with acting(home) as store:
        person = acting_person(store)
        sign_out(store, person.name, now=now_of(store))
        SessionFile(store.workspace.keys / "session.json").end()
    typer.echo(f"{person.full_name} is signed out.")
