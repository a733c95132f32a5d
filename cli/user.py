"""``radvigil user``: people, and who is signed in at this command line."""

from typing import Annotated

import typer

from cli.opening import acting, acting_person, ask_password, looking, now_of, wall_clock
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

app = noun("People: add, list, unlock, sign in, sign out.")


@app.command("list", rich_help_panel=LOOK)
def list_users(as_json: AsJson = False, home: Home = None) -> None:
    """Every account, of people and of services."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.people import Actor

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "account": one.name, "name": one.full_name, "kind": one.kind, "roles": one.roles,
                "active": one.active, "registered_at": one.registered_at,
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
        typer.Option(help="engineer, quality, regulatory, clinician or administrator; repeatable."),
    ],
    home: Home = None,
) -> None:
    """Add a person. The first is an administrator, who then signs in to add the others."""
    from records.accounts import add_person
    from records.errors import InvalidInput, NotAllowed
    from records.people import Role, check_account

    try:
        roles = [Role(one) for one in role]
    except ValueError as unknown:
        known = ", ".join(one.value for one in Role if one is not Role.SERVICE)
        raise InvalidInput(f"A role is not known: {unknown}.", hint=f"Known: {known}.") from unknown
    password = ask_password(f"Password for {name}", confirm=True)
    # Checked before a workspace is made: what is refused leaves nothing behind.
    check_account(name, full_name=full_name, roles=roles, password=password)
    with acting(home, create=True) as store:
        try:
            person = acting_person(store)
        except NotAllowed:
            person = None
        now = now_of(store)
        with store.transaction(person.name if person else name, "add a person", now=now) as tx:
            add_person(
                tx, name, full_name=full_name, roles=roles, password=password, added_by=person,
                now=now,
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
    from records.people import find_actor

    with acting(home) as store:
        person = acting_person(store)
        with store.transaction(person.name, reason, now=now_of(store)) as tx:
            unlock_account(tx, find_actor(tx, name), by=person)
    typer.echo(f"The account '{name}' is unlocked.")


@app.command(rich_help_panel=ACT)
def login(
    name: Annotated[str, typer.Argument(help="Your account name.")], home: Home = None
) -> None:
    """Sign in at this command line, until 'user logout' or half an hour unused."""
    from records.accounts import SessionFile, sign_in

    with acting(home) as store:
        actor = sign_in(store, name, ask_password(), now=now_of(store))
        SessionFile(store.workspace.keys / "session.json").begin(name, now=wall_clock())
    typer.echo(f"Signed in as {actor.full_name} ({', '.join(actor.roles)}).")


@app.command(rich_help_panel=ACT)
def logout(home: Home = None) -> None:
    """Sign out."""
    from records.accounts import SessionFile, sign_out

    with acting(home) as store:
        person = acting_person(store)
        sign_out(store, person.name, now=now_of(store))
        SessionFile(store.workspace.keys / "session.json").end()
    typer.echo(f"{person.full_name} is signed out.")
