"""``radvigil alert``: who is told of alerts and how, tests of it, escalation, what waits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.deciding import deciding, labelled
from cli.opening import acting, acting_person, device_name, looking, now_of, start_routine
from cli.options import AsJson, DeviceName, Home, Reason

if TYPE_CHECKING:
    from records.message_routes import MessageRoute

ADDRESS = "RADVIGIL_CHANNEL"
"""The variable by which a script gives the address of a route."""


def routes(as_json: AsJson = False, home: Home = None) -> None:
    """Who is told of what over which kind of channel; addresses are secret and are not shown."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.message_routes import MessageRoute

    with looking(home) as store, store.reader() as reader:
        rows = [_row(one) for one in list_records(reader, MessageRoute)]
    print_rows(rows, as_json=as_json, empty="No route is set: nobody is told by e-mail or chat.")


def _row(one: "MessageRoute") -> dict[str, Any]:
    return {
        "label": one.label, "recipient": one.recipient, "channel": one.scheme,
        "about": ", ".join(one.about), "classes": ", ".join(one.classes) or "every",
        "sites": ", ".join(one.sites) or "every", "status": one.status,
    }


def messages(
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those on their way.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What people were told and what waits, the newest first, with what became of it."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.message_routes import MessageRoute
    from records.messages import Message

    with looking(home) as store, store.reader() as reader:
        known = {one.id: one for one in list_records(reader, MessageRoute)}
        rows = [
            {
                "label": one.label, "kind": one.kind, "to": known[one.route_id].words,
                "title": one.title, "queued_at": one.queued_at, "status": one.status,
                "attempts": one.attempts, "outcome": one.outcome,
            }
            for one in reversed(list_records(reader, Message))
            if not (waiting and one.status != "waiting")
        ]
    print_rows(rows, as_json=as_json, empty="No message was written.")


def route(
    recipient: Annotated[str, typer.Argument(help="A role, such as quality, or an account.")],
    reason: Reason,
    about: Annotated[
        list[str] | None, typer.Option(help="alert, escalation or week; repeatable; default all.")
    ] = None,
    alert_class: Annotated[
        list[str] | None,
        typer.Option("--class", help="Only alerts of this class; repeatable; default every."),
    ] = None,
    site: Annotated[
        list[str] | None, typer.Option(help="Only this site; repeatable; default every.")
    ] = None,
    address_file: Annotated[
        Path | None, typer.Option(help="A file that holds the address; else it is asked for.")
    ] = None,
    home: Home = None,
) -> None:
    """Say who is told, over which channel. Needs 'radvigil user login' as quality or administrator.

    The address (mailtos://..., slack://..., jsons://...) is a secret: it is typed unseen, or read
    from a file or from RADVIGIL_CHANNEL, and never printed or recorded.
    """
    from journeys.set_routes import set_route
    from records.message_routes import ABOUT, Wanted

    wanted = Wanted(
        recipient, tuple(about or ABOUT), tuple(alert_class or ()), tuple(site or ())
    )
    with acting(home) as store:
        person = acting_person(store)
        made = set_route(
            store, wanted, address=lambda: _address(address_file), actor=person.name,
            reason=reason, now=now_of(store),
        )
    typer.echo(f"{made.label}: {made.words}. Try it with 'radvigil alert test'.")


def _address(file: Path | None) -> str:
    from cli.opening import ask_password
    from records.errors import InvalidInput

    if file is None:
        return ask_password("Address of the channel", variable=ADDRESS).strip()
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as failed:
        raise InvalidInput(f"{file} cannot be read: {failed.strerror}.") from None


def withdraw(
    label: Annotated[str, typer.Argument(help="A route's label, such as RTE-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Nobody is told over this route any more; its address is removed."""
    from records.message_routes import MessageRoute, forget_address, withdraw_route

    with deciding(home, labelled(MessageRoute, label), "withdrawal of a route", reason=reason) as (
        one
    ):
        withdraw_route(one.tx, one.record, by=one.person, now=one.now)
    with acting(home) as store:
        forget_address(store, one.record)
    typer.echo(f"{one.record.label} is withdrawn: {one.record.words}.")


def test(
    device: DeviceName = None,
    chart: Annotated[str, typer.Option(help="As if this chart had signalled.")] = "",
    site: Annotated[str, typer.Option(help="As if at this site.")] = "",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Send a message marked TEST the whole way that an alert would go; no alert is recorded.

    Ends with 1 where somebody was not reached.
    """
    from cli.printing import print_rows
    from journeys.try_alert import Trial, try_alert
    from records.settings import current_settings

    with acting(home) as store:
        person = acting_person(store)
        found = try_alert(
            store, Trial(device_name(store, device), chart, site), actor=person.name,
            clock=lambda: now_of(store), pages=current_settings().pages,
        )
    rows = [
        {"message": one.message, "recipient": one.recipient, "channel": one.channel,
         "status": one.status, "outcome": one.outcome}
        for one in found
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="")
    if any(one.status != "delivered" for one in found):
        raise typer.Exit(1)


def escalate(as_json: AsJson = False, home: Home = None) -> None:
    """Take alerts that nobody answered in the plan's time to the next role; the daily run does so.
    """
    from cli.printing import print_rows
    from journeys.tell_people import escalate_alerts
    from records.surveillance import Alert

    with acting(home) as store:
        made = escalate_alerts(
            store, actor=start_routine(store, "service:surveillance", task="escalate alerts"),
            now=now_of(store),
        )
    rows = [
        {"escalation": one.label, "alert": Alert.label_of(one.alert_id),
         "missed": one.missed, "step": one.step, "role": one.role,
         "holders": ", ".join(one.holders) or "nobody has the role", "due_at": one.due_at}
        for one in made
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Nothing is to be escalated now.")


def send(as_json: AsJson = False, home: Home = None) -> None:
    """Escalate what is late, write the messages, and send what is due; the daily run does so."""
    from cli.printing import print_fields
    from journeys.tell_people import tell_people
    from records.settings import current_settings

    with acting(home) as store:
        done = tell_people(
            store, actor=start_routine(store, "service:surveillance", task="tell people"),
            clock=lambda: now_of(store), pages=current_settings().pages,
        )
    fields = {
        "escalated": [one.label for one in done.escalated], "queued": done.queued,
        "delivered": done.delivered, "faults": done.faults,
    }
    if done.busy:
        fields["faults"] = {"round": "another process is sending; what waits is its"}
    print_fields(fields, as_json=as_json)
