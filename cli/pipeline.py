"""``radvigil pipeline``: how the routine work stands that Dagster does."""

from typing import Any

import typer

from cli.opening import looking, now_of
from cli.options import AsJson, Home

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def pipeline(as_json: AsJson = False, home: Home = None) -> None:
    """The newest runs with the reason of a failure, last successes, schedules and sensors.

    Read from Dagster's own records in the workspace; nothing is started.
    """
    from dataclasses import asdict

    from cli.printing import print_json, print_rows
    from journeys.ask_pipelines import ask_pipelines

    with looking(home) as store, store.reader() as reader:
        found = ask_pipelines(store.workspace, reader, now=now_of(store))
    if as_json:
        print_json(asdict(found))
        return
    if found.absent:
        typer.echo(found.absent)
        return
    runs: list[dict[str, Any]] = [
        {name: one for name, one in asdict(run).items() if name != "address"} for run in found.runs
    ]
    print_rows(runs, as_json=False, empty="No run is on record.")
    print_rows([asdict(one) for one in found.successes], as_json=False, empty="Nothing is defined.")
    print_rows([asdict(one) for one in found.switches], as_json=False, empty="Nothing is defined.")
