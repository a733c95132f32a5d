"""``radvigil user link`` and ``unlink``: who of an identity provider signs in to which account."""

from typing import Annotated

import typer

from cli.deciding import account, deciding
from cli.opening import looking
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
    from records.errors import InvalidInput
    from records.identity_links import link_identity
    from records.identity_provider import identity_provider

    if not issuer:
        provider = identity_provider()
        if provider is None:
            raise InvalidInput("No issuer was named.", hint="Give --issuer or RADVIGIL_OPENID.")
        issuer = provider.issuer
    with deciding(home, account(name), "linking", reason=reason) as one:
        made = link_identity(
            one.tx, one.record, issuer=issuer, identity=subject, by=one.person, now=one.now
        )
    typer.echo(f"{made.label}: '{subject}' of {made.issuer} signs in to the account '{name}'.")


def unlink(
    name: Annotated[str, typer.Argument(help="The account.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Revoke the link of an account; who is signed in by it is out. Needs 'radvigil user login'."""
    from records.identity_links import revoke_link

    with deciding(home, account(name), "unlinking", reason=reason) as one:
        revoked = revoke_link(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{revoked.label} is revoked: the provider signs nobody in to '{name}' any more.")
