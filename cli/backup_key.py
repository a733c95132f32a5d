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


OF_BACKUPS, OF_EXPORTS = "RADVIGIL_BACKUP_PASSPHRASE", "RADVIGIL_EXPORT_PASSPHRASE"
OF_RESEALING = "RADVIGIL_NEW_PASSPHRASE"


def backup_key(
    key_file: Path | None, *, confirm: bool = False, variable: str = OF_BACKUPS,
    prompt: str = "Passphrase",
) -> "BackupKey":
    """The key that opens or seals a file; ``confirm`` asks twice for what is typed."""
    from records.sealed_file import BackupKey

    if key_file is not None:
        return BackupKey.from_file(key_file)
    given = os.environ.get(variable)
    if not given:
        if not sys.stdin.isatty():
            raise typer.BadParameter(f"Name a --key-file or set {variable}.")
        given = str(typer.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True))
    return BackupKey.from_passphrase(given)
