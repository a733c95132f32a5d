"""``radvigil study select``: which series the device would read, and why; nothing is read."""

import re
from typing import Annotated

import typer

from cli.opening import acting, acting_person, device_name, looking, now_of
from cli.options import AsJson, DeviceName, Home

_LABEL = re.compile(r"STU-\d+", re.IGNORECASE)
_SHOWN = ("study", "number", "modality", "view", "description", "images", "slices", "chosen", "why")


def select(
    what: Annotated[
        str, typer.Argument(help="A folder or file, a study such as STU-0001, or its accession.")
    ],
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """A dry run of the device's rules: each series, chosen or not, and why; nothing is recorded.

    The rules are those of the newest revision of the device, a draft included. By accession number
    it needs 'radvigil user login' and is an event; the number is not kept.
    """
    from pathlib import Path

    from cli.printing import print_rows
    from journeys.select_series import (
        select_in_files,
        select_in_studies,
        studies_to_select,
    )
    from records.accounts import require_on_record
    from records.cases import Study
    from records.held_definition import definition_of
    from records.lookup import find_record
    from records.permissions import Action
    from records.queries import find_device

    with looking(home) as store, store.reader() as reader:
        definition = definition_of(find_device(reader, device_name(store, device)))
        known = find_record(reader, Study, what) if _LABEL.fullmatch(what) else None
    if known is not None:
        with looking(home) as store:
            run = select_in_studies(store, definition, [known])
    elif Path(what).exists():
        run = select_in_files(definition, Path(what))
    else:
        with acting(home) as store:
            person, now = acting_person(store), now_of(store)
            require_on_record(store, person, Action.LOOK_UP_STUDY, now=now)
            studies = studies_to_select(store, what, by=person, now=now)
            run = select_in_studies(store, definition, studies)
    rows = [
        {"study": study} | one.to_dict()
        for study, choice in run.choices.items() for one in choice.findings
    ]
    rows = rows if as_json else [{name: row[name] for name in _SHOWN} for row in rows]
    print_rows(rows, as_json=as_json, empty="No image that the device may read.")
    if as_json:
        return
    for study, choice in run.choices.items():
        if choice.source is None:
            typer.echo(f"{study}: nothing is read: {choice.reason}.")
    for reason, count in sorted(run.refused.items()):
        typer.echo(f"{count} would go to quarantine: {reason}")
