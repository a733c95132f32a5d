"""``radvigil monitor announce``, ``announced``, ``withdraw``, ``renew``: what sites change."""

from typing import Annotated

import typer

from cli.deciding import deciding
from cli.opening import acting, acting_person, device_name, looking, now_of
from cli.options import AsJson, DeviceName, Home, Reason, day_named


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
        home, lambda reader: find_record(reader, PlannedChange, announcement), "withdrawal",
        reason=reason,
    ) as one:
        made = withdraw_change(one.tx, one.record, reason=reason, by=one.person, now=one.now)
        said = f"{one.record.label} is withdrawn by {made.label}."
    typer.echo(said)


def renew(
    announcement: Annotated[str, typer.Argument(help="Such as PLC-0001.")],
    reason: Reason,
    without_truth: Annotated[
        bool, typer.Option("--without-truth", help="Where truth does not show yet that it works.")
    ] = False,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Take the references of a site's charts afresh after a change. Needs 'radvigil user login'.

    Of input and output, from the first studies after it. Where the truth since does not show that
    the claims hold you confirm it without; where it shows the contrary it is refused.
    """
    from journeys.renew_references import renew_references
    from records.lookup import find_record
    from records.planned_changes import PlannedChange

    with acting(home) as store:
        with store.reader() as reader:
            change = find_record(reader, PlannedChange, announcement)
        found, made = renew_references(
            store, device_name(store, device), change, without_truth=without_truth,
            actor=acting_person(store).name, reason=reason, now=now_of(store),
        )
    typer.echo(f"{len(made)} charts have a new reference from the next watched day on.")
    typer.echo(f"Performance since the change: {found.grounds}.")
    for chart, why in found.refused.items():
        typer.echo(f"{chart} keeps its reference: {why}.")


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
