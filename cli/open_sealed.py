"""``radvigil open-sealed``: an export that left sealed, unpacked and checked."""

from pathlib import Path
from typing import Annotated

import typer

from cli.backup_key import OF_EXPORTS, backup_key
from cli.options import AsJson
from cli.sealing import ExportKeyFile

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def open_sealed(
    sealed: Annotated[Path, typer.Argument(metavar="FILE", help="The sealed export.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder.")],
    key_file: ExportKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Unpack a sealed export into a new folder; where one byte differs nothing is left.

    The key is a file of 32 bytes, or the passphrase that its sender told you another way.
    """
    from cli.printing import print_json
    from records.sealed_export import open_sealed as unpack

    contents, files = unpack(sealed, backup_key(key_file, variable=OF_EXPORTS), out)
    if as_json:
        print_json({"folder": str(out), "files": files, "sha256": contents.digest,
                    "for": contents.manifest["for"]})  # fmt: skip
    else:
        typer.echo("\n".join(f"Written: {out / name}" for name in files))
