"""``radvigil work``: what is owed, by whom and until when."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.opening import acting_person, looking, now_of
from cli.options import LOOK, AsJson, Home, noun

if TYPE_CHECKING:
    from datetime import datetime

    from sqlmodel import Session

    from records.owed_work import OwedWork
    from records.store import Store

app = noun("What is owed, by whom and until when: list, calendar.")

Mine = Annotated[
    bool, typer.Option("--mine", help="Only what waits for you; needs 'radvigil user login'.")
]


@app.command("list", rich_help_panel=LOOK)
def list_work(mine: Mine = False, as_json: AsJson = False, home: Home = None) -> None:
    """All that waits for people: legal days first, then own days, then what has none."""
    from cli.printing import print_rows

    with looking(home) as store, store.reader() as reader:
        now = now_of(store)
        rows = [
            {"record": one.label, "kind": one.kind, "what": one.what, "status": one.status,
             "due": one.due, "overdue": one.due is not None and one.due < now.date(),
             "legal": one.legal, "citation": one.citation, "roles": list(one.roles),
             "owner": one.owner, "since": one.since}
            for one in _work(store, reader, now, mine=mine)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Nothing is owed.")


@app.command(rich_help_panel=LOOK)
def calendar(
    out: Annotated[Path, typer.Option(help="Where the file is written, such as work.ics.")],
    mine: Mine = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The days that are owed as a calendar file (iCalendar): labels and what is to be done only."""
    from cli.printing import print_fields
    from journeys.work_calendar import calendar_of

    with looking(home) as store, store.reader() as reader:
        now = now_of(store)
        work = _work(store, reader, now, mine=mine)
        out.write_bytes(calendar_of(reader, work, now=now))
        dated = sum(one.due is not None for one in work)
    print_fields({"file": str(out), "days": dated, "owed": len(work)}, as_json=as_json)


def _work(
    store: "Store", reader: "Session", now: "datetime", *, mine: bool
) -> "list[OwedWork]":
    from journeys.my_work import my_work, owed_work

    work = owed_work(reader, now)
    return my_work(reader, work, acting_person(store), on=now.date()) if mine else work
