"""``radvigil reader here`` and ``discordance``: what radiologists are told of their own site."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.opening import device_name, looking, now_of
from cli.options import AsJson, DeviceName, Home, Since, Until, day_of

if TYPE_CHECKING:
    from measures.estimate import Estimate


def here(
    site: Annotated[str, typer.Argument(help="The site, by its name.")],
    since: Since = None,
    until: Until = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """How the device is doing at a site: PPV, misses, what was changed last, current warnings.

    Of the version that runs there, over studies whose reference standard is known.
    """
    from cli.printing import print_fields, print_json
    from journeys.site_standing import CAVEAT, site_standing

    with looking(home) as store, store.reader() as reader:
        found = site_standing(
            reader, device_name(store, device), site, since=day_of(since), until=day_of(until)
        )
    if as_json:
        print_json(found.to_dict())
        return
    last = found.updates[0] if found.updates else None
    print_fields({
        "at": f"{found.site}: {found.verdict}", "version": found.version or "none runs",
        "studies read": found.answers.read, "with reference standard": found.answers.known,
        "PPV": _words(found.flagged_right), "misses": _words(found.missed), "mind": CAVEAT,
        "last update": f"{last.since:%Y-%m-%d}, {last.name}: {last.words}" if last else "none",
    }, as_json=False)  # fmt: skip
    for one in found.warnings:
        typer.echo(f"{one.label}, {one.what} since {one.since}: {one.words} {one.do}")


def _words(one: "Estimate") -> str:
    """The estimate without its recorded name, which stands before it in plain words."""
    return f"{one}".removeprefix(f"{one.measure} ")


def discordance(
    month: Annotated[
        str | None, typer.Option(help="In which it became known, such as 2026-03; else this one.")
    ] = None,
    site: Annotated[str, typer.Option(help="Only this site.")] = "",
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Studies in which the device and what became known disagree, for the learning meeting.

    By pseudonym. Those that blinded readers are still to read are left out, and counted.
    """
    from cli.printing import print_rows
    from journeys.discordance import discordance_list

    with looking(home) as store, store.reader() as reader:
        found = discordance_list(
            reader, device_name(store, device), month or f"{now_of(store):%Y-%m}", site=site
        )
    print_rows(
        [one.to_dict() for one in found.cases], as_json=as_json,
        empty=found.untold or f"No disagreement became known from {found.first} to {found.last}.",
    )
    if found.withheld:
        typer.echo(
            f"Left out until they are read: {found.withheld} that wait for blinded readers.",
            err=True,
        )
