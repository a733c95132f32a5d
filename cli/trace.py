"""``radvigil trace``: from user need to requirement, risk control, test and result, and back."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.deciding import deciding_anew
from cli.opening import device_name, looking
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, noun

app = noun("Traceability: needs, requirements, risk controls, tests, results, gaps.")


@app.command(rich_help_panel=LOOK)
def matrix(
    device: DeviceName = None, as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    home: Home = None,
) -> None:
    """A row a requirement of the device, with needs, risks, controls, tests and results."""
    from cli.printing import print_json, print_rows
    from regulatory.trace_matrix import as_plain, trace_matrix

    with looking(home) as store, store.reader() as reader:
        rows = [as_plain(one) for one in trace_matrix(reader, device_name(store, device))]
    if as_json:
        print_json(rows)
    elif as_csv:
        import csv

        writer = csv.DictWriter(sys.stdout, list(rows[0]))
        writer.writeheader()
        writer.writerows(
            {key: "; ".join(value) if isinstance(value, tuple) else value
             for key, value in row.items()} for row in rows
        )  # fmt: skip
    else:
        print_rows(
            [{"requirement": row["requirement"], "needs": row["user_needs"],
              "risks": row["risks"], "controls": row["risk_controls"],
              "tests": len(row["tests"]), "results": row["results"], "gaps": len(row["gaps"])}
             for row in rows], as_json=False, empty="No requirement.",
        )  # fmt: skip


@app.command(rich_help_panel=LOOK)
def gaps(device: DeviceName = None, as_json: AsJson = False, home: Home = None) -> None:
    """What the matrix lacks; exit code 1 where it lacks anything."""
    from cli.printing import print_json
    from regulatory.trace_matrix import trace_gaps

    with looking(home) as store, store.reader() as reader:
        found = trace_gaps(reader, device_name(store, device))
    if as_json:
        print_json({"gaps": found})
    else:
        typer.echo("\n".join(found) or "The matrix has no gap.")
    raise typer.Exit(1 if found else 0)


@app.command(rich_help_panel=ACT)
def results(
    file: Annotated[Path, typer.Argument(help="JUnit XML, by 'pytest --junitxml=FILE'.")],
    reason: Reason,
    root: Annotated[
        Path | None, typer.Option(help="The folder above tests/, whose tags are read.")
    ] = None,
    home: Home = None,
) -> None:
    """Keep the results of a run of tests, with the requirements that the tests' tags name."""
    from importlib.metadata import version

    from records.settings import REPOSITORY
    from regulatory.trace_matrix import record_test_run
    from regulatory.traceability import find_tags

    tags = find_tags(root or REPOSITORY)
    with deciding_anew(home, "test results", reason=reason) as one:
        made = record_test_run(
            one.tx, file, tags, software_version=version("radvigil"), by=one.person, now=one.now
        )
        said = f"{made.label}: {len(made.outcomes)} tests, {len(made.tags)} requirements tagged."
    typer.echo(said)
