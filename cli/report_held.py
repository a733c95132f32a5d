"""``radvigil report held``, ``read-held`` and ``release``: reports that may not go on by rules."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, acting_person, looking, now_of
from cli.options import AsJson, Home, Reason

Label = Annotated[str, typer.Argument(help="A report that is held back, such as QUA-0001.")]


def held(as_json: AsJson = False, home: Home = None) -> None:
    """Reports that were held back, with the reason and without their text; and which were
    released."""
    from cli.printing import print_rows
    from imaging.reports.releasing import held_reports

    with looking(home) as store, store.reader() as reader:
        rows = list(held_reports(reader))
    print_rows(rows, as_json=as_json, empty="No report is held back.")


def read_held(
    label: Label,
    purpose: Annotated[str, typer.Option(help="What it is read for; it goes on record.")],
    home: Home = None,
) -> None:
    """The text of a report that is held back, with the identities in it.

    Needs 'radvigil user login' and a grant to ask for identities ('radvigil identity grant'); each
    reading goes on record first.
    """
    from journeys.release_reports import read_held as read

    with acting(home) as store:
        person = acting_person(store)
        found = read(store, label, by=person.name, purpose=purpose, now=now_of(store))
    typer.echo(found.report.text)


def release(
    label: Label,
    reason: Reason,
    cleaned: Annotated[
        Path | None,
        typer.Option(help="A text file (UTF-8): the report without identities.", exists=True),
    ] = None,
    as_it_is: Annotated[
        bool, typer.Option("--as-it-is", help="You have read it, and it holds no identity.")
    ] = False,
    home: Home = None,
) -> None:
    """Release a report that was held back: cleaned by you, as it is, or judged anew without either.

    What is known of its people, and what is written like a date or a number, must not be in the
    text. Judging anew helps where its patient was merged or its study came since. Needs 'radvigil
    user login' and a grant to ask for identities.
    """
    from journeys.release_reports import release_held

    if cleaned is not None and as_it_is:
        raise typer.BadParameter("Give --cleaned or --as-it-is, not both.")
    with acting(home) as store:
        person = acting_person(store)
        made = release_held(
            store, label, cleaned=_text(cleaned) if cleaned else None, as_it_is=as_it_is,
            by=person.name, reason=reason, now=now_of(store),
        )
    typer.echo(f"{label} is released as {made}.")


def _text(path: Path) -> str:
    from records.errors import InvalidInput

    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(
            "The cleaned text is no UTF-8.", hint="Save it as UTF-8 and give it again."
        ) from None
