"""``radvigil site``: where studies are made and the device runs."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.opening import looking, now_of
from cli.options import ACT, LOOK, AsJson, Home, Reason, Since, Until, day_of, noun

if TYPE_CHECKING:
    from sqlmodel import Session

    from records.product import Site

app = noun("Where studies are made and the device runs.")


@app.command("list", rich_help_panel=LOOK)
def list_sites(as_json: AsJson = False, home: Home = None) -> None:
    """Every site, and what runs there."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.overview import running_versions

    with looking(home) as store, store.reader() as reader:
        rows = [asdict(one) for one in running_versions(reader)]
    short = ("site", "country", "site_status", "mode", "suspended", "version", "version_status",
             "since")  # fmt: skip
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No site is registered.")


@app.command("deployments", rich_help_panel=LOOK)
def list_deployments(
    model: Annotated[
        str | None, typer.Option(help="Only this version, such as MDV-0001.")
    ] = None,
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Which version ran where, from when to when: the list that a correction goes out to."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.ledger import deployments
    from records.lookup import find_record, sites_named
    from records.product import ModelVersion

    with looking(home) as store, store.reader() as reader:
        if site:
            sites_named(reader, [site])
        rows = [
            asdict(one)
            for one in deployments(
                reader, version=find_record(reader, ModelVersion, model) if model else None,
                site=site, since=day_of(since), until=day_of(until),
            )
        ]
    short = ("site", "version", "mode", "started_at", "until")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="Nothing ran.")


@app.command(rich_help_panel=LOOK)
def ledger(
    name: Annotated[str, typer.Argument(help="The site's name.")],
    day: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="Only this day (UTC)."),
    ] = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What ran at a site on a day or in a period: version, digests, operating point, definition."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.consignees import ran_at
    from records.lookup import sites_named

    first, last = (day_of(day), day_of(day)) if day else (day_of(since), day_of(until))
    with looking(home) as store, store.reader() as reader:
        sites_named(reader, [name])
        found = ran_at(reader, name, since=first, until=last, today=now_of(store).date())
        rows = [asdict(one) for one in found]
    short = ("version", "mode", "started_at", "until", "version_digest", "operating_point",
             "change")  # fmt: skip
    shown = rows if as_json else [
        {key: str(row[key])[:16] if key.endswith("digest") else row[key] for key in short}
        for row in rows
    ]
    print_rows(shown, as_json=as_json, empty="Nothing ran there then.")


@app.command(rich_help_panel=ACT)
def place(
    name: Annotated[str, typer.Argument(help="The site's name, as 'site list' shows it.")],
    country: Annotated[str, typer.Argument(help="DE, US, CH ...; XI for Northern Ireland.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Record in which country a site lies. Needs 'radvigil user login'.

    Incidents, complaints, forms and field actions count there unless another country is told.
    """
    from cli.deciding import deciding
    from records.lookup import sites_named
    from records.site_decisions import place_site

    def site(reader: "Session") -> "Site":
        return sites_named(reader, [name])[0]

    with deciding(home, site, "recording a country", reason=reason) as one:
        place_site(one.tx, one.record, country.strip().upper(), by=one.person)
        where = one.record.country
    typer.echo(f"The site '{name}' lies in {where}.")


@app.command(rich_help_panel=ACT)
def address(
    name: Annotated[str, typer.Argument(help="The site's name, as 'site list' shows it.")],
    reason: Reason,
    words: Annotated[str, typer.Option("--address", help="Of the organisation, one line.")] = "",
    telephone: Annotated[str, typer.Option(help="Of the organisation, never of a person.")] = "",
    home: Home = None,
) -> None:
    """Record the address of a site, as reports of corrections name their consignees.

    Needs 'radvigil user login'.
    """
    from cli.deciding import deciding
    from records.lookup import sites_named
    from records.site_decisions import address_site

    def site(reader: "Session") -> "Site":
        return sites_named(reader, [name])[0]

    with deciding(home, site, "recording an address", reason=reason) as one:
        address_site(one.tx, one.record, address=words, telephone=telephone, by=one.person)
    typer.echo(f"The address of the site '{name}' is recorded.")


@app.command("import", rich_help_panel=ACT)
def import_table(
    file: Annotated[
        Path, typer.Argument(help="A table, .csv (UTF-8) or .xlsx: site, country, address, "
                             "telephone."),
    ],
    reason: Reason,
    correct: Annotated[
        bool, typer.Option("--correct", help="Replace what is recorded otherwise.")
    ] = False,
    home: Home = None,
) -> None:
    """Record countries and addresses of the sites of a table; where a row is wrong, none.

    Every wrong row is told. An empty cell says nothing.

    Needs 'radvigil user login'.
    """
    from cli.deciding import deciding_anew
    from records.errors import InvalidInput
    from regulatory.site_import import import_sites

    try:
        content = file.read_bytes()
    except OSError as failed:
        raise InvalidInput(f"{file.name} cannot be read: {failed.strerror}.") from failed
    with deciding_anew(home, "import of sites", reason=reason) as one:
        done = import_sites(one.tx, content, by=one.person, correct=correct)
    typer.echo(f"Sites: {len(done.placed)} recorded, {len(done.known)} known already.")


@app.command(rich_help_panel=ACT)
def confirm(
    name: Annotated[str, typer.Argument(help="The site's name, as 'site list' shows it.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Confirm that a site named by arriving data is one of ours. Needs 'radvigil user login'."""
    from cli.deciding import deciding
    from records.lookup import sites_named
    from records.site_decisions import confirm_site

    def site(reader: "Session") -> "Site":
        return sites_named(reader, [name])[0]

    with deciding(home, site, "confirmation", reason=reason) as one:
        confirm_site(one.tx, one.record, by=one.person)
    typer.echo(f"The site '{name}' is confirmed.")
