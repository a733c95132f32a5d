"""``radvigil work``: what is owed, by whom and until when."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.deciding import deciding_anew
from cli.opening import acting, acting_person, looking, now_of, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, noun
from cli.work_calendars import Mine, calendar, serve, subscribe, subscriptions, unsubscribe

if TYPE_CHECKING:
    from datetime import date

    from records.owed_work import OwedWork

app = noun("What is owed, by whom and until when: list, calendar, remind, override.")

app.command(rich_help_panel=LOOK)(calendar)
app.command(rich_help_panel=LOOK)(subscriptions)
app.command(rich_help_panel=ACT)(subscribe)
app.command(rich_help_panel=ACT)(unsubscribe)
app.command(rich_help_panel=ACT)(serve)


@app.command("list", rich_help_panel=LOOK)
def list_work(mine: Mine = False, as_json: AsJson = False, home: Home = None) -> None:
    """All that waits for people: legal days first, then own days, then what has none.

    Where a person set another day by signature, the computed one stands beside it.
    """
    from cli.printing import print_rows
    from journeys.my_work import my_work, owed_work

    with looking(home) as store, store.reader() as reader:
        now = now_of(store)
        work = owed_work(reader, now)
        if mine:
            work = my_work(reader, work, acting_person(store), on=now.date())
    rows = [_row(one, now.date()) if as_json else _line(one, now.date()) for one in work]
    print_rows(rows, as_json=as_json, empty="Nothing is owed.")


def _row(one: "OwedWork", today: "date") -> dict[str, object]:
    return {
        "record": one.label, "key": one.key, "kind": one.kind, "what": one.what,
        "status": one.status, "day_0": one.day_0, "due": one.due, "computed": one.computed,
        "override": one.override,
        "overdue": one.due is not None and one.due < today, "legal": one.legal,
        "legal_day": one.last_legal_day, "citation": one.citation, "rules": list(one.rules),
        "checked": one.checked, "roles": list(one.roles), "owner": one.owner, "since": one.since,
    }


def _line(one: "OwedWork", today: "date") -> dict[str, object]:
    """As people read it: the day with what was computed, the article with what was checked."""
    late = " OVERDUE" if one.due is not None and one.due < today else ""
    computed = f"{one.computed} ({one.override})" if one.computed is not None else ""
    return {
        "record": one.key, "kind": one.kind, "what": one.what, "due": f"{one.due or ''}{late}",
        "computed": computed, "legal_day": one.last_legal_day, "article": one.citation,
        "source_read": one.checked, "waits_for": one.owner or list(one.roles),
    }


@app.command(rich_help_panel=LOOK)
def since(as_json: AsJson = False, home: Home = None) -> None:
    """What changed since you were here last: alerts, releases, documents, CAPAs, announcements.

    Your last visit is the sign-in before the present one. Needs 'radvigil user login'.
    """
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.last_visit import changes_since, last_visit

    with looking(home) as store, store.reader() as reader:
        visit = last_visit(reader, acting_person(store).name, now=now_of(store))
        rows = [asdict(one) for one in changes_since(reader, visit.since)]
    print_rows(rows, as_json=as_json, empty=f"Nothing since {visit.since:%Y-%m-%d %H:%M} UTC.")


@app.command(rich_help_panel=LOOK)
def deadlines(
    device: DeviceName = None,
    jurisdiction: Annotated[str, typer.Option(help="US, EU or AI-ACT; else all.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only days that have passed.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Every day that is owed with its rule: device, jurisdiction, day 0, the law's last day."""
    from cli.printing import print_rows
    from journeys.deadlines import all_deadlines, narrowed

    with looking(home) as store, store.reader() as reader:
        found = narrowed(all_deadlines(reader, now_of(store)), device=device or "",
                         jurisdiction=jurisdiction.upper(), overdue=overdue)  # fmt: skip
    shown = ("key", "what", "device", "jurisdiction", "day_0", "due", "state", "citation", "rules")
    rows = [one.as_told() for one in found]
    if not as_json:
        rows = [{name: row[name] for name in shown} for row in rows]
    print_rows(rows, as_json=as_json, empty="No day is set for anything that is owed.")


@app.command(rich_help_panel=ACT)
def remind(as_json: AsJson = False, home: Home = None) -> None:
    """Remind people of days that come, have come or have passed, once a step; the daily run does.

    Who is reminded when is data: records/work_reminders.yaml. What waits on a channel is sent.
    """
    from cli.printing import print_fields, print_rows
    from journeys.remind_of_work import remind_of_work
    from journeys.tell_people import TellReport, send_messages
    from records.settings import current_settings

    with acting(home) as store:
        actor = start_routine(store, "service:surveillance", task="remind of work")
        done = remind_of_work(store, actor=actor, now=now_of(store),
                              pages=current_settings().pages)  # fmt: skip
        sent = TellReport()
        send_messages(store, sent, actor=actor, clock=lambda: now_of(store))
    rows = [
        {"reminder": one.label, "record": one.record, "kind": one.kind, "due": one.due,
         "step": one.step, "role": one.role, "holders": one.holders,
         "routes": one.routes or "no route carries it"}
        for one in done.reminders
    ]  # fmt: skip
    if as_json:
        print_fields({"reminders": rows, "messages": done.messages, "delivered": sent.delivered,
                      "faults": sent.faults}, as_json=True)  # fmt: skip
        return
    print_rows(rows, as_json=False, empty="Nobody is to be reminded now.")
    typer.echo(f"Messages written: {done.messages}, delivered: {sent.delivered}.")
    for label, fault in sent.faults.items():
        typer.echo(f"  {label}: {fault}", err=True)


@app.command(rich_help_panel=ACT)
def override(
    key: Annotated[str, typer.Argument(help="What is owed, such as RPB-0001 or CAPA-0001:closed.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The day instead.")],
    reason: Reason,
    beyond_law: Annotated[
        bool, typer.Option("--beyond-law", help="It is later than the law's day, knowingly.")
    ] = False,
    home: Home = None,
) -> None:
    """Set another day than the computed one, signed; the computed one stays beside it.

    A day after the law's needs a regulatory or responsible person. The computed day takes an
    override back. Needs 'radvigil user login'; asks for the password again.
    """
    from cli.signing import password_of
    from journeys.my_work import override_owed

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding_anew(home, "another day than the computed one", reason=reason) as one:
        made = override_owed(one.tx, key, day.date(), grounds=reason, by=one.person,
                             password=password, now=one.now, beyond_law=beyond_law)  # fmt: skip
        label, named, computed = made.label, made.key, made.computed
    typer.echo(f"{label}: {named} is worked towards by {day:%Y-%m-%d}; computed: {computed}.")
