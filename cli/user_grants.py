"""``radvigil user grant`` and ``withdraw``: what an auditor may see, on which days."""

from typing import Annotated

import typer

from cli.deciding import account, deciding, labelled
from cli.opening import looking
from cli.options import AsJson, Home, Reason, Since, Until, day_named, day_of


def grants(as_json: AsJson = False, home: Home = None) -> None:
    """What auditors were granted, with days and scope; what is over or withdrawn included."""
    from cli.printing import print_rows
    from records.audit_grants import AuditGrant
    from records.lookup import list_records
    from records.people import Actor

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "grant": one.label, "auditor": reader.get_one(Actor, one.auditor_id).name,
                "from": one.first_day, "until": one.last_day, "scope": one.scope.words,
                "purpose": one.purpose, "status": one.status, "granted_by": one.granted_by,
            }
            for one in list_records(reader, AuditGrant)
        ]
    print_rows(rows, as_json=as_json, empty="No auditor was granted access.")


def grant(
    name: Annotated[str, typer.Argument(help="The auditor's account.")],
    first_day: Annotated[str, typer.Option("--from", help="The first day, as 2027-03-01.")],
    until_day: Annotated[str, typer.Option("--to", help="The last day, as 2027-03-05.")],
    purpose: Annotated[str, typer.Option(help="The audit, such as its number.")],
    reason: Reason,
    device: Annotated[
        list[str] | None, typer.Option(help="Only records of this device; repeatable.")
    ] = None,
    site: Annotated[
        list[str] | None, typer.Option(help="Only records of this site; repeatable.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="Only this kind of record; repeatable. A wrong one lists them."),
    ] = None,
    since: Since = None,
    until: Until = None,
    home: Home = None,
) -> None:
    """Let an auditor see records on the pages, for some days. Needs 'radvigil user login'.

    Without a grant an auditor sees nothing in a live workspace. --since and --until are the days of
    the records that are shown; --from and --to the days on which they are.
    """
    from records.audit_grants import grant_access
    from records.kinds import Scope

    scope = Scope(
        tuple(device or ()), tuple(site or ()), tuple(kind or ()), day_of(since), day_of(until)
    )
    first, last = day_named(first_day), day_named(until_day)
    with deciding(home, account(name), "grant", reason=reason) as one:
        made = grant_access(
            one.tx, one.record, scope, purpose=purpose, first_day=first, last_day=last,
            by=one.person, now=one.now,
        )
    typer.echo(f"{made.label}: '{name}' sees {scope.words}, on the days {first} to {last}.")


def withdraw(
    label: Annotated[str, typer.Argument(help="The grant, such as GRN-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """End a grant at once. Needs 'radvigil user login'."""
    from records.audit_grants import AuditGrant, withdraw_grant

    with deciding(home, labelled(AuditGrant, label), "withdrawal", reason=reason) as one:
        withdraw_grant(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is withdrawn.")
