"""The calendar of what is owed: a file, and an address that a calendar program reads."""

from pathlib import Path
from typing import Annotated

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, looking, now_of, start_routine
from cli.options import AsJson, Home, Reason

Mine = Annotated[
    bool, typer.Option("--mine", help="Only what waits for you; needs 'radvigil user login'.")
]


def calendar(
    out: Annotated[Path, typer.Option(help="Where the file is written, such as work.ics.")],
    mine: Mine = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The days that are owed as a calendar file (iCalendar): labels and what is to be done only."""
    from cli.printing import print_fields
    from journeys.my_work import my_work, owed_work
    from journeys.work_calendar import calendar_of
    from records.errors import InvalidInput

    with looking(home) as store, store.reader() as reader:
        now = now_of(store)
        work = owed_work(reader, now)
        if mine:
            work = my_work(reader, work, acting_person(store), on=now.date())
        try:
            out.write_bytes(calendar_of(reader, work))
        except OSError as wrong:
            raise InvalidInput(f"{out} cannot be written: {wrong.strerror}.") from wrong
        dated = sum(one.due is not None for one in work)
    print_fields({"file": str(out), "days": dated, "owed": len(work)}, as_json=as_json)


def subscribe(
    reason: Reason,
    at: Annotated[
        str, typer.Option(help="Where 'radvigil work serve' is reached, such as https://ward:8446.")
    ] = "https://127.0.0.1:8446",
    home: Home = None,
) -> None:
    """Make the address of your own calendar; it is shown once. Needs 'radvigil user login'.

    Whoever has the address reads labels and days of what waits for you, until you revoke it.
    """
    from journeys.calendar_feed import CALENDAR
    from records.calendar_tokens import make_calendar_token

    with deciding_anew(home, "address of a calendar", reason=reason) as one:
        made, token = make_calendar_token(one.tx, by=one.person, now=one.now)
        label = made.label
    typer.echo(f"{label} counts until it is revoked. Its address is shown this once:", err=True)
    typer.echo(f"{at.rstrip('/')}{CALENDAR}{token}.ics")


def subscriptions(as_json: AsJson = False, home: Home = None) -> None:
    """The addresses of calendars: whose, since when, revoked by whom; never the address itself."""
    from cli.printing import print_rows
    from records.calendar_tokens import calendar_tokens
    from records.people import Actor

    with looking(home) as store, store.reader() as reader:
        found = calendar_tokens(reader)
        names = {one.person_id: reader.get_one(Actor, one.person_id).name for one in found}
        rows = [
            {"calendar": one.label, "person": names[one.person_id], "status": one.status,
             "made_at": one.made_at, "revoked_by": one.revoked_by, "revoked_at": one.revoked_at}
            for one in found
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Nobody has subscribed to a calendar.")


def unsubscribe(
    label: Annotated[str, typer.Argument(help="The address, such as CLT-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Revoke the address of a calendar: yours, or another's as an administrator.

    Needs 'radvigil user login'.
    """
    from records.calendar_tokens import CalendarToken, revoke_calendar_token

    with deciding(home, labelled(CalendarToken, label), "revocation", reason=reason) as one:
        revoke_calendar_token(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is revoked.")


def serve(
    address: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine only with a certificate.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8446,
    certificate: Annotated[
        Path | None, typer.Option(help="HTTPS: the certificate with its chain (PEM).")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's key (PEM).")] = None,
    home: Home = None,
) -> None:
    """Serve the calendars at their addresses until Ctrl+C; nothing is recorded by reading one."""
    from cli.becoming_server import Listening, become_server
    from records.certificates import require_encrypted

    require_encrypted(address, certificate, key)
    with acting(home) as store:  # what is missing or not allowed is said here
        start_routine(store, "service:calendar", task="serve the calendars of what is owed")
        workspace = store.workspace
    at = Listening(address, port, certificate, key)
    become_server("gateway.serve_calendar", [], workspace, at, what="Calendars")
