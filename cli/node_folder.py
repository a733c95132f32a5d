"""``radvigil node watch``: studies arrive in a folder into which others copy them."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, start_routine
from cli.options import Home

WEEK = 604_800
"""Seconds; nobody waits longer for a file of a study."""


def watch(
    folder: Annotated[Path, typer.Argument(help="The folder, on a disk or a mounted share.")],
    site: Annotated[str, typer.Option(help="The site that its studies are of.")],
    settle: Annotated[
        float,
        typer.Option(
            min=0, max=WEEK, help="Seconds that a file must be unchanged before it is taken."
        ),
    ] = 10.0,
    give_up: Annotated[
        float,
        typer.Option(min=0, max=WEEK, help="After so many it is taken although it is not whole."),
    ] = 900.0,
    every: Annotated[
        float, typer.Option(min=0.05, max=WEEK, help="Seconds from look to look.")
    ] = 2.0,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove files that were taken; else they stay.")
    ] = False,
    home: Home = None,
) -> None:
    """Take files from a folder until Ctrl+C, each once and only when it is whole.

    They lie with the day's arrivals of the site, as what comes over the network, and are taken in
    by the day's surveillance. Names such as .part, .tmp and ~ wait for their last name.
    """
    from signal import SIGINT, SIGTERM, signal
    from threading import Event

    from imaging.node.watching import Patience
    from journeys.watch_folder import watch_folder
    from records.counting import counted

    stop = Event()
    with acting(home) as store:
        start_routine(store, "service:node", task=f"take files from a folder for {site}")
        for one in (SIGINT, SIGTERM):
            signal(one, lambda *_: stop.set())
        typer.echo("The folder is watched (end with Ctrl+C).")
        taken = watch_folder(
            store, folder, site, stop=stop, patience=Patience(settle, max(settle, give_up)),
            every_seconds=every, remove=remove, tell=lambda words: typer.echo(words, err=True),
        )
    typer.echo(f"Ended: {counted(taken, 'file')} taken.")
