"""``radvigil document trace`` and ``verify``: from a figure to its records, and from a file."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import looking
from cli.options import AsJson, Home


def trace(
    document: Annotated[
        str, typer.Argument(help="A label such as DOC-0004, or a number: its newest version.")
    ],
    cell: Annotated[
        str, typer.Argument(help="A cell's identifier, as HTML and sidecar name it.")
    ],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The records behind a figure: what each is and says, and its digest at the freeze and now."""
    from dataclasses import asdict

    from cli.printing import print_json, print_rows
    from journeys.trace_figure import find_document, trace_figure

    with looking(home) as store:
        with store.reader() as reader:
            found = find_document(reader, document)
        traced = trace_figure(store, found, cell)
    item = traced.item
    if as_json:
        print_json({
            "document": traced.document, "cell": item.id, "text": item.text, "place": item.place,
            "records_of": item.nearest, "questions": list(traced.questions),
            "records": [asdict(one) for one in traced.sources],
        })  # fmt: skip
        return
    typer.echo(f"{traced.document}, {item.place}: {item.text}")
    for question in traced.questions:
        typer.echo(f"Question of the section: {question}")
    rows = [
        {"record": one.label, "kind": one.kind, "says": one.says, "status": one.status,
         "digest": one.digest[:16]} for one in traced.sources
    ]  # fmt: skip
    print_rows(rows, as_json=False, empty="No record by itself: it rests on the data freeze.")


def verify(
    export: Annotated[
        Path, typer.Argument(help="An exported file, or a folder or zip archive of them.")
    ],
    offline: Annotated[
        bool, typer.Option("--offline", help="By the files alone, without the records.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Recompute every figure of an export from the records, and name each that does not hold.

    Exit code 0: all holds. 1: records or the document moved on since, and the trail tells how.
    3: a figure, a file or a record was altered, or is missing.
    """
    from cli.printing import print_json
    from journeys.verify_export import said_plainly, verify_export
    from journeys.verify_offline import verify_offline

    if offline:
        verdict = verify_offline(export)
    else:
        with looking(home) as store:
            verdict = verify_export(store, export)
    if as_json:
        print_json({
            "holds": verdict.exit_code == 0, "files": list(verdict.files),
            "figures": verdict.figures, "notes": list(verdict.notes),
            "differences": [said_plainly(one) for one in verdict.differences],
        })  # fmt: skip
    else:
        for one in verdict.differences:
            at = one.cell or one.place
            said = f" says '{one.said[:80]}'" if one.said else ""
            other = f" expected '{one.expected[:80]}'" if one.expected else ""
            records = f" ({', '.join(one.records[:5])})" if one.records else ""
            named = f"{one.file}: " if one.file else ""
            typer.echo(f"{one.what}: {named}{at}{said}{other}{records}", err=True)
        for line in verdict.notes:
            typer.echo(f"Note: {line}", err=True)
        holds = "all hold" if not verdict.differences else f"{len(verdict.differences)} differ"
        against = "by the files alone" if offline else "against the records"
        typer.echo(f"{verdict.figures} figures of {len(verdict.files)} files {against}: {holds}.")
    if verdict.exit_code:
        raise typer.Exit(verdict.exit_code)
