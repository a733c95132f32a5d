"""``radvigil document export --device D --as-of DAY``: the whole file of a device, one archive."""

from datetime import datetime
from pathlib import Path

import typer

from cli.opening import acting, device_name, now_of, who_exports


def refuse_beside_label(device: str | None, as_of: datetime | None, authority: str) -> None:
    """Raise :class:`InvalidInput` where a document is named, and what means a whole file too."""
    from records.errors import InvalidInput

    if device or as_of or authority:
        raise InvalidInput("--device, --as-of and --for mean the whole file of a device.",
                           hint="Leave the document's label out, or leave them out.")  # fmt: skip


def write_device_file(
    home: Path | None, device: str | None, out: Path, *, as_of: datetime | None, authority: str,
    formats: list[str] | None, sealed: bool, as_json: bool,
) -> None:
    """Write the archive and say where; options that mean one document are refused.

    Raises:
        InvalidInput: No day, or an option that goes with one document alone.
    """
    from cli.options import day_of
    from cli.printing import print_json
    from journeys.export_device_file import export_device_file
    from records.errors import InvalidInput

    day = day_of(as_of)
    if day is None:
        raise InvalidInput(
            "No document and no day is named.",
            hint="Name a label such as DOC-0001, or --device with --as-of.",
        )
    if formats or sealed:
        raise InvalidInput(
            "--format and --encrypt-for go with one document.",
            hint="Leave them out: the file of a device has its own formats.",
        )
    with acting(home) as store:
        actor = who_exports(store, task="export of a device's file")
        made = export_device_file(
            store, device_name(store, device), out, day=day, authority=authority, actor=actor,
            now=now_of(store),
        )
    if as_json:
        print_json({"files": [str(out / name) for name in made.files], "digests": made.files,
                    "documents": made.documents, "events": made.events, "head": made.head})
        return
    typer.echo("\n".join(f"Written: {out / name}" for name in made.files))
    typer.echo(f"{made.documents} documents; the audit trail has {made.events} events and ends "
               f"with {made.head}.")
