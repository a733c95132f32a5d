"""``radvigil backup``: everything that a workspace owns in one encrypted file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.backup_key import KeyFile, backup_key
from cli.options import AsJson, Home

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def backup(
    to: Annotated[
        Path | None, typer.Option("--to", help="A new file, on other storage.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="A backup to read through instead.")
    ] = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Write the workspace to one encrypted file while work goes on, or check such a file.

    It holds the records as of one moment, and the bytes, keys, identities and anchors that belong
    to them. --check finds whatever was altered or cut off, and unpacks nothing.
    """
    if (to is None) == (check is None):
        raise typer.BadParameter("Name either --to or --check.")
    if to is not None:
        _take(to, key_file, as_json=as_json, home=home)
    elif check is not None:
        _check(check, key_file, as_json=as_json)


def _take(to: Path, key_file: Path | None, *, as_json: bool, home: Path | None) -> None:
    from cli.opening import acting, now_of, start_routine
    from cli.printing import print_json
    from records.backup import back_up

    with acting(home) as store:
        key = backup_key(key_file, confirm=True)
        actor = start_routine(store, "service:backup", task="backup")
        taken = back_up(store, to, key, actor=actor, now=now_of(store))
    if as_json:
        print_json(asdict(taken) | {"file": str(taken.file)})
    else:
        typer.echo(
            f"{taken.files} files written to {taken.file}, up to audit event {taken.sequence}; "
            f"SHA-256 {taken.digest}."
        )


def _check(archive: Path, key_file: Path | None, *, as_json: bool) -> None:
    from cli.printing import print_json
    from records.backup import check_backup

    found = check_backup(archive, backup_key(key_file))
    if as_json:
        print_json(asdict(found))
    else:
        typer.echo(
            f"Unaltered: {found.files} files, up to audit event {found.manifest['sequence']}, "
            f"taken {found.manifest['at']}; SHA-256 {found.digest}."
        )
