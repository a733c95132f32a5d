"""``radvigil study truth`` and ``truth-states``: take truth in; how much of it has come back."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.opening import acting, device_name, looking, now_of, start_routine
from cli.options import AsJson, DeviceName, Home, Since, Until, day_of

if TYPE_CHECKING:
    from imaging.truth import TruthReport
    from measures.estimate import Estimate
    from regulatory.documents.truth_facts import TruthFacts


def truth(
    file: Annotated[Path, typer.Argument(
        help="A truth list (CSV); a wrong one names columns. With --sr a folder of reports."
    )],
    sr: Annotated[
        bool, typer.Option("--sr", help="DICOM structured reports of human readers.")
    ] = False,
    kind: Annotated[
        str, typer.Option(help="Of reports: by what the readers knew it, such as histology.")
    ] = "single reader",
    corrects: Annotated[
        bool, typer.Option(
            "--corrects", help="What a source says otherwise than before is its new version."
        ),
    ] = False,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Record what studies taken in for development truly show: the settled truth of each.

    In operation the truth is read from incoming/truth.csv, day by day. Of several sources the
    strongest stands, by the order that the device declares; 'study truth-states' tells.
    """
    from journeys.receive_truth import receive_truth_list
    from journeys.receive_truth_reports import receive_truth_reports
    from records.held_definition import definition_of
    from records.queries import find_device
    from records.reference_kinds import read_kind

    with acting(home) as store:
        name, now = device_name(store, device), now_of(store)
        with store.reader() as reader:
            definition = definition_of(find_device(reader, name))
        actor = start_routine(store, "service:intake", task="study truth")
        refused: tuple[str, ...] = ()
        if sr:
            told = receive_truth_reports(
                store, file, task=definition.task, kind=read_kind(kind), corrects=corrects,
                actor=actor, now=now,
            )
            found, refused = told.truths, told.refused
        else:
            found = receive_truth_list(
                store, file, task=definition.task, volume=definition.volume, until=now.date(),
                adjudicated=True, corrects=corrects, actor=actor, now=now,
            )
    _tell(found, refused)


def _tell(found: "TruthReport", refused: Sequence[str]) -> None:
    from records.counting import counted

    typer.echo(f"The truth of {counted(found.recorded, 'study', 'studies')} is recorded.")
    if found.corrected:
        typer.echo(f"  {found.corrected} are new versions of what their source said before")
    if found.beside:
        typer.echo(
            f"  {found.beside} stand beside what another source says; "
            f"{found.disagreeing} of them say otherwise, and the strongest counts"
        )
    if found.known:
        typer.echo(f"  {found.known} were known already; their truth stays as it was")
    if found.without_study:
        typer.echo(f"  {found.without_study} lines are of studies that were never taken in")
    for why in refused:
        typer.echo(f"radvigil: left out: {why}", err=True)
    for one in found.left_out:
        typer.echo(
            f"radvigil: {one}. Take in the whole series, or take the line out, and run it again.",
            err=True,
        )
    if found.contradicting:
        typer.echo(
            f"radvigil: {found.contradicting} lines contradict the truth that is on record, which "
            "was not changed. Find out which is right before a dataset is frozen; a list that is "
            "right is given with --corrects.", err=True
        )
    if found.contradicting or found.left_out or refused:
        raise typer.Exit(1)


def truth_states(
    since: Since = None,
    until: Until = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """How much of the truth has come back: by site, by kind, how late, and whether sources agree.

    Of the studies that the device has read in operation, as known today; --since and --until
    choose by the day of arrival. Says which kinds count, the strongest first.
    """
    import json
    from datetime import date

    from cli.printing import print_rows
    from records.queries import find_device
    from regulatory.gathering.truth_states import truth_facts

    with looking(home) as store, store.reader() as reader:
        today = now_of(store).date()
        first, last = day_of(since) or date.min, day_of(until) or today
        found = truth_facts(
            reader, find_device(reader, device_name(store, device)), by=today,
            period=(first, last),
        )
    if as_json:
        typer.echo(json.dumps(_plain(found)))
        return
    typer.echo(found.rule)
    print_rows(
        [
            {
                "site": one.site, "studies": one.studies, **dict(one.states),
                "known by": ", ".join(f"{kind} {count}" for kind, count in one.kinds),
            }
            for one in found.sites
        ],
        as_json=False, empty="The device has read no study in operation.",
    )  # fmt: skip
    for one in found.sites:
        typer.echo(f"{one.site}: {_said(one.known)} known, {_said(one.late)} late (nothing after "
                   f"{found.late_after_days} days, {found.late_from}).")  # fmt: skip
        typer.echo(f"  days until known: half {_said(one.median_days, 0)}; "
                   f"90 % {_said(one.most_days, 0)}")  # fmt: skip
    for pair in found.apart:
        typer.echo(f"{pair.stronger} and {pair.weaker} disagree: {_said(pair.disagree)}; "
                   f"kappa {_said(pair.kappa, 2)}")  # fmt: skip


def _said(one: "Estimate", digits: int = 3) -> str:
    if one.value is None or one.low is None or one.high is None:
        return f"not estimable ({one.reason}, n = {one.n})"
    low, high = (f"{limit:.{digits}f}" for limit in (one.low, one.high))
    return f"{one.value:.{digits}f} (95 % CI {low} to {high}, n = {one.n})"


def _plain(found: "TruthFacts") -> dict[str, object]:
    return {
        "by": found.by.isoformat(), "rule": found.rule, "late_after_days": found.late_after_days,
        "sites": [
            {
                "site": one.site, "studies": one.studies, "states": dict(one.states),
                "kinds": dict(one.kinds), "known": one.known.to_dict(),
                "late": one.late.to_dict(), "median_days": one.median_days.to_dict(),
                "most_days": one.most_days.to_dict(),
            }
            for one in found.sites
        ],
        "disagreement": [
            {
                "stronger": one.stronger, "weaker": one.weaker,
                "disagree": one.disagree.to_dict(), "kappa": one.kappa.to_dict(),
            }
            for one in found.apart
        ],
    }
