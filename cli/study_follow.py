"""``radvigil study follow``: the measurements of one patient over time."""

from typing import Annotated

import typer

from cli.opening import device_name, looking
from cli.options import AsJson, DeviceName, Home


def follow(
    label: Annotated[str, typer.Argument(help="Any study of the patient, such as STU-0001.")],
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What a device that outlines measured in the studies of one patient, and what has changed.

    A change is called only where it is larger than the repeatability coefficient that the
    version's validation states: more, less, or within repeatability; else the reason why nothing
    is called. Breathing and positioning are not in the coefficient. Only for review by a physician.
    """
    from dataclasses import asdict

    from cli.printing import print_rows
    from journeys.follow_patient import follow_patient
    from records.cases import Study
    from records.lookup import find_record
    from records.queries import find_device

    with looking(home) as store, store.reader() as reader:
        study = find_record(reader, Study, label)
        found = follow_patient(reader, study, find_device(reader, device_name(store, device)))
    print_rows(
        [asdict(one) for one in found], as_json=as_json,
        empty="No study of this patient was measured by this device.",
    )
    if not as_json and any(one.change for one in found):
        typer.echo(
            "The repeatability is of pictures taken twice in simulation: breathing and positioning "
            "are not in it, so a change that is called may be one of these."
        )
