"""``radvigil study simulate-ct``: chest CT series with known nodules, to try a device on."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsJson


def simulate_ct(
    folder: Annotated[Path, typer.Argument(help="An empty folder to write to.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed writes the same bytes.")] = 1,
    site: Annotated[
        list[str] | None,
        typer.Option(help="Of which simulated hospitals: northfield, eastbrook, westhaven."),
    ] = None,
    patients: Annotated[int, typer.Option(min=1, help="Patients of each site.")] = 10,
    visits: Annotated[
        int, typer.Option(min=1, help="Scans of each, half a year apart; half of nodules change.")
    ] = 1,
    takes: Annotated[
        int, typer.Option(min=1, help="Times that a scan is repeated with nothing changed.")
    ] = 1,
    slices: Annotated[int, typer.Option(min=4, help="Slices of a series.")] = 48,
    pixels: Annotated[int, typer.Option(min=64, help="Side of a slice, pixels.")] = 160,
    as_json: AsJson = False,
) -> None:
    """Write simulated chest CT series with 0 to 4 nodules, their outlines, and a truth list.

    Below FOLDER: each site's series, a file a slice; truth.csv for 'radvigil study truth'; and
    outlines/, a DICOM segmentation a study with nodules. Nothing is recorded.
    """
    from cli.printing import print_json
    from cli.progress import counting
    from imaging.sources.ct_studies import SCANNERS, CtOrder
    from imaging.sources.ct_studies import simulate_ct as simulate

    orders = [
        CtOrder(seed, one, patients, visits=visits, takes=takes, slices=slices, pixels=pixels)
        for one in site or SCANNERS
    ]
    total = sum(one.count for one in orders)
    with counting("simulated CT", total) as progress:
        simulate(orders, folder, progress=progress)
    if as_json:
        print_json({"studies": total, "folder": str(folder)})
        return
    typer.echo(f"{total} studies in {folder}, and what they show in truth.csv.")
