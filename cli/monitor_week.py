"""``radvigil monitor week``: the quiet week; and who is told after a day of surveillance."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.opening import device_name, looking, now_of, seed_for
from cli.options import AsJson, DeviceName, Home, Seed

if TYPE_CHECKING:
    from records.store import Store


def week(
    device: DeviceName = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its last day; else yesterday.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write it here, as PDF on one page.")
    ] = None,
    seed: Seed = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """One page about seven days: quiet or not, what was watched, and what could have been seen.

    For each chart the smallest change that it finds with probability 0.8, from simulated weeks of
    the same size through the chart itself.
    """
    from datetime import timedelta

    from cli.printing import print_json
    from journeys.tell_week import week_of
    from monitoring.quiet_week import week_text

    with looking(home) as store, store.reader() as reader:
        now = now_of(store)
        last = until.date() if until else now.date() - timedelta(days=1)
        facts = week_of(
            reader, device_name(store, device), until=last, now=now, seed=seed_for(store, seed)
        )
        if out:
            from journeys.print_week import write_week

            write_week(reader, facts, out, now=now)
    if as_json:
        print_json(facts.as_dict())
    else:
        typer.echo(week_text(facts), nl=False)
        if out:
            typer.echo(f"\nWritten: {out}")


def tell(store: "Store", device: str, *, actor: str) -> dict[str, Any]:
    """Escalate and tell people after a day of surveillance; a failure ends nothing.

    What fails is in the answer and stays on the records, so that the next round goes on with it.
    """
    from journeys.remind_of_work import remind_of_work
    from journeys.tell_people import tell_people
    from journeys.tell_week import queue_week
    from records.errors import RadvigilError
    from records.settings import current_settings

    pages = current_settings().pages
    try:
        queue_week(store, device, actor=actor, now=now_of(store), pages=pages)
        reminded = remind_of_work(store, actor=actor, now=now_of(store), pages=pages)
        done = tell_people(store, actor=actor, clock=lambda: now_of(store), pages=pages)
    except RadvigilError as failed:
        return {"failed": failed.message}
    return {
        "escalated": [one.label for one in done.escalated],
        "reminded": [one.label for one in reminded.reminders], "queued": done.queued,
        "delivered": done.delivered, "faults": done.faults,
    }
