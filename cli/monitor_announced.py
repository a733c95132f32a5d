"""``radvigil monitor announce``, ``announced`` and ``withdraw``: what a site says it changes."""

from typing import Annotated

import typer

from cli.deciding import deciding
from cli.opening import looking
from cli.options import AsJson, Home, Reason, day_named


def announce(
    site: Annotated[str, typer.Option(help="Where.")],
    what: Annotated[str, typer.Option(help="scanner, software, protocol or mix (of patients).")],
    first_day: Annotated[str, typer.Option("--from", help="The first day, as 2027-03-01.")],
    until: Annotated[str, typer.Option(help="The last day, as 2027-03-03.")],
    description: Annotated[str, typer.Option(help="What changes, in a few words.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Announce a change at a site, such as a scanner that is replaced. Needs 'radvigil user login'.

    Alerts are raised as ever: a planned change may break the device too. One whose likely cause is
    of this kind says that it was announced. A change that has begun may be announced late; it says
    so.
    """
    from records.lookup import sites_named
    from records.planned_changes import announce_change

    first, last = day_named(first_day), day_named(until)
    with deciding(
        home, lambda reader: sites_named(reader, [site])[0], "announcement", reason=reason
    ) as one:
        made = announce_change(
            one.tx, one.record, kind=what, first_day=first, last_day=last,
            description=description, reason=reason, by=one.person, now=one.now,
        )
        words = made.words
    typer.echo(f"Announced at {site}: {words}.")


def withdraw(
    announcement: Annotated[str, typer.Argument(help="Such as PLC-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Withdraw an announcement by a later record. Needs 'radvigil user login'."""
    from records.lookup import find_record
    from records.planned_changes import PlannedChange, withdraw_change

    with deciding(
        home, lambda reader: find_record(reader, announcement, PlannedChange), "withdrawal",
        reason=reason,
    ) as one:
        made = withdraw_change(one.tx, one.record, reason=reason, by=one.person, now=one.now)
        said = f"{one.record.label} is withdrawn by {made.label}."
    typer.echo(said)


def announced(as_json: AsJson = False, home: Home = None) -> None:
    """What sites have announced, withdrawn too, each with the alerts that it accounts for."""
    from cli.printing import print_rows
    from records.announced_alerts import announcements

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"announcement": one.label, "site": one.site, "what": one.kind, "from": one.first_day,
             "until": one.last_day, "description": one.description, "by": one.announced_by,
             "announced_at": one.announced_at, "after_the_fact": one.after_the_fact,
             "status": one.status, "alerts": ", ".join(one.alerts)}
            for one in announcements(reader)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No site has announced a change.")
