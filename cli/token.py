"""``radvigil token``: by which programs outside act as services; none of them decides or signs."""

from typing import Annotated

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import looking
from cli.options import ACT, LOOK, AsJson, Home, Reason, day_named, noun

app = noun("Tokens of services: make, list, revoke.")


@app.command("list", rich_help_panel=LOOK)
def list_tokens(as_json: AsJson = False, home: Home = None) -> None:
    """Every token with what it may do and until when; never the token itself."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.service_tokens import ServiceToken

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "token": one.label, "service": one.service, "may": one.acts,
                "until": one.valid_until, "status": one.status, "made_by": one.made_by,
            }
            for one in list_records(reader, ServiceToken)
        ]
    print_rows(rows, as_json=as_json, empty="No token was made.")


@app.command(rich_help_panel=ACT)
def make(
    service: Annotated[str, typer.Argument(help="The program's name, such as pacs-bridge.")],
    may: Annotated[
        list[str],
        typer.Option(
            help="What it may do: take-in, predict, train, watch, compile-document, anchor, "
            "back-up, export-document or export-trail; repeatable."
        ),
    ],
    until: Annotated[str, typer.Option(help="The last day on which it counts, as 2027-12-31.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Make a token and show it, once. Needs 'radvigil user login' as administrator.

    The program sets it as RADVIGIL_TOKEN and calls this command line, such as 'study ingest' or
    'monitor day'. No token signs, approves or decides.
    """
    from records.service_tokens import acts_named, make_token

    acts, last, refused = acts_named(may), day_named(until), {"service": service, "may": may}
    with deciding_anew(home, "making a token", reason=reason, refused=refused) as one:
        token, secret = make_token(
            one.tx, service, acts=acts, until=last, by=one.person, now=one.now
        )
    typer.echo(
        f"{token.label} of '{token.service}' counts until {last}. It is shown this once:", err=True
    )
    typer.echo(secret)


@app.command(rich_help_panel=ACT)
def revoke(
    label: Annotated[str, typer.Argument(help="The token, such as TKN-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """End a token at once. Needs 'radvigil user login' as administrator."""
    from records.service_tokens import ServiceToken, revoke_token

    with deciding(home, labelled(ServiceToken, label), "revocation", reason=reason) as one:
        revoke_token(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is revoked.")
