"""``radvigil install``: is this installation fit for its records, and are they of its version?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import ACT, AsJson, Home, noun

if TYPE_CHECKING:
    from records.orphans import Orphan

app = noun("This installation: bring its records to a newer version, collect orphan bytes.")


@app.callback()
def install() -> None:
    """This installation: bring its records to a newer version, collect orphan bytes."""


@app.command(rich_help_panel=ACT)
def migrate(as_json: AsJson = False, home: Home = None) -> None:
    """Bring the records of an older version to this one, verified, or leave them as they are.

    Any command that writes does the same; here it can be done alone. With PostgreSQL and a role
    for the program, the owner of the tables runs it. Of an SQLite database a copy is kept in
    before-migration.
    """
    from dataclasses import asdict

    from cli.printing import print_json
    from records.migration import migrate_workspace
    from records.settings import Settings, require_workspace
    from records.store import SCHEMA, Store, make_engine, open_store

    workspace = require_workspace(home)
    store = Store(workspace, make_engine(workspace, Settings().database_url))
    try:
        done = migrate_workspace(store)
    finally:
        store.close()
    open_store(workspace).close()  # says what is missing where there was nothing to migrate
    if as_json:
        print_json({"schema": SCHEMA, "migrated": asdict(done) if done else None})
    elif done is None:
        typer.echo(f"The records are of this version already (schema {SCHEMA}).")
    else:
        kept = f" As they were: {workspace.before_migration / done.copy}." if done.copy else ""
        typer.echo(f"Migrated from schema {done.before} to {done.after}, and whole.{kept}")


@app.command(rich_help_panel=ACT)
def collect(
    yes: Annotated[
        bool, typer.Option("--yes/--dry-run", help="Take them away; else they are only listed.")
    ] = False,
    hours: Annotated[
        int, typer.Option("--older-than", min=1, max=100_000,
                            help="Hours that nobody has written them.")
    ] = 24,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List bytes that no record names, and with --yes take them away, on record.

    Content and refused files that were never recorded, what broken-off work left, frozen folders
    without a version, and what DVC keeps of these. What a record names stays, whatever its age;
    so does what was written in the last hours, because its record may be about to follow.
    """
    from datetime import timedelta

    from cli.opening import acting, looking, now_of, start_routine, wall_clock
    from records.collection import collect as take_away
    from records.collection import orphans_of

    before = wall_clock() - timedelta(hours=hours)
    if not yes:
        with looking(home) as store:
            found = orphans_of(store, before=before)
        _say(found, "would go", store.workspace.home, as_json=as_json)
        return
    with acting(home) as store:
        actor = start_routine(store, "service:collection", task="install collect")
        done = take_away(store, before=before, actor=actor, now=now_of(store))
    _say(done.taken, "taken away", store.workspace.home, as_json=as_json)


def _say(orphans: "Sequence[Orphan]", what: str, home: Path, *, as_json: bool) -> None:
    from cli.printing import print_json, print_rows

    rows = [
        {"kind": one.kind.value, "bytes": one.size, "path": one.path.relative_to(home).as_posix()}
        for one in orphans
    ]
    size = sum(one.size for one in orphans)
    if as_json:
        print_json({"state": what, "count": len(rows), "bytes": size, "orphans": rows})
        return
    print_rows(rows, as_json=False, empty="Every byte that is old enough is named by a record.")
    if rows:
        typer.echo(f"{len(rows)} {what}, {size} bytes.")
