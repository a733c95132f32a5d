"""Options of an export that leaves as one sealed file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.backup_key import OF_EXPORTS, backup_key

if TYPE_CHECKING:
    from records.sealed_export import Seal

EncryptFor = Annotated[
    str | None,
    typer.Option(
        "--encrypt-for", metavar="WHOM",
        help="Write one sealed file instead, for this person or organisation; on record.",
    ),
]
ExportKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        help="With --encrypt-for: a file of 32 bytes; else a passphrase, from "
        "RADVIGIL_EXPORT_PASSPHRASE or typed.",
    ),
]


def sealing(encrypt_for: str | None, key_file: Path | None, target: Path) -> "Seal | None":
    """The seal that is asked for; None where the files leave as they are."""
    from records.sealed_export import make_seal

    if encrypt_for is None:
        if key_file is not None:
            raise typer.BadParameter("--key-file seals an export: name --encrypt-for as well.")
        return None
    key = backup_key(key_file, confirm=True, variable=OF_EXPORTS)
    return make_seal(key, recipient=encrypt_for, target=target)
