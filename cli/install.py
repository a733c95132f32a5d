"""``radvigil install``: is this installation fit for its records, and are they of its version?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import install_packs
from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, looking, now_of, start_routine
from cli.options import ACT, LOOK, AsJson, Home, Reason, day_named, noun

if TYPE_CHECKING:
    from records.orphans import Orphan

app = noun(
    "This installation: verify it, migrate its records, collect orphan bytes, keep packs elsewhere."
)
app.command("push", rich_help_panel=ACT)(install_packs.push)
app.command("fetch", rich_help_panel=ACT)(install_packs.fetch)

NOT_SOUND = 1
"""The exit code where a point is neither sound nor declared."""


@app.command(rich_help_panel=ACT)
def verify(as_json: AsJson = False, home: Home = None) -> None:
    """Is this installation fit for its records? Exit code 0 if it is, 1 if not.

    Does the disk under workspace, database, vault, keys and anchors encrypt what is on it; are keys
    and anchors where they belong, and nobody else's to read; is the clock synchronised; are the
    packages those of the lock; are usage statistics off. What was found is put on record.
    """
    from dataclasses import asdict

    from cli.printing import print_json, print_rows
    from records.installation_check import check_installation, record_check

    with acting(home) as store:
        actor = start_routine(store, "service:installation", task="install verify")
        now = now_of(store)
        with store.reader() as reader:
            found = check_installation(store, reader)
        with store.transaction(actor, "verify the installation", now=now) as tx:
            check = record_check(tx, found, by=actor, now=now)
    rows = [asdict(one) for one in found.points]
    if as_json:
        print_json({"check": check.label, "sound": found.sound, "points": rows})
    else:
        print_rows(rows, as_json=False, empty="")
        typer.echo(f"{check.label}: {'sound' if found.sound else 'not sound'}.")
    if not found.sound:
        raise typer.Exit(NOT_SOUND)


@app.command(rich_help_panel=ACT)
def declare(
    point: Annotated[
        list[str],
        typer.Option(help="home, database, vault, keys, anchors or clock; repeatable."),
    ],
    words: Annotated[str, typer.Option(help="What protects it, such as 'the hypervisor's disk'.")],
    evidence: Annotated[str, typer.Option(help="What shows it: a document, a ticket.")],
    until: Annotated[str, typer.Option(help="The last day on which it counts, as 2027-12-31.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Vouch for what this system cannot see. Needs 'radvigil user login' as administrator."""
    from records.installation import declare as declare_points

    last, refused = day_named(until), {"points": point}
    with deciding_anew(home, "declaration", reason=reason, refused=refused) as one:
        made = declare_points(
            one.tx, point, words, evidence=evidence, until=last, by=one.person, now=one.now
        )
    for each in made:
        typer.echo(f"{each.label}: '{each.point}' is vouched for until {each.valid_until}.")


@app.command(rich_help_panel=ACT)
def withdraw(
    label: Annotated[str, typer.Argument(help="The declaration, such as DCL-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """End a declaration at once. Needs 'radvigil user login' as administrator."""
    from records.installation import InstallationDeclaration, withdraw_declaration

    found = labelled(InstallationDeclaration, label)
    with deciding(home, found, "withdrawal", reason=reason) as one:
        withdraw_declaration(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is withdrawn.")


@app.command("rotate-key", rich_help_panel=ACT)
def rotate_key(
    name: Annotated[
        str,
        typer.Argument(help="identity (of the mapping), anchor (signs anchors and exports) or "
                       "remote (seals packs elsewhere)."),
    ],
    reason: Reason,
    home: Home = None,
) -> None:
    """Exchange a key of the workspace for a new one, or finish where that broke off.

    Needs 'radvigil user login' as administrator. Each entry of the identity mapping is sealed anew;
    a new signing key is told in the trail and signed by the old one, whose anchors stay verifiable.
    What lies elsewhere is sealed anew by the next 'install push', and opens until then.
    """
    from journeys.rotate_key import rotate_key as exchange

    with acting(home) as store:
        person = acting_person(store)
        done = exchange(store, name, by=person.name, reason=reason, now=now_of(store))
    sealed = f" {done.entries} entries are sealed with it." if name == "identity" else ""
    earlier = " An earlier rotation was finished; none was begun." if done.finished_earlier else ""
    typer.echo(f"Version {done.version} of the {name} key counts.{sealed}{earlier}")


@app.command(rich_help_panel=LOOK)
def declarations(as_json: AsJson = False, home: Home = None) -> None:
    """Every declaration with its evidence, who made it and until when."""
    from cli.printing import print_rows
    from records.installation import InstallationDeclaration
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "declaration": one.label, "point": one.point, "words": one.words,
                "evidence": one.evidence, "until": one.valid_until, "by": one.declared_by,
                "status": one.status,
            }
            for one in list_records(reader, InstallationDeclaration)
        ]
    print_rows(rows, as_json=as_json, empty="Nothing was declared.")


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
    from records.settings import current_settings, require_workspace
    from records.store import SCHEMA, Store, make_engine, open_store

    workspace = require_workspace(home)
    store = Store(workspace, make_engine(workspace, current_settings().database_url))
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
