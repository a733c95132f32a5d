"""``radvigil study assessments``: clinicians' readings of studies, from a table."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, device_name, now_of, start_routine
from cli.options import DeviceName, Home


def assessments(
    file: Annotated[
        Path,
        typer.Argument(help="A CSV of study, reader, present, saw_output and read_on; beside them "
                       "response, reading_order and prediction."),
    ],
    corrections: Annotated[
        bool, typer.Option("--corrections", help="What says otherwise is a new version.")
    ] = False,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Record what clinicians said of studies, with the device's output in view or without.

    A study is named by its label or by the Study Instance UID of the hospital's files; a reader by
    a code such as R07, never by name. A reader has one reading without and one with the output; one
    that says otherwise is refused, or with --corrections a new version. A table with a wrong line
    is refused whole, naming line and column. 'radvigil model validate' then sets the readings of
    test studies beside the device.
    """
    from journeys.receive_assessments import receive_assessments
    from records.counting import counted
    from records.held_definition import definition_of
    from records.queries import find_device

    with acting(home) as store:
        name, now = device_name(store, device), now_of(store)
        with store.reader() as reader:
            finding = definition_of(find_device(reader, name)).task.finding
        report = receive_assessments(
            store, file, finding=finding, now=now, corrections=corrections,
            actor=start_routine(store, "service:intake", task="study assessments"),
        )
    corrected = f" ({counted(report.corrections, 'correction')})" if report.corrections else ""
    typer.echo(
        f"{counted(report.recorded, 'reading')} recorded{corrected}, {report.known} known before, "
        f"{report.without_study} of studies that were not taken in."
    )
