"""The key of a backup: a file, or a passphrase from the environment or typed."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from records.sealed_file import BackupKey

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        help="A file of 32 bytes; else a passphrase, from RADVIGIL_BACKUP_PASSPHRASE or typed.",
    ),
]


def backup_key(key_file: Path | None, *, confirm: bool = False) -> "BackupKey":
    """The key that opens or seals a backup; ``confirm`` asks twice for what is typed."""
    from records.sealed_file import BackupKey

    if key_file is not None:
        return BackupKey.from_file(key_file)
    given = os.environ.get("RADVIGIL_BACKUP_PASSPHRASE")
    if not given:
        if not sys.stdin.isatty():
            raise typer.BadParameter("Name a --key-file or set RADVIGIL_BACKUP_PASSPHRASE.")
        given = str(
            typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
        )
    return BackupKey.from_passphrase(given)
