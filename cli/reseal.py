"""``radvigil reseal``: a backup or a sealed export under another key; needs no workspace."""

from pathlib import Path
from typing import Annotated

import typer

from cli.backup_key import OF_RESEALING, KeyFile, backup_key

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def reseal(
    sealed: Annotated[Path, typer.Argument(metavar="FILE", help="A backup or a sealed export.")],
    to: Annotated[Path, typer.Option("--to", help="A new file.")],
    key_file: KeyFile = None,
    new_key_file: Annotated[
        Path | None,
        typer.Option(help="The new key; else a passphrase, from RADVIGIL_NEW_PASSPHRASE or typed."),
    ] = None,
) -> None:
    """Seal the same content with a new key, into a new file; what was altered is refused.

    The old file stays, and opens with the old key: destroy it when the new one is where it belongs.
    """
    from records.sealed_export import reseal as seal_again

    key = backup_key(key_file)
    new = backup_key(new_key_file, confirm=True, variable=OF_RESEALING, prompt="New passphrase")
    typer.echo(f"Written: {to}; SHA-256 {seal_again(sealed, key, to, new)}.")
