"""``radvigil site``: where studies are made and the device runs."""

from typing import Annotated

import typer

from cli.opening import looking
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

app = noun("Where studies are made and the device runs.")


@app.command("list", rich_help_panel=LOOK)
def list_sites(as_json: AsJson = False, home: Home = None) -> None:
    """Every site, and what runs there."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.overview import running_versions

    with looking(home) as store, store.reader() as reader:
        rows = [asdict(one) for one in running_versions(reader)]
    short = ("site", "site_status", "mode", "version", "version_status", "since")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No site is registered.")


@app.command(rich_help_panel=ACT)
def confirm(
    name: Annotated[str, typer.Argument(help="The site's name, as 'site list' shows it.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Confirm that a site named by arriving data is one of ours. Needs 'radvigil user login'."""
    from cli.opening import acting, acting_person, now_of
    from records.lookup import sites_named

    with acting(home) as store:
        person = acting_person(store)
        with store.transaction(person.name, reason, now=now_of(store)) as tx:
            site = sites_named(tx, [name])[0]
            site.status = "confirmed"
            tx.add(site)
    typer.echo(f"The site '{name}' is confirmed.")
