"""``radvigil restore``: a workspace from a backup, in an empty place, verified."""

from pathlib import Path
from typing import Annotated

import typer

from cli.backup_key import KeyFile, backup_key
from cli.options import AsJson, home_option

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    key_file: KeyFile = None,
    as_json: AsJson = False,
    home: Annotated[
        Path | None, home_option("An empty or new folder; else RADVIGIL_HOME.")
    ] = None,
) -> None:
    """Unpack a backup into an empty place, verify all of it, and write a report beside it.

    What is not whole is refused, and nothing is left behind.
    """
    from dataclasses import asdict

    from cli.opening import system_user, wall_clock
    from cli.printing import print_json
    from records.restore import restore as restore_backup
    from records.settings import find_workspace

    place, key = find_workspace(home).home, backup_key(key_file)
    restored, report = restore_backup(
        archive, place, key, system_user=system_user(), now=wall_clock()
    )
    if as_json:
        print_json(asdict(restored) | {"home": str(place), "report": str(report)})
    else:
        typer.echo(
            f"Restored to {place} and whole: {restored.events} audit events, {restored.records} "
            f"records, {restored.contents} contents, {restored.anchors} anchors; head "
            f"{restored.head}. The report is {report}."
        )
