"""``radvigil install``: is this installation fit for its records, and are they of its version?"""

import typer

from cli.options import ACT, AsJson, Home, noun

app = noun("This installation: bring its records to a newer version.")


@app.callback()
def install() -> None:
    """This installation: bring its records to a newer version."""


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
