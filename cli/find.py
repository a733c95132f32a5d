"""``radvigil find``: what has this identifier, and where it is read."""

from typing import Annotated

import typer

from cli.opening import acting, acting_person, now_of
from cli.options import AsJson, Home

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def find(
    identifier: Annotated[
        str, typer.Argument(help="Such as ALT-0001, 'DOC-26-0001 v2', '#420', a version's name.")
    ],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What has this identifier: record, document, version, audit event, requirement, rule of law.

    Needs 'radvigil user login': an auditor is told of what was granted only.
    """
    from dataclasses import asdict

    from cli.printing import print_rows
    from journeys.find_identifier import find_identifier

    with acting(home) as store, store.reader() as reader:
        found = find_identifier(store, reader, acting_person(store), identifier, now=now_of(store))
    rows = [
        asdict(one) if as_json else {
            "identifier": one.label, "what": one.kind, "title": one.title, "status": one.status,
            "site": one.site, "on": one.on, "record": one.subject,
        }
        for one in found
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Nothing that you may see has it.")
