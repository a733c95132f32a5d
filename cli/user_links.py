"""``radvigil user link`` and ``unlink``: who of an identity provider signs in to which account."""

from typing import Annotated

import typer

from cli.opening import acting, acting_person, looking, now_of
from cli.options import AsJson, Home, Reason


def links(as_json: AsJson = False, home: Home = None) -> None:
    """Which account is linked to which person of an identity provider, revoked links included."""
    from cli.printing import print_rows
    from records.identity_links import IdentityLink
    from records.lookup import list_records
    from records.people import Actor

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "link": one.label, "account": reader.get_one(Actor, one.person_id).name,
                "issuer": one.issuer, "subject": one.identity, "status": one.status,
                "linked_by": one.linked_by, "linked_at": one.linked_at,
            }
            for one in list_records(reader, IdentityLink)
        ]
    print_rows(rows, as_json=as_json, empty="No account is linked to an identity provider.")


def link(
    name: Annotated[str, typer.Argument(help="The account.")],
    subject: Annotated[
        str,
        typer.Option(help="The provider's identifier of the person, the claim 'sub'; the event of "
                     "the refused sign-in names it."),
    ],
    reason: Reason,
    issuer: Annotated[
        str, typer.Option(help="The provider's issuer; else that of the file of RADVIGIL_OPENID.")
    ] = "",
    home: Home = None,
) -> None:
    """Let a person of the identity provider sign in to an account. Needs 'radvigil user login'.

    Only an administrator links, and nobody the own account.
    """
    from records.accounts import acting_on
    from records.errors import InvalidInput
    from records.identity_links import link_identity
    from records.identity_provider import identity_provider
    from records.people import find_actor

    if not issuer:
        provider = identity_provider()
        if provider is None:
            raise InvalidInput("No issuer was named.", hint="Give --issuer or RADVIGIL_OPENID.")
        issuer = provider.issuer
    with acting(home) as store:
        person, now = acting_person(store), now_of(store)
        with store.reader() as reader:
            known = find_actor(reader, name)
        with acting_on(store, known, "linking", actor=person.name, reason=reason, now=now) as tx:
            made = link_identity(
                tx, find_actor(tx, name), issuer=issuer, identity=subject,
                by=find_actor(tx, person.name), now=now,
            )
    typer.echo(f"{made.label}: '{subject}' of {made.issuer} signs in to the account '{name}'.")


def unlink(
    name: Annotated[str, typer.Argument(help="The account.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Revoke the link of an account; who is signed in by it is out. Needs 'radvigil user login'."""
    from records.accounts import acting_on
    from records.identity_links import revoke_link
    from records.people import find_actor

    with acting(home) as store:
        person, now = acting_person(store), now_of(store)
        with store.reader() as reader:
            known = find_actor(reader, name)
        with acting_on(store, known, "unlinking", actor=person.name, reason=reason, now=now) as tx:
            revoked = revoke_link(
                tx, find_actor(tx, name), by=find_actor(tx, person.name), now=now
            )
    typer.echo(f"{revoked.label} is revoked: the provider signs nobody in to '{name}' any more.")
