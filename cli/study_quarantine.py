"""``radvigil study quarantine`` and ``resubmit``: refused files, and what becomes of them later."""

from enum import StrEnum
from typing import Annotated

import typer

from cli.opening import acting, acting_person, device_name, looking, now_of
from cli.options import AsJson, DeviceName, Home, Last, Reason, Since, Until, day_of


class Purpose(StrEnum):
    """What a file is taken in for."""

    CLINICAL = "clinical"
    DEVELOPMENT = "development"
    EXTERNAL = "external"


def quarantine(
    site: Annotated[str | None, typer.Option(help="Only files of this site.")] = None,
    code: Annotated[
        str | None, typer.Option(help="Only refusals that begin so, such as out_of_scope.")
    ] = None,
    since: Since = None,
    until: Until = None,
    last: Last = 50,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Files that were refused, the newest first: the reason, and what became of each since.

    They are kept under their digest for as long as their retention says.
    """
    from cli.printing import print_rows
    from records.lookup import sites_named
    from records.quarantine_overview import refused_files

    with looking(home) as store, store.reader() as reader:
        if site:
            sites_named(reader, [site])
        found = refused_files(
            reader, site=site or "", reason=code or "", first=day_of(since), last=day_of(until),
            most=last,
        )
    rows = [
        {
            "file": one.label, "site": one.site, "reason": one.reason, "detail": one.detail,
            "arrived_on": one.arrived_on, "state": one.state, "taken_in_as": one.taken_in_as,
            "bytes": one.size_bytes, "digest": one.source_digest,
        }
        for one in found
    ]
    print_rows(rows, as_json=as_json, empty="Nothing is in quarantine.")


def resubmit(
    label: Annotated[str, typer.Argument(help="A refused file, such as QUA-0001.")],
    reason: Reason,
    purpose: Annotated[
        Purpose, typer.Option(help="What it is taken in for; clinical studies are read.")
    ] = Purpose.CLINICAL,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Have a refused file examined again, by the rules of a device as they are now.

    What comes through is taken in as arrived today; else the reason is on record. The file stays
    in quarantine too. Needs 'radvigil user login'. Ends with 1 where it is refused again.
    """
    from dataclasses import asdict

    from cli.printing import print_fields
    from journeys.resubmit import resubmit as examine_again

    with acting(home) as store:
        person = acting_person(store)
        found = examine_again(
            store, label, device=device_name(store, device), purpose=purpose.value, reason=reason,
            actor=person.name, now=now_of(store),
        )
    print_fields(asdict(found), as_json=as_json)
    if not found.taken_in:
        raise typer.Exit(1)
